"""The record at a moment: windows, shares and scores."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from functools import lru_cache
from operator import mul
from typing import Any, Final

from core import scores
from core.event import Scalar
from core.profile.money import NO_MONEY, money_of, rfm
from core.profile.series import KEEP_DAYS, SESSION, Series, active_days, in_window
from core.profile.values import GIVEN, Profile, ProfileState
from core.scores import DAY_MS, HALF_HOUR_MS, HALF_HOURS
from core.text import TOPICS

_WEEK: Final = 7
_MONTH: Final = 30
_WEEK_HOURS: Final = 168
_EPOCH_WEEKDAY: Final = 3
"""The first of January 1970 was a Thursday; Monday is 0."""
_NO_COUNTS: Final = (0, 0, 0)
_NONE: Final[Mapping[int, int]] = {}
_TOPIC_COUNTERS: Final = tuple((topic, f"intent:{topic}", f"intent_{topic}") for topic in TOPICS)
_LAST_HALF: Final = HALF_HOURS - 1
_COOLED: Final = tuple(scores.intent_weight(age) for age in range(_MONTH - 1, -1, -1))
_OLDEST_AGE: Final = 150
_MAX_DIGITS: Final = 3

FACTS: Final = ("city", "district", "country", "postal_code", "gender", "tier", "app", "loyalty_card")
"""Stated facts with a field of their own; so has `age`. All others are custom fields."""


class _Open:
    """A profile whose fields can still be set, and in any order: filling a frozen one costs a guarded call a
    field, five times as much, for every person in every batch."""

    __slots__ = Profile.__slots__


def view(person_no: int, state: ProfileState, now_ms: int) -> Profile:
    """The profile as it is at a moment. Cheap enough to run for every update."""
    shown: Any = _Open()
    shown.person_no, shown.now_ms = person_no, now_ms
    _who(shown, state)
    _bots(shown, state)
    _activity(shown, state)
    _rhythm(shown, state)
    _answers(shown, state)
    _money(shown, state)
    _stated(shown, state)
    shown.__class__ = Profile  # from here on frozen
    profile: Profile = shown
    return profile


def hours_of_week(state: ProfileState, now_ms: int) -> tuple[float, ...]:
    """168 faded sums of signs of life by UTC hour of the week, Monday 00:00 first. For screens and analyses:
    no decision needs it in every view."""
    today = now_ms // DAY_MS
    found = [0.0] * _WEEK_HOURS
    for day, halves in state.hours.items():
        if day <= today:
            weight = math.pow(0.5, (today - day) / scores.ACTIVITY_HALF_LIFE_DAYS)
            start = (day + _EPOCH_WEEKDAY) % _WEEK * 24
            for index, count in halves.items():
                found[start + index // 2] += weight * count
    return tuple(found)


def _who(shown: Any, state: ProfileState) -> None:
    now_ms, latest = shown.now_ms, state.latest
    shown.first_seen_ms, shown.last_seen_ms = state.first_ms, state.seen_ms
    shown.days_since_joined = _days_since(state.first_ms, now_ms)
    shown.days_since_seen = _days_since(state.seen_ms, now_ms)
    shown.language = scores.language_of(state)
    shown.premium = _register(latest, "premium") == "1"
    shown.consent = _register(latest, "consent") == GIVEN
    shown.campaign_first = _register(latest, "campaign_first")
    shown.campaign_last = _register(latest, "campaign_last")
    days = _register(latest, "frequency")
    shown.frequency_days = int(days) if days.isdecimal() and len(days) <= _MAX_DIGITS else 0
    shown.quiet = _register(latest, "quiet")
    muted = _register(latest, "muted")
    shown.muted = tuple(muted.split(".")) if muted else ()


def _bots(shown: Any, state: ProfileState) -> None:
    gone_ms = state.latest.get("gone", _NO_REGISTER)[0]
    bots = 0
    for link in state.bots.values():
        open_ms = max(link.started_ms, link.unblocked_ms)
        blocked = link.blocked_ms > 0 and open_ms <= link.blocked_ms
        bots += not blocked and max(open_ms, link.seen_ms) > gone_ms
    shown.bots, shown.reachable = bots, bots > 0
    shown.last_bot = int(_register(state.latest, "bot") or 0)
    shown.groups = len(state.groups)
    shown.vip = "vip_joined" in state.totals and any(
        value == "in" for name, (_, value) in state.latest.items() if name.startswith("vip:")
    )


def _activity(shown: Any, state: ProfileState) -> None:
    counts, today = state.counts, shown.now_ms // DAY_MS
    active = counts.get("active")
    _, shown.interactions_7d, shown.interactions_30d = _windows(active, today)
    shown.interactions_1d = _last_day(state, shown.now_ms)
    shown.active_days_7d = shown.active_days_30d = shown.sessions_7d = shown.sessions_30d = 0
    if shown.interactions_30d and active:
        shown.active_days_30d = active_days(in_window(active, today - _MONTH + 1, today))
        shown.active_days_7d = active_days(in_window(active, today - _WEEK + 1, today))
        shown.sessions_7d, shown.sessions_30d = _sessions(state, today)
    messages = _windows(counts.get("message_received"), today)
    shown.messages_1d, shown.messages_7d, shown.messages_30d = messages
    shown.commands_1d, shown.commands_7d, shown.commands_30d = _windows(counts.get("command_used"), today)
    shown.taps_1d, shown.taps_7d, shown.taps_30d = _windows(counts.get("button_tapped"), today)
    in_groups = _windows(counts.get("group_message"), today)
    shown.group_messages_1d, shown.group_messages_7d, shown.group_messages_30d = in_groups
    shown.reactions_1d, shown.reactions_7d, shown.reactions_30d = _windows(counts.get("reacted"), today)
    _intent(shown, counts, today)


def _intent(shown: Any, counts: Mapping[str, Series], today: int) -> None:
    shown.intent_price = shown.intent_vip = shown.intent_buy = shown.intent_support = 0
    mentions: dict[str, float] = {}
    for topic, counter, field in _TOPIC_COUNTERS:
        row = counts.get(counter)
        if row is None:
            continue
        first = max(today - _MONTH + 1, row[0])
        numbers = in_window(row, first, today)
        if numbers:
            setattr(shown, field, sum(numbers))
            mentions[topic] = sum(map(mul, numbers, _COOLED[first - today + _MONTH - 1 :]))
    shown.intent_score = scores.intent_score(mentions) if mentions else 0.0


def _rhythm(shown: Any, state: ProfileState) -> None:
    faded = scores.rhythm(state.hours, shown.now_ms // DAY_MS)
    zone = shown.zone = scores.declared_zone(state)
    if zone:
        shown.tz_offset_min, shown.tz_confidence = scores.zone_offset_min(zone, shown.now_ms), 1.0
    else:
        shown.tz_offset_min, shown.tz_confidence = _clock(faded.presence, scores.home_language(state))
    shown.night_share = scores.night_share(faded, shown.tz_offset_min)
    shown.hour_activity = scores.hour_activity(faded)


@lru_cache(maxsize=4096)
def _clock(presence: tuple[float, ...], language: str) -> tuple[int, float]:
    """The estimate hangs on presence alone, which changes once in the half hour of a talk, not with each of
    its messages."""
    return scores.guess_timezone(scores.Rhythm(presence, presence), language)


def _answers(shown: Any, state: ProfileState) -> None:
    now_ms, sends, answers = shown.now_ms, state.sends, state.answers
    shown.received_30d, shown.answered_30d = _within(sends, now_ms, _MONTH), _within(answers, now_ms, _MONTH)
    silent = bisect_right(sends, now_ms - DAY_MS)
    shown.ignored_in_a_row = max(0, silent - bisect_right(sends, answers[-1] if answers else 0))
    rate = scores.response_rate(_within(answers, now_ms, KEEP_DAYS), _within(sends, now_ms, KEEP_DAYS))
    shown.response_rate = rate
    shown.engagement_score = scores.engagement_score(
        shown.interactions_7d, shown.active_days_30d, shown.days_since_seen, rate
    )


def _money(shown: Any, state: ProfileState) -> None:
    money = money_of(state.purchases.values()) if state.purchases else NO_MONEY
    shown.purchases, shown.refunds = money.purchases, money.refunds
    shown.conversions = money.purchases + state.totals.get("vip_joined", 0)
    shown.currency, shown.amount_minor = money.currency, money.amount_minor
    shown.average_minor, shown.subscribed_until_ms = money.average_minor, money.subscribed_until_ms
    shown.subscribed = money.subscribed_until_ms > shown.now_ms
    shown.days_since_purchase = _days_since(money.last_ms, shown.now_ms)
    shown.rfm_recency, shown.rfm_frequency, shown.rfm_money = rfm(money, shown.now_ms)


def _stated(shown: Any, state: ProfileState) -> None:
    facts = {name: value for name, (_, value) in state.facts.items() if value is not None}
    for name in FACTS:
        setattr(shown, name, str(facts.pop(name, "")))
    shown.age = _age(facts.pop("age", None))
    shown.tags = tuple(tag for tag, (_, there) in state.tags.items() if there)
    shown.notes = state.totals.get("noted", 0)
    shown.custom = facts


def _age(value: Scalar) -> int:
    """Whole years; -1 when nobody said a number that can be one."""
    text = str(value)
    years = int(float(text)) if text.replace(".", "", 1).isdecimal() else -1
    return years if years <= _OLDEST_AGE else -1


_NO_REGISTER: Final = (0, "")


def _register(latest: Mapping[str, tuple[int, str]], name: str) -> str:
    known = latest.get(name)
    return known[1] if known else ""


def _days_since(at_ms: int, now_ms: int) -> float:
    return max(0, now_ms - at_ms) / DAY_MS if at_ms else -1.0


def _windows(row: Series | None, today: int) -> tuple[int, int, int]:
    """n of the last 1, 7 and 30 UTC days."""
    if not row:
        return _NO_COUNTS
    end = today - row[0] + 2
    month = sum(row[max(end - _MONTH, 1) : max(end, 1)])
    if not month:
        return _NO_COUNTS
    return sum(row[end - 1 : end]), sum(row[max(end - _WEEK, 1) : end]), month


def _within(moments: tuple[int, ...], now_ms: int, days: int) -> int:
    return bisect_right(moments, now_ms) - bisect_left(moments, now_ms - days * DAY_MS) if moments else 0


def _last_day(state: ProfileState, now_ms: int) -> int:
    """Active events of the half hour that is running and the 47 before it."""
    day, index = now_ms // DAY_MS, now_ms % DAY_MS // HALF_HOUR_MS
    today = sum(n for half, n in state.hours.get(day, _NONE).items() if half <= index)
    return today + sum(n for half, n in state.hours.get(day - 1, _NONE).items() if half > index)


def _sessions(state: ProfileState, today: int) -> tuple[int, int]:
    """Runs of half hours that begin in the last 7 and 30 UTC days; one that comes over from the day before
    began there."""
    _, week, month = _windows(state.counts.get(SESSION), today)
    for day, halves in state.hours.items():
        if 0 in halves and today - _MONTH < day <= today and _LAST_HALF in state.hours.get(day - 1, _NONE):
            month -= 1
            week -= day > today - _WEEK
    return week, month
