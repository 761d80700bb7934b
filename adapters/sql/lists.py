"""Lists of people that operators keep, and who is excluded by them.

`person.excluded` follows every change of a list that excludes, under the lock of the people's rows where the
database has row locks: a permit and an exclusion never pass each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, bindparam, delete, exists, func, select, update

from adapters.sql import tables
from adapters.sql.contacts import SqlContacts
from adapters.sql.work import InsertNew, Upsert, Work, chunks
from core.errors import NotFoundError
from core.ports import PeopleList

LIST: Final = tables.table(tables.PersonList)
ENTRY: Final = tables.table(tables.ListEntry)
_PERSON: Final = tables.table(tables.Person)

_NAME: BindParameter[str] = bindparam("of_list")
_VALUES: BindParameter[Any] = bindparam("values", expanding=True)
_PUT: Final = Upsert.into(
    LIST,
    lambda new: new.on_conflict_do_update(
        index_elements=["name"], set_={name: new.excluded[name] for name in ("excludes", "title")}
    ),
)
_ALL: Final = (
    select(
        LIST.c.name,
        LIST.c.excludes,
        LIST.c.title,
        LIST.c.author,
        LIST.c.at_ms,
        select(func.count()).where(ENTRY.c.name == LIST.c.name).scalar_subquery().label("size"),
    )
    .select_from(LIST)
    .order_by(LIST.c.name)
)
_IS_THERE: Final = select(LIST.c.name).where(LIST.c.name == _NAME)
_DROP: Final = delete(LIST).where(LIST.c.name == _NAME)
_EMPTY: Final = delete(ENTRY).where(ENTRY.c.name == _NAME)
_ADD: Final = InsertNew.into(ENTRY, ["name", "person_no"])
_REMOVE: Final = delete(ENTRY).where(ENTRY.c.name == _NAME, ENTRY.c.person_no.in_(_VALUES))
_MEMBERS: Final = (
    select(ENTRY.c.person_no)
    .where(ENTRY.c.name == _NAME, ENTRY.c.person_no > bindparam("after"))
    .order_by(ENTRY.c.person_no)
    .limit(bindparam("most"))
)
_ALL_MEMBERS: Final = select(ENTRY.c.person_no).where(ENTRY.c.name == _NAME).order_by(ENTRY.c.person_no)
_OF_PEOPLE: Final = (
    select(ENTRY.c.person_no, ENTRY.c.name)
    .where(ENTRY.c.person_no.in_(_VALUES))
    .order_by(ENTRY.c.person_no, ENTRY.c.name)
)
_PEOPLE: Final = (
    select(_PERSON.c.person_no).where(_PERSON.c.person_no.in_(_VALUES)).order_by(_PERSON.c.person_no)
)
_LOCKED_PEOPLE: Final = _PEOPLE.with_for_update()
_EXCLUDED = exists().where(
    ENTRY.c.person_no == _PERSON.c.person_no, ENTRY.c.name == LIST.c.name, LIST.c.excludes
)
_FOLLOW: Final = (
    update(_PERSON)
    .where(_PERSON.c.person_no.in_(_VALUES), _PERSON.c.excluded != _EXCLUDED)
    .values(excluded=_EXCLUDED)
)


class SqlLists:
    """Fulfils `core.ports.Lists`."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def put(self, one: PeopleList) -> None:
        await self._work.alone(f"list:{one.name}")
        row = {name: getattr(one, name) for name in ("name", "excludes", "title", "author", "at_ms")}
        members = await self._locked(await self._all_members(one.name))
        await self._work.rows_each(_PUT, [row])
        await self._follow(members)

    async def all(self) -> list[PeopleList]:
        return [PeopleList(*row) for row in await self._work.rows(_ALL)]

    async def drop(self, name: str) -> bool:
        await self._work.alone(f"list:{name}")
        members = await self._locked(await self._all_members(name))
        await self._work.run(_EMPTY, {"of_list": name})
        dropped = await self._work.run(_DROP, {"of_list": name}) > 0
        await self._follow(members)
        return dropped

    async def add(self, name: str, person_nos: Sequence[int], now_ms: int, *, author: str) -> int:
        await self._work.alone(f"list:{name}")
        if await self._work.value(_IS_THERE, {"of_list": name}) is None:
            raise NotFoundError(f"there is no list {name}", next_step="manage_crm.py lists list")
        people = await self._locked(person_nos)
        values = {"name": name, "author": author, "at_ms": now_ms}
        rows = [tuple({**values, "person_no": no}[column] for column in _ADD.names) for no in people]
        new = await self._work.insert_new(_ADD, rows)
        await self._follow(people)
        return sum(new)

    async def remove(self, name: str, person_nos: Sequence[int]) -> int:
        await self._work.alone(f"list:{name}")
        people = await self._locked(person_nos)
        removed = await self._work.run_in(_REMOVE, people, {"of_list": name})
        await self._follow(people)
        return removed

    async def members(self, name: str, after: int, limit: int) -> list[int]:
        given = {"of_list": name, "after": after, "most": limit}
        return [row[0] for row in await self._work.rows(_MEMBERS, given)]

    async def of_people(self, person_nos: Sequence[int]) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for person_no, name in await self._work.rows_in(_OF_PEOPLE, sorted(set(person_nos))):
            found.setdefault(person_no, []).append(name)
        return found

    async def _all_members(self, name: str) -> list[int]:
        return [row[0] for row in await self._work.rows(_ALL_MEMBERS, {"of_list": name})]

    async def _locked(self, person_nos: Sequence[int]) -> list[int]:
        """Those of them that exist, in ascending order."""
        statement = _LOCKED_PEOPLE if self._work.locks else _PEOPLE
        return [row[0] for row in await self._work.rows_in(statement, sorted(set(person_nos)))]

    async def _follow(self, people: Sequence[int]) -> None:
        for part in chunks(people):
            await self._work.run_in(_FOLLOW, part)
            await SqlContacts(self._work).refresh_plannable(part)
