"""Events: what happened, each stored once by (moment, key)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import bindparam, func, select

from adapters.codec import dumps, loads
from adapters.sql import tables
from adapters.sql.work import AnyRow, Upsert, Work
from core.event import Event, PersonEvent

EVENT: Final = tables.table(tables.Event)

_COLUMNS: Final = (
    EVENT.c.person_no,
    EVENT.c.key,
    EVENT.c.ts_ms,
    EVENT.c.kind,
    EVENT.c.bot_id,
    EVENT.c.props,
)
_APPEND: Final = Upsert.into(
    EVENT,
    lambda new: new.on_conflict_do_nothing(index_elements=["ts_ms", "key"]).returning(
        EVENT.c.ts_ms, EVENT.c.key
    ),
)
_OF_PERSON: Final = select(*_COLUMNS).where(EVENT.c.person_no == bindparam("person"))
_LATEST: Final = (
    _OF_PERSON.where(EVENT.c.ts_ms < bindparam("before"))
    .order_by(EVENT.c.ts_ms.desc(), EVENT.c.key.desc())
    .limit(bindparam("most"))
)
_ALL: Final = _OF_PERSON.order_by(EVENT.c.ts_ms, EVENT.c.key)
_COUNTS: Final = (
    select(EVENT.c.kind, func.count())
    .where(EVENT.c.ts_ms >= bindparam("since"))
    .group_by(EVENT.c.kind)
    .order_by(EVENT.c.kind)
)
_NEVER_MS: Final = 1 << 62


class SqlEvents:
    """Fulfils `core.ports.Events`."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def append(self, events: Sequence[PersonEvent]) -> list[bool]:
        rows = [
            {
                "ts_ms": item.event.ts_ms,
                "key": item.event.key,
                "person_no": item.person_no,
                "kind": item.event.kind,
                "bot_id": item.event.bot_id,
                "props": dumps(item.event.props),
            }
            for item in events
        ]
        stored = await self._work.rows_each(_APPEND, rows)
        new = {(ts_ms, key) for ts_ms, key in stored}
        return [self._first(new, item.event) for item in events]

    @staticmethod
    def _first(new: set[tuple[int, str]], event: Event) -> bool:
        """True once for each stored pair: of doubles in one call only the first is new."""
        pair = (event.ts_ms, event.key)
        if pair not in new:
            return False
        new.discard(pair)
        return True

    async def of_person(self, person_no: int, limit: int, before_ms: int | None = None) -> list[PersonEvent]:
        before = _NEVER_MS if before_ms is None else before_ms
        return _events(await self._work.rows(_LATEST, {"person": person_no, "before": before, "most": limit}))

    async def all_of_person(self, person_no: int) -> list[PersonEvent]:
        return _events(await self._work.rows(_ALL, {"person": person_no}))

    async def counts(self, since_ms: int = 0) -> dict[str, int]:
        return {kind: n for kind, n in await self._work.rows(_COUNTS, {"since": since_ms})}


def _events(rows: Iterable[AnyRow]) -> list[PersonEvent]:
    return [
        PersonEvent(person_no, Event(key, ts_ms, kind, bot_id, loads(props)))
        for person_no, key, ts_ms, kind, bot_id, props in rows
    ]
