"""Inbox and events in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from adapters.memory.tables import Tables, grouped
from adapters.redaction import emptied, redact, those
from core.event import CHOICES, InboxLane, PersonEvent
from core.identity import Sender
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
            self._t.inbox[row_id] = InboxRow(
                row_id, *key, item.received_ms, item.body, state, item.reason, answer
            )
            self._t.lane[row_id] = item.lane
            new += 1
        if next_offset is not None:
            self._t.offsets[bot_id] = next_offset
        return new

    async def pending(self, limit: int) -> list[InboxRow]:
        rows = self._in_state("received")
        return sorted(rows, key=lambda row: (self._t.lane[row.id], row.id))[:limit]

    async def claim(self, ids: Sequence[int]) -> set[int]:
        return {row.id for row in self._rows(ids) if row.state == "received"}

    async def unhandled(self, limit: int, *, lane: InboxLane | None = None) -> list[InboxRow]:
        rows = self._in_state("applied")
        return [row for row in rows if lane is None or self._t.lane[row.id] == lane][:limit]

    def _in_state(self, state: str) -> list[InboxRow]:
        return [row for row in self._t.inbox.values() if row.state == state]  # kept in the order of their ids

    async def applied(self, ids: Sequence[int]) -> None:
        for row in self._rows(ids):
            if row.state == "received":
                self._set(row, "applied" if row.answer else "handled")

    async def handled(self, ids: Sequence[int]) -> None:
        for row in self._rows(ids):
            if row.state != "failed":
                self._set(row, "handled")

    async def failed(self, ids: Sequence[int], reason: str) -> None:
        for row in self._rows(ids):
            self._set(row, "failed", reason)

    async def emptied(self, ids: Sequence[int]) -> None:
        for row in self._rows(ids):
            self._t.inbox[row.id] = replace(row, body=emptied(row.update_id))

    async def redacted(self, who: Mapping[int, Sequence[Sender]]) -> None:
        for row in self._rows(list(who)):
            found = redact(row.body, those(who[row.id]))
            state = "handled" if found.own else row.state
            self._t.inbox[row.id] = replace(row, body=found.body, state=state)

    async def aside(self, after_id: int, limit: int) -> list[InboxRow]:
        return [row for row in self._in_state("failed") if row.id > after_id][:limit]

    async def replay(self, ids: Sequence[int]) -> int:
        rows = self._failed(ids)
        for row in rows:
            self._set(row, "received")
        return len(rows)

    async def drop(self, ids: Sequence[int]) -> int:
        return self._delete(self._failed(ids))

    async def prune(self, before_ms: int, limit: int) -> int:
        old = [row for row in self._in_state("handled") if row.received_ms < before_ms]
        return self._delete(old[:limit])

    def _failed(self, ids: Sequence[int]) -> list[InboxRow]:
        return [row for row in self._rows(sorted(set(ids))) if row.state == "failed"]

    def _delete(self, rows: Sequence[InboxRow]) -> int:
        for row in rows:
            del self._t.inbox[row.id], self._t.inbox_ids[row.bot_id, row.update_id]
            del self._t.lane[row.id]
        return len(rows)

    def _rows(self, ids: Sequence[int]) -> list[InboxRow]:
        return [self._t.inbox[row_id] for row_id in ids if row_id in self._t.inbox]

    def _set(self, row: InboxRow, state: str, reason: str = "") -> None:
        self._t.inbox[row.id] = replace(row, state=state, reason=reason)

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
        return [item for item in self._in_order() if item.person_no == person_no]

    async def all_of_group(self, group_no: int) -> list[PersonEvent]:
        return [item for item in self._in_order() if item.event.group_no == group_no > 0]

    async def choices(self, person_nos: Sequence[int], span: tuple[int, int], most: int) -> list[PersonEvent]:
        said: dict[int, list[PersonEvent]] = {no: [] for no in person_nos}
        for item in self._t.events.values():
            is_one = item.event.kind in CHOICES and span[0] <= item.event.ts_ms <= span[1]
            if is_one and item.person_no in said:
                said[item.person_no].append(item)
        return [item for items in said.values() for item in _newest(items, most)]

    async def of_kinds(
        self, person_nos: Sequence[int], kinds: Sequence[str], since_ms: int
    ) -> list[PersonEvent]:
        people, wanted = set(person_nos), set(kinds)
        found = (item for item in self._in_order() if item.event.ts_ms >= since_ms)
        return [item for item in found if item.person_no in people and item.event.kind in wanted]

    async def export(self, after: tuple[int, str], limit: int) -> list[PersonEvent]:
        return [item for item in self._in_order() if (item.event.ts_ms, item.event.key) > after][:limit]

    def _in_order(self) -> list[PersonEvent]:
        return [item for _, item in sorted(self._t.events.items(), key=_key)]

    async def counts(self, since_ms: int = 0) -> dict[str, int]:
        kinds = (item.event.kind for item in self._t.events.values() if item.event.ts_ms >= since_ms)
        return grouped(Counter(kinds))


def _newest(items: Sequence[PersonEvent], most: int) -> list[PersonEvent]:
    since = sorted((item.event.ts_ms for item in items), reverse=True)[:most]
    return [item for item in items if item.event.ts_ms >= since[-1]]


def _key(item: tuple[tuple[int, str], PersonEvent]) -> tuple[int, str]:
    return item[0]
