"""Has Redis write its files anew, so that nothing deleted is left in them, and waits until it has.

Leaves to others: copies that somebody made of those files, and replicas, which rewrite their own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from core.errors import HotStoreError

MOST_S: Final = 600.0
_PAUSE_S = 0.02
_BUSY: Final = ("aof_rewrite_in_progress", "aof_rewrite_scheduled", "rdb_bgsave_in_progress")


async def rewrite_files(redis: Redis) -> None:
    """Rewrite the append-only file and the snapshot, where Redis keeps them.

    Raises HotStoreError, permanent where this user may not ask for it. Waits by the wall clock in a thread:
    the loop's own time may be simulated."""
    try:
        if (await _info(redis)).get("aof_enabled"):
            await _anew(redis, redis.bgrewriteaof)
        if (await redis.config_get("save")).get("save"):
            await _anew(redis, redis.bgsave)
    except ResponseError as error:
        refused = HotStoreError(
            f"Redis does not let us rewrite its files: {str(error).splitlines()[0]}",
            next_step="allow our user BGREWRITEAOF, BGSAVE, INFO and CONFIG GET, or rewrite them there",
        )
        refused.permanent = True
        raise refused from error
    told = await _info(redis)
    for what in ("aof_last_bgrewrite_status", "rdb_last_bgsave_status"):
        if told.get(what, "ok") != "ok":
            raise HotStoreError(
                "Redis could not rewrite its files.", next_step="look into its log and its disk"
            )


async def _anew(redis: Redis, begin: Callable[[], Awaitable[Any]]) -> None:
    """One whole writing from now on: one that has begun before may hold what was deleted since."""
    while True:
        await _idle(redis)
        try:
            await begin()
        except ResponseError as error:
            if "in progress" not in str(error):
                raise
            continue  # somebody else was faster
        await _idle(redis)
        return


async def _idle(redis: Redis) -> None:
    """Wait until Redis is writing no file."""
    until = time.monotonic() + MOST_S
    while await _writes(redis):
        if time.monotonic() > until:
            raise HotStoreError("Redis is still rewriting its files.", next_step="look into its log")
        await asyncio.to_thread(time.sleep, _PAUSE_S)


async def _writes(redis: Redis) -> bool:
    told = await _info(redis)
    return any(told.get(name) for name in _BUSY)


async def _info(redis: Redis) -> dict[str, Any]:
    return await redis.info("persistence")
