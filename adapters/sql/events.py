"""Events: what happened, each stored once by (moment, key)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import bindparam, func, or_, select, text

from adapters.codec import dumps, loads
from adapters.sql import tables
from adapters.sql.work import AnyRow, InsertNew, Work
from core.event import Event, PersonEvent

EVENT: Final = tables.table(tables.Event)

_COLUMNS: Final = (
    EVENT.c.person_no,
    EVENT.c.key,
    EVENT.c.ts_ms,
    EVENT.c.kind,
    EVENT.c.bot_id,
    EVENT.c.props,
    EVENT.c.group_no,
)
_APPEND: Final = InsertNew.into(EVENT, ["ts_ms", "key"])
_OF_PERSON: Final = select(*_COLUMNS).where(EVENT.c.person_no == bindparam("person"))
_LATEST: Final = (
    _OF_PERSON.where(EVENT.c.ts_ms < bindparam("before"))
    .order_by(EVENT.c.ts_ms.desc(), EVENT.c.key.desc())
    .limit(bindparam("most"))
)
_ALL: Final = _OF_PERSON.order_by(EVENT.c.ts_ms, EVENT.c.key)
_ALL_OF_GROUP: Final = (
    select(*_COLUMNS)
    .where(EVENT.c.group_no == bindparam("of_group"), EVENT.c.group_no > 0)  # what the index covers
    .order_by(EVENT.c.ts_ms, EVENT.c.key)
)
_OLDER: Final = EVENT.alias("older")
_PERSON: Final = tables.table(tables.Person)
_SINCE: Final = (
    select(_OLDER.c.ts_ms)
    .where(
        _OLDER.c.person_no == _PERSON.c.person_no,
        _OLDER.c.ts_ms.between(bindparam("since"), bindparam("until")),
        text(tables.CHOSEN),
    )
    .order_by(_OLDER.c.ts_ms.desc())
    .limit(1)
    .offset(bindparam("but_one"))
    .correlate(_PERSON)
    .scalar_subquery()
)
"""The moment of the last choice that is wanted of the person."""
_CHOICES: Final = (
    select(*_COLUMNS)
    .select_from(_PERSON)
    .join(EVENT, EVENT.c.person_no == _PERSON.c.person_no)
    .where(
        _PERSON.c.person_no.in_(bindparam("values", expanding=True)),
        EVENT.c.ts_ms >= func.coalesce(_SINCE, bindparam("since")),
        EVENT.c.ts_ms <= bindparam("until"),
        text(tables.CHOSEN),
    )
)
_OF_KINDS: Final = select(*_COLUMNS).where(
    EVENT.c.person_no.in_(bindparam("values", expanding=True)),
    EVENT.c.ts_ms >= bindparam("since"),
    EVENT.c.kind.in_(bindparam("of_kinds", expanding=True)),
)
_EXPORT: Final = (
    select(*_COLUMNS)
    .where(
        EVENT.c.ts_ms >= bindparam("since"),  # the key's own order, said so that it is searched
        or_(EVENT.c.ts_ms > bindparam("since"), EVENT.c.key > bindparam("behind")),
    )
    .order_by(EVENT.c.ts_ms, EVENT.c.key)
    .limit(bindparam("most"))
)
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
        return await self._work.insert_new(_APPEND, [_values(item) for item in events])

    async def of_person(self, person_no: int, limit: int, before_ms: int | None = None) -> list[PersonEvent]:
        before = _NEVER_MS if before_ms is None else before_ms
        return _events(await self._work.rows(_LATEST, {"person": person_no, "before": before, "most": limit}))

    async def all_of_person(self, person_no: int) -> list[PersonEvent]:
        return _events(await self._work.rows(_ALL, {"person": person_no}))

    async def all_of_group(self, group_no: int) -> list[PersonEvent]:
        return _events(await self._work.rows(_ALL_OF_GROUP, {"of_group": group_no}))

    async def choices(self, person_nos: Sequence[int], span: tuple[int, int], most: int) -> list[PersonEvent]:
        if not person_nos:
            return []
        await self._work.alone("choices")
        asked = {"since": span[0], "until": span[1], "but_one": most - 1}
        rows = await self._work.rows_in(_CHOICES, sorted(set(person_nos)), asked)
        return _events(rows)

    async def of_kinds(
        self, person_nos: Sequence[int], kinds: Sequence[str], since_ms: int
    ) -> list[PersonEvent]:
        if not kinds:
            return []
        asked = {"since": since_ms, "of_kinds": sorted(set(kinds))}
        rows = await self._work.rows_in(_OF_KINDS, sorted(set(person_nos)), asked)
        return sorted(_events(rows), key=lambda item: (item.event.ts_ms, item.event.key))

    async def export(self, after: tuple[int, str], limit: int) -> list[PersonEvent]:
        asked = {"since": after[0], "behind": after[1], "most": limit}
        return _events(await self._work.rows(_EXPORT, asked))

    async def counts(self, since_ms: int = 0) -> dict[str, int]:
        return {kind: n for kind, n in await self._work.rows(_COUNTS, {"since": since_ms})}


def _values(item: PersonEvent) -> tuple[object, ...]:
    """A row in the order of the table's columns."""
    event = item.event
    props = dumps(event.props)
    return (event.ts_ms, event.key, item.person_no, event.kind, event.bot_id, props, event.group_no)


def _events(rows: Iterable[AnyRow]) -> list[PersonEvent]:
    return [
        PersonEvent(person_no, Event(key, ts_ms, kind, bot_id, loads(props), group_no))
        for person_no, key, ts_ms, kind, bot_id, props, group_no in rows
    ]
