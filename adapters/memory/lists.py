"""Lists of people in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from adapters.memory.tables import Tables
from core.errors import NotFoundError
from core.ports import PeopleList


class MemoryLists:
    """Fulfils `core.ports.Lists`."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    async def put(self, one: PeopleList) -> None:
        known = self._t.lists.get(one.name, one)
        self._t.lists[one.name] = replace(known, excludes=one.excludes, title=one.title)
        self._follow(no for name, no in self._t.list_entries if name == one.name)

    async def all(self) -> list[PeopleList]:
        found = sorted(self._t.lists.values(), key=lambda one: one.name)
        return [replace(one, size=sum(name == one.name for name, _ in self._t.list_entries)) for one in found]

    async def drop(self, name: str) -> bool:
        members = [no for of_list, no in self._t.list_entries if of_list == name]
        for no in members:
            del self._t.list_entries[name, no]
        dropped = self._t.lists.pop(name, None) is not None
        self._follow(members)
        return dropped

    async def add(self, name: str, person_nos: Sequence[int], now_ms: int, *, author: str) -> int:
        if name not in self._t.lists:
            raise NotFoundError(f"there is no list {name}", next_step="manage_crm.py lists list")
        new = [
            no for no in set(person_nos) if no in self._t.people and (name, no) not in self._t.list_entries
        ]
        self._t.list_entries.update({(name, no): (author, now_ms) for no in new})
        self._follow(new)
        return len(new)

    async def remove(self, name: str, person_nos: Sequence[int]) -> int:
        gone = [no for no in set(person_nos) if self._t.list_entries.pop((name, no), None) is not None]
        self._follow(gone)
        return len(gone)

    async def members(self, name: str, after: int, limit: int) -> list[int]:
        return sorted(no for of_list, no in self._t.list_entries if of_list == name and no > after)[:limit]

    async def of_people(self, person_nos: Sequence[int]) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for name, no in sorted(self._t.list_entries, key=lambda entry: (entry[1], entry[0])):
            if no in person_nos:
                found.setdefault(no, []).append(name)
        return found

    def _follow(self, people: Iterable[int]) -> None:
        excluding = {name for name, one in self._t.lists.items() if one.excludes}
        for no in list(people):
            self._t.excluded[no] = any((name, no) in self._t.list_entries for name in excluding)
