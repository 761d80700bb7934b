"""What /metrics shows is counted at most every few seconds, however many ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.memory import ManualClock, MemoryStore
from adapters.web.figures import Figure
from app.installation import Installation
from app.metrics import KEEP_MS, Metrics
from core.ports import RawUpdate, Transaction
from tests.edges.test_installation import installation

BOT = 42


class Counting(MemoryStore):
    """Knows how often it was asked."""

    asked = 0

    @asynccontextmanager
    async def transaction(self, *, write: bool = True) -> AsyncIterator[Transaction]:
        self.asked += not write
        async with super().transaction(write=write) as tx:
            yield tx


def metrics_of(made: Installation) -> Metrics:
    return Metrics(made.parts, made.jobs, lambda: ())


async def arrives(store: MemoryStore, number: int) -> None:
    async with store.transaction() as tx:
        await tx.inbox.add(BOT, [RawUpdate(number, b"{}", 1)])


async def waiting(metrics: Metrics) -> float:
    return _waiting(await metrics.figures())


def _waiting(figures: list[Figure]) -> float:
    return next(one.values[("received",)] for one in figures if one.name == "kairos_inbox_updates")


async def test_the_figures_are_counted_anew_after_some_seconds() -> None:
    store = MemoryStore()
    made = installation(store, ())
    metrics, clock = metrics_of(made), made.parts.clock
    assert isinstance(clock, ManualClock)
    await arrives(store, 1)
    assert await waiting(metrics) == 1
    await arrives(store, 2)
    clock.advance(KEEP_MS / 1000 - 0.001)
    assert await waiting(metrics) == 1
    clock.advance(0.001)
    assert await waiting(metrics) == 2
    await arrives(store, 3)
    clock.advance(-3600)  # a clock that was set back keeps nothing for an hour
    assert await waiting(metrics) == 3


async def test_those_who_ask_at_once_wait_for_one_count() -> None:
    store = Counting()
    await arrives(store, 1)
    metrics = metrics_of(installation(store, ()))
    answers = await asyncio.gather(*(metrics.figures() for _ in range(5)))
    assert [_waiting(one) for one in answers] == [1] * 5
    assert store.asked == 1
