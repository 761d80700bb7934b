"""Broadcasts as operators made them, and how far each has got."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Select, bindparam, select, update

from adapters.codec import dumps, loads
from adapters.sql import tables
from adapters.sql.work import AnyRow, Upsert, Work
from core.ports import CampaignRow

CAMPAIGN: Final = tables.table(tables.Campaign)
_ADD: Final = Upsert.into(
    CAMPAIGN, lambda new: new.on_conflict_do_nothing(index_elements=["name"]).returning(CAMPAIGN.c.name)
)
_ALL: Final = select(
    CAMPAIGN.c.name,
    CAMPAIGN.c.state,
    CAMPAIGN.c.body,
    CAMPAIGN.c.author,
    CAMPAIGN.c.created_ms,
    CAMPAIGN.c.changed_ms,
    CAMPAIGN.c.slot_ms,
    CAMPAIGN.c.cursor,
    CAMPAIGN.c.note,
)
_ONE: Final = _ALL.where(CAMPAIGN.c.name == bindparam("of_name"))
_EVERY: Final = _ALL.order_by(CAMPAIGN.c.name)
_BY_STATE: Final = _EVERY.where(CAMPAIGN.c.state.in_(bindparam("values", expanding=True)))
_SAVE: Final = (
    update(CAMPAIGN)
    .where(CAMPAIGN.c.name == bindparam("of_name"))
    .values(
        state=bindparam("new_state"),
        body=bindparam("new_body"),
        author=bindparam("new_author"),
        changed_ms=bindparam("new_changed"),
        slot_ms=bindparam("new_slot"),
        cursor=bindparam("new_cursor"),
        note=bindparam("new_note"),
    )
)


class SqlCampaigns:
    """Fulfils `core.ports.Campaigns`."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def add(self, row: CampaignRow) -> bool:
        new = {
            "name": row.name,
            "state": row.state,
            "body": dumps(row.body),
            "author": row.author,
            "created_ms": row.created_ms,
            "changed_ms": row.changed_ms,
            "slot_ms": row.slot_ms,
            "cursor": row.cursor,
            "note": row.note,
        }
        return bool(await self._work.rows(_ADD, new))

    async def get(self, name: str) -> CampaignRow | None:
        statement: Select[Any] = _ONE.with_for_update() if self._work.locks else _ONE
        rows = await self._work.rows(statement, {"of_name": name})
        return _row(rows[0]) if rows else None

    async def save(self, row: CampaignRow) -> None:
        changed = {
            "of_name": row.name,
            "new_state": row.state,
            "new_body": dumps(row.body),
            "new_author": row.author,
            "new_changed": row.changed_ms,
            "new_slot": row.slot_ms,
            "new_cursor": row.cursor,
            "new_note": row.note,
        }
        await self._work.run(_SAVE, changed)

    async def by_state(self, states: Sequence[str]) -> list[CampaignRow]:
        rows = await (self._work.rows_in(_BY_STATE, list(states)) if states else self._work.rows(_EVERY))
        return [_row(row) for row in rows]


def _row(row: AnyRow) -> CampaignRow:
    name, state, body, *rest = row
    return CampaignRow(name, state, loads(body), *rest)
