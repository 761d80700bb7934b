"""The inbox: every update as it came, durable before Telegram is told that we have it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, case, func, select, update

from adapters.sql import tables
from adapters.sql.work import Upsert, Work
from core.ports import InboxRow, RawUpdate

INBOX: Final = tables.table(tables.Inbox)
OFFSET: Final = tables.table(tables.Offset)

_ADD: Final = Upsert.into(
    INBOX,
    lambda new: new.on_conflict_do_nothing(index_elements=["bot_id", "update_id"]).returning(INBOX.c.id),
)
_SET_OFFSET: Final = Upsert.into(
    OFFSET,
    lambda new: new.on_conflict_do_update(
        index_elements=["bot_id"], set_={"next_offset": new.excluded.next_offset}
    ),
)
_IDS = INBOX.c.id.in_(bindparam("values", expanding=True))
_WAITING: Final = (
    select(INBOX.c.id, INBOX.c.bot_id, INBOX.c.update_id, INBOX.c.received_ms, INBOX.c.body, INBOX.c.state)
    .where(INBOX.c.state == bindparam("wanted"))
    .order_by(INBOX.c.id)
    .limit(bindparam("most"))
)
_APPLIED: Final = (
    update(INBOX)
    .where(_IDS, INBOX.c.state == "received")
    .values(state=case((INBOX.c.answer, "applied"), else_="handled"))
)
_HANDLED: Final = update(INBOX).where(_IDS, INBOX.c.state != "failed").values(state="handled")
_FAILED: Final = update(INBOX).where(_IDS).values(state="failed", reason=bindparam("why"))
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
        rows = [
            {
                "bot_id": bot_id,
                "update_id": item.update_id,
                "received_ms": item.received_ms,
                "body": item.body,
                "state": "failed" if item.reason else "received",
                "reason": item.reason,
                "answer": answer,
            }
            for item in updates
        ]
        new = await self._work.rows_each(_ADD, rows)
        if next_offset is not None:
            await self._set_offset(bot_id, next_offset)
        return len(new)

    async def _set_offset(self, bot_id: int, next_offset: int) -> None:
        await self._work.run(_SET_OFFSET, {"bot_id": bot_id, "next_offset": next_offset})

    async def pending(self, limit: int) -> list[InboxRow]:
        return await self._waiting("received", limit)

    async def unhandled(self, limit: int) -> list[InboxRow]:
        return await self._waiting("applied", limit)

    async def _waiting(self, state: str, limit: int) -> list[InboxRow]:
        statement = _WAITING.with_for_update(skip_locked=True) if self._work.locks else _WAITING
        rows = await self._work.rows(statement, {"wanted": state, "most": limit})
        return [InboxRow(*row) for row in rows]

    async def applied(self, ids: Sequence[int]) -> None:
        await self._work.run_in(_APPLIED, ids)

    async def handled(self, ids: Sequence[int]) -> None:
        await self._work.run_in(_HANDLED, ids)

    async def failed(self, ids: Sequence[int], reason: str) -> None:
        await self._work.run_in(_FAILED, ids, {"why": reason})

    async def offset(self, bot_id: int) -> int | None:
        found: int | None = await self._work.value(_OFFSET, {"bot": bot_id})
        return found

    async def counts(self) -> dict[str, int]:
        return {state: n for state, n in await self._work.rows(_COUNTS)}

    async def export(self) -> list[tuple[int, int, str]]:
        return [(bot_id, update_id, state) for bot_id, update_id, state in await self._work.rows(_EXPORT)]
