"""A short life in the simulated town: the whole real system, and what happens to it on the way."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import redis as blocking_redis

from adapters.redis.server import EmbeddedRedis
from adapters.sql.store import SqlStore
from app.demo import DemoOptions, Running, run_demo
from app.exporter import export_inbox, export_ledger
from app.parts import Logs
from core.ports import PersonRecord, Store
from core.profile import ProfileState, fold, pack, view
from sandbox.botapi.server import BotApiServer

ROOT = Path(__file__).parents[2]
HOUR_S = 3_600
TRIES = 20

Happening = Callable[[Running], Awaitable[None]]


class Silent:
    """A log that nobody reads."""

    def info(self, event: str, **figures: Any) -> None:
        """Nothing is written."""

    def warning(self, event: str, **figures: Any) -> None:
        """Nothing is written."""


def a_day(folder: Path, seed: int, happening: Happening, *, days: float = 1.0) -> dict[str, Any]:
    """A day in the town, with something happening; the closing document without its seconds. Whatever
    happens, every call to Telegram is one that the Bot API describes."""
    options = DemoOptions(root=ROOT, folder=folder, days=days, people=40, seed=seed)
    servers: list[BotApiServer] = []

    async def watch(running: Running) -> None:
        servers.append(running.surroundings.server)
        await happening(running)

    document = run_demo(options, Logs(Silent(), Silent(), Silent()), watch)
    (server,) = servers
    assert server.calls.first == []
    assert server.calls.n > document["messages"]["sent"] > 0
    return {name: value for name, value in document.items() if name not in {"setup_s", "wall_s"}}


# ------------------------------------------------------------ what can happen
def stall(seconds: float, waited: dict[str, float]) -> Happening:
    """At noon somebody else locks the database for so long in real time; 0 = only write, for comparison.

    `waited`: how long a write then took, in real seconds and in the town's."""

    async def at_noon(running: Running) -> None:
        await asyncio.sleep(12 * HOUR_S)
        if seconds:
            await _locked(running.options.folder / "kairos.db", seconds)
        real_s, town_ms = time.monotonic(), running.town.now_ms()
        async with running.installation.parts.store.transaction() as tx:
            await tx.people.count()
            waited.update(real=time.monotonic() - real_s, town=running.town.now_ms() - town_ms)

    return at_noon


async def _locked(file: Path, seconds: float) -> None:
    """Returns as soon as another thread holds the write lock, which it does for so long."""
    holds = threading.Event()

    def hold() -> None:
        with closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            holds.set()
            time.sleep(seconds)
            connection.execute("COMMIT")

    threading.Thread(target=hold, daemon=True).start()
    while not holds.is_set():
        await asyncio.sleep(0)


def flush(found: dict[str, Any]) -> Happening:
    """At noon Redis is emptied from outside. `found`: whether all was level before, right after and later."""

    async def at_noon(running: Running) -> None:
        await asyncio.sleep(12 * HOUR_S)
        found["before"] = await level(running)
        found["sent before"] = await sent(running.installation.parts.store)
        with blocking_redis.Redis.from_url(EmbeddedRedis(running.options.folder / "redis").url) as outside:
            outside.flushall()
        found["mark"] = await running.installation.parts.hot.mark()
        found["flushed"] = await level(running, tries=1)
        await asyncio.sleep(running.installation.conditions.rhythm.watch_s + 60)
        found["after"] = await level(running)
        await asyncio.sleep(11.5 * HOUR_S - running.installation.conditions.rhythm.watch_s)
        found["at the end"] = await level(running)

    return at_noon


# ------------------------------------------------------------ what is kept
async def everybody(store: Store) -> list[PersonRecord]:
    async with store.transaction(write=False) as tx:
        return list((await tx.people.load(await tx.people.numbers(0, 10_000))).values())


async def level(running: Running, *, tries: int = TRIES) -> bool:
    """Every hot profile equals the view of the record at the moment at which it was written.

    The town lives on between two reads, so a difference counts only if it stays."""
    parts = running.installation.parts
    for _ in range(tries):
        records = await everybody(parts.store)
        hot = await parts.hot.read([record.person_no for record in records])
        if records and all(_shown(record, hot.get(record.person_no, {})) for record in records):
            return True
    return False


def _shown(record: PersonRecord, hot: Any) -> bool:
    parts = json.loads(pack(view(record.person_no, record.state, int(hot.get("at", "0"))), record.segments))
    return dict(hot) == {"seq": str(record.seq), **dict(zip(parts[::2], parts[1::2], strict=True))}


async def sent(store: Store) -> int:
    async with store.transaction(write=False) as tx:
        return (await tx.ledger.counts("campaign")).get("sent", 0)


async def books(folder: Path) -> tuple[list[dict[str, Any]], list[tuple[int, int, str]], list[PersonRecord]]:
    """What a finished run left in its database: ledger, inbox, records."""
    store = SqlStore(f"sqlite:///{folder / 'kairos.db'}")
    try:
        return await export_ledger(store), await export_inbox(store), await everybody(store)
    finally:
        await store.close()


async def strangers_to_their_events(folder: Path) -> list[int]:
    """People whose record is not the fold of their events."""
    store = SqlStore(f"sqlite:///{folder / 'kairos.db'}")
    try:
        found = []
        for record in await everybody(store):
            async with store.transaction(write=False) as tx:
                events = await tx.events.all_of_person(record.person_no)
            if record.state != fold(ProfileState(), [item.event for item in events]):
                found.append(record.person_no)
        return found
    finally:
        await store.close()
