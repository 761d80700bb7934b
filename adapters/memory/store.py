"""The whole record in memory: every room, real transactions, and a switch that makes the database fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from adapters.columns import RECENT_MS, DoorRows
from adapters.memory.campaigns import MemoryCampaigns
from adapters.memory.contents import MemoryContents
from adapters.memory.control import MemoryControl, MemoryKnowledge
from adapters.memory.erasures import MemoryErasures
from adapters.memory.groups import MemoryGroups
from adapters.memory.journeys import MemoryJourneys
from adapters.memory.ledger import MemoryDecisions, MemoryLedger, counted
from adapters.memory.lists import MemoryLists
from adapters.memory.people import MemoryPeople
from adapters.memory.posting import posting_facts
from adapters.memory.records import MemoryEvents, MemoryInbox
from adapters.memory.tables import Tables
from adapters.memory.writings import MemoryWritings
from core.consent import CAMPAIGNS, DoorFacts
from core.errors import StoreError
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


class MemoryTransaction:
    """Fulfils `core.ports.Transaction`."""

    def __init__(
        self, tables: Tables, holdout: Callable[[Identity], bool], quiet: tuple[int, int] = OUR_QUIET
    ) -> None:
        self._t = tables
        self._quiet = quiet
        self.inbox: Inbox = MemoryInbox(tables)
        self.people: People = MemoryPeople(tables, holdout)
        self.groups: Groups = MemoryGroups(tables)
        self.erasures: Erasures = MemoryErasures(tables)
        self.events: Events = MemoryEvents(tables)
        self.ledger: Ledger = MemoryLedger(tables)
        self.decisions: Decisions = MemoryDecisions(tables)
        self.lists: Lists = MemoryLists(tables)
        self.knowledge: Knowledge = MemoryKnowledge(tables)
        self.control: Control = MemoryControl(tables)
        self.contents: Contents = MemoryContents(tables)
        self.writings: Writings = MemoryWritings(tables)
        self.campaigns: Campaigns = MemoryCampaigns(tables)
        self.journeys: Journeys = MemoryJourneys(tables)

    async def door_facts(
        self,
        person_nos: Sequence[int],
        bot_ids: Sequence[int],
        now_ms: int,
        records: Mapping[int, PersonRecord] | None = None,
    ) -> DoorFacts:
        rows = DoorRows(switches=await self.control.switches(), quiet=self._quiet)
        loaded = await self.people.load(person_nos) if records is None else records
        for no, record in loaded.items():
            rows.people[no] = (record.state, record.holdout, self._t.excluded.get(no, False))
        for (no, purpose), choice in self._t.consent.items():
            if purpose == CAMPAIGNS and choice.granted:
                rows.consented.add(no)
        rows.reach = {key: (item.chat_id, item.state) for key, item in self._t.reach.items()}
        for message in await self.ledger.recent_campaigns(person_nos, now_ms - RECENT_MS):
            rows.recent.setdefault(message.person_no, []).append(counted(message))
        return rows.facts(person_nos, bot_ids, now_ms)

    async def post_facts(self, group_nos: Sequence[int], bot_ids: Sequence[int], now_ms: int) -> PostFacts:
        return posting_facts(self._t, group_nos, bot_ids, now_ms)


def nobody(_: Identity) -> bool:
    """No holdout."""
    return False


class MemoryStore:
    """Fulfils `core.ports.Store`. Writers take turns; readers see what was committed when they began.

    `failing`: the next writing transactions raise StoreError at their commit and leave no trace, as a full
    database would."""

    def __init__(
        self, *, holdout: Callable[[Identity], bool] = nobody, quiet: tuple[int, int] = OUR_QUIET
    ) -> None:
        self._holdout = holdout
        self._quiet = quiet
        self._committed = Tables()
        self._turn = asyncio.Lock()
        self._holder: asyncio.Task[Any] | None = None
        self.failing = False

    @asynccontextmanager
    async def transaction(self, *, write: bool = True) -> AsyncIterator[Transaction]:
        if not write:
            yield MemoryTransaction(self._committed.copy(), self._holdout, self._quiet)
            return
        if self._turn.locked() and self._holder is asyncio.current_task():
            raise RuntimeError("a transaction inside a transaction of the same task would wait for itself")
        async with self._turn:
            self._holder = asyncio.current_task()
            work = self._committed.copy()
            yield MemoryTransaction(work, self._holdout, self._quiet)
            if self.failing:
                raise StoreError("The database in memory is full.", next_step="set failing to False")
            self._committed = work

    async def compact(self) -> None:
        """What was deleted left no trace."""

    async def close(self) -> None:
        """Nothing is open."""
