"""Lists of people: who is on them, and that those who are excluded are kept from campaigns at once."""

from __future__ import annotations

import pytest

from core.errors import NotFoundError
from core.ports import PeopleList, Store, Transaction
from tests.ports.worlds import BOT, NOW, people, reachable

STAFF = PeopleList("staff", excludes=True, title="Our own people", author="ayse", at_ms=NOW)
GUESTS = PeopleList("guests", excludes=False, author="ayse", at_ms=NOW)


async def excluded(tx: Transaction, *numbers: int) -> list[bool]:
    facts = await tx.door_facts(numbers, [BOT] * len(numbers), NOW)
    return [bool(one) for one in facts.excluded]


async def test_a_list_holds_each_person_once(store: Store) -> None:
    anna, ben, cem = await people(store, 1, 2, 3)
    async with store.transaction() as tx:
        await tx.lists.put(GUESTS)
        await tx.lists.put(STAFF)
        assert await tx.lists.add("guests", [cem, anna, anna, 4711], NOW, author="ayse") == 2
        assert await tx.lists.add("guests", [anna, ben], NOW, author="ayse") == 1
        assert await tx.lists.add("staff", [anna], NOW, author="ayse") == 1
    async with store.transaction(write=False) as tx:
        assert await tx.lists.members("guests", 0, 10) == [anna, ben, cem]
        assert await tx.lists.members("guests", anna, 1) == [ben]
        assert await tx.lists.of_people([ben, anna, 4711]) == {anna: ["guests", "staff"], ben: ["guests"]}
        assert await tx.lists.all() == [GUESTS, STAFF]
        assert [one.size for one in await tx.lists.all()] == [3, 1]
    async with store.transaction() as tx:
        assert await tx.lists.remove("guests", [ben, 4711]) == 1
        assert await tx.lists.members("guests", 0, 10) == [anna, cem]


async def test_what_is_not_there_is_refused(store: Store) -> None:
    (anna,) = await people(store, 1)
    with pytest.raises(NotFoundError):
        async with store.transaction() as tx:
            await tx.lists.add("nobody", [anna], NOW, author="ayse")
    async with store.transaction() as tx:
        assert not await tx.lists.drop("nobody")
        assert await tx.lists.remove("nobody", [anna]) == 0


async def test_whoever_is_on_an_excluding_list_is_excluded_until_the_last_one_lets_go(store: Store) -> None:
    anna, ben = await reachable(store, 1, 2)
    async with store.transaction() as tx:
        for one in (STAFF, GUESTS, PeopleList("press", excludes=True)):
            await tx.lists.put(one)
        await tx.lists.add("guests", [ben], NOW, author="ayse")
        await tx.lists.add("staff", [anna], NOW, author="ayse")
        await tx.lists.add("press", [anna], NOW, author="ayse")
        assert await excluded(tx, anna, ben) == [True, False]
        assert await tx.people.due_for_planning(NOW, 10) == [ben]
        await tx.lists.remove("press", [anna])
        assert await excluded(tx, anna, ben) == [True, False]
        assert await tx.lists.drop("staff")
        assert await excluded(tx, anna, ben) == [False, False]
        assert await tx.people.due_for_planning(NOW, 10) == [anna, ben]
        assert await tx.lists.of_people([anna]) == {}


async def test_a_list_that_becomes_an_excluding_one_takes_effect_at_once(store: Store) -> None:
    anna, ben = await reachable(store, 1, 2)
    async with store.transaction() as tx:
        await tx.lists.put(GUESTS)
        await tx.lists.add("guests", [ben], NOW, author="ayse")
        await tx.lists.put(
            PeopleList("guests", excludes=True, title="No longer", author="ben", at_ms=NOW + 1)
        )
        assert await excluded(tx, anna, ben) == [False, True]
        (kept,) = await tx.lists.all()
        assert (kept.title, kept.author, kept.at_ms, kept.excludes) == ("No longer", "ayse", NOW, True)
        await tx.lists.put(GUESTS)
        assert await excluded(tx, anna, ben) == [False, False]
