"""Consent, and THE door: the one question that stands before every campaign message.

`may_contact` takes and returns columns; a single question is a batch of one. It is asked when planning and
again inside the transaction that marks a message as being sent. Nothing else opens the way to a send.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntFlag

import numpy as np
import numpy.typing as npt

from core.strategy import Caps

CAMPAIGNS = "campaigns"
"""The purpose that a campaign message needs."""


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """A choice by a person: purpose, yes or no, when, how it was said, version of the text shown."""

    person_no: int
    purpose: str
    granted: bool
    at_ms: int
    source: str
    text_version: str = ""


class Reason(IntFlag):
    """Why the door stays shut; several may hold at once."""

    NO_CONSENT = 1
    BLOCKED = 2
    GONE = 4
    NOT_STARTED = 8
    HOLDOUT = 16
    KILL_SWITCH = 32
    BOT_PAUSED = 64
    CAMPAIGN_PAUSED = 128
    EXCLUDED = 256
    DAILY_LIMIT = 512
    COOLDOWN = 1024
    FREQUENCY = 2048
    PERSON_CAP_DAY = 4096
    PERSON_CAP_WEEK = 8192
    QUIET_HOURS = 16384
    CONTENT = 32768
    HALTED = 65536


LASTING = (
    Reason.NO_CONSENT
    | Reason.BLOCKED
    | Reason.GONE
    | Reason.NOT_STARTED
    | Reason.HOLDOUT
    | Reason.EXCLUDED
    | Reason.CONTENT
)
"""Reasons that time alone does not cure: a waiting message is suppressed. All others hold it until later."""

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class QuietFacts:
    """Columns about the hours of n people.

    offset_min: minutes east of UTC now; known: declared, or estimated with confidence; open_mask: bit h set =
    active in clock hour h on several recent days (clock of `offset_min`); seen_mask: bit h = active in it at
    all recently; quiet_from, quiet_to: clock hours of the quiet time; own: set by the person, final."""

    offset_min: Ints
    known: Bools
    open_mask: Ints
    seen_mask: Ints
    quiet_from: Ints
    quiet_to: Ints
    own: Bools


@dataclass(frozen=True, slots=True)
class DoorFacts:
    """Columns about n (person, bot) pairs, as the SQL store knows them in this transaction.

    recent_ms: int64[n, m], moments at which earlier campaign messages count (sent_ms, or permit_ms + 5 s while
    the outcome is open), 0 = none, of the last 8 days. reach: 0 not started, 1 open, 2 blocked, 3 gone.
    switches: the durable switches (kill, pause:bot:N, pause:campaign:NAME, halt:N)."""

    person_no: Ints
    bot_id: Ints
    chat_id: Ints
    consent: Bools
    reach: Ints
    holdout: Bools
    excluded: Bools
    recent_ms: Ints
    quiet: QuietFacts
    switches: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DoorAsk:
    """Columns about the n messages: the pace of each sending segment's strategy (ceiling or below).

    campaign: name per row. content_ok: the content exists in a language the person reads."""

    campaign: tuple[str, ...]
    period_days: Ints
    daily_limit: Ints
    cooldown_ms: Ints
    content_ok: Bools
    caps: Caps = Caps()


@dataclass(frozen=True, slots=True)
class Verdicts:
    """allowed: bool[n]; reasons: int64[n] of `Reason` bits; until_ms: int64[n], the earliest moment at which the
    reasons that time cures are over (0 where allowed or where time does not help)."""

    allowed: Bools
    reasons: Ints
    until_ms: Ints
