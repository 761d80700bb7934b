"""Derived numbers about a person's habits: hours, timezone, intent, engagement, response rate. Each defined
once, here.

Promises: pure functions of whole-number counts and a moment, so the same record gives the same figures in
Redis, SQL and on a screen; sums run in ascending order of days, so not even the last bit depends on the
order of arrival. Leaves to others: how counts come about (`core.profile`), what the hours mean for sending
(`core.limits`).

Hours are kept in half-hour buckets (index 0..47 of the UTC day), so that the clock hours of zones such as
Asia/Kolkata are exact. Activity fades with a half-life of 14 days, intent with 7; ages count in whole UTC
days.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from core.errors import SettingsError

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
HALF_HOUR_MS: Final = 1_800_000
HALF_HOURS: Final = 48
_HALF, _HOUR = 30, 60

ACTIVITY_HALF_LIFE_DAYS: Final = 14.0
INTENT_HALF_LIFE_DAYS: Final = 7.0
NIGHT_HOURS: Final = (23, 0, 1, 2, 3, 4, 5)
"""Night: from 23:00 until 06:00 on the person's own clock."""

INTENT_POINTS: Final[Mapping[str, float]] = {"buy": 14.0, "vip": 10.0, "price": 9.0, "support": 2.0}
"""What one mention of a topic is worth today."""
_INTENT_SCALE: Final = 60.0
PRIOR_RESPONSE_RATE: Final = 0.1
PRIOR_STRENGTH: Final = 10.0

_MAX_AGE_DAYS: Final = 400
_FADING: Final = tuple(math.pow(0.5, age / ACTIVITY_HALF_LIFE_DAYS) for age in range(_MAX_AGE_DAYS + 1))
_COOLING: Final = tuple(math.pow(0.5, age / INTENT_HALF_LIFE_DAYS) for age in range(_MAX_AGE_DAYS + 1))

_SEND_MARGIN_MS: Final = MINUTE_MS
"""A permit is used some seconds after the question: a bucket that leaves the window in that time no longer
counts."""


class Traces(Protocol):
    """What these functions read of a person's record (`core.profile.ProfileState` is one)."""

    @property
    def hours(self) -> Mapping[int, Mapping[int, int]]: ...
    @property
    def latest(self) -> Mapping[str, tuple[int, str]]: ...


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Faded activity by half hour of the UTC day: 48 sums of events, and of (day, half hour) pairs with any
    event.

    The second counts a burst of messages once: it says when somebody is awake, not how much they write."""

    events: tuple[float, ...]
    presence: tuple[float, ...]


# --------------------------------------------------------------------------- activity
def rhythm(hours: Mapping[int, Mapping[int, int]], today: int) -> Rhythm:
    """Fold the buckets of all days up to `today` (UTC day number) into one faded day."""
    events = [0.0] * HALF_HOURS
    presence = [0.0] * HALF_HOURS
    for day in sorted(hours):
        if day > today:
            break
        age = today - day
        weight = _FADING[age if age < _MAX_AGE_DAYS else _MAX_AGE_DAYS]
        for index, count in hours[day].items():
            events[index] += weight * count
            presence[index] += weight
    return Rhythm(tuple(events), tuple(presence))


def hour_activity(faded: Rhythm) -> tuple[float, ...]:
    """24 faded sums of events by UTC hour."""
    halves = faded.events
    return tuple(halves[i] + halves[i + 1] for i in range(0, HALF_HOURS, 2))


def night_share(faded: Rhythm, offset_min: int) -> float:
    """Share 0..1 of the faded activity that falls into the night of a clock `offset_min` east of UTC."""
    halves = faded.events
    total = sum(halves)
    if total <= 0.0:
        return 0.0
    shift = round(offset_min / 30)
    first, last = 23 * 2 - shift, 30 * 2 - shift
    return sum(halves[index % HALF_HOURS] for index in range(first, last)) / total


# --------------------------------------------------------------------------- timezone
@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone_offset_min(zone: str, at_ms: int) -> int:
    """Minutes east of UTC of an IANA zone at a moment. Raises SettingsError for a name that is none."""
    known = _zone(zone)
    if known is None:
        raise SettingsError(f"{zone!r} is not a timezone", next_step="use an IANA name, e.g. Europe/Istanbul")
    return _offset(known, at_ms)


def _offset(zone: ZoneInfo, at_ms: int) -> int:
    moment = datetime.fromtimestamp(at_ms // 1000, UTC).astimezone(zone).utcoffset()
    return 0 if moment is None else int(moment.total_seconds()) // 60


def declared_zone(state: Traces) -> str:
    """The zone that the person named, or an empty string."""
    _, name = state.latest.get("zone", (0, ""))
    return name if name and _zone(name) is not None else ""


# How much of a day's activity falls into each local hour, for people of the day and of the night. Rough
# figures of messaging in general; they only need to know that people sleep.
_BY_DAY: Final = (
    *(1.6, 0.8, 0.5, 0.3, 0.3, 0.5, 1.5, 3.2, 4.4, 4.6, 4.6, 5.0),
    *(5.8, 5.4, 4.8, 4.6, 4.8, 5.3, 6.0, 6.6, 6.9, 6.4, 4.8, 2.9),
)
_BY_NIGHT: Final = (
    *(8.0, 7.6, 6.4, 4.3, 2.2, 1.0, 0.5, 0.4, 0.5, 0.6, 0.8, 1.0),
    *(1.4, 1.8, 2.0, 2.2, 2.4, 2.7, 3.1, 3.6, 4.2, 5.0, 6.4, 7.6),
)
_NIGHT_PEOPLE: Final = 0.1
_TRUST: Final = 0.8
"""Evidence is weighed down a little, because visits of one person are not independent."""
_OFFSETS: Final = tuple(range(-11 * 60, 13 * 60, 60))
_ZONE_PRIORS: Final[Mapping[str, Mapping[int, float]]] = {
    "tr": {180: 0.72, 60: 0.06, 120: 0.08},
    "": {0: 0.1, 60: 0.12, 120: 0.12, 180: 0.1, 330: 0.0, -300: 0.08, -240: 0.08, -480: 0.05, -420: 0.05},
}
"""Where people of a client language live, as a share per offset in minutes; the rest is spread evenly. Thin,
and said so: a language alone never reaches the confidence that the door asks for."""


def _patterns() -> npt.NDArray[np.float64]:
    """float64[2 * 24, 24]: log share of activity by UTC hour, for (day or night people, offset)."""
    rows: list[npt.NDArray[np.float64]] = []
    for shape in (_BY_DAY, _BY_NIGHT):
        local = np.log(np.asarray(shape) / sum(shape))
        rows.extend(np.roll(local, -offset // 60) for offset in _OFFSETS)
    return np.asarray(rows)


def _prior(shares: Mapping[int, float]) -> npt.NDArray[np.float64]:
    """float64[2 * 24]: log prior of (day or night people, offset)."""
    rest = (1.0 - sum(shares.values())) / len(_OFFSETS)
    offsets = np.asarray([shares.get(offset, 0.0) + rest for offset in _OFFSETS])
    kinds = np.asarray([1.0 - _NIGHT_PEOPLE, _NIGHT_PEOPLE])
    return np.log(np.outer(kinds, offsets / offsets.sum()).ravel())


_PATTERNS: Final = _patterns()
_LOG_PRIORS: Final = {language: _prior(shares) for language, shares in _ZONE_PRIORS.items()}


def estimate_timezone(state: Traces, now_ms: int) -> tuple[int, float]:
    """(minutes east of UTC, confidence 0..1) of the person's clock now.

    A declared zone has confidence 1. Otherwise the probability that the estimate is right to the hour: prior
    by language times how well the hours of activity of the last weeks fit a sleeping and waking human
    there."""
    name = declared_zone(state)
    if name:
        return zone_offset_min(name, now_ms), 1.0
    return guess_timezone(rhythm(state.hours, now_ms // DAY_MS), language_of(state))


def guess_timezone(faded: Rhythm, language: str) -> tuple[int, float]:
    """The estimate alone, from a rhythm and a language."""
    halves = np.asarray(faded.presence)
    evidence = halves[0::2] + halves[1::2]
    odds = _LOG_PRIORS.get(language, _LOG_PRIORS[""]) + _TRUST * (_PATTERNS @ evidence)
    weights = np.exp(odds - odds.max())
    by_offset = weights[: len(_OFFSETS)] + weights[len(_OFFSETS) :]
    best = int(by_offset.argmax())
    return _OFFSETS[best], float(by_offset[best] / by_offset.sum())


def language_of(state: Traces) -> str:
    """The language chosen, else the client's; an empty string when neither is known."""
    chosen = state.latest.get("language")
    if chosen is not None:
        return chosen[1]
    return state.latest.get("client_language", (0, ""))[1]


def active_hour_mask(
    state: Traces, now_ms: int, offset_min: int, min_days: int = 3, window_days: int = 14
) -> int:
    """Bit h set: the person was active in clock hour h on at least `min_days` distinct local days of the
    window.

    The clock is that of the declared zone, daylight saving included, else `offset_min` east of UTC. Never
    generous: a half hour counts only if it lies whole in the window and in one clock hour."""
    name = declared_zone(state)
    zone = _zone(name) if name else None
    from_ms = now_ms + _SEND_MARGIN_MS - window_days * DAY_MS
    seen: dict[int, set[int]] = {}
    for day, halves in state.hours.items():
        for index in halves:
            start_ms = day * DAY_MS + index * HALF_HOUR_MS
            if not from_ms <= start_ms <= now_ms:
                continue
            minute = start_ms // MINUTE_MS + (_offset(zone, start_ms) if zone else offset_min)
            if minute % 60 + _HALF <= _HOUR:  # else it reaches into the next clock hour
                seen.setdefault(minute // 60 % 24, set()).add(minute // 1440)
    return sum(1 << hour for hour, days in seen.items() if len(days) >= min_days)


# --------------------------------------------------------------------------- intent, engagement, response
def intent_score(mentions: Mapping[str, float]) -> float:
    """0..100 from faded mentions of topics: 100 * (1 - exp(-points / 60))."""
    points = sum(INTENT_POINTS[topic] * mentions[topic] for topic in INTENT_POINTS if topic in mentions)
    return 100.0 * (1.0 - math.exp(-points / _INTENT_SCALE))


def intent_weight(age_days: int) -> float:
    """What a mention of so many whole UTC days ago still counts."""
    return _COOLING[min(max(age_days, 0), _MAX_AGE_DAYS)]


def engagement_score(
    interactions_7d: int, active_days_30d: int, days_since_seen: float, rate: float
) -> float:
    """0..100: how much this week (35), how regularly (30), how lately (20), how willing to answer (15).

    Full marks: 20 interactions a week, 12 active days of 30, seen today, every third message answered."""
    if days_since_seen < 0:
        return 0.0
    amount = min(1.0, interactions_7d / 20)
    regular = min(1.0, active_days_30d / 12)
    lately = math.pow(0.5, days_since_seen / 7)
    willing = min(1.0, rate * 3)
    return 35.0 * amount + 30 * regular + 20 * lately + 15 * willing


def response_rate(answered: int, received: int) -> float:
    """Share of campaign messages answered, drawn to 0.1 as if ten more had been sent at that rate."""
    return (min(answered, received) + PRIOR_RESPONSE_RATE * PRIOR_STRENGTH) / (received + PRIOR_STRENGTH)
