"""A simulated Telegram with one bot, our store, and what brings updates from the one to the other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson

from adapters.inflight import InFlight
from adapters.memory import MemoryStore
from adapters.telegram.client import TelegramClient
from adapters.telegram.poller import Poller, PollLease
from core.ports import InboxRow
from sandbox.botapi.server import BotApiServer
from sandbox.clock import Town, run_town
from sandbox.world import Parking, TelegramUser, World

TOKEN = "7001:sandbox-secret"
BOT, AYSE = 7001, 100


@dataclass
class TownClock:
    """The town's time, and how long was slept."""

    town: Town
    slept: list[float] = field(default_factory=list)

    def now_ms(self) -> int:
        return self.town.now_ms()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(seconds)


@dataclass
class Bench:
    """A sandbox with one bot, our store, and pollers on them."""

    world: World
    server: BotApiServer
    base: str
    inflight: InFlight
    clock: TownClock
    store: MemoryStore = field(default_factory=MemoryStore)
    batches: int = 0

    def batch(self) -> None:
        self.batches += 1

    @asynccontextmanager
    async def polling(self, token: str = TOKEN, lease: PollLease | None = None) -> AsyncIterator[Poller]:
        async with TelegramClient(token, self.base, self.inflight) as client:
            poller = Poller(client, self.store, self.clock, self.batch, lease=lease)
            async with running(poller):
                yield poller

    async def texts(self) -> list[str]:
        async with self.store.transaction(write=False) as tx:
            rows = await tx.inbox.pending(10_000)
        return [orjson.loads(row.body)["message"]["text"] for row in rows]

    async def aside(self) -> list[InboxRow]:
        async with self.store.transaction(write=False) as tx:
            return await tx.inbox.aside(0, 1_000)

    async def drained_ms(self) -> int:
        """The mark for other processes; 0 = there is none."""
        async with self.store.transaction(write=False) as tx:
            return int((await tx.control.marks("drained:")).get(f"drained:{BOT}", 0))

    async def until(self, condition: Callable[[], bool | Awaitable[bool]]) -> None:
        """Let the town's time pass until the condition holds."""
        for _ in range(2_000):
            found = condition()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.25)
        raise AssertionError("it never came true")


class Runs(Protocol):
    """Goes on until it is cancelled."""

    async def run(self) -> None: ...


@asynccontextmanager
async def running(service: Runs) -> AsyncIterator[asyncio.Task[Any]]:
    task = asyncio.create_task(service.run())
    yield task
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def in_town(scenario: Callable[[Bench], Awaitable[None]]) -> None:
    inflight, parking = InFlight(), Parking()

    async def main(town: Town) -> None:
        world = World(town.now_ms, parking=parking)
        world.add_bot(TOKEN, "demo_bot", "Demo")
        world.add_user(TelegramUser(AYSE, "Ayşe"))
        server = BotApiServer(world)
        bench = Bench(world, server, await server.start(), inflight, TownClock(town))
        await scenario(bench)
        await server.stop()
        assert inflight.open == 0

    run_town(main, datetime(2026, 1, 5, tzinfo=UTC), lambda: inflight.open - parking.parked)
