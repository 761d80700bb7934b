"""Redis' memory under watch: how full it is, when it will be full, and room made before it is.

Promises: from `warn` on it says so, once a level and then hourly; from `act` on it gives up old lines of
the live feed and the profiles that were written longest ago, down to `warn`, whatever eviction policy the
server has (SQL still has them), and says how much. The growth is seen in one reading an hour, kept as marks
in SQL for two weeks. Without a bound nothing is judged, and that is said too. Leaves to others: the reading
itself (`adapters.redis.memory`) and when to look (`app.schedule`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import ceil
from typing import Any, Final, Literal, Protocol

import numpy as np

from adapters.redis.memory import MemoryUse, RedisMemory
from core.errors import HotStoreError
from core.ports import Guard, Store

__all__ = [
    "Bounds",
    "MemoryUse",
    "MemoryWatch",
    "Watched",
    "advice",
    "days_to_full",
    "figures_of",
    "look",
    "metrics_of",
    "sentence",
    "watch_memory",
]

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
MARKS: Final = "memory:"
KEEP_HOURS: Final = 14 * 24
_LEAST_SPAN_MS: Final = 12 * HOUR_MS
"""Growth over less than half a day is mostly the time of day."""
_MB: Final = 1_048_576

Level = Literal["well", "warn", "act", "unknown"]


class Log(Protocol):
    """What is used of a structured logger."""

    def info(self, event: str, **figures: Any) -> Any: ...
    def warning(self, event: str, **figures: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Bounds:
    """Shares 0..1 of the memory bound from which on it is said, and something is done."""

    warn: float = 0.70
    act: float = 0.85

    def level(self, use: MemoryUse) -> Level:
        """How it stands."""
        if use.share is None:
            return "unknown"
        return "act" if use.share >= self.act else "warn" if use.share >= self.warn else "well"


@dataclass(frozen=True, slots=True)
class Watched:
    """One look: the use after whatever was done, the level before it, what was given up."""

    use: MemoryUse
    level: Level
    shed_profiles: int = 0
    shed_lines: int = 0


@dataclass(slots=True)
class MemoryWatch:
    """What the watch needs, and what it said last."""

    memory: RedisMemory
    store: Store
    log: Log
    bounds: Bounds = Bounds()
    said: Level = "well"
    said_ms: int = 0


async def watch_memory(watch: MemoryWatch, now_ms: int, guard: Guard) -> Watched | None:
    """Look, say, act. None while Redis does not answer: others say so."""
    try:
        use = await look(watch.memory, watch.store, now_ms)
        level = watch.bounds.level(use)
        done = await _make_room(watch, use) if level == "act" else Watched(use, level)
    except HotStoreError:
        return None
    await _remember(watch.store, now_ms, use.used_bytes, guard)
    _say(watch, done, now_ms)
    return done


async def look(memory: RedisMemory, store: Store, now_ms: int) -> MemoryUse:
    """The use now, with the days until it is full. Raises HotStoreError."""
    use = await memory.read()
    async with store.transaction(write=False) as tx:
        marks = await tx.control.marks(MARKS)
    readings = [(int(name.removeprefix(MARKS)) * HOUR_MS, int(used)) for name, used in marks.items()]
    return replace(use, days_to_full=days_to_full([*readings, (now_ms, use.used_bytes)], use))


def days_to_full(readings: Sequence[tuple[int, int]], use: MemoryUse) -> float | None:
    """Days until the bound is reached at the median growth between the readings (moment in ms, bytes used);
    None without a bound, with too few readings or without growth.

    The median of the slopes of all pairs (Theil-Sen) does not mind that Redis was flushed once."""
    at, used = np.array(readings, dtype=np.float64).reshape(-1, 2).T
    if not use.max_bytes or at.size < 2 or np.ptp(at) < _LEAST_SPAN_MS:  # noqa: PLR2004 - a slope has two ends
        return None
    first, second = np.triu_indices(at.size, 1)
    apart = at[second] - at[first]
    slopes = (used[second] - used[first])[apart != 0] / apart[apart != 0]
    growth = float(np.median(slopes)) * DAY_MS
    return max(0.0, use.max_bytes - use.used_bytes) / growth if growth > 0 else None


def figures_of(use: MemoryUse, bounds: Bounds) -> dict[str, object]:
    """All figures by name, as verbs print them: those of `MemoryUse`, and how it stands."""
    return {**asdict(use), "level": bounds.level(use), "warn": bounds.warn, "act": bounds.act}


def metrics_of(use: MemoryUse) -> dict[str, float]:
    """The same as metrics; what is unknown is left out."""
    found: Mapping[str, float | None] = {
        "kairos_redis_used_bytes": use.used_bytes,
        "kairos_redis_max_bytes": use.max_bytes or None,
        "kairos_redis_used_share": use.share,
        "kairos_redis_fragmentation": use.fragmentation,
        "kairos_redis_profiles": use.profiles,
        "kairos_redis_bytes_per_profile": use.bytes_per_profile or None,
        "kairos_redis_days_to_full": use.days_to_full,
    }
    return {name: float(value) for name, value in found.items() if value is not None}


def sentence(use: MemoryUse) -> str:
    """How full it is, for people."""
    used = f"{use.used_bytes / _MB:.0f} MB used"
    if use.share is None:
        return f"{used}, no bound known, {use.profiles} profiles"
    of = "its bound" if use.bound == "maxmemory" else "the machine's memory (it has no maxmemory)"
    parts = [f"{used}, {use.share:.0%} of {of}", f"{use.profiles} profiles"]
    if use.bytes_per_profile:
        parts.append(f"{use.bytes_per_profile} bytes each")
    if use.days_to_full is not None:
        parts.append(f"full in {use.days_to_full:.0f} days")
    return ", ".join(parts)


def advice(use: MemoryUse, bounds: Bounds) -> str:
    """What to do next; empty while all is well."""
    if bounds.level(use) in {"well", "unknown"}:
        return ""
    return "give Redis more memory: redis.max_memory_mb of the embedded one, maxmemory of your own"


async def _make_room(watch: MemoryWatch, use: MemoryUse) -> Watched:
    """Old lines first, then so many profiles that the use falls to the warning."""
    lines = await watch.memory.trim_feed()
    too_much = use.used_bytes - watch.bounds.warn * use.max_bytes
    count = min(use.profiles, ceil(too_much / use.bytes_per_profile)) if use.bytes_per_profile else 0
    profiles = await watch.memory.shed(count, use.profiles)
    after = await watch.memory.read()
    return Watched(replace(after, days_to_full=use.days_to_full), "act", profiles, lines)


async def _remember(store: Store, now_ms: int, used: int, guard: Guard) -> None:
    """The first reading of an hour is kept."""
    hour = now_ms // HOUR_MS
    async with store.transaction(write=False) as tx:
        marks = await tx.control.marks(MARKS)
    if f"{MARKS}{hour}" in marks:
        return
    async with store.transaction() as tx:
        if not await guard(tx):
            return
        await tx.control.set_mark(f"{MARKS}{hour}", str(used))
        for name in marks:
            if int(name.removeprefix(MARKS)) <= hour - KEEP_HOURS:
                await tx.control.set_mark(name, None)


def _say(watch: MemoryWatch, done: Watched, now_ms: int) -> None:
    """A level is said when it is reached, a bad one again every hour, and what was done always."""
    again = done.level in {"warn", "act"} and now_ms - watch.said_ms >= HOUR_MS
    if done.level == watch.said and not again and not done.shed_profiles:
        return
    use = done.use
    figures = {
        "level": done.level,
        "share": None if use.share is None else round(use.share, 3),
        "profiles": use.profiles,
        "bytes_per_profile": use.bytes_per_profile,
        "days_to_full": None if use.days_to_full is None else round(use.days_to_full, 1),
        "shed_profiles": done.shed_profiles,
        "shed_lines": done.shed_lines,
    }
    tell = watch.log.warning if done.level in {"warn", "act"} else watch.log.info
    tell("redis_memory", **figures)
    watch.said, watch.said_ms = done.level, now_ms
