"""The pace of the bots as the shared pacer in Redis has it now; without a running Redis there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.redis.keys import Keys
from adapters.redis.link import Link
from adapters.redis.pacer import RedisPacer
from adapters.redis.place import Place
from adapters.redis.server import answers
from core.errors import HotStoreError


@dataclass(frozen=True, slots=True)
class RedisPlace:
    """Where Redis would be: the folder of an embedded one, or an address."""

    folder: Path | None = None
    url: str = ""
    prefix: str = "kairos"


@dataclass(frozen=True, slots=True)
class Pace:
    """Messages a second that a bot may send now, and until when Telegram asked it to wait (0 = not)."""

    bot_id: int
    rate_per_s: float
    halt_until_ms: int


async def paces(place: RedisPlace, bots: Sequence[int], now_ms: int) -> tuple[Pace, ...]:
    """The pace of each bot; empty when no Redis is running."""
    url = running_url(place)
    if not url:
        return ()
    link = Link(url)
    try:
        pacer = RedisPacer(link, Keys(place.prefix))
        seen = [(bot, await pacer.status(bot, now_ms)) for bot in bots if bot]
    except HotStoreError:
        return ()
    finally:
        await link.close()
    return tuple(Pace(bot, one["rate_per_s"], int(one["halt_until_ms"])) for bot, one in seen)


def running_url(place: RedisPlace) -> str:
    """The address of the Redis; empty where an embedded one does not run."""
    if place.folder is None:
        return place.url
    socket = Place(place.folder.resolve()).socket
    return f"unix://{socket}" if answers(socket) else ""
