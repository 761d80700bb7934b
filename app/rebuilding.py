"""Makes Redis again from the record, all of it, on demand.

Leaves to others: keeping it level while an installation runs (`core.flow.rebuild` from `app.installation`).
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.redis.hot import RedisHot
from adapters.redis.keys import Keys
from adapters.redis.link import Link
from adapters.redis.server import EmbeddedRedis
from adapters.settings import load
from app.desk.workspace import CONFIG, DEMO, open_workspace
from app.run import redis_of
from core.flow.rebuild import Progress, Rebuilt, catch_up
from core.ports import HotStore


async def rebuild(config: Path | None, *, demo: bool, progress: Progress) -> Rebuilt:
    """Empty the hot store and fill it from SQL. Raises HotStoreError when Redis is not there."""
    async with open_workspace(config, demo=demo) as space, _hot(config, demo) as hot:
        await hot.clear()
        return await catch_up(space.store, hot, progress=progress)


@asynccontextmanager
async def _hot(config: Path | None, demo: bool) -> AsyncIterator[HotStore]:
    """The installation's own Redis, or the embedded one: shared if it runs, else started for the moment."""
    if demo:
        server, keys = EmbeddedRedis(DEMO / "redis"), Keys()
        async with server as url, _linked(url, keys) as hot:
            yield hot
        return
    settings = load(config or CONFIG, os.environ)
    keys = Keys(settings.workspace.redis_prefix)
    async with redis_of(settings) as redis, _linked(redis.url, keys) as hot:
        yield hot


@asynccontextmanager
async def _linked(url: str, keys: Keys) -> AsyncIterator[HotStore]:
    link = Link(url)
    try:
        yield RedisHot(link, keys)
    finally:
        await link.close()
