"""People ask while a broadcast to very many is under way: a whole installation as `run` has it (poller,
capture, handlers, ledger, lane), stopped and started anew in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.inflight import InFlight
from adapters.redis.hot import RedisHot
from adapters.redis.link import Link
from adapters.redis.pacer import RedisPacer
from adapters.sql.store import SqlStore
from adapters.telegram.client import FREE_PER_S, TelegramClient
from adapters.telegram.messenger import TelegramMessenger
from app.clock import WallClock
from app.hot import WatchedHot
from app.installation import Installation
from app.parts import Conditions, Logs, Parts
from benchmarks.speed._audience import CAMPAIGN, address, invite
from benchmarks.speed._lanes import HOUR_MS, KEYS
from benchmarks.speed._strict import TAKEN, Line, Strict
from bot.visitor import BotFace
from core.ledger import OPEN

KEY = b"a benchmark's key, good for nothing else"
EVERY_S = 0.25
GRACE_S = 2.0


class _Silent:
    def info(self, event: str, **figures: Any) -> None:
        """Nobody listens."""

    def warning(self, event: str, **figures: Any) -> None:
        """Nobody listens."""


@dataclass(frozen=True, slots=True)
class Talk:
    """Seconds each asker waited; of the broadcast how many were sent before the restart and in all, how many
    twice; how far from there in line it went on; and how many of its rows neither wait nor were sent."""

    waits: Sequence[float]
    before: int
    sent: int
    doubled: int
    jumped: int
    lost: int

    def quantile(self, share: float) -> float:
        """Seconds within which this share was answered."""
        ordered = sorted(self.waits)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the installation lives."""

    folder: Path
    link: Link
    server: Strict
    line: Line


async def answers_while_sending(place: Place, seconds: float) -> Talk:
    """Half of the time before a restart, half after it."""
    server, line = place.server, place.line
    clock = WallClock()
    store = await _store(place)
    await invite(store, line.bot_id, [*line.chats, *line.askers], clock.now_ms())
    await address(store, line.bot_id, line.chats, clock.now_ms())
    await store.close()
    await RedisPacer(place.link, KEYS).grant(line.bot_id, [line.askers[-1]], clock.now_ms() - HOUR_MS)
    await _run(place, seconds / 2)
    before = len(_broadcast(place))
    await _run(place, seconds / 2)
    chats = _broadcast(place)
    begun_at = chats[before] - line.chats.start if len(chats) > before else 0
    sent = len(set(chats))
    return Talk(
        server.waits(),
        before,
        sent,
        len(chats) - sent,
        abs(begun_at - before),
        len(line.chats) - sent - await _waiting(place),
    )


async def _store(place: Place) -> SqlStore:
    return await SqlStore(f"sqlite:///{place.folder / 'answers.db'}").open()


async def _run(place: Place, seconds: float) -> None:
    """An installation from its start to its end; people ask in between."""
    store, line, clock = await _store(place), place.line, WallClock()
    client = TelegramClient(line.token, place.server.base, InFlight(), most_per_s=FREE_PER_S)
    face = BotFace(line.bot_id, line.token, "bench", "bench")
    logs = Logs(_Silent(), _Silent(), _Silent())
    hot, pacer = WatchedHot(RedisHot(place.link, KEYS)), RedisPacer(place.link, KEYS)
    messenger = TelegramMessenger([client], clock)
    parts = Parts(store, hot, pacer, messenger, [client], [face], (), clock, logs, _nothing)
    installation = Installation(parts, Conditions(KEY), "bench")
    await installation.start()
    stopping = asyncio.Event()
    running = asyncio.create_task(installation.run(stopping, ("bot", "sender")))
    await asyncio.wait([running], timeout=GRACE_S)
    place.server.converse(line, round((seconds - GRACE_S) / EVERY_S), EVERY_S)
    await asyncio.wait([running], timeout=seconds)
    stopping.set()
    await running
    await client.close()
    await store.close()


def _broadcast(place: Place) -> list[int]:
    """The people to whom the broadcast was sent, by the server's list, in its order."""
    calls = place.server.calls(place.line)
    return [call.chat_id for call in calls if call.ended == TAKEN and call.chat_id in place.line.chats]


async def _waiting(place: Place) -> int:
    """Rows of the broadcast that wait for their turn."""
    store = await _store(place)
    async with store.transaction(write=False) as tx:
        counts = await tx.ledger.campaign_counts(CAMPAIGN)
    await store.close()
    return sum(number for (_, state), number in counts.items() if state in OPEN)


async def _nothing() -> None:
    """Redis is not ours to bring back."""
