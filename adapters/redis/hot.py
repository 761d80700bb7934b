"""Hot profiles, the mark and the live feed in Redis: fast, bounded and losable.

Promises: what `core.profile` packed goes through as it is, a hundred profiles a command; an older seq never
overwrites a newer one; profiles carry a time to live, so that a full Redis gives up profiles and never the
keys that steer (policy volatile-lfu). That time decides nothing: a profile that is gone is read from SQL. Who
was forgotten stays so for writers that are late. Leaves to others: the rebuild, which `mark` makes cheap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, cast

import orjson
from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from adapters.redis.agreed import LAST_SEQ, is_about
from adapters.redis.keys import Keys
from adapters.redis.link import Link
from adapters.redis.rewrite import rewrite_files
from core.ports import HotRow

LIFE_S: Final = 120 * 24 * 3600
FEED_LENGTH: Final = 500
LATE_S: Final = 3600
"""So long a forgotten profile refuses writers that are late."""

_WRITE: Final = (Path(__file__).parent / "profile.lua").read_text(encoding="utf-8")
_SCAN = 1000
_TOGETHER = 100
"""Profiles a command: one at a time costs ten times as much, and Redis answers nobody else meanwhile."""
_PIPELINE = 2_000


class RedisHot:
    """`core.ports.HotStore` on Redis."""

    def __init__(self, link: Link, keys: Keys | None = None) -> None:
        self._link = link
        self._keys = keys or Keys()
        self._script = ""

    async def write(self, rows: Sequence[HotRow]) -> None:
        """Write people through. Raises HotStoreError; then some or none of them are written."""
        await self._write_all(self._keys.profile, rows)

    async def write_groups(self, rows: Sequence[HotRow]) -> None:
        await self._write_all(self._keys.group, rows)

    async def _write_all(self, key: Callable[[int], str], rows: Sequence[HotRow]) -> None:
        if not rows:
            return
        async with self._link.use() as redis:
            for start in range(0, len(rows), _PIPELINE):
                part = rows[start : start + _PIPELINE]
                try:
                    await self._write(redis, key, part)
                except NoScriptError:  # the first one here, or Redis has started anew
                    self._script = await redis.script_load(_WRITE)
                    await self._write(redis, key, part)

    async def _write(self, redis: Redis, key: Callable[[int], str], rows: Sequence[HotRow]) -> None:
        async with redis.pipeline(transaction=False) as pipe:
            for start in range(0, len(rows), _TOGETHER):
                part = rows[start : start + _TOGETHER]
                values: list[str | int] = [LIFE_S]
                for row in part:
                    values += (row.seq, row.packed)
                pipe.evalsha(self._script, len(part), *[key(row.no) for row in part], *values)
            await pipe.execute()

    async def read(self, person_nos: Sequence[int]) -> dict[int, Mapping[str, str]]:
        """The hot profiles of those who are here."""
        return await self._read_all(self._keys.profile, person_nos)

    async def read_groups(self, group_nos: Sequence[int]) -> dict[int, Mapping[str, str]]:
        return await self._read_all(self._keys.group, group_nos)

    async def _read_all(self, key: Callable[[int], str], nos: Sequence[int]) -> dict[int, Mapping[str, str]]:
        if not nos:
            return {}
        async with self._link.use() as redis, redis.pipeline(transaction=False) as pipe:
            for no in nos:
                pipe.hgetall(key(no))
            found = cast("list[dict[str, str]]", await pipe.execute())
        return {no: hot for no, hot in zip(nos, found, strict=True) if hot and hot["seq"] != str(LAST_SEQ)}

    async def forget(self, person_nos: Sequence[int]) -> None:
        """Delete all about these people. For a while their keys hold nothing but a number that is too large
        for a writer that read them before."""
        if not person_nos:
            return
        async with self._link.use() as redis:
            lines = cast("list[str]", await redis.lrange(self._keys.feed, 0, -1))
            async with redis.pipeline(transaction=True) as pipe:
                for person_no in person_nos:
                    key = self._keys.profile(person_no)
                    pipe.delete(key)
                    pipe.hset(key, "seq", str(LAST_SEQ))
                    pipe.expire(key, LATE_S)
                for line in lines:
                    if is_about(orjson.loads(line), person_nos):
                        pipe.lrem(self._keys.feed, 0, line)
                await pipe.execute()

    async def compact(self) -> None:
        """Have Redis write its files anew, without what was deleted. Raises HotStoreError; a permanent one
        where our user of Redis may not: then the files are its owner's to rewrite."""
        async with self._link.use() as redis:
            await rewrite_files(redis)

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
