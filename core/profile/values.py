"""The values: what is kept of a person, and what is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from core.event import Scalar
from core.profile.series import KEEP_DAYS, Series, days_of

__all__ = ["GIVEN", "KEEP_DAYS", "WITHDRAWN", "BotLink", "Profile", "ProfileState", "Purchase"]


@dataclass(frozen=True, slots=True)
class BotLink:
    """A person and one bot; 0 = never."""

    started_ms: int = 0
    seen_ms: int = 0
    blocked_ms: int = 0
    unblocked_ms: int = 0


@dataclass(frozen=True, slots=True)
class Purchase:
    """One charge. Paid or given back, whatever was heard of first: 0 = not yet heard of."""

    paid_ms: int = 0
    currency: str = ""
    amount_minor: int = 0
    until_ms: int = 0
    refunded_ms: int = 0

    @property
    def kept(self) -> bool:
        """Paid and not given back."""
        return self.paid_ms > 0 and not self.refunded_ms


@dataclass(frozen=True, slots=True)
class ProfileState:
    """The foldable record of one person.

    first_ms, last_ms: the first and the last event; seen_ms: the last sign of life by the person; 0 = none.
    counts: counter -> n by UTC day (counters: event kinds, `edited` for changed messages, `active` for signs
    of life, `session`, `intent:<topic>`); hours: UTC day -> half hour 0..47 of that day -> n of signs of
    life. totals: event kind -> n of all time, and `link:<kind>` -> starts by such a link.

    latest: register -> (ts_ms, value), last writer wins, ties by larger value (registers: language,
    client_language, premium, zone, consent, `consent:<purpose>`, bot, gone, purchase, frequency, quiet,
    muted, `vip:<group_no>` = in or out, campaign_last; campaign_first: first writer, ties by smaller value).

    sends: [ts_ms] of campaign messages, ascending; answers: ts_ms of responses likewise. counts, hours,
    sends and answers reach KEEP_DAYS back from the newest event. kinds: content kind -> (sent, answered);
    slots: UTC hour of the sending -> (sent, answered); of all time.

    bots: what passed between the person and each; groups: group -> moment of the last event there.
    purchases: by charge. facts: name -> (ts_ms, value) of what others state, None = taken back; tags: name
    -> (ts_ms, set or taken away)."""

    first_ms: int = 0
    last_ms: int = 0
    seen_ms: int = 0
    counts: Mapping[str, Series] = field(default_factory=dict)
    hours: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    totals: Mapping[str, int] = field(default_factory=dict)
    latest: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    bots: Mapping[int, BotLink] = field(default_factory=dict)
    sends: tuple[int, ...] = ()
    answers: tuple[int, ...] = ()
    kinds: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    slots: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    groups: Mapping[int, int] = field(default_factory=dict)
    purchases: Mapping[str, Purchase] = field(default_factory=dict)
    facts: Mapping[str, tuple[int, Scalar]] = field(default_factory=dict)
    tags: Mapping[str, tuple[int, bool]] = field(default_factory=dict)

    @property
    def days(self) -> dict[int, dict[str, int]]:
        """The counters by day: UTC day -> counter -> n."""
        return days_of(self.counts)

    @property
    def money(self) -> dict[str, int]:
        """Currency -> minor units of purchases that were not given back."""
        found: dict[str, int] = {}
        for each in self.purchases.values():
            if each.kept:
                found[each.currency] = found.get(each.currency, 0) + each.amount_minor
        return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class Profile:
    """What is shown and what rules read: a view of the state at a moment.

    Shares are 0..1, times UTC ms, money in minor units. Windows (`_1d`, `_7d`, `_30d`) are whole UTC days
    including today, unless said otherwise.

    first_seen_ms: the first event; last_seen_ms: the last sign of life; 0 = never. days_since_*: -1 when it
    never happened; days_since_joined counts from the first event.

    language: chosen, else the client's. zone: the declared one; tz_offset_min and tz_confidence: of the
    declared zone (confidence 1) or the estimate. consent: to campaigns. bots: bots that were started and can
    reach the person; reachable: there is one; last_bot: the one last spoken with in private. groups: groups
    the person was ever seen in. vip: is in a VIP group.

    interactions: signs of life anywhere; interactions_1d: of the last 24 hours, to the half hour. messages:
    written to a bot; group_messages: written in groups; both without changed messages. active_days: days with
    a sign of life. sessions: runs of half hours with a sign of life, without a half hour of silence between
    them; a run belongs to the day on which it begins. night_share: share of faded activity from 23 to 06 in
    the person's own time. intent_<topic>: mentions in 30 days.

    received_30d, answered_30d: campaign messages and responses of exactly 30 days. ignored_in_a_row: campaign
    messages since the last response that have been silent for a day. response_rate: smoothed, over 60 days.

    purchases: payments that were not given back, each charge once; refunds: those that were. conversions:
    goal events, i.e. purchases and joinings of VIP groups. amount_minor: spent on purchases in the currency
    most was spent in (`currency`); average_minor: that by the number of purchases in it. days_since_purchase:
    since the last purchase. subscribed_until_ms: the latest end of a subscription that a purchase pays for;
    subscribed: it lies ahead.
    rfm_*: 1 (least) to 5 (best) by the cut points of `core.profile.money`, -1 without a purchase.

    campaign_first, campaign_last: code of the first and the latest deep link. frequency_days, quiet, muted:
    the person's own wishes: least days between contact days (0 = none stated), FROM-TO or `off`, content
    kinds.

    city to loyalty_card: what an import or an operator stated last; age -1 when unknown. tags: set and not
    taken away; notes: how many were written; custom: all other stated facts. hour_activity: 24 faded sums by
    UTC hour."""

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
    groups: int = 0
    vip: bool = False
    messages_1d: int = 0
    messages_30d: int = 0
    commands_1d: int = 0
    commands_30d: int = 0
    taps_1d: int = 0
    taps_30d: int = 0
    group_messages_1d: int = 0
    group_messages_7d: int = 0
    group_messages_30d: int = 0
    reactions_1d: int = 0
    reactions_7d: int = 0
    reactions_30d: int = 0
    sessions_7d: int = 0
    sessions_30d: int = 0
    refunds: int = 0
    currency: str = ""
    average_minor: int = 0
    subscribed: bool = False
    subscribed_until_ms: int = 0
    rfm_recency: int = -1
    rfm_frequency: int = -1
    rfm_money: int = -1
    frequency_days: int = 0
    quiet: str = ""
    muted: tuple[str, ...] = ()
    city: str = ""
    district: str = ""
    country: str = ""
    postal_code: str = ""
    age: int = -1
    gender: str = ""
    tier: str = ""
    app: str = ""
    loyalty_card: str = ""
    tags: tuple[str, ...] = ()
    notes: int = 0
    custom: Mapping[str, Scalar] = field(default_factory=dict)


GIVEN: Final = "given"
WITHDRAWN: Final = "withdrawn"
"""Values of the consent register: of two choices at one moment the larger value wins, which is the
stricter."""
