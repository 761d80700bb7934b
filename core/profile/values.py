"""The values: what is kept of a person, and what is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

KEEP_DAYS: Final = 60
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

    first_ms, last_ms: the first and the last event; seen_ms: the last sign of life by the person; 0 = none.
    days: UTC day -> counter -> n (counters: event kinds, `intent:<topic>`, `active`); hours: UTC day -> half
    hour 0..47 of that day -> n of active events. totals: event kind -> n of all time.
    latest: register -> (ts_ms, value), last writer wins, ties by larger value (registers: language,
    client_language, premium, zone, consent, bot, gone, purchase, campaign_last; campaign_first: first
    writer, ties by smaller value). sends: [ts_ms] of campaign messages, ascending; answers: ts_ms of
    responses likewise. days, hours, sends and answers reach KEEP_DAYS back from the newest event.
    kinds: content kind -> (sent, answered); slots: UTC hour of the sending -> (sent, answered); of all time.
    money: currency -> minor units."""

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

    days_since_*: -1 when it never happened. days_since_joined: since the first event. language: chosen, else
    the client's. consent: to campaigns. reachable: some started bot is neither blocked nor refused by
    Telegram. bots: bots that can reach the person; last_bot: the one last spoken with. interactions_1d: in
    the last 24 hours, to the half hour. night_share: share of faded activity from 23 to 06 in the person's
    own time. intent_<topic>: mentions in 30 days. received_30d, answered_30d: campaign messages and
    responses of exactly 30 days. ignored_in_a_row: campaign messages since the last response that have been
    silent for a day. response_rate: smoothed, over 60 days. conversions: goal events (payments so far).
    amount_minor: spent in the currency most was spent in. hour_activity: 24 faded sums by UTC hour.
    tz_offset_min and tz_confidence: declared zone (confidence 1) or estimate."""

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


GIVEN: Final = "given"
WITHDRAWN: Final = "withdrawn"
"""Values of the consent register: of two choices at one moment the larger value wins, which is the
stricter."""
