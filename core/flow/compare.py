"""A sample of what is hot is held against the record, and of the record against its events.

Promises: what differs is reported and, in the hot store, written again from the record; a record that is
not the fold of its events is reported and left as it is, because which of the two is wrong is not for a
machine to say. What changes while it is looked at is looked at twice. Leaves to others: what is not in the
sample.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.ports import GroupRecord, HotRow, HotStore, PersonRecord, Store, Transaction
from core.profile import GroupState, ProfileState, fold, fold_group, pack, unpack, view

RUN: Final = 50
"""So many neighbours are looked at from each random place on."""
REFOLDED: Final = 10
"""One in so many is folded again from all events."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison found, people and groups together.

    looked: records compared with the hot store; differing: hot profiles that were not what the record says;
    missing: those that were not there (given up for want of memory, or lost); repaired: written again.
    refolded: records compared with the fold of their events; misfolded: numbers of the people whose record is
    not that fold, or whose hot form is not the view of it; misfolded_groups: likewise."""

    looked: int = 0
    differing: int = 0
    missing: int = 0
    repaired: int = 0
    refolded: int = 0
    misfolded: tuple[int, ...] = ()
    misfolded_groups: tuple[int, ...] = ()


async def compare_sample(
    store: Store,
    hot: HotStore,
    dice: np.random.Generator,  # noqa: TID251 - named, not thrown: dice are an argument
    n: int = 1_000,
) -> Compared:
    """Compare about `n` people and `n` groups; all where there are no more. Raises HotStoreError."""
    async with store.transaction(write=False) as tx:
        people = await _sample(tx.people.numbers, await tx.people.count(), dice, n)
        groups = await _sample(tx.groups.numbers, await tx.groups.count(), dice, n)
    seen = await _shown(people, _people_rows(store), hot.read, hot.write)
    seen_groups = await _shown(groups, _group_rows(store), hot.read_groups, hot.write_groups)
    some, some_groups = people[::REFOLDED], groups[::REFOLDED]
    return Compared(
        looked=seen.looked + seen_groups.looked,
        differing=seen.differing + seen_groups.differing,
        missing=seen.missing + seen_groups.missing,
        repaired=seen.repaired + seen_groups.repaired,
        refolded=len(some) + len(some_groups),
        misfolded=await _twice(some, lambda nos: _misfolded(store, nos)),
        misfolded_groups=await _twice(some_groups, lambda nos: _misfolded_groups(store, nos)),
    )


# --------------------------------------------------------------------------- the sample
async def _sample(
    numbers: Callable[[int, int], Awaitable[list[int]]],
    count: int,
    dice: np.random.Generator,  # noqa: TID251 - named, not thrown: dice are an argument
    n: int,
) -> list[int]:
    """Numbers in ascending order: runs of neighbours from random places on."""
    if count <= n:
        return await numbers(0, n)
    end = count
    while await numbers(end, 1):  # numbers have holes where people were erased
        end *= 2
    found: set[int] = set()
    for start in dice.integers(0, end, size=-(-n // RUN)):
        found.update(await numbers(int(start), RUN))
    return sorted(found)


# --------------------------------------------------------------------------- hot against record
Rows = Callable[[Sequence[int]], Awaitable[dict[int, HotRow]]]
Read = Callable[[Sequence[int]], Awaitable[dict[int, Mapping[str, str]]]]
Write = Callable[[Sequence[HotRow]], Awaitable[None]]


def _people_rows(store: Store) -> Rows:
    async def rows(nos: Sequence[int]) -> dict[int, HotRow]:
        async with store.transaction(write=False) as tx:
            return _rows(await tx.people.load(nos))

    return rows


def _group_rows(store: Store) -> Rows:
    async def rows(nos: Sequence[int]) -> dict[int, HotRow]:
        async with store.transaction(write=False) as tx:
            return _rows(await tx.groups.load(nos))

    return rows


def _rows(records: Mapping[int, PersonRecord] | Mapping[int, GroupRecord]) -> dict[int, HotRow]:
    """What each should be in the hot store; nothing for one about whom nothing has happened yet."""
    return {no: HotRow(no, record.seq, record.hot) for no, record in records.items() if record.hot}


async def _shown(nos: Sequence[int], rows: Rows, read: Read, write: Write) -> Compared:
    """The record is read first: what the hot store has newer than that is no difference. Who seems to differ
    may have changed in between, and is looked at once more."""
    wanted = await rows(nos)
    looked = len(wanted)
    wanted = _unlike(wanted, await read(list(wanted)))
    wanted = await rows(list(wanted))
    there = await read(list(wanted))
    wanted = _unlike(wanted, there)
    await write(list(wanted.values()))
    missing = sum(no not in there for no in wanted)
    return Compared(looked, len(wanted) - missing, missing, len(wanted))


def _unlike(wanted: Mapping[int, HotRow], there: Mapping[int, Mapping[str, str]]) -> dict[int, HotRow]:
    return {no: row for no, row in wanted.items() if not _shows(there.get(no), row)}


def _shows(found: Mapping[str, str] | None, row: HotRow) -> bool:
    """Whether the hot store holds what the record says, or something newer."""
    if found is None:
        return False
    if int(found.get("seq", "0")) > row.seq:
        return True
    parts = json.loads(row.packed)
    return found == {**dict(zip(parts[::2], parts[1::2], strict=True)), "seq": str(row.seq)}


# --------------------------------------------------------------------------- record against events
async def _twice(
    nos: Sequence[int], wrong: Callable[[Sequence[int]], Awaitable[tuple[int, ...]]]
) -> tuple[int, ...]:
    """Those found wrong twice: between two reads of one transaction an event may have come."""
    suspects = await wrong(nos)
    return await wrong(suspects) if suspects else ()


async def _misfolded(store: Store, nos: Sequence[int]) -> tuple[int, ...]:
    async with store.transaction(write=False) as tx:
        records = await tx.people.load(nos)
        return tuple([no for no in sorted(records) if not await _is_person(tx, records[no])])


async def _is_person(tx: Transaction, record: PersonRecord) -> bool:
    """The state is the fold of all events, and the hot form the view of it at its own moment."""
    events = [item.event for item in await tx.events.all_of_person(record.person_no)]
    if fold(ProfileState(), events) != record.state:
        return False
    if not record.hot:
        return not events
    parts = json.loads(record.hot)
    at_ms = unpack(dict(zip(parts[::2], parts[1::2], strict=True)))["now_ms"]
    shown = view(record.person_no, record.state, int(str(at_ms)))
    return pack(shown, record.segments) == record.hot


async def _misfolded_groups(store: Store, nos: Sequence[int]) -> tuple[int, ...]:
    async with store.transaction(write=False) as tx:
        records = await tx.groups.load(nos)
        return tuple([no for no in sorted(records) if not await _is_group(tx, records[no])])


async def _is_group(tx: Transaction, record: GroupRecord) -> bool:
    events = [item.event for item in await tx.events.all_of_group(record.group_no)]
    return fold_group(GroupState(), events) == record.state
