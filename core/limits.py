"""Limits on columns: caps, cooldown, frequency and quiet hours, each rule defined once.

A rule is a function of a moment: it returns the earliest moment at or after it at which the rule is kept, as
far as is known. The rule holds now exactly when it returns now; so "may I" and "when may I" cannot disagree.
All windows roll; only quiet hours are local. Times are UTC milliseconds, columns int64[n]. What people wished
for themselves (`Wishes`, their own quiet time) stands above every strategy: nothing opens it.
Leaves to `core.consent`: joining the rules with consent, reach and the switches into one verdict.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from core import scores
from core.ledger import PERMIT_VALID_MS
from core.profile import ProfileState

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Rule = Callable[[Ints], Ints]

SECOND_MS: Final = 1_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
WEEK_MS: Final = 7 * DAY_MS
HOURS: Final = 24
SAME_DAY_SLACK_MS: Final = 10 * SECOND_MS
"""A message belongs to a contact day only if it surely arrives in its 24 h: permit (5 s) and transport."""
LOOK_AGAIN_MS: Final = DAY_MS
"""Where no moment is known at which a rule would be kept: when to ask again."""

QUIET_FROM: Final = 22
QUIET_TO: Final = 8
OUR_QUIET: Final = (QUIET_FROM, QUIET_TO)
"""Clock hours of the quiet time for people who set none, unless the installation says otherwise."""
SURE_ZONE: Final = 0.8
"""Confidence from which an estimated timezone is taken for known."""
OPEN_DAYS: Final = 3
OPEN_WINDOW_DAYS: Final = 14
"""A quiet hour opens for a person who was active in it on so many local days of so many."""
NO_QUIET: Final = "off"
"""The wish to have no quiet time at all."""
MAX_WISH_DAYS: Final = 30
"""The longest interval that a person can ask for; the door looks back a day further than that."""
_DAYS: Final = re.compile(r"[0-9]{1,4}")
_QUIET: Final = re.compile(r"([0-9]{1,2})-([0-9]{1,2})")


@dataclass(frozen=True, slots=True)
class QuietFacts:
    """Columns about the hours of n people.

    offset_min: minutes east of UTC now; known: declared, or estimated with confidence; open_mask: bit h set =
    active in clock hour h on several recent days (clock of `offset_min`); seen_mask: bit h = active in it at
    all recently, where the clock is not known; quiet_from, quiet_to: clock hours of the quiet time; own: set
    by the person, final."""

    offset_min: Ints
    known: Bools
    open_mask: Ints
    seen_mask: Ints
    quiet_from: Ints
    quiet_to: Ints
    own: Bools


@dataclass(frozen=True, slots=True)
class Wishes:
    """What n people wished. period_days: int64[n] (or [1] for all), least days between two messages, 0 = as
    the strategy says; muted: content kinds not wanted, one set a row, or no rows = nobody muted any."""

    period_days: Ints
    muted: tuple[frozenset[str], ...] = ()

    def mutes(self, kinds: Sequence[str]) -> Bools:
        """bool[n]: whether person i does not want kind i."""
        if not self.muted or not kinds:
            return np.zeros(1, dtype=np.bool_)
        pairs = zip(kinds, self.muted, strict=True)
        return np.array([kind in muted for kind, muted in pairs], dtype=np.bool_)

    def unmuted(self, rows: int, kinds: Sequence[str]) -> Bools:
        """bool[rows, kinds]: which of all kinds each person wants."""
        muted = self.muted or (frozenset(),) * rows
        wanted = [[kind not in own for kind in kinds] for own in muted]
        return np.array(wanted, dtype=np.bool_).reshape(rows, len(kinds))


NO_WISHES: Final = Wishes(np.zeros(1, dtype=np.int64))


def wishes_of(states: Sequence[ProfileState]) -> Wishes:
    """What the profiles say about people's wishes, one row a state. What can't be read is no wish."""
    return Wishes(
        np.array([_wished_days(_register(state, "frequency")) for state in states], dtype=np.int64),
        tuple(frozenset(_register(state, "muted").split(".")) - {""} for state in states),
    )


def _register(state: ProfileState, name: str) -> str:
    return state.latest.get(name, (0, ""))[1]


def _wished_days(value: str) -> int:
    return min(int(value), MAX_WISH_DAYS) if _DAYS.fullmatch(value) else 0


def own_quiet(value: str) -> tuple[int, int] | None:
    """The clock hours of a quiet time `FROM-TO`, equal ones for `off`; None for ours."""
    if value == NO_QUIET:
        return 0, 0
    found = _QUIET.fullmatch(value)
    if found is None:
        return None
    start, end = int(found[1]), int(found[2])
    return (start, end) if start != end and max(start, end) < HOURS else None


def quiet_facts(states: Sequence[ProfileState], now_ms: int, ours: tuple[int, int] = OUR_QUIET) -> QuietFacts:
    """What the profiles say about people's hours, one row a state. `ours`: from and to, for people who set
    none; equal = none.

    A declared zone is known; an estimate is from `SURE_ZONE` on. Otherwise the clock of the row is UTC and
    only hours in which the person has been seen count as allowed. A quiet time of the person's own is final:
    without a known clock it shuts every hour."""
    rows = [(*_hours_of(state, now_ms), *_quiet_of(state, ours)) for state in states]
    table = np.array(rows, dtype=np.int64).reshape(len(rows), 7)
    return QuietFacts(
        offset_min=table[:, 0],
        known=table[:, 1].astype(np.bool_),
        open_mask=table[:, 2],
        seen_mask=table[:, 3],
        quiet_from=table[:, 4],
        quiet_to=table[:, 5],
        own=table[:, 6].astype(np.bool_),
    )


def _quiet_of(state: ProfileState, ours: tuple[int, int]) -> tuple[int, int, bool]:
    own = own_quiet(_register(state, "quiet"))
    return (*own, True) if own is not None else (*ours, False)


def _hours_of(state: ProfileState, now_ms: int) -> tuple[int, int, int, int]:
    """Of the two masks only the one that is asked for: opened hours on a known clock, seen ones without."""
    offset, known = _offset_of(state, now_ms)
    days = OPEN_DAYS if known else 1
    mask = scores.active_hour_mask(state, now_ms, offset, days, OPEN_WINDOW_DAYS)
    return (offset, 1, mask, 0) if known else (offset, 0, 0, mask)


def _offset_of(state: ProfileState, now_ms: int) -> tuple[int, bool]:
    declared = scores.declared_zone(state)  # a zone that this machine does not know is none
    if declared:
        return scores.zone_offset_min(declared, now_ms), True
    offset, confidence = scores.estimate_timezone(state, now_ms)
    return (offset, True) if confidence >= SURE_ZONE else (0, False)


# ----------------------------------------------------------------------------------------------------- rules
def newest_first(recent_ms: Ints) -> Ints:
    """The earlier messages of each row, newest first; 0 = none. Every rule below wants them so."""
    ordered: Ints = -np.sort(-recent_ms, axis=1)
    return ordered


def cap(newest: Ints, at_most: Ints, window_ms: int) -> Rule:
    """Fewer than `at_most` earlier messages within the window: the one that fills it must have aged out."""
    padded = np.pad(newest, ((0, 0), (0, 1)))
    place = np.clip(at_most - 1, 0, padded.shape[1] - 1)
    filling = np.take_along_axis(padded, place[:, None], axis=1)[:, 0]

    def rule(at: Ints) -> Ints:
        free = np.where(filling > 0, np.maximum(at, filling + window_ms), at)
        return np.where(at_most > 0, free, at + LOOK_AGAIN_MS)

    return rule


def cooldown(newest: Ints, gap_ms: Ints) -> Rule:
    """The newest message is at least `gap_ms` old."""
    last = np.pad(newest, ((0, 0), (0, 1)))[:, 0]

    def rule(at: Ints) -> Ints:
        return np.where(last > 0, np.maximum(at, last + gap_ms), at)

    return rule


def frequency(newest: Ints, period_days: Ints, wished_days: Ints | None = None) -> Rule:
    """Contact days at least `period_days` apart: every earlier message is less than 24 h old (the same
    contact day) or at least the period.

    `wished_days`: the person's own wish, one message in so many days, whatever the contact day."""
    wish = _wished_gap(newest, wished_days)
    opens = newest + DAY_MS - SAME_DAY_SLACK_MS
    closes = np.where(newest > 0, newest + period_days[:, None] * DAY_MS, 0)
    closes[np.broadcast_to(period_days[:, None] <= 1, closes.shape)] = 0

    def rule(at: Ints) -> Ints:
        moment = wish(at)
        for _ in range(newest.shape[1]):
            shut = (moment[:, None] >= opens) & (moment[:, None] < closes)
            later = np.max(np.where(shut, closes, 0), axis=1, initial=0)
            if not later.any():
                break
            moment = np.maximum(moment, later)
        return moment

    return rule


def _wished_gap(newest: Ints, wished_days: Ints | None) -> Rule:
    """A message is followed by none for so many days; 0 or None = no wish."""
    last = np.pad(newest, ((0, 0), (0, 1)))[:, 0]
    gap = np.zeros_like(last) if wished_days is None else wished_days * DAY_MS

    def rule(at: Ints) -> Ints:
        return np.where((last > 0) & (gap > 0), np.maximum(at, last + gap), at)

    return rule


def known_for(first_ms: Ints, least_days: Ints) -> Rule:
    """The first contact is at least so many days old; without one it has yet to come."""

    def rule(at: Ints) -> Ints:
        free = np.where(first_ms > 0, np.maximum(at, first_ms + least_days * DAY_MS), at + LOOK_AGAIN_MS)
        return np.where(least_days > 0, free, at)

    return rule


def quiet_hours(facts: QuietFacts) -> Rule:
    """Now and as long as a permit is good: outside the quiet time, or in an hour that the person has opened.
    The clock is the row's offset, so a change to summer time is seen only when it has happened."""
    allowed = allowed_hours(facts)
    offset = facts.offset_min * (HOUR_MS // 60)
    rows = np.arange(len(offset))

    def rule(at: Ints) -> Ints:
        local = at + offset
        hour = local // HOUR_MS
        fits = allowed[rows, hour % 24] & allowed[rows, (local + PERMIT_VALID_MS) // HOUR_MS % 24]
        ahead = hour[:, None] + np.arange(1, 25)
        opens = np.take_along_axis(allowed, ahead % 24, axis=1)
        start = ahead[rows, np.argmax(opens, axis=1)] * HOUR_MS - offset
        waits = np.where(opens.any(axis=1), start, at + LOOK_AGAIN_MS)
        return np.where(fits, at, waits)

    return rule


def allowed_hours(facts: QuietFacts) -> Bools:
    """bool[n, 24]: clock hours (of the row's offset) in which the person may be written to.

    An own quiet time on a clock that nobody knows may be now: it leaves no hour. No quiet time at all leaves
    every hour."""
    hours = np.arange(HOURS)
    start, end = facts.quiet_from[:, None], facts.quiet_to[:, None]
    over_midnight = (hours >= start) | (hours < end)
    quiet = np.where(start <= end, (hours >= start) & (hours < end), over_midnight)
    opened = _bits(facts.open_mask) & ~facts.own[:, None]
    known = facts.known[:, None]
    unclocked = ~quiet.any(axis=1, keepdims=True)
    unsure: Bools = np.where(facts.own[:, None] | unclocked, unclocked, _bits(facts.seen_mask))
    return np.where(known, ~quiet | opened, unsure)


def allowed_slots(facts: QuietFacts, start_ms: int, count: int) -> Bools:
    """bool[n, count]: the UTC hours from `start_ms` on (the start of an hour) that lie in allowed hours.
    What the planner offers; the door asks again when the moment has come."""
    allowed = allowed_hours(facts)
    starts = start_ms + np.arange(count) * HOUR_MS + facts.offset_min[:, None] * (HOUR_MS // 60)
    first = np.take_along_axis(allowed, starts // HOUR_MS % 24, axis=1)
    last = np.take_along_axis(allowed, (starts + HOUR_MS - 1) // HOUR_MS % 24, axis=1)
    both: Bools = first & last
    return both


def first_moment(rules: Sequence[Rule], at: Ints) -> Ints:
    """The earliest moment from `at` on at which all rules are kept together, as far as is known."""
    moment = at
    for _ in range(64):
        later = moment
        for rule in rules:
            later = rule(later)
        if np.array_equal(later, moment):
            break
        moment = later
    return moment


def _bits(mask: Ints) -> Bools:
    bits: Bools = (mask[:, None] >> np.arange(24)) & 1 > 0
    return bits
