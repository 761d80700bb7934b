"""How soon a tap is acknowledged while tens of thousands of updates wait: a whole installation against the
sandbox, as `run` has it.

The backlog is durable here and has no effect yet, as after a webhook's flood or a long stop; its answers are
under way too, at the pace that Telegram allows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adapters.inflight import InFlight
from adapters.redis.hot import RedisHot
from adapters.redis.keys import Keys
from adapters.redis.link import Link
from adapters.redis.pacer import PacerLimits, RedisPacer
from adapters.sql.store import SqlStore
from adapters.telegram.client import TelegramClient
from adapters.telegram.messenger import TelegramMessenger
from adapters.telegram.poller import Poller
from app.clock import WallClock
from app.hot import WatchedHot
from app.installation import Installation
from app.parts import Conditions, Logs, Parts
from benchmarks.speed._mixed import Server
from bot.visitor import BotFace

KEY = b"a benchmark's key, good for nothing else"
WARM_UP_S = 0.5
BETWEEN_S = 0.1


class _Silent:
    def info(self, event: str, **figures: Any) -> None:
        """Nobody listens."""

    def warning(self, event: str, **figures: Any) -> None:
        """Nobody listens."""


async def _nothing() -> None:
    """Redis is not ours to bring back."""


async def taps_under_backlog(
    folder: Path, link: Link, server: Server, what: tuple[str, int, int]
) -> Sequence[float]:
    """Seconds until each of so many taps was acknowledged. what: token, updates of the backlog, taps."""
    token, backlog, taps = what
    inflight = InFlight()
    store = await SqlStore(f"sqlite:///{folder / 'backlog.db'}", inflight=inflight).open()
    client = TelegramClient(token, server.base, inflight)
    clock, keys = WallClock(), Keys("backlog")
    logs = Logs(_Silent(), _Silent(), _Silent())
    hot, pacer = WatchedHot(RedisHot(link, keys)), RedisPacer(link, keys, PacerLimits())
    messenger, face = TelegramMessenger([client], clock), BotFace(client.bot_id, token, "bench", "bench")
    parts = Parts(store, hot, pacer, messenger, [client], [face], (), clock, logs, _nothing)
    installation = Installation(parts, Conditions(KEY), "bench")
    try:
        await _fill(store, client, clock, backlog)
        await installation.start()
        return await _live(installation, server, token, taps)
    finally:
        await client.close()
        await store.close()


async def _fill(store: SqlStore, client: TelegramClient, clock: WallClock, backlog: int) -> None:
    """Take all of it in; nothing is applied yet."""
    done = asyncio.Event()

    def arrived() -> None:
        if poller.status["updates"] == backlog:
            done.set()

    poller = Poller(client, store, clock, arrived)
    polling = asyncio.create_task(poller.run())
    await done.wait()
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)


async def _live(installation: Installation, server: Server, token: str, taps: int) -> list[float]:
    stopping = asyncio.Event()
    running = asyncio.create_task(installation.run(stopping, ("bot",)))
    await asyncio.sleep(WARM_UP_S)
    found = []
    for _ in range(taps):
        found.append(await asyncio.to_thread(server.tap, token))
        await asyncio.sleep(BETWEEN_S)
    running.cancel()  # what still waits is of no interest
    await asyncio.gather(running, return_exceptions=True)
    return found
