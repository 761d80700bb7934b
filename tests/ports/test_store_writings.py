"""Texts by GPT wait, are decided once, and are found again; what they cost is added up by the hour."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from core.ports import Spent, Store, Writing
from core.writing import MARK_LENGTH
from tests.ports.worlds import HOUR, NOW, people

TEXT = Writing(0, "hot_offer", "tr", "f1", 0, "waiting", "Merhaba {first_name}", "", "gpt", NOW)


async def add(store: Store, *writings: Writing) -> list[Writing]:
    async with store.transaction() as tx:
        return await tx.writings.add(writings)


async def test_texts_come_back_with_numbers_in_order(store: Store) -> None:
    first, second = await add(store, TEXT, replace(TEXT, language="en"))
    assert 0 < first.id < second.id
    async with store.transaction(write=False) as tx:
        assert await tx.writings.get(first.id) == replace(TEXT, id=first.id)
        assert await tx.writings.get(second.id + 7) is None
        assert await tx.writings.waiting(0, 10) == [first, second]
        assert await tx.writings.waiting(first.id, 10) == [second]
        assert await tx.writings.waiting(0, 1) == [first]


async def test_a_fingerprint_gives_all_its_texts_newest_first(store: Store) -> None:
    first, second, _ = await add(store, TEXT, replace(TEXT, state="refused"), replace(TEXT, fingerprint="f2"))
    async with store.transaction(write=False) as tx:
        assert await tx.writings.find(["f1", "f1", "unknown"]) == {"f1": [second, first]}
        assert await tx.writings.find([]) == {}


async def test_a_text_is_decided_once(store: Store) -> None:
    (one,) = await add(store, TEXT)
    async with store.transaction() as tx:
        assert await tx.writings.decide(one.id, "approved", "", "ayse", NOW + 1)
        assert not await tx.writings.decide(one.id, "rejected", "too loud", "can", NOW + 2)
        assert not await tx.writings.decide(one.id + 1, "approved", "", "ayse", NOW + 2)
    async with store.transaction(write=False) as tx:
        assert await tx.writings.get(one.id) == replace(
            one, state="approved", decided_by="ayse", decided_ms=NOW + 1
        )
        assert await tx.writings.waiting(0, 10) == []


async def test_approved_texts_are_those_of_the_contents_and_people_asked_for(store: Store) -> None:
    (person,) = await people(store, 11)
    approved = replace(TEXT, state="approved")
    for_all, newer, personal, _, _ = await add(
        store,
        approved,
        replace(approved, language="en"),
        replace(approved, person_no=person),
        replace(approved, content="other"),
        TEXT,
    )
    async with store.transaction(write=False) as tx:
        assert await tx.writings.approved(["hot_offer"]) == [newer, for_all]
        assert await tx.writings.approved(["hot_offer"], [0, person]) == [personal, newer, for_all]
        assert await tx.writings.approved([], [0]) == []


async def test_what_is_spent_adds_up_by_hour_and_purpose(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.writings.spend("texts", Spent(1, 1000, 500, 7), NOW)
        await tx.writings.spend("texts", Spent(0, -200, -100, -3), NOW)
        await tx.writings.spend("segments", Spent(1, 50, 5, 1), NOW)
        await tx.writings.spend("texts", Spent(1, 10, 20, 2), NOW - 3 * HOUR)
    async with store.transaction(write=False) as tx:
        assert await tx.writings.spent("texts", NOW) == Spent(1, 800, 400, 4)
        assert await tx.writings.spent("", NOW) == Spent(2, 850, 405, 5)
        assert await tx.writings.spent("texts", NOW - 24 * HOUR) == Spent(2, 810, 420, 6)
        assert await tx.writings.spent("texts", NOW + HOUR) == Spent()


async def test_an_hour_counts_until_it_has_wholly_passed(store: Store) -> None:
    hour = NOW - NOW % HOUR
    async with store.transaction() as tx:
        await tx.writings.spend("texts", Spent(1), hour + 59 * 60_000)
    async with store.transaction(write=False) as tx:
        assert await tx.writings.spent("texts", hour + HOUR - 1) == Spent(1)
        assert await tx.writings.spent("texts", hour + HOUR) == Spent()


async def test_a_forgotten_person_leaves_no_text(store: Store) -> None:
    gone, stays = await people(store, 11, 12)
    (for_all, _, other) = await add(
        store, TEXT, replace(TEXT, person_no=gone), replace(TEXT, person_no=stays)
    )
    async with store.transaction() as tx:
        await tx.erasures.erase(gone, [], NOW)
    async with store.transaction(write=False) as tx:
        assert await tx.writings.waiting(0, 9) == [for_all, other]


async def test_personal_texts_of_other_briefs_and_followed_ones_are_of_no_use(store: Store) -> None:
    anna, bora = await people(store, 11, 12)
    now, former = "n" * MARK_LENGTH, "f" * MARK_LENGTH
    text = replace(TEXT, state="approved", fingerprint=f"{now}.a", person_no=anna)
    made = await add(
        store,
        text,  # followed by the last of these
        replace(text, fingerprint=f"{former}.a"),  # of a brief that is no more
        replace(text, fingerprint=f"{former}.b", state="refused"),
        replace(text, fingerprint=f"{former}.", person_no=0),  # for everybody
        replace(text, state="refused"),  # a try
        replace(text, state="waiting"),
        replace(text, person_no=bora),  # Bora's only one
        replace(text, fingerprint=f"{former}.a", at_ms=NOW + 1),  # young
        replace(text, fingerprint=f"{now}.b", at_ms=NOW + 1),
    )
    ids = [one.id for one in made]
    async with store.transaction(write=False) as tx:
        assert await tx.writings.useless({now}, NOW, 9) == []
        assert await tx.writings.useless({now}, NOW + 1, 9) == ids[:3]
        assert await tx.writings.useless({now}, NOW + 1, 2) == ids[:2]
        assert await tx.writings.useless({now, former}, NOW + 1, 9) == ids[:2]
        assert await tx.writings.useless(set(), NOW + 1, 9) == [*ids[:3], *ids[4:7]]
    async with store.transaction() as tx:
        assert await tx.writings.delete([*ids[:3], 10**9]) == 3
        assert await tx.writings.delete([]) == 0
    async with store.transaction(write=False) as tx:
        assert await tx.writings.useless({now}, NOW + 1, 9) == []
        assert await tx.writings.get(ids[3]) == made[3]


async def test_many_who_spend_at_once_never_spend_more_than_is_left(store: Store) -> None:
    async def spends() -> bool:
        async with store.transaction() as tx:
            if (await tx.writings.spent("", NOW)).requests >= 5:
                return False
            await tx.writings.spend("texts", Spent(1), NOW)
            return True

    assert sum(await asyncio.gather(*(spends() for _ in range(20)))) == 5
