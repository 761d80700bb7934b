"""The door of groups: the one question that stands before every campaign message to a group.

Columns in, columns out, like `core.consent.may_contact`; asked when planning and again in the transaction
that marks the row as being sent. A group is written to only where a bot was invited and may write, within
limits of its own, and in the hours in which people are awake there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from core import limits
from core.consent import Addressed, Reason, Verdicts, explain, switched
from core.limits import DAY_MS, HOUR_MS, HOURS, WEEK_MS, Bools, Ints, QuietFacts, Rule

Floats = npt.NDArray[np.float64]

AWAKE_SHARE: Final = 0.25
"""People are awake in an hour that has at least this share of the group's mean activity of an hour."""


@dataclass(frozen=True, slots=True)
class PostLimits:
    """Per group: campaign messages in any 24 hours and 7 days, and the least gap between two."""

    per_day: int = 1
    per_week: int = 3
    gap_h: float = 20.0


@dataclass(frozen=True, slots=True)
class PostFacts:
    """Columns about n (group, bot) pairs, as the SQL store knows them in this transaction.

    chat_id: the group's number in Telegram now. present: the bot is in the group; may_write: and has the
    right to. recent_ms: int64[n, m], moments of earlier campaign messages to the group (0 = none) of the last
    8 days. hours: float64[n, 24], faded activity by UTC hour. switches: as in `DoorFacts`."""

    group_no: Ints
    bot_id: Ints
    chat_id: Ints
    present: Bools
    may_write: Bools
    recent_ms: Ints
    hours: Floats
    switches: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PostAsk:
    """Columns about the n messages: campaign and sending segment of each."""

    campaign: tuple[str, ...]
    segment: tuple[str, ...]
    limits: PostLimits = PostLimits()


def may_post(facts: PostFacts, ask: PostAsk, now_ms: int | Ints) -> Verdicts:
    """The door of groups. Row i asks whether message i may go to group i by bot i at `now_ms`.

    Reasons: NO_RIGHTS (not invited, removed, or muted: time does not help, `until_ms` is 0), GROUP_LIMIT,
    QUIET_HOURS (by the group's own activity; where nobody ever wrote no hour is known to be a waking one) and
    the switches. `until_ms` is as in `may_contact`."""
    rows = len(facts.group_no)
    now = np.broadcast_to(np.asarray(now_ms, dtype=np.int64), (rows,))
    rules = _rules(facts, ask.limits)
    reasons = np.where(facts.present & facts.may_write, 0, int(Reason.NO_RIGHTS)).astype(np.int64)
    for reason, rule in rules:
        reasons |= np.where(rule(now) > now, int(reason), 0)
    paused, recheck = switched(facts.switches, Addressed(facts.bot_id, ask.campaign, ask.segment), now)
    reasons |= paused
    free = limits.first_moment([rule for _, rule in rules], np.maximum(now, recheck))
    waits = (reasons != 0) & (reasons & int(Reason.NO_RIGHTS) == 0)
    return Verdicts(allowed=reasons == 0, reasons=reasons, until_ms=np.where(waits, free, 0))


def waking_hours(hours: Floats) -> Bools:
    """bool[n, 24]: UTC hours in which people are awake in each group; none where nobody ever wrote."""
    mean = hours.mean(axis=1, keepdims=True)
    awake: Bools = (hours > 0) & (hours >= AWAKE_SHARE * mean)
    return awake


def _rules(facts: PostFacts, bounds: PostLimits) -> list[tuple[Reason, Rule]]:
    newest = limits.newest_first(facts.recent_ms)

    def same(value: int) -> Ints:
        return np.full(len(newest), value, dtype=np.int64)

    return [
        (Reason.GROUP_LIMIT, limits.cap(newest, same(bounds.per_day), DAY_MS)),
        (Reason.GROUP_LIMIT, limits.cap(newest, same(bounds.per_week), WEEK_MS)),
        (Reason.GROUP_LIMIT, limits.cooldown(newest, same(round(bounds.gap_h * HOUR_MS)))),
        (Reason.QUIET_HOURS, limits.quiet_hours(_quiet(facts.hours))),
    ]


def _quiet(hours: Floats) -> QuietFacts:
    """A group's clock is UTC, every hour of it quiet but those in which people are awake there."""
    rows = len(hours)
    mask: Ints = (waking_hours(hours) << np.arange(HOURS)).sum(axis=1, dtype=np.int64)
    zeros, no = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.bool_)
    return QuietFacts(zeros, ~no, mask, zeros, zeros, zeros + HOURS, no)


# --------------------------------------------------------------------------------------------------- in words
_WORDS: Final[Mapping[Reason, Mapping[str, str]]] = {
    Reason.NO_RIGHTS: {
        "en": "the bot is not in the group, or may not write there",
        "tr": "bot grupta değil ya da orada yazamıyor",
    },
    Reason.GROUP_LIMIT: {"en": "the group's limit is reached", "tr": "grubun sınırı doldu"},
    Reason.QUIET_HOURS: {
        "en": "people are not known to be awake there at this hour",
        "tr": "bu saatte orada kimsenin uyanık olduğu bilinmiyor",
    },
}
"""What is a group's own; switches read as they do for people."""


def explain_post(reasons: int, until_ms: int, language: str = "en") -> list[str]:
    """As `core.consent.explain`, for a verdict of `may_post`."""
    own = [texts.get(language, texts["en"]) for reason, texts in _WORDS.items() if reasons & reason]
    words = own + explain(reasons & ~sum(_WORDS), 0, language)
    until = explain(int(Reason.QUIET_HOURS), until_ms, language)[1:]
    return words + until if words else []
