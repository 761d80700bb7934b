"""Inbox and events in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from adapters.memory.tables import Tables, grouped
from core.event import PersonEvent
from core.ports import InboxRow, RawUpdate


class MemoryInbox:
    """Fulfils `core.ports.Inbox`."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    async def add(
        self,
        bot_id: int,
        updates: Sequence[RawUpdate],
        *,
        next_offset: int | None = None,
        answer: bool = True,
    ) -> int:
        new = 0
        for item in updates:
            key = (bot_id, item.update_id)
            if key in self._t.inbox_ids:
                continue
            row_id = self._t.inbox_ids[key] = self._t.next_number("inbox")
            state = "failed" if item.reason else "received"
            self._t.inbox[row_id] = InboxRow(row_id, *key, item.received_ms, item.body, state, item.reason)
            self._t.silent[row_id] = not answer
            new += 1
        if next_offset is not None:
            self._t.offsets[bot_id] = next_offset
        return new

    async def pending(self, limit: int) -> list[InboxRow]:
        return self._in_state("received")[:limit]

    async def unhandled(self, limit: int) -> list[InboxRow]:
        return self._in_state("applied")[:limit]

    def _in_state(self, state: str) -> list[InboxRow]:
        return [row for _, row in sorted(self._t.inbox.items()) if row.state == state]

    async def applied(self, ids: Sequence[int]) -> None:
        for row in self._rows(ids):
            if row.state == "received":
                self._set(row, "handled" if self._t.silent[row.id] else "applied")

    async def handled(self, ids: Sequence[int]) -> None:
        for row in self._rows(ids):
            if row.state != "failed":
                self._set(row, "handled")

    async def failed(self, ids: Sequence[int], reason: str) -> None:
        for row in self._rows(ids):
            self._set(row, "failed")

    def _rows(self, ids: Sequence[int]) -> list[InboxRow]:
        return [self._t.inbox[row_id] for row_id in ids if row_id in self._t.inbox]

    def _set(self, row: InboxRow, state: str) -> None:
        self._t.inbox[row.id] = replace(row, state=state)

    async def offset(self, bot_id: int) -> int | None:
        return self._t.offsets.get(bot_id)

    async def counts(self) -> dict[str, int]:
        return grouped(Counter(row.state for row in self._t.inbox.values()))

    async def export(self) -> list[tuple[int, int, str]]:
        return [(row.bot_id, row.update_id, row.state) for _, row in sorted(self._t.inbox.items())]


class MemoryEvents:
    """Fulfils `core.ports.Events`."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    async def append(self, events: Sequence[PersonEvent]) -> list[bool]:
        new = []
        for item in events:
            key = (item.event.ts_ms, item.event.key)
            new.append(key not in self._t.events)
            self._t.events.setdefault(key, item)
        return new

    async def of_person(self, person_no: int, limit: int, before_ms: int | None = None) -> list[PersonEvent]:
        found = await self.all_of_person(person_no)
        if before_ms is not None:
            found = [item for item in found if item.event.ts_ms < before_ms]
        return found[::-1][:limit]

    async def all_of_person(self, person_no: int) -> list[PersonEvent]:
        return [item for _, item in sorted(self._t.events.items(), key=_key) if item.person_no == person_no]

    async def counts(self, since_ms: int = 0) -> dict[str, int]:
        kinds = (item.event.kind for item in self._t.events.values() if item.event.ts_ms >= since_ms)
        return grouped(Counter(kinds))


def _key(item: tuple[tuple[int, str], PersonEvent]) -> tuple[int, str]:
    return item[0]
