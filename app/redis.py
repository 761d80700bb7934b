"""Which Redis an installation uses: an embedded one that lives with it, or somebody's own."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from adapters.inflight import InFlight
from adapters.redis.server import EmbeddedRedis
from adapters.settings import Settings
from core.errors import SettingsError


@dataclass(frozen=True, slots=True)
class RedisInUse:
    """The Redis to use; `revive` brings an embedded one back after its process was lost."""

    url: str
    revive: Callable[[], Awaitable[None]]


async def _not_ours() -> None:
    """Somebody else's Redis: they bring it back, we wait."""


@contextlib.asynccontextmanager
async def redis_of(settings: Settings, inflight: InFlight | None = None) -> AsyncIterator[RedisInUse]:
    """The Redis of these settings; an embedded one runs as long as the block."""
    if not settings.redis.embedded:
        yield RedisInUse(settings.redis.url, _not_ours)
        return
    server = EmbeddedRedis(settings.data_dir / "redis", settings.redis.max_memory_mb, inflight)
    async with server as url:
        yield RedisInUse(url, server.ensure)


def check_redis(settings: Settings) -> None:
    """The embedded Redis is for trial: SettingsError where a bot is on the real Telegram."""
    real = any(bot.official for bot in settings.bots)
    if real and settings.redis.embedded and not settings.redis.allow_embedded_in_production:
        raise SettingsError(
            f"{settings.file.name}: redis.url is embedded, which is for trial and development, but a bot is "
            "on the real Telegram",
            next_step="set redis.url to your own Redis, or redis.allow_embedded_in_production to true",
        )
