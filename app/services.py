"""The loops of a running installation: each waits for its work, does it in batches and stops cleanly.

A store that is busy or out of reach for a moment is tried again with growing pauses; one that stays away, or
is full, ends the process with its sentence. What was not committed then is simply still waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from core.errors import HotStoreError, StoreError
from core.flow.capture import CaptureDeps, apply_pending
from core.flow.deliver import DeliverDeps, deliver_due, recover
from core.flow.handle import HandleDeps, handle_pending
from core.flow.rebuild import catch_up
from core.ports import Clock, HotStore, Lease, Store

T = TypeVar("T")

PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0)
HOT_LOST_S = 2.0


@dataclass(slots=True)
class Rhythm:
    """How often idle loops look up; a simulation takes longer steps, because nobody else shares its store."""

    lease_ms: int = 20_000
    idle_s: float = 1.0
    watch_s: float = 5.0
    poll_timeout_s: int = 25
    handler_workers: int = 16


@dataclass(slots=True)
class Bell:
    """Wakes one loop; rung any number of times, heard once."""

    _event: asyncio.Event = field(default_factory=asyncio.Event)

    def ring(self) -> None:
        self._event.set()

    async def wait(self, clock: Clock, seconds: float) -> None:
        """Until rung, at most so long."""
        if not self._event.is_set():
            sleeper = asyncio.ensure_future(clock.sleep(seconds))
            ringer = asyncio.ensure_future(self._event.wait())
            try:
                await asyncio.wait({sleeper, ringer}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                sleeper.cancel()
                ringer.cancel()
        self._event.clear()


async def steady(clock: Clock, step: Callable[[], Awaitable[T]]) -> T:
    """Run one step; try again while the store is away for a moment. Raises the last StoreError."""
    for pause_s in PAUSES_S:
        try:
            return await step()
        except StoreError as error:
            if error.permanent:
                raise
        await clock.sleep(pause_s)
    return await step()


async def capture_forever(
    deps: CaptureDeps, clock: Clock, rhythm: Rhythm, arrived: Bell, answer: Bell
) -> None:
    """Apply what the pollers stored; ring for the handlers."""
    while True:
        done = await steady(clock, lambda: apply_pending(deps, clock.now_ms()))
        if done.rows:
            answer.ring()
        else:
            await arrived.wait(clock, rhythm.idle_s)


async def handle_forever(deps: HandleDeps, clock: Clock, rhythm: Rhythm, answer: Bell) -> None:
    """Run the handlers of what took effect."""
    while True:
        if not await steady(clock, lambda: handle_pending(deps)):
            await answer.wait(clock, rhythm.idle_s)


class Lane:
    """Campaign delivery of one bot, by whichever process holds the bot's lane."""

    def __init__(self, deps: DeliverDeps, bot_id: int, holder: str, rhythm: Rhythm) -> None:
        self.bell = Bell()
        self._deps = deps
        self._bot_id = bot_id
        self._holder = holder
        self._rhythm = rhythm
        self._lease: Lease | None = None

    async def run_forever(self) -> None:
        clock = self._deps.clock
        while True:
            lease = await steady(clock, self._hold)
            if lease is None:
                await clock.sleep(self._rhythm.lease_ms / 4000)
                continue
            wait_s = await steady(clock, partial(self._round, lease))
            if wait_s > 0:
                await self.bell.wait(clock, min(wait_s, self._rhythm.idle_s))

    async def _round(self, lease: Lease) -> float:
        try:
            done = await deliver_due(self._deps, self._bot_id, lease)
        except HotStoreError:
            return HOT_LOST_S  # without the shared pacer campaigns halt; the watch brings Redis back
        return done.wait_ms / 1000

    async def _hold(self) -> Lease | None:
        """Take or keep the lane; on taking over, close what the former holder left in between."""
        now_ms = self._deps.clock.now_ms()
        if self._lease is not None and self._lease.until_ms - now_ms > self._rhythm.lease_ms // 2:
            return self._lease
        had = self._lease
        async with self._deps.store.transaction() as tx:
            self._lease = await tx.control.acquire(
                f"lane:{self._bot_id}", self._holder, now_ms, self._rhythm.lease_ms
            )
        if self._lease is not None and (had is None or had.epoch != self._lease.epoch):
            await recover(self._deps.store, self._bot_id, now_ms)
        return self._lease

    async def release(self) -> None:
        """Let another process take over at once."""
        if self._lease is not None:
            async with self._deps.store.transaction() as tx:
                await tx.control.release(self._lease)
            self._lease = None


async def watch_hot_forever(store: Store, hot: HotStore, clock: Clock, rhythm: Rhythm) -> None:
    """Notice a flushed, restarted or lagging Redis and make it whole again from the record."""
    while True:
        await clock.sleep(rhythm.watch_s)
        try:
            await steady(clock, lambda: catch_up(store, hot, clock.now_ms(), overlap=0))
        except HotStoreError:
            continue
