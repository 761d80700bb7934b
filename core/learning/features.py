"""What the models see: columns about people become numbers, the same at planning and at learning.

A decision's numbers are its *facts*: `person` facts (who, at that moment), `hour` facts (this UTC hour
for this person) and `kind` facts (this kind of content for this person). They are stored with the
decision, so learning never looks back at a profile that has changed since. `design` adds the combinations
with kinds and segments. Scores factorise: logit p(person, hour, kind) = person part + hour part + kind
part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HOURS: Final = 24
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
FATIGUE_DAYS: Final = (1.0, 3.0, 7.0)
"""Time constants of the traces that a message leaves: each fades as exp(-age / constant)."""
REPEAT_DAYS: Final = 3.0
"""Time constant of the trace that a message leaves in its kind."""
ACTIVITY_MEMORY_DAYS: Final = 14.0 / log(2.0)
"""A steady person's decayed activity (half-life 14 days) is so many days' worth."""

_SMOOTH: Final = (0.2, 0.6, 0.2)
_HOUR_PRIOR: Final = 5.0
_RATE_PRIOR: Final = 10.0
_SLOT_PRIOR: Final = 5.0
_TASTE_PRIOR: Final = 4.0
_AFTER_SEGMENTS: Final = ("rate", "intent", "activity", "unseen", "premium")
_TRACES: Final = ("fatigue_1d", "fatigue_3d", "fatigue_7d", "ignored")
HOUR_FACTS: Final = ("lift", "attention", "slot")
KIND_FACTS: Final = ("taste", "repeat")


@dataclass(frozen=True, slots=True)
class Layout:
    """The names that give the numbers their places."""

    segments: tuple[str, ...]
    kinds: tuple[str, ...]

    @property
    def person(self) -> tuple[str, ...]:
        """Names of the person facts."""
        return ("one", *(f"in:{name}" for name in self.segments), *_AFTER_SEGMENTS, *_TRACES)

    @property
    def facts(self) -> tuple[str, ...]:
        """Names of all facts of a decision, in the order of the columns."""
        return (*self.person, *HOUR_FACTS, *KIND_FACTS)

    @property
    def design(self) -> tuple[str, ...]:
        """Names of the model's coefficients."""
        kinds = tuple(f"kind:{kind}" for kind in self.kinds)
        wanted = tuple(f"intent*{kind}" for kind in self.kinds)
        mixed = tuple(f"{segment}*{kind}" for segment in self.segments for kind in self.kinds)
        return (*self.facts, *kinds, *wanted, *mixed)

    def place(self, name: str) -> int:
        """The column of a fact."""
        return self.facts.index(name)


@dataclass(frozen=True, slots=True)
class Situation:
    """Columns about n people at `now_ms`, the start of a UTC hour.

    confidence: [n, segments] 0..1. hour_activity: [n, 24] decayed activity by UTC hour; hour_prior: [n,
    24], what is expected of somebody unknown, rows summing to 1 (`expected_hours`). kind_sent,
    kind_answered: [n, kinds]; slot_sent, slot_answered: [n, 24], by UTC hour of sending. recent_ms:
    int64[n, m], earlier campaign messages, 0 = none. kind_recent: [n, kinds], how many of each kind
    lately (`kind_traces`). ignored: messages without an answer in a row. intent: 0..1. unseen_days: since
    the last sign of life. premium: 0 or 1."""

    now_ms: int
    confidence: Floats
    hour_activity: Floats
    hour_prior: Floats
    kind_sent: Floats
    kind_answered: Floats
    slot_sent: Floats
    slot_answered: Floats
    recent_ms: Ints
    kind_recent: Floats
    ignored: Floats
    intent: Floats
    unseen_days: Floats
    premium: Floats


@dataclass(frozen=True, slots=True)
class Columns:
    """The facts of a situation, before an hour and a kind are chosen.

    person: [n, person facts], traces as of now; hour: [n, 24, hour facts] by UTC hour; kind: [n, kinds,
    2]."""

    person: Floats
    hour: Floats
    kind: Floats


def observe(situation: Situation, base_rate: float) -> Columns:
    """The facts of everybody. `base_rate`: response rate over all, to which small counts are shrunk."""
    rate = _shrunk(situation.kind_answered.sum(1), situation.kind_sent.sum(1), base_rate, _RATE_PRIOR)
    person = np.column_stack(
        [
            np.ones(len(rate)),
            situation.confidence,
            np.log(rate / base_rate),
            situation.intent,
            np.log1p(situation.hour_activity.sum(1) / ACTIVITY_MEMORY_DAYS),
            np.log1p(np.maximum(situation.unseen_days, 0.0)),
            situation.premium,
            traces(situation.recent_ms, situation.now_ms),
            np.log1p(situation.ignored),
        ]
    )
    return Columns(person, _hour_facts(situation, rate), _kind_facts(situation, rate))


def traces(recent_ms: Ints, at_ms: int | Ints) -> Floats:
    """[n, 3]: what earlier messages have left at `at_ms` (a moment, or one a row), by time constant."""
    moment = np.broadcast_to(np.asarray(at_ms), (len(recent_ms),))
    days = np.maximum(moment[:, None] - recent_ms, 0) / DAY_MS
    there = recent_ms > 0
    return np.column_stack([np.where(there, np.exp(-days / tau), 0.0).sum(1) for tau in FATIGUE_DAYS])


def fading(slots: int) -> Floats:
    """[3, slots]: what remains of each trace at the start of hour 0, 1, 2 ... from now."""
    hours = np.arange(slots) / HOURS
    remains: Floats = np.exp(-hours / np.array(FATIGUE_DAYS)[:, None])
    return remains


def kind_traces(recent_ms: Ints, recent_kind: Ints, now_ms: int, kinds: int) -> Floats:
    """[n, kinds] from int64[n, m]: moments of earlier messages (0 = none) and the number of their kind."""
    weight = np.where(recent_ms > 0, np.exp((recent_ms - now_ms) / DAY_MS / REPEAT_DAYS), 0.0)
    found = np.zeros((len(recent_ms), kinds))
    rows = np.broadcast_to(np.arange(len(recent_ms))[:, None], recent_ms.shape)
    np.add.at(found, (rows, np.clip(recent_kind, 0, kinds - 1)), weight)
    return found


def expected_hours(hour_activity: Floats, offset_h: Floats) -> Floats:
    """[n, 24]: the hours expected of each person before anything is known about them, from everybody else.

    offset_h: [n] hours east of UTC, NaN where unknown. Who has a zone gets the common day of people with
    a zone, moved to it; the others get the common day in UTC."""
    everyone = _shares(hour_activity.sum(0), 24.0)
    known = ~np.isnan(offset_h)
    shift = np.rint(np.where(known, offset_h, 0.0)).astype(np.int64)
    columns = (np.arange(HOURS) - shift[:, None]) % HOURS
    local = np.take_along_axis(hour_activity, columns, axis=1)
    day = _shares(local[known].sum(0), 24.0)
    moved: Floats = day[(np.arange(HOURS) + shift[:, None]) % HOURS]
    return np.where(known[:, None], moved, everyone)


def chosen_facts(columns: Columns, rows: Ints, slot_ms: Ints, kind: Ints, now_ms: int) -> Floats:
    """[r, facts] of the choices: person `rows[i]`, hour starting at `slot_ms[i]`, kind number `kind[i]`."""
    person = columns.person[rows].copy()
    days = (slot_ms - now_ms) / DAY_MS
    first = person.shape[1] - len(_TRACES)
    for place, tau in enumerate(FATIGUE_DAYS):
        person[:, first + place] *= np.exp(-days / tau)
    hour = columns.hour[rows, slot_ms // HOUR_MS % HOURS]
    return np.concatenate([person, hour, columns.kind[rows, kind]], axis=1)


def design(layout: Layout, facts: Floats, kind: Ints) -> Floats:
    """[r, len(layout.design)]: the facts, the kind, and kind by intent and by segment."""
    chosen = np.eye(len(layout.kinds))[kind]
    intent = facts[:, layout.place("intent")][:, None]
    member = facts[:, 1 : 1 + len(layout.segments)]
    mixed = (member[:, :, None] * chosen[:, None, :]).reshape(len(facts), -1)
    return np.concatenate([facts, chosen, chosen * intent, mixed], axis=1)


def named(layout: Layout, facts: Floats) -> dict[str, float]:
    """One decision's facts by name: what the decision log keeps."""
    return {name: round(float(value), 5) for name, value in zip(layout.facts, facts, strict=True)}


def unnamed(layout: Layout, decisions: Sequence[Mapping[str, object]]) -> Floats:
    """The way back from the log: [r, facts]; a name that was not kept counts as 0."""
    table = [[_number(each.get(name)) for name in layout.facts] for each in decisions]
    return np.array(table, dtype=np.float64).reshape(len(decisions), len(layout.facts))


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _hour_facts(situation: Situation, rate: Floats) -> Floats:
    activity = situation.hour_activity
    around = (
        np.roll(activity, 1, 1) * _SMOOTH[0] + activity * _SMOOTH[1] + np.roll(activity, -1, 1) * _SMOOTH[2]
    )
    share = (around + _HOUR_PRIOR * situation.hour_prior) / (activity.sum(1, keepdims=True) + _HOUR_PRIOR)
    sent, answered = _neighbours(situation.slot_sent), _neighbours(situation.slot_answered)
    slot = _shrunk(answered, sent, rate[:, None], _SLOT_PRIOR) / rate[:, None]
    lift = np.log(HOURS * share + 0.1)
    return np.stack([lift, share / share.max(1, keepdims=True), np.log(slot)], axis=2)


def _kind_facts(situation: Situation, rate: Floats) -> Floats:
    own = _shrunk(situation.kind_answered, situation.kind_sent, rate[:, None], _TASTE_PRIOR)
    return np.stack([np.log(own / rate[:, None]), situation.kind_recent], axis=2)


def _shrunk(part: Floats, whole: Floats, towards: float | Floats, strength: float) -> Floats:
    shrunk: Floats = (part + strength * towards) / (whole + strength)
    return np.maximum(shrunk, 1e-3)


def _neighbours(counts: Floats) -> Floats:
    return counts + (np.roll(counts, 1, 1) + np.roll(counts, -1, 1)) / 2


def _shares(counts: Floats, strength: float) -> Floats:
    shares: Floats = (counts + strength / len(counts)) / (counts.sum() + strength)
    return shares
