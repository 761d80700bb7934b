"""The inbox: every update as it came, durable before Telegram is told that we have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, bindparam, case, delete, func, select, update

from adapters.redaction import emptied, redact, those
from adapters.sql import tables
from adapters.sql.work import InsertNew, Upsert, Work
from core.event import InboxLane
from core.identity import Sender
from core.ports import InboxRow, RawUpdate

INBOX: Final = tables.table(tables.Inbox)
OFFSET: Final = tables.table(tables.Offset)

_ADD: Final = InsertNew.into(INBOX, ["bot_id", "update_id"])
_SET_OFFSET: Final = Upsert.into(
    OFFSET,
    lambda new: new.on_conflict_do_update(
        index_elements=["bot_id"], set_={"next_offset": new.excluded.next_offset}
    ),
)
_VALUES: BindParameter[Any] = bindparam("values", expanding=True)
_MOST: BindParameter[int] = bindparam("most")
_ROW: Final = select(
    INBOX.c.id,
    INBOX.c.bot_id,
    INBOX.c.update_id,
    INBOX.c.received_ms,
    INBOX.c.body,
    INBOX.c.state,
    INBOX.c.reason,
    INBOX.c.answer,
)
_PENDING: Final = _ROW.where(INBOX.c.state == "received").order_by(INBOX.c.lane, INBOX.c.id).limit(_MOST)
_UNHANDLED: Final = (
    _ROW.where(INBOX.c.state == "applied", INBOX.c.lane == bindparam("in_lane"))
    .order_by(INBOX.c.id)
    .limit(_MOST)
)
_ASIDE: Final = (
    _ROW.where(INBOX.c.state == "failed", INBOX.c.id > bindparam("after")).order_by(INBOX.c.id).limit(_MOST)
)
_IDS = INBOX.c.id.in_(_VALUES)


def _is(state: str) -> ColumnElement[bool]:
    """The state of rows that are looked up by their numbers. Said so that no index on the state is taken for
    it: that would read everything that waits, again for each batch."""
    return func.coalesce(INBOX.c.state, "") == state


_CLAIM: Final = select(INBOX.c.id).where(_IDS, _is("received"))
_APPLIED: Final = (
    update(INBOX)
    .where(_IDS, _is("received"))
    .values(state=case((INBOX.c.answer, "applied"), else_="handled"))
)
_HANDLED: Final = update(INBOX).where(_IDS, INBOX.c.state != "failed").values(state="handled")
_FAILED: Final = update(INBOX).where(_IDS).values(state="failed", reason=bindparam("why"))
_NUMBERS: Final = select(INBOX.c.id, INBOX.c.update_id).where(_IDS)
_EMPTY: Final = update(INBOX).where(INBOX.c.id == bindparam("of_id")).values(body=bindparam("left"))
_BODIES: Final = select(INBOX.c.id, INBOX.c.state, INBOX.c.body).where(_IDS)
_REDACT: Final = _EMPTY.values(state=bindparam("stands"))
_REPLAY: Final = update(INBOX).where(_IDS, _is("failed")).values(state="received", reason="")
_DROP: Final = delete(INBOX).where(_IDS, _is("failed"))
_OLDEST: Final = (
    select(INBOX.c.id, INBOX.c.received_ms)
    .where(INBOX.c.state == "handled", INBOX.c.lane == bindparam("in_lane"))
    .order_by(INBOX.c.id)
    .limit(_MOST)
)
"""Looks at no more rows than may go: ids grow with the time of receipt."""
_PRUNE: Final = delete(INBOX).where(_IDS, _is("handled"))
_OFFSET: Final = select(OFFSET.c.next_offset).where(OFFSET.c.bot_id == bindparam("bot"))
_COUNTS: Final = select(INBOX.c.state, func.count()).group_by(INBOX.c.state).order_by(INBOX.c.state)
_EXPORT: Final = select(INBOX.c.bot_id, INBOX.c.update_id, INBOX.c.state).order_by(INBOX.c.id)


class SqlInbox:
    """Fulfils `core.ports.Inbox`."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def add(
        self,
        bot_id: int,
        updates: Sequence[RawUpdate],
        *,
        next_offset: int | None = None,
        answer: bool = True,
    ) -> int:
        new = await self._work.insert_new(_ADD, [_values(bot_id, item, answer) for item in updates])
        if next_offset is not None:
            await self._set_offset(bot_id, next_offset)
        return sum(new)

    async def _set_offset(self, bot_id: int, next_offset: int) -> None:
        await self._work.run(_SET_OFFSET, {"bot_id": bot_id, "next_offset": next_offset})

    async def pending(self, limit: int) -> list[InboxRow]:
        return [InboxRow(*row) for row in await self._work.rows(_PENDING, {"most": limit})]

    async def claim(self, ids: Sequence[int]) -> set[int]:
        statement = _CLAIM.with_for_update(skip_locked=True) if self._work.locks else _CLAIM
        return {row[0] for row in await self._work.rows_in(statement, ids)}

    async def unhandled(self, limit: int, *, lane: InboxLane | None = None) -> list[InboxRow]:
        found: list[InboxRow] = []
        for one in InboxLane if lane is None else (lane,):
            rows = await self._work.rows(_UNHANDLED, {"in_lane": int(one), "most": limit})
            found.extend(InboxRow(*row) for row in rows)
        return sorted(found, key=lambda row: row.id)[:limit]

    async def applied(self, ids: Sequence[int]) -> None:
        await self._work.run_in(_APPLIED, ids)

    async def handled(self, ids: Sequence[int]) -> None:
        await self._work.run_in(_HANDLED, ids)

    async def failed(self, ids: Sequence[int], reason: str) -> None:
        await self._work.run_in(_FAILED, ids, {"why": reason})

    async def emptied(self, ids: Sequence[int]) -> None:
        rows = await self._work.rows_in(_NUMBERS, ids)
        await self._work.run_each(_EMPTY, [{"of_id": row_id, "left": emptied(n)} for row_id, n in rows])

    async def redacted(self, who: Mapping[int, Sequence[Sender]]) -> None:
        changes = []
        for row_id, state, body in await self._work.rows_in(_BODIES, list(who)):
            found = redact(body, those(who[row_id]))
            stands = "handled" if found.own else state
            changes.append({"of_id": row_id, "left": found.body, "stands": stands})
        await self._work.run_each(_REDACT, changes)

    async def aside(self, after_id: int, limit: int) -> list[InboxRow]:
        rows = await self._work.rows(_ASIDE, {"after": after_id, "most": limit})
        return [InboxRow(*row) for row in rows]

    async def replay(self, ids: Sequence[int]) -> int:
        return await self._work.run_in(_REPLAY, ids)

    async def drop(self, ids: Sequence[int]) -> int:
        return await self._work.run_in(_DROP, ids)

    async def prune(self, before_ms: int, limit: int) -> int:
        old: list[int] = []
        for lane in InboxLane:
            rows = await self._work.rows(_OLDEST, {"in_lane": int(lane), "most": limit})
            old.extend(row_id for row_id, received_ms in rows if received_ms < before_ms)
        return await self._work.run_in(_PRUNE, sorted(old)[:limit])

    async def offset(self, bot_id: int) -> int | None:
        found: int | None = await self._work.value(_OFFSET, {"bot": bot_id})
        return found

    async def counts(self) -> dict[str, int]:
        return {state: n for state, n in await self._work.rows(_COUNTS)}

    async def export(self) -> list[tuple[int, int, str]]:
        return [(bot_id, update_id, state) for bot_id, update_id, state in await self._work.rows(_EXPORT)]


def _values(bot_id: int, item: RawUpdate, answer: bool) -> tuple[object, ...]:
    """A row in the order of the table's columns."""
    return (
        bot_id,
        item.update_id,
        item.received_ms,
        item.body,
        "failed" if item.reason else "received",
        item.reason,
        answer,
        int(item.lane),
    )
