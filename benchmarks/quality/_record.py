"""Is the record what it must be? Every person and group is folded again from all events, and compared with
what is stored and with what Redis shows.

Leaves to others: whether the events are the right ones.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np

from core.flow.compare import Compared, compare_sample
from core.ports import HotStore, Store, Transaction
from core.profile import GroupState, ProfileState, fold, fold_group

PAGE = 200
EVERYBODY = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Folded:
    """How many people and groups there are, and the numbers of those whose record is not the fold of their
    events."""

    people: int
    groups: int
    wrong_people: tuple[int, ...]
    wrong_groups: tuple[int, ...]


async def folded(store: Store) -> Folded:
    """Fold everybody anew, in any order of events that the store gives."""
    people, wrong_people = await _all(store, lambda tx, after: tx.people.numbers(after, PAGE), _is_person)
    groups, wrong_groups = await _all(store, lambda tx, after: tx.groups.numbers(after, PAGE), _is_group)
    return Folded(people, groups, tuple(wrong_people), tuple(wrong_groups))


async def shown(store: Store, hot: HotStore) -> Compared:
    """Everybody in Redis against the record."""
    return await compare_sample(store, hot, np.random.default_rng(1), EVERYBODY)


async def _all(
    store: Store,
    page: Callable[[Transaction, int], Awaitable[list[int]]],
    is_right: Callable[[Transaction, int], Awaitable[bool]],
) -> tuple[int, list[int]]:
    after, count, wrong = 0, 0, []
    while True:
        async with store.transaction(write=False) as tx:
            numbers = await page(tx, after)
            wrong += [no for no in numbers if not await is_right(tx, no)]
        if not numbers:
            return count, wrong
        after, count = numbers[-1], count + len(numbers)


async def _is_person(tx: Transaction, no: int) -> bool:
    record = (await tx.people.load([no]))[no]
    events = [item.event for item in await tx.events.all_of_person(no)]
    return fold(ProfileState(), events) == record.state


async def _is_group(tx: Transaction, no: int) -> bool:
    record = (await tx.groups.load([no]))[no]
    events = [item.event for item in await tx.events.all_of_group(no)]
    return fold_group(GroupState(), events) == record.state
