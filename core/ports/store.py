"""The truth: one unit of work over all rooms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from core.consent import DoorFacts
from core.ports.campaigns import Campaigns, Contents, Journeys, Lists, Writings
from core.ports.knowledge import Control, Decisions, Knowledge
from core.ports.ledger import Ledger
from core.ports.records import Erasures, Events, Groups, Inbox, People, PersonRecord
from core.posting import PostFacts


class Transaction(Protocol):
    """One unit of work and its rooms."""

    inbox: Inbox
    people: People
    groups: Groups
    erasures: Erasures
    events: Events
    ledger: Ledger
    decisions: Decisions
    knowledge: Knowledge
    control: Control
    contents: Contents
    writings: Writings
    campaigns: Campaigns
    journeys: Journeys
    lists: Lists

    async def door_facts(
        self,
        person_nos: Sequence[int],
        bot_ids: Sequence[int],
        now_ms: int,
        records: Mapping[int, PersonRecord] | None = None,
    ) -> DoorFacts:
        """What the door must know, read from SQL inside this transaction; row i is about person i and bot i.
        Locks the people where the store has row locks, in ascending order. `records`: of all of them that
        exist, if the step has loaded them in this transaction."""
        ...

    async def post_facts(self, group_nos: Sequence[int], bot_ids: Sequence[int], now_ms: int) -> PostFacts:
        """Likewise of groups: row i is about group i and bot i."""
        ...


class Store(Protocol):
    """The truth."""

    def transaction(self, *, write: bool = True) -> AbstractAsyncContextManager[Transaction]:
        """Begin (SQLite: BEGIN IMMEDIATE to write); commit at the end of the block, roll back on error."""
        ...

    async def compact(self) -> None:
        """Make what was deleted unreadable: no byte of it is left in the files that are ours."""
        ...

    async def close(self) -> None: ...


Guard = Callable[[Transaction], Awaitable[bool]]
"""Asked first in each writing transaction of a periodic step: may this run take effect (slot free, lease
held)? A run of several transactions takes its slot in the first one."""
