"""The record in SQL: one store over SQLite or PostgreSQL, chosen by its address.

Promises: what a transaction did is durable when its block has ended, or has left no trace; readers see one
unchanging moment; errors of the database are `StoreError` with a sentence. `open` brings the tables up to
date, and refuses a database that a newer program has changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Self

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.inflight import InFlight
from adapters.sql.campaigns import SqlCampaigns
from adapters.sql.compacting import compact_file, vacuum
from adapters.sql.contents import SqlContents
from adapters.sql.control import SqlControl
from adapters.sql.decisions import SqlDecisions
from adapters.sql.door import DoorAbout, read_door
from adapters.sql.erasures import SqlErasures
from adapters.sql.errors import explain
from adapters.sql.events import SqlEvents
from adapters.sql.groups import SqlGroups
from adapters.sql.inbox import SqlInbox
from adapters.sql.journeys import SqlJourneys
from adapters.sql.knowledge import SqlKnowledge
from adapters.sql.lanes import READERS, WORKERS, Bounds, Lanes, place, reading_engine, writing_engine
from adapters.sql.layout import LAYOUT, MARK, fold_some
from adapters.sql.ledger import SqlLedger
from adapters.sql.lists import SqlLists
from adapters.sql.migrate import upgrade
from adapters.sql.onehop import FileOptions
from adapters.sql.people import SqlPeople
from adapters.sql.posting import read_posting
from adapters.sql.work import Work
from adapters.sql.writings import SqlWritings
from core.consent import DoorFacts
from core.identity import Identity
from core.limits import OUR_QUIET
from core.ports import (
    Campaigns,
    Contents,
    Control,
    Decisions,
    Erasures,
    Events,
    Groups,
    Inbox,
    Journeys,
    Knowledge,
    Ledger,
    Lists,
    People,
    PersonRecord,
    Transaction,
    Writings,
)
from core.posting import PostFacts


def nobody(_: Identity) -> bool:
    """No holdout."""
    return False


class SqlTransaction:
    """Fulfils `core.ports.Transaction`."""

    def __init__(self, work: Work, holdout: Callable[[Identity], bool], quiet: tuple[int, int]) -> None:
        self._work = work
        self._quiet = quiet
        self.inbox: Inbox = SqlInbox(work)
        self.people: People = SqlPeople(work, holdout)
        self.groups: Groups = SqlGroups(work)
        self.erasures: Erasures = SqlErasures(work)
        self.events: Events = SqlEvents(work)
        self.ledger: Ledger = SqlLedger(work)
        self.decisions: Decisions = SqlDecisions(work)
        self.lists: Lists = SqlLists(work)
        self.knowledge: Knowledge = SqlKnowledge(work)
        self.control: Control = SqlControl(work)
        self.contents: Contents = SqlContents(work)
        self.writings: Writings = SqlWritings(work)
        self.campaigns: Campaigns = SqlCampaigns(work)
        self.journeys: Journeys = SqlJourneys(work)

    async def door_facts(
        self,
        person_nos: Sequence[int],
        bot_ids: Sequence[int],
        now_ms: int,
        records: Mapping[int, PersonRecord] | None = None,
    ) -> DoorFacts:
        return await read_door(self._work, DoorAbout(person_nos, bot_ids, now_ms, records), self._quiet)

    async def post_facts(self, group_nos: Sequence[int], bot_ids: Sequence[int], now_ms: int) -> PostFacts:
        return await read_posting(self._work, group_nos, bot_ids, now_ms)


class SqlStore:
    """Fulfils `core.ports.Store`. Nothing is opened before the first transaction or `open`.

    holdout: says by a stable hash whether a new person belongs to the control group. quiet: hours of the
    quiet time for people who set none, from and to. max_pages: bounds an SQLite file as a full disk would;
    busy_s: how long SQLite waits for another process that is writing."""

    def __init__(
        self,
        url: str,
        *,
        inflight: InFlight | None = None,
        holdout: Callable[[Identity], bool] = nobody,
        quiet: tuple[int, int] = OUR_QUIET,
        max_pages: int = 0,
        busy_s: float = 10.0,
    ) -> None:
        self._place = place(url)
        self._inflight = inflight or InFlight()
        self._holdout = holdout
        self._quiet = quiet
        self._url = url
        self._bounds = Bounds(max_pages, busy_s)
        reader = reading_engine(self._place, self._bounds)
        writer = writing_engine(self._place, self._bounds)
        writers = 1 if self._place.is_file else WORKERS
        self._writers = Lanes(writer, writers, self._place, self._inflight)
        self._readers = Lanes(reader, READERS, self._place, self._inflight)

    async def open(self) -> Self:
        """Bring the tables, and the layout of what is in them, up to date; the store is ready."""
        await upgrade(self._url, inflight=self._inflight, bounds=self._bounds)
        async with self.transaction(write=False) as tx:
            more = (await tx.control.marks(MARK)).get(MARK) != LAYOUT
        while more:
            async with self._writers.take() as connection, self._work(connection, write=True) as work:
                more = await fold_some(work)
        return self

    @asynccontextmanager
    async def transaction(self, *, write: bool = True) -> AsyncIterator[Transaction]:
        """One unit of work; waits its turn for a connection."""
        lanes = self._writers if write else self._readers
        async with lanes.take() as connection, self._work(connection, write=write) as work:
            yield SqlTransaction(work, self._holdout, self._quiet)

    def _work(self, connection: AsyncConnection, *, write: bool) -> Work:
        return Work(connection, self._place, self._inflight, write=write)

    async def compact(self) -> None:
        """Make deleted rows unreadable in our files; our own writers wait meanwhile. Raises StoreError when
        somebody else reads or writes for too long: nothing is lost, it can be done again."""
        async with self._writers.take() as connection:
            try:
                with self._inflight.track():
                    if self._place.is_file:
                        await asyncio.to_thread(compact_file, self._file_options())
                    else:
                        await vacuum(connection)
            except (SQLAlchemyError, OSError) as error:
                raise explain(error, self._place.name) from error

    def _file_options(self) -> FileOptions:
        return FileOptions(self._place.name, max_pages=self._bounds.max_pages, busy_s=self._bounds.busy_s)

    async def close(self) -> None:
        """Close all connections."""
        await self._readers.close()
        await self._writers.close()
