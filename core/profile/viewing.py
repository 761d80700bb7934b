"""The record at a moment: windows, shares and scores."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import Final

from core import scores
from core.profile.values import GIVEN, KEEP_DAYS, Profile, ProfileState
from core.scores import DAY_MS, HALF_HOUR_MS
from core.text import TOPICS

_WEEK: Final = 7
_MONTH: Final = 30
_TOPIC_COUNTERS: Final = tuple((topic, f"intent:{topic}") for topic in TOPICS)
_WEEKLY: Final = ("active", "message_received", "command_used", "button_tapped")
_MONTHLY: Final = ("active", *(name for _, name in _TOPIC_COUNTERS))
_NONE: Final[Mapping[int, int]] = {}


def view(person_no: int, state: ProfileState, now_ms: int) -> Profile:
    """The profile as it is at a moment. Cheap enough to run for every update."""
    faded = scores.rhythm(state.hours, now_ms // DAY_MS)
    zone = scores.declared_zone(state)
    language = scores.language_of(state)
    offset_min, confidence = (
        (scores.zone_offset_min(zone, now_ms), 1.0) if zone else scores.guess_timezone(faded, language)
    )
    window = _Windows(state, now_ms // DAY_MS)
    week, month = window.week, window.month
    received, answered = _within(state.sends, now_ms, KEEP_DAYS), _within(state.answers, now_ms, KEEP_DAYS)
    rate = scores.response_rate(answered, received)
    since_seen = _days_since(state.seen_ms, now_ms)
    bots = _reaching(state)
    return Profile(
        person_no=person_no,
        now_ms=now_ms,
        first_seen_ms=state.first_ms,
        last_seen_ms=state.seen_ms,
        days_since_joined=_days_since(state.first_ms, now_ms),
        days_since_seen=since_seen,
        language=language,
        premium=_register(state, "premium") == "1",
        zone=zone,
        tz_offset_min=offset_min,
        tz_confidence=confidence,
        bots=bots,
        last_bot=int(_register(state, "bot") or 0),
        consent=_register(state, "consent") == GIVEN,
        reachable=bots > 0,
        interactions_1d=_last_day(state, now_ms),
        interactions_7d=week["active"],
        interactions_30d=month["active"],
        messages_7d=week["message_received"],
        commands_7d=week["command_used"],
        taps_7d=week["button_tapped"],
        active_days_7d=window.days_7,
        active_days_30d=window.days_30,
        night_share=scores.night_share(faded, offset_min),
        intent_score=scores.intent_score(window.mentions),
        intent_price=month["intent:price"],
        intent_vip=month["intent:vip"],
        intent_buy=month["intent:buy"],
        intent_support=month["intent:support"],
        received_30d=_within(state.sends, now_ms, 30),
        answered_30d=_within(state.answers, now_ms, 30),
        ignored_in_a_row=_ignored(state, now_ms),
        response_rate=rate,
        engagement_score=scores.engagement_score(week["active"], window.days_30, since_seen, rate),
        conversions=state.totals.get("payment_succeeded", 0),
        purchases=state.totals.get("payment_succeeded", 0),
        amount_minor=max(state.money.values(), default=0),
        days_since_purchase=_days_since(state.latest.get("purchase", (0, ""))[0], now_ms),
        campaign_first=_register(state, "campaign_first"),
        campaign_last=_register(state, "campaign_last"),
        hour_activity=scores.hour_activity(faded),
    )


class _Windows:
    """Counts of the last 7 and 30 UTC days, days with a sign of life, and faded mentions of topics."""

    __slots__ = ("days_30", "days_7", "mentions", "month", "week")

    def __init__(self, state: ProfileState, today: int) -> None:
        self.week = dict.fromkeys(_WEEKLY, 0)
        self.month = dict.fromkeys(_MONTHLY, 0)
        self.mentions: dict[str, float] = {}
        self.days_7 = self.days_30 = 0
        for day, counters in state.days.items():
            age = today - day
            if 0 <= age < _MONTH:
                self._add_month(age, counters)
            if 0 <= age < _WEEK:
                self._add_week(counters)

    def _add_month(self, age: int, counters: Mapping[str, int]) -> None:
        active = counters.get("active")
        if active:
            self.days_30 += 1
            self.month["active"] += active
        for topic, name in _TOPIC_COUNTERS:
            count = counters.get(name)
            if count:
                self.month[name] += count
                self.mentions[topic] = self.mentions.get(topic, 0.0) + count * scores.intent_weight(age)

    def _add_week(self, counters: Mapping[str, int]) -> None:
        self.days_7 += "active" in counters
        for name in _WEEKLY:
            self.week[name] += counters.get(name, 0)


def _register(state: ProfileState, name: str) -> str:
    return state.latest.get(name, (0, ""))[1]


def _days_since(at_ms: int, now_ms: int) -> float:
    return max(0, now_ms - at_ms) / DAY_MS if at_ms else -1.0


def _within(moments: tuple[int, ...], now_ms: int, days: int) -> int:
    return bisect_right(moments, now_ms) - bisect_left(moments, now_ms - days * DAY_MS)


def _last_day(state: ProfileState, now_ms: int) -> int:
    """Active events of the half hour that is running and the 47 before it."""
    day, index = now_ms // DAY_MS, now_ms % DAY_MS // HALF_HOUR_MS
    today = sum(n for half, n in state.hours.get(day, _NONE).items() if half <= index)
    return today + sum(n for half, n in state.hours.get(day - 1, _NONE).items() if half > index)


def _ignored(state: ProfileState, now_ms: int) -> int:
    last_answer = state.answers[-1] if state.answers else 0
    silent = bisect_right(state.sends, now_ms - DAY_MS)
    return max(0, silent - bisect_right(state.sends, last_answer))


def _reaching(state: ProfileState) -> int:
    gone_ms = state.latest.get("gone", (0, ""))[0]
    return sum(
        (not link.blocked_ms or max(link.started_ms, link.unblocked_ms) > link.blocked_ms)
        and max(link.started_ms, link.seen_ms, link.unblocked_ms) > gone_ms
        for link in state.bots.values()
    )
