"""No periodic step takes effect unasked: a leader that is one no more must leave no trace."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from adapters.memory import ManualClock, MemoryStore
from adapters.strategies import load_strategies
from app.installation import Installation
from core.event import Event, PersonEvent, Scalar
from core.identity import telegram
from core.intake import record
from core.ports import RawUpdate, Transaction
from tests.edges.test_installation import installation

ROOT = Path(__file__).resolve().parents[2]
BOT, DAY = 42, 86_400_000


class Watched(MemoryStore):
    """Remembers every writing transaction, and who asked the guard in it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[Transaction] = []
        self.asked: list[Transaction] = []

    @asynccontextmanager
    async def transaction(self, *, write: bool = True) -> AsyncIterator[Transaction]:
        async with super().transaction(write=write) as tx:
            if write:
                self.written.append(tx)
            yield tx

    async def guard(self, tx: Transaction) -> bool:
        self.asked.append(tx)
        return True


async def lived_in() -> tuple[Watched, Installation]:
    """An installation with a person, an old update and somebody who is to be forgotten."""
    store = Watched()
    made = installation(store, load_strategies(ROOT / "strategies"))
    await made.start()
    now_ms = made.parts.clock.now_ms()
    props: dict[str, Scalar] = {"length": 3, "media": "text", "topics": "price"}
    async with store.transaction() as tx:
        people = await tx.people.resolve([telegram(1), telegram(2)], now_ms)
        anna, ben = (people[telegram(number)] for number in (1, 2))
        for person in (anna, ben):
            spoke = Event(f"m{person}", now_ms - 60_000, "message_received", BOT, props)
            await record(tx, [PersonEvent(person, spoke)], now_ms)
        await tx.erasures.request(ben, now_ms)
        await tx.erasures.erase(ben, [], now_ms)
        await tx.inbox.add(BOT, [RawUpdate(1, b"{}", now_ms - 5 * DAY)])
        await tx.inbox.failed([row.id for row in await tx.inbox.pending(5)], "old")
    assert isinstance(made.parts.clock, ManualClock)
    return store, made


async def test_every_writing_transaction_of_every_step_asks_whether_its_leader_still_leads() -> None:
    store, made = await lived_in()
    for job in made.jobs.all():
        store.written.clear()
        store.asked.clear()
        await job.run(store.guard)
        assert store.written, f"{job.name} wrote nothing: this test proves nothing about it"
        assert all(any(tx is one for one in store.asked) for tx in store.written), job.name


async def test_whoever_leads_no_more_changes_nothing() -> None:
    store, made = await lived_in()

    async def refused(_: Transaction) -> bool:
        return False

    before = replace(store._committed)
    for job in made.jobs.all():
        await job.run(refused)
        assert store._committed == before, job.name


def test_senders_and_schedulers_start_without_what_only_bots_need() -> None:
    """aiogram alone takes seconds."""
    code = "import app.start, sys; print('aiogram' in sys.modules, 'fastapi' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert said == "False False\n"
