"""A profile is the fold of a person's events; every derived number is defined here or in `core.scores`, once.

`ProfileState` is what SQL keeps: whole numbers and latest values only, so that events may come late, doubled
(the store drops doubles) or out of order and the state is the same. What is shown is `view(state, now)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

KEEP_DAYS = 60
"""Daily buckets older than this before the newest event are dropped; totals keep counting."""


@dataclass(frozen=True, slots=True)
class BotLink:
    """A person and one bot; 0 = never."""

    started_ms: int = 0
    seen_ms: int = 0
    blocked_ms: int = 0
    unblocked_ms: int = 0


@dataclass(frozen=True, slots=True)
class ProfileState:
    """The foldable record of one person.

    days: UTC day -> counter -> n (counters: event kinds, `intent:<topic>`, `active`); hours: UTC day -> UTC hour ->
    n of active events; half-hour zones are exact because minutes are not needed for hours of activity.
    totals: counter -> n of all time. latest: register -> (ts_ms, value), last writer wins, ties by larger value
    (registers: language, premium, zone, consent, bot, campaign_first (first writer), campaign_last).
    sends: [ts_ms] of campaign messages of the last 60 days, ascending; answers: ts_ms of responses likewise.
    kinds / slots: content kind / UTC hour -> (sent, answered). money: currency -> minor units."""

    first_ms: int = 0
    last_ms: int = 0
    seen_ms: int = 0
    days: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    hours: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    totals: Mapping[str, int] = field(default_factory=dict)
    latest: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    bots: Mapping[int, BotLink] = field(default_factory=dict)
    sends: tuple[int, ...] = ()
    answers: tuple[int, ...] = ()
    kinds: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    slots: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    money: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Profile:
    """What is shown and what rules read: a view of the state at a moment. Shares are 0..1, times UTC ms.

    hour_activity: 24 decayed sums by UTC hour. tz_offset_min and tz_confidence: declared zone (confidence 1)
    or estimate."""

    person_no: int
    now_ms: int
    first_seen_ms: int
    last_seen_ms: int
    days_since_joined: float
    days_since_seen: float
    language: str
    premium: bool
    zone: str
    tz_offset_min: int
    tz_confidence: float
    bots: int
    last_bot: int
    consent: bool
    reachable: bool
    interactions_1d: int
    interactions_7d: int
    interactions_30d: int
    messages_7d: int
    commands_7d: int
    taps_7d: int
    active_days_7d: int
    active_days_30d: int
    night_share: float
    intent_score: float
    intent_price: int
    intent_vip: int
    intent_buy: int
    intent_support: int
    received_30d: int
    answered_30d: int
    ignored_in_a_row: int
    response_rate: float
    engagement_score: float
    conversions: int
    purchases: int
    amount_minor: int
    days_since_purchase: float
    campaign_first: str
    campaign_last: str
    hour_activity: tuple[float, ...] = ()
