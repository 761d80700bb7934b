"""Hot profiles, the mark and the live feed in Redis: fast, bounded and losable.

Promises: one pipeline a batch; an older seq never overwrites a newer one; profiles carry a time to live, so
that a full Redis gives up profiles and never the keys that steer (policy volatile-lfu). That time decides
nothing: a profile that is gone is read from SQL. Leaves to others: the rebuild, which `mark` makes cheap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, cast

import orjson

from adapters.redis.fields import to_fields
from adapters.redis.keys import Keys
from adapters.redis.link import Link
from core.profile import Profile

LIFE_S: Final = 120 * 24 * 3600
FEED_LENGTH: Final = 500

_WRITE: Final = (Path(__file__).parent / "profile.lua").read_text(encoding="utf-8")
_SCAN = 1000


class RedisHot:
    """`core.ports.HotStore` on Redis."""

    def __init__(self, link: Link, keys: Keys | None = None) -> None:
        self._link = link
        self._keys = keys or Keys()

    async def write(self, profiles: Sequence[tuple[Profile, Mapping[str, float], int]]) -> None:
        """Write through, one pipeline. Raises HotStoreError; then some or none of them are written."""
        if not profiles:
            return
        async with self._link.use() as redis, redis.pipeline(transaction=False) as pipe:
            for profile, segments, seq in profiles:
                pairs = [item for pair in to_fields(profile, segments, seq).items() for item in pair]
                # One argument: packing ninety for the wire costs more than Redis needs for all the rest.
                key = self._keys.profile(profile.person_no)
                pipe.eval(_WRITE, 1, key, str(seq), str(LIFE_S), orjson.dumps(pairs).decode())
            await pipe.execute()

    async def read(self, person_nos: Sequence[int]) -> dict[int, Mapping[str, str]]:
        """The hot profiles of those who are here."""
        if not person_nos:
            return {}
        async with self._link.use() as redis, redis.pipeline(transaction=False) as pipe:
            for person_no in person_nos:
                pipe.hgetall(self._keys.profile(person_no))
            found = cast("list[dict[str, str]]", await pipe.execute())
        return {person_no: hot for person_no, hot in zip(person_nos, found, strict=True) if hot}

    async def mark(self) -> int | None:
        async with self._link.use() as redis:
            value = await redis.get(self._keys.mark)
        return None if value is None else int(value)

    async def set_mark(self, seq: int, *, if_marked: bool = False) -> None:
        async with self._link.use() as redis:
            await redis.set(self._keys.mark, seq, xx=if_marked)

    async def clear(self) -> None:
        """Delete every key of this workspace, also the pacers'; other workspaces keep theirs."""
        async with self._link.use() as redis:
            cursor = 0
            while True:
                cursor, names = await redis.scan(cursor, match=self._keys.everything, count=_SCAN)
                if names:
                    await redis.unlink(*names)
                if cursor == 0:
                    return

    async def publish(self, feed: Iterable[Mapping[str, object]]) -> None:
        lines = [orjson.dumps(line) for line in feed]
        if not lines:
            return
        async with self._link.use() as redis, redis.pipeline(transaction=False) as pipe:
            pipe.lpush(self._keys.feed, *lines)
            pipe.ltrim(self._keys.feed, 0, FEED_LENGTH - 1)
            await pipe.execute()

    async def feed(self, limit: int) -> list[Mapping[str, object]]:
        """The newest lines, newest first."""
        async with self._link.use() as redis:
            lines = await redis.lrange(self._keys.feed, 0, limit - 1) if limit > 0 else []
        return [orjson.loads(line) for line in lines]

    async def ping(self) -> Mapping[str, object]:
        """{"where", "version", "used_bytes", "max_bytes", "fragmentation", "policy", "keys"}."""
        async with self._link.use() as redis:
            info = cast("dict[str, object]", await redis.info())
            keys = await redis.dbsize()
        return {
            "where": self._link.where,
            "version": info.get("redis_version", ""),
            "used_bytes": info.get("used_memory", 0),
            "max_bytes": info.get("maxmemory", 0),
            "fragmentation": info.get("mem_fragmentation_ratio", 0.0),
            "policy": info.get("maxmemory_policy", ""),
            "keys": keys,
        }
