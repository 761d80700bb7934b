"""Redis' memory, as an operator looks at it."""

from __future__ import annotations

import os
from pathlib import Path

from adapters.redis.keys import Keys
from adapters.redis.link import Link
from adapters.redis.memory import MemoryUse, RedisMemory
from adapters.redis.place import Place
from adapters.redis.server import answers
from adapters.settings import load
from app.desk.workspace import CONFIG, DEMO, open_workspace
from app.memory import Bounds, look
from core.errors import HotStoreError

_NOT_STARTED = ("the embedded Redis is not running: it starts with the installation", "manage_crm.py run")
_DEMO_OVER = ("the demo's Redis runs while the demo runs", "manage_crm.py demo")


async def memory_of(config: Path | None, *, demo: bool = False) -> tuple[MemoryUse, Bounds]:
    """How full Redis is, and from where on that is too full. HotStoreError when it does not answer."""
    url, prefix, bounds = _place(config, demo)
    link = Link(url)
    try:
        async with open_workspace(config, demo=demo) as space:
            use = await look(RedisMemory(link, Keys(prefix)), space.store, space.clock.now_ms())
    finally:
        await link.close()
    return use, bounds


def _place(config: Path | None, demo: bool) -> tuple[str, str, Bounds]:
    if demo:
        return _embedded(DEMO / "redis", _DEMO_OVER), "kairos", Bounds()
    settings = load(config or CONFIG, os.environ)
    redis = settings.redis
    bounds = Bounds(redis.warn_percent / 100, redis.act_percent / 100)
    url = _embedded(settings.data_dir / "redis", _NOT_STARTED) if redis.embedded else redis.url
    return url, settings.workspace.redis_prefix, bounds


def _embedded(folder: Path, if_not: tuple[str, str]) -> str:
    """The address of the embedded Redis; where it does not run, HotStoreError with this sentence and step."""
    socket = Place(folder.resolve()).socket
    if not answers(socket):
        sentence, next_step = if_not
        raise HotStoreError(sentence, next_step=next_step)
    return f"unix://{socket}"
