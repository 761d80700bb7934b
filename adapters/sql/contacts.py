"""Whether people can be reached, and what they chose to hear.

Both are withdrawn under the lock of the person's row, where the database has row locks: a permit and a
withdrawal never pass each other. `person.plannable` follows every change here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Table, and_, bindparam, case, exists, or_, select, update

from adapters.sql import tables
from adapters.sql.work import Upsert, Work
from core.consent import CAMPAIGNS, ConsentChange
from core.ports import Reach

REACH: Final = tables.table(tables.Reach)
CONSENT: Final = tables.table(tables.Consent)
HISTORY: Final = tables.table(tables.ConsentHistory)
_PERSON: Final = tables.table(tables.Person)

_VALUES: BindParameter[Any] = bindparam("values", expanding=True)
_LOCK: Final = (
    select(_PERSON.c.person_no)
    .where(_PERSON.c.person_no.in_(_VALUES))
    .order_by(_PERSON.c.person_no)
    .with_for_update()
)
_REACHES: Final = (
    select(
        REACH.c.person_no, REACH.c.bot_id, REACH.c.chat_id, REACH.c.state, REACH.c.changed_ms, REACH.c.seen_ms
    )
    .where(REACH.c.person_no.in_(_VALUES))
    .order_by(REACH.c.person_no, REACH.c.bot_id)
)
_HISTORY: Final = (
    select(
        HISTORY.c.person_no,
        HISTORY.c.purpose,
        HISTORY.c.granted,
        HISTORY.c.at_ms,
        HISTORY.c.source,
        HISTORY.c.text_version,
    )
    .where(HISTORY.c.person_no == bindparam("person"))
    .order_by(HISTORY.c.at_ms, HISTORY.c.purpose, HISTORY.c.granted.desc())
)
_CONSENTED = exists().where(
    CONSENT.c.person_no == _PERSON.c.person_no, CONSENT.c.purpose == CAMPAIGNS, CONSENT.c.granted
)
_REACHABLE = exists().where(REACH.c.person_no == _PERSON.c.person_no, REACH.c.state == "open")
_PLANNABLE = and_(~_PERSON.c.holdout, ~_PERSON.c.excluded, _CONSENTED, _REACHABLE)
_REFRESH: Final = (
    update(_PERSON)
    .where(_PERSON.c.person_no.in_(_VALUES), _PERSON.c.plannable != _PLANNABLE)
    .values(plannable=_PLANNABLE)
)


def _set_reach(new: Any) -> Any:
    said, known = new.excluded, REACH.c
    newer = or_(
        said.changed_ms > known.changed_ms,
        and_(said.changed_ms == known.changed_ms, said.state < known.state),
    )
    return new.on_conflict_do_update(
        index_elements=["person_no", "bot_id"],
        set_={
            "state": case((newer, said.state), else_=known.state),
            "chat_id": case((newer, said.chat_id), else_=known.chat_id),
            "changed_ms": case((newer, said.changed_ms), else_=known.changed_ms),
            "seen_ms": case((said.seen_ms > known.seen_ms, said.seen_ms), else_=known.seen_ms),
        },
    )


def _set_consent(new: Any) -> Any:
    said, known = new.excluded, CONSENT.c
    return new.on_conflict_do_update(
        index_elements=["person_no", "purpose"],
        set_={name: said[name] for name in ("granted", "at_ms", "source", "text_version")},
        where=or_(said.at_ms > known.at_ms, and_(said.at_ms == known.at_ms, ~said.granted)),
    )


_SET_REACH: Final = Upsert.into(REACH, _set_reach)
_SET_CONSENT: Final = Upsert.into(CONSENT, _set_consent)
_REMEMBER: Final = Upsert.into(HISTORY, lambda new: new.on_conflict_do_nothing())


class SqlContacts:
    """The part of `core.ports.People` about reach and consent."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def set_reach(self, reaches: Sequence[Reach]) -> None:
        people = sorted({item.person_no for item in reaches})
        if not people:
            return
        await self._lock(people)
        states = {
            (r.person_no, r.bot_id): r.state for found in (await self.reach(people)).values() for r in found
        }
        await self._work.run_each(_SET_REACH, [_reach_row(item) for item in reaches])
        touched = {r.person_no for r in reaches if states.get((r.person_no, r.bot_id)) != r.state}
        await self.refresh_plannable(touched)

    async def reach(self, person_nos: Sequence[int]) -> dict[int, list[Reach]]:
        found: dict[int, list[Reach]] = {}
        for row in await self._work.rows_in(_REACHES, sorted(set(person_nos))):
            found.setdefault(row.person_no, []).append(Reach(*row))
        return found

    async def change_consent(self, changes: Sequence[ConsentChange]) -> None:
        people = sorted({item.person_no for item in changes})
        if not people:
            return
        await self._lock(people)
        rows = [_consent_row(item) for item in changes]
        await self._work.run_each(_REMEMBER, rows)
        await self._work.run_each(_SET_CONSENT, rows)
        await self.refresh_plannable(people)

    async def consent_history(self, person_no: int) -> list[ConsentChange]:
        return [ConsentChange(*row) for row in await self._work.rows(_HISTORY, {"person": person_no})]

    async def _lock(self, people: Sequence[int]) -> None:
        if self._work.locks:
            await self._work.rows_in(_LOCK, people)

    async def refresh_plannable(self, people: Iterable[int]) -> None:
        """`person.plannable` follows what was changed about these people."""
        await self._work.run_in(_REFRESH, sorted(people))


def _reach_row(item: Reach) -> dict[str, Any]:
    return _row_of(REACH, item)


def _consent_row(item: ConsentChange) -> dict[str, Any]:
    return _row_of(CONSENT, item)


def _row_of(table: Table, item: object) -> dict[str, Any]:
    return {column.name: getattr(item, column.name) for column in table.columns}
