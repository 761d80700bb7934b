"""In simulation a slow database takes no time: the town's clock stands still while SQL is at work."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.inflight import InFlight
from adapters.sql.store import SqlStore
from core.identity import telegram
from sandbox.clock import Town, run_town
from tests.ports.worlds import BOT, update
from tests.postgres import PostgresForTests

START = datetime(2026, 1, 5, 8, tzinfo=UTC)


def another_process_writes(file: Path, real_seconds: float) -> threading.Thread:
    """Hold SQLite's write lock for a while of real time."""
    begun = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            begun.set()
            threading.Event().wait(real_seconds)
            other.execute("ROLLBACK")

    thread = threading.Thread(target=write)
    thread.start()
    begun.wait()
    return thread


def test_a_stalled_database_does_not_move_the_town(tmp_path: Path) -> None:
    inflight = InFlight()

    async def live(town: Town) -> tuple[int, int]:
        store = await SqlStore(f"sqlite:///{tmp_path}/kairos.db", inflight=inflight).open()
        ticking = asyncio.create_task(asyncio.sleep(3600))
        thread = another_process_writes(tmp_path / "kairos.db", 0.4)
        before = town.now_ms()
        async with store.transaction() as tx:
            await tx.people.resolve([telegram(1)], town.now_ms())
        after = town.now_ms()
        thread.join()
        await ticking
        await store.close()
        return after - before, town.now_ms() - before

    stalled, slept = run_town(live, START, inflight)
    assert stalled == 0
    assert slept >= 3_600_000


async def busy_day(town: Town, store: SqlStore) -> list[tuple[int, int]]:
    """Several tasks that write and read on their own timers; what they saw, and when."""
    seen: list[tuple[int, int]] = []

    async def one(number: int) -> None:
        for turn in range(6):
            await asyncio.sleep(number + 1)
            async with store.transaction() as tx:
                known = await tx.people.resolve([telegram(number * 10 + turn)], town.now_ms())
                await tx.inbox.add(BOT, [update(number * 10 + turn)], next_offset=turn)
            async with store.transaction(write=False) as tx:
                seen.append((town.now_ms(), sum(known.values()) * 1000 + await tx.people.count()))

    await asyncio.gather(*(one(number) for number in range(5)))
    return seen


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_same_day_runs_the_same_way_again(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    def day(number: int) -> list[tuple[int, int]]:
        inflight = InFlight()

        async def live(town: Town) -> list[tuple[int, int]]:
            if kind == "sqlite":
                store = await SqlStore(f"sqlite:///{tmp_path}/{number}.db", inflight=inflight).open()
            else:
                server: PostgresForTests = request.getfixturevalue("postgres")
                with inflight.track():
                    url = await server.fresh_database()
                store = SqlStore(url, inflight=inflight)
            try:
                return await busy_day(town, store)
            finally:
                await store.close()

        return run_town(live, START, inflight)

    first = day(1)
    assert len(first) == 30
    assert day(2) == first
