"""Lists of people that operators keep: who is on them, and whom they exclude from campaigns."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.desk.reading import resolve
from app.desk.workspace import Workspace
from core.errors import NotFoundError, RefusedError, SettingsError
from core.ports import AuditEntry, PeopleList, PersonRecord, Transaction

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_SEPARATOR: Final = re.compile(r"[,;\t]")
NEXT: Final = "manage_crm.py lists list"
PAGE: Final = 1_000
"""People put on or taken off in one transaction, so that nobody waits long for the database."""


@dataclass(frozen=True, slots=True)
class ListCard:
    """A list and a page of its people."""

    about: PeopleList
    people: tuple[PersonRecord, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """How many were put on the list or taken off, how many stood so already, and what names nobody."""

    changed: int
    already: int
    unknown: tuple[str, ...] = ()


async def all_lists(space: Workspace) -> list[PeopleList]:
    """All lists by name."""
    async with space.store.transaction(write=False) as tx:
        return await tx.lists.all()


async def list_card(space: Workspace, name: str, after: int = 0, limit: int = 50) -> ListCard:
    """One list and a page of its people by number. Raises NotFoundError."""
    async with space.store.transaction(write=False) as tx:
        about = await _named(tx, name)
        numbers = await tx.lists.members(name, after, limit)
        records = await tx.people.load(numbers)
    return ListCard(about, tuple(records[no] for no in numbers if no in records))


async def make_list(space: Workspace, actor: str, wanted: PeopleList) -> bool:
    """Make a list, or change its title and whether it excludes; whether it is new. Raises RefusedError."""
    if not _NAME.fullmatch(wanted.name):
        raise RefusedError(
            f"{wanted.name!r} is no name for a list: small letters, digits, - and _, at most 40",
            next_step="manage_crm.py lists make our-staff",
        )
    async with space.store.transaction() as tx:
        known = {one.name for one in await tx.lists.all()}
        await tx.lists.put(wanted)
        await _audit(space, tx, actor, "lists.make", wanted.name, {"excludes": wanted.excludes})
    return wanted.name not in known


async def drop_list(space: Workspace, actor: str, name: str) -> int:
    """Drop a list; how many were on it. Raises NotFoundError."""
    async with space.store.transaction() as tx:
        about = await _named(tx, name)
        await tx.lists.drop(name)
        await _audit(space, tx, actor, "lists.drop", name, {"people": about.size})
    return about.size


async def put_on(
    space: Workspace, actor: str, name: str, people: Sequence[str], *, dry_run: bool = False
) -> Changed:
    """Put people on a list, a page in a transaction. Raises NotFoundError without such a list."""

    async def put(tx: Transaction, numbers: Sequence[int]) -> tuple[int, int]:
        there = len(await _standing_on(tx, name, numbers))
        if not dry_run:
            await tx.lists.add(name, numbers, space.clock.now_ms(), author=actor)
            await _audit(space, tx, actor, "lists.add", name, {"people": len(numbers) - there})
        return len(numbers) - there, there

    return await _in_pages(space, name, people, put, write=not dry_run)


async def take_off(
    space: Workspace, actor: str, name: str, people: Sequence[str], *, dry_run: bool = False
) -> Changed:
    """Take people off a list, a page in a transaction. Raises NotFoundError without such a list."""

    async def take(tx: Transaction, numbers: Sequence[int]) -> tuple[int, int]:
        there = await _standing_on(tx, name, numbers)
        if not dry_run:
            await tx.lists.remove(name, there)
            await _audit(space, tx, actor, "lists.remove", name, {"people": len(there)})
        return len(there), len(numbers) - len(there)

    return await _in_pages(space, name, people, take, write=not dry_run)


Page = Callable[[Transaction, Sequence[int]], Awaitable[tuple[int, int]]]
"""(transaction, person numbers) -> how many it changed, and how many stood so already."""


async def _in_pages(space: Workspace, name: str, people: Sequence[str], do: Page, *, write: bool) -> Changed:
    """Who is meant is looked up where nobody waits for it: a file may name very many."""
    told = list(dict.fromkeys(people))
    changed, already, met = 0, 0, set[int]()
    unknown: list[str] = []
    for start in range(0, max(len(told), 1), PAGE):
        async with space.store.transaction(write=False) as tx:
            await _named(tx, name)
            numbers, lost = await _meant(tx, told[start : start + PAGE])
        fresh = [no for no in numbers if no not in met]
        met.update(fresh)
        unknown += lost
        if not fresh:
            continue
        async with space.store.transaction(write=write) as tx:
            new, old = await do(tx, fresh)
        changed, already = changed + new, already + old
    return Changed(changed, already, tuple(unknown))


async def _standing_on(tx: Transaction, name: str, numbers: Sequence[int]) -> list[int]:
    """Those of them who are on the list, ascending."""
    return sorted(no for no, names in (await tx.lists.of_people(numbers)).items() if name in names)


def people_of_file(file: Path) -> list[str]:
    """The people that a file names: one a line, the first field of it; empty lines and # say nothing. Raises
    SettingsError for a file that can't be read."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} can't be read as text ({type(error).__name__})") from error
    found = (_SEPARATOR.split(line, maxsplit=1)[0].strip().strip('"') for line in text.splitlines())
    return [one for one in found if one and not one.startswith("#")]


async def _named(tx: Transaction, name: str) -> PeopleList:
    for one in await tx.lists.all():
        if one.name == name:
            return one
    raise NotFoundError(f"there is no list {name}", next_step=NEXT)


async def _meant(tx: Transaction, people: Iterable[str]) -> tuple[list[int], tuple[str, ...]]:
    """Person numbers, ascending, and what names nobody."""
    numbers: set[int] = set()
    unknown = []
    for text in dict.fromkeys(people):
        number = await resolve(tx, text)
        if number is None:
            unknown.append(text)
        else:
            numbers.add(number)
    return sorted(numbers), tuple(unknown)


async def _audit(
    space: Workspace, tx: Transaction, actor: str, action: str, name: str, detail: dict[str, object]
) -> None:
    await tx.control.audit([AuditEntry(space.clock.now_ms(), actor, action, f"list:{name}", detail)])
