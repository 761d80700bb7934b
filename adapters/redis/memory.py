"""How full Redis is, what a profile costs there, and how it is given room again.

Promises: reading costs a few round trips whatever the size; only profiles and old lines of the live feed are
ever given up, and these can be made again from SQL, so it works under any eviction policy and in a server
shared with others. Leaves to others: when it is too full (`app.memory`), and the rebuild.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any, Final

from redis.asyncio import Redis

from adapters.redis.hot import LATE_S
from adapters.redis.keys import Keys
from adapters.redis.link import Link

SAMPLE: Final = 100
"""Profiles whose size is measured."""
KEPT_LINES: Final = 50
"""Lines of the live feed that stay when room is needed."""
_DRAWS: Final = 300
_COUNTABLE: Final = 10_000
"""Up to so many keys the profiles are counted, above they are estimated from the draws."""
_PAGE: Final = 1_000
_SPARED_MS: Final = LATE_S * 1000
_AGED: Final = 5_000
"""Profiles whose age is looked at before some are given up."""


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """used_bytes: what Redis uses. max_bytes: the bound, 0 = unknown; bound: `maxmemory` (Redis
    has one), `machine` (it has none, so the memory of its machine) or `unknown`. share: used of the bound,
    None without one. fragmentation: memory of the process over what it uses. profiles: of people and groups
    of this workspace. bytes_per_profile: mean of a sample, 0 without any. days_to_full: None = not in
    sight."""

    used_bytes: int
    max_bytes: int
    share: float | None
    fragmentation: float
    profiles: int
    bytes_per_profile: int
    bound: str
    days_to_full: float | None = None


class RedisMemory:
    """The memory of the Redis in which one workspace lives."""

    def __init__(self, link: Link, keys: Keys | None = None) -> None:
        self._link = link
        self._keys = keys or Keys()
        self._profiles = f"{self._keys.prefix}:{{*}}:profile"

    async def read(self) -> MemoryUse:
        """As it is now. Raises HotStoreError."""
        async with self._link.use() as redis:
            info = await redis.info("memory")
            keys = int(await redis.dbsize())
            drawn = await self._draw(redis) if keys else []
            mine = list(dict.fromkeys(name for name in drawn if self._is_profile(name)))
            if keys <= _COUNTABLE:
                profiles = await self._count(redis)
            else:
                profiles = round(keys * sum(map(self._is_profile, drawn)) / len(drawn))
            sizes = await self._sizes(redis, mine[:SAMPLE])
        used, most, bound = _bounded(info)
        return MemoryUse(
            used_bytes=used,
            max_bytes=most,
            share=used / most if most else None,
            fragmentation=float(info.get("mem_fragmentation_ratio", 0.0)),
            profiles=profiles,
            bytes_per_profile=round(sum(sizes) / len(sizes)) if sizes else 0,
            bound=bound,
        )

    async def trim_feed(self) -> int:
        """Keep the newest lines of the live feed only; how many went."""
        async with self._link.use() as redis, redis.pipeline(transaction=False) as pipe:
            pipe.llen(self._keys.feed)
            pipe.ltrim(self._keys.feed, 0, KEPT_LINES - 1)
            length, _ = await pipe.execute()
        return max(0, int(length) - KEPT_LINES)

    async def shed(self, count: int, profiles: int) -> int:
        """Give up about `count` of so many profiles, those written longest ago; how many went. What stays of
        forgotten people against late writers (an hour) is spared.

        Each write gives a profile a new time to live, so the shortest remaining one is the longest unused.
        From which life on they stay is found on a sample: sorting all needs the memory that is missing."""
        if count <= 0:
            return 0
        async with self._link.use() as redis:
            oldest = await self._oldest(redis, count / max(count, profiles))
            gone, cursor = 0, 0
            while True:
                cursor, names = await self._page(redis, cursor)
                lives = await _lives(redis, names)
                old = [name for name, life in zip(names, lives, strict=True) if _SPARED_MS < life <= oldest]
                if old:
                    gone += int(await redis.unlink(*old[: count - gone]))
                if cursor == 0 or gone >= count:
                    return gone

    async def _oldest(self, redis: Redis, share: float) -> int:
        """The remaining life (ms) up to which profiles go, so that about this share of them does."""
        lives: list[int] = []
        cursor = 0
        while True:
            cursor, names = await self._page(redis, cursor)
            lives += [life for life in await _lives(redis, names) if life > _SPARED_MS]
            if cursor == 0 or len(lives) >= _AGED:
                break
        lives.sort()
        return lives[min(len(lives), ceil(len(lives) * share)) - 1] if lives else 0

    async def _page(self, redis: Redis, cursor: int) -> tuple[int, list[Any]]:
        following, names = await redis.scan(cursor, match=self._profiles, count=_PAGE)
        return int(following), names

    async def _draw(self, redis: Redis) -> list[str]:
        async with redis.pipeline(transaction=False) as pipe:
            for _ in range(_DRAWS):
                pipe.randomkey()
            return [name for name in await pipe.execute() if name is not None]

    async def _count(self, redis: Redis) -> int:
        cursor, found = 0, 0
        while True:
            cursor, names = await self._page(redis, cursor)
            found += len(names)
            if cursor == 0:
                return found

    async def _sizes(self, redis: Redis, names: list[Any]) -> list[int]:
        if not names:
            return []
        async with redis.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.memory_usage(name, samples=0)
            return [int(size) for size in await pipe.execute() if size is not None]

    def _is_profile(self, name: str) -> bool:
        return name.startswith(f"{self._keys.prefix}:{{") and name.endswith("}:profile")


async def _lives(redis: Redis, names: list[Any]) -> list[int]:
    """Remaining life of each in ms; -1 without an end, -2 gone."""
    if not names:
        return []
    async with redis.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.pttl(name)
        return [int(life) for life in await pipe.execute()]


def _bounded(info: dict[str, Any]) -> tuple[int, int, str]:
    """(used, bound, which bound). Both bounds are held against what Redis uses: what its process holds does
    not fall when profiles go, so it would never be enough."""
    used, own = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    machine = int(info.get("total_system_memory", 0))
    if own:
        return used, own, "maxmemory"
    return used, machine, "machine" if machine else "unknown"
