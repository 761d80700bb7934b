"""When a person is active: half hours that fade, the night, the declared zone, hours that are open."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import SettingsError

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
HALF_HOUR_MS: Final = 1_800_000
HALF_HOURS: Final = 48
_HALF, _HOUR = 30, 60

ACTIVITY_HALF_LIFE_DAYS: Final = 14.0
NIGHT_HOURS: Final = (23, 0, 1, 2, 3, 4, 5)
"""Night: from 23:00 until 06:00 on the person's own clock."""

_MAX_AGE_DAYS: Final = 400
_FADING: Final = tuple(math.pow(0.5, age / ACTIVITY_HALF_LIFE_DAYS) for age in range(_MAX_AGE_DAYS + 1))

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


# --------------------------------------------------------------------------- the person's clock
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


def language_of(state: Traces) -> str:
    """The language chosen, else the client's; an empty string when neither is known."""
    chosen = state.latest.get("language")
    if chosen is not None:
        return chosen[1]
    return state.latest.get("client_language", (0, ""))[1]


def home_language(state: Traces) -> str:
    """The language that tells most about where somebody lives: the client's, unless that is English, which
    many use everywhere; then the one chosen."""
    client = state.latest.get("client_language", (0, ""))[1]
    if client and not client.startswith("en"):
        return client
    return state.latest.get("language", (0, ""))[1] or client


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
