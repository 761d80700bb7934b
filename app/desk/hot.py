"""An operator's way to the hot store: the running one, or the embedded one started for the moment."""

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
from app.desk.workspace import CONFIG, DEMO
from app.redis import redis_of
from core.ports import HotStore


@asynccontextmanager
async def open_hot(config: Path | None, demo: bool) -> AsyncIterator[HotStore]:
    """The installation's own Redis, or the embedded one: shared if it runs, else started for the moment."""
    if demo:
        server, keys = EmbeddedRedis(DEMO / "redis"), Keys()
        async with server as url, linked(url, keys) as hot:
            yield hot
        return
    settings = load(config or CONFIG, os.environ)
    keys = Keys(settings.workspace.redis_prefix)
    async with redis_of(settings) as redis, linked(redis.url, keys) as hot:
        yield hot


@asynccontextmanager
async def linked(url: str, keys: Keys) -> AsyncIterator[HotStore]:
    link = Link(url)
    try:
        yield RedisHot(link, keys)
    finally:
        await link.close()
