"""Texts that GPT wrote, and what asking for them cost by the hour."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, fields, replace
from typing import Any, Final

from sqlalchemy import BindParameter, Select, and_, bindparam, delete, exists, func, or_, select, update

from adapters.sql import tables
from adapters.sql.work import Upsert, Work, chunks
from core.ports import Spent, Writing
from core.writing import MARK_LENGTH

WRITING: Final = tables.table(tables.Writing)
SPENDING: Final = tables.table(tables.Spending)
HOUR_MS: Final = 3_600_000

_FIELDS: Final = tuple(field.name for field in fields(Writing))
_SUMS: Final = tuple(field.name for field in fields(Spent))
_ADD: Final = WRITING.insert().returning(WRITING.c.id)
_ALL: Final = select(*(WRITING.c[name] for name in _FIELDS))
_NEWEST: Final = WRITING.c.id.desc()
_MOST: BindParameter[int] = bindparam("most")
_FIND: Final = _ALL.where(WRITING.c.fingerprint.in_(bindparam("values", expanding=True))).order_by(_NEWEST)
_APPROVED: Final = _ALL.where(
    WRITING.c.content.in_(bindparam("values", expanding=True)),
    WRITING.c.person_no.in_(bindparam("people", expanding=True)),
    WRITING.c.state == "approved",
).order_by(_NEWEST)
_WAITING: Final = (
    _ALL.where(WRITING.c.state == "waiting", WRITING.c.id > bindparam("after"))
    .order_by(WRITING.c.id)
    .limit(_MOST)
)
_GET: Final = _ALL.where(WRITING.c.id == bindparam("of_id"))
_DECIDE: Final = (
    update(WRITING)
    .where(WRITING.c.id == bindparam("of_id"), WRITING.c.state == "waiting")
    .values(
        state=bindparam("becomes"),
        reason=bindparam("why"),
        decided_by=bindparam("who"),
        decided_ms=bindparam("at"),
    )
)
_NEWER = WRITING.alias("newer")
_USELESS: Final = (
    select(WRITING.c.id)
    .where(
        WRITING.c.person_no > 0,
        WRITING.c.at_ms < bindparam("before"),
        or_(
            func.substr(WRITING.c.fingerprint, 1, MARK_LENGTH).not_in(bindparam("values", expanding=True)),
            and_(
                WRITING.c.state == "approved",
                exists().where(
                    _NEWER.c.person_no == WRITING.c.person_no,
                    _NEWER.c.content == WRITING.c.content,
                    _NEWER.c.state == "approved",
                    _NEWER.c.id > WRITING.c.id,
                    func.substr(_NEWER.c.fingerprint, 1, MARK_LENGTH)
                    == func.substr(WRITING.c.fingerprint, 1, MARK_LENGTH),
                ),
            ),
        ),
    )
    .order_by(WRITING.c.id)
    .limit(_MOST)
)
_DELETE: Final = delete(WRITING).where(WRITING.c.id.in_(bindparam("values", expanding=True)))
_SPEND: Final = Upsert.into(
    SPENDING,
    lambda new: new.on_conflict_do_update(
        index_elements=["hour_ms", "purpose"],
        set_={name: SPENDING.c[name] + new.excluded[name] for name in _SUMS},
    ),
)
_SPENT: Final = select(*(func.coalesce(func.sum(SPENDING.c[name]), 0) for name in _SUMS)).where(
    SPENDING.c.hour_ms > bindparam("since"),
    or_(bindparam("of_purpose") == "", SPENDING.c.purpose == bindparam("of_purpose")),
)


class SqlWritings:
    """Fulfils `core.ports.Writings`."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def add(self, writings: Sequence[Writing]) -> list[Writing]:
        rows = [{name: value for name, value in asdict(one).items() if name != "id"} for one in writings]
        return [
            replace(one, id=await self._work.value(_ADD, row))
            for one, row in zip(writings, rows, strict=True)
        ]

    async def find(self, fingerprints: Sequence[str]) -> dict[str, list[Writing]]:
        found: dict[str, list[Writing]] = {}
        for one in await self._list(_FIND, sorted(set(fingerprints))):
            found.setdefault(one.fingerprint, []).append(one)
        return found

    async def approved(self, contents: Sequence[str], person_nos: Sequence[int] = (0,)) -> list[Writing]:
        found: list[Writing] = []
        for part in chunks(sorted(set(person_nos))):
            found += await self._list(_APPROVED, sorted(set(contents)), people=part)
        return sorted(found, key=lambda one: -one.id)

    async def waiting(self, after_id: int, limit: int) -> list[Writing]:
        rows = await self._work.rows(_WAITING, {"after": after_id, "most": limit})
        return [Writing(*row) for row in rows]

    async def get(self, writing_id: int) -> Writing | None:
        statement: Select[Any] = _GET.with_for_update() if self._work.locks else _GET
        rows = await self._work.rows(statement, {"of_id": writing_id})
        return Writing(*rows[0]) if rows else None

    async def decide(self, writing_id: int, state: str, reason: str, author: str, now_ms: int) -> bool:
        decision = {"of_id": writing_id, "becomes": state, "why": reason, "who": author, "at": now_ms}
        return await self._work.run(_DECIDE, decision) == 1

    async def useless(self, marks: Collection[str], before_ms: int, limit: int) -> list[int]:
        given = {"values": sorted(marks) or [""], "before": before_ms, "most": limit}
        return [row[0] for row in await self._work.rows(_USELESS, given)]

    async def delete(self, ids: Sequence[int]) -> int:
        return await self._work.run_in(_DELETE, sorted(set(ids)))

    async def spend(self, purpose: str, spent: Spent, now_ms: int) -> None:
        hour = {"hour_ms": now_ms - now_ms % HOUR_MS, "purpose": purpose}
        await self._work.run(_SPEND, {**hour, **asdict(spent)})

    async def spent(self, purpose: str, since_ms: int) -> Spent:
        """In a writing transaction nobody else spends until its end: what is free now is free then."""
        await self._work.alone("spending")
        given = {"since": since_ms - HOUR_MS, "of_purpose": purpose}
        rows = await self._work.rows(_SPENT, given)
        return Spent(*(int(value) for value in rows[0]))

    async def _list(self, statement: Select[Any], values: Sequence[Any], **more: Any) -> list[Writing]:
        return [Writing(*row) for row in await self._work.rows_in(statement, values, more)]
