"""Reach and consent: the newest word counts, of two at the same moment the stricter."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from core.ports import Store
from tests.ports.worlds import BOT, NOW, OTHER_BOT, consent, people, reach


async def test_reach_is_kept_per_bot(store: Store) -> None:
    anna, ben = await people(store, 1, 2)
    async with store.transaction() as tx:
        await tx.people.set_reach(
            [reach(ben), reach(anna, bot_id=OTHER_BOT), reach(anna, state="blocked", at=NOW + 1)]
        )
    async with store.transaction(write=False) as tx:
        assert await tx.people.reach([anna, ben, 99]) == {
            anna: [reach(anna, state="blocked", at=NOW + 1), reach(anna, bot_id=OTHER_BOT)],
            ben: [reach(ben)],
        }


async def test_an_older_word_never_overwrites_a_newer_one(store: Store) -> None:
    (anna,) = await people(store, 1)
    newer = reach(anna, state="blocked", at=NOW + 10, chat_id=6)
    async with store.transaction() as tx:
        await tx.people.set_reach([replace(newer, seen_ms=0)])
        await tx.people.set_reach([reach(anna, at=NOW)])
        assert await tx.people.reach([anna]) == {anna: [replace(newer, seen_ms=NOW)]}
        await tx.people.set_reach([reach(anna, at=NOW + 11)])
        assert await tx.people.reach([anna]) == {anna: [reach(anna, at=NOW + 11)]}


@pytest.mark.parametrize("order", list(itertools.permutations(["open", "blocked", "gone"])))
async def test_at_the_same_moment_blocked_wins_in_any_order(store: Store, order: tuple[str, ...]) -> None:
    (anna,) = await people(store, 1)
    async with store.transaction() as tx:
        for state in order:
            await tx.people.set_reach([reach(anna, state=state)])
        assert (await tx.people.reach([anna]))[anna][0].state == "blocked"


async def test_the_history_holds_every_choice_once_in_order(store: Store) -> None:
    anna, ben = await people(store, 1, 2)
    yes, no = consent(anna), consent(anna, granted=False, at=NOW + 5, source="word")
    async with store.transaction() as tx:
        await tx.people.change_consent([no, yes, consent(ben)])
        await tx.people.change_consent([yes, no])
        await tx.people.change_consent([])
    async with store.transaction(write=False) as tx:
        assert await tx.people.consent_history(anna) == [yes, no]
        assert await tx.people.consent_history(99) == []


CHOICES = {"early yes": (True, -5), "yes": (True, 0), "no": (False, 0), "late yes": (True, 5)}


@pytest.mark.parametrize(
    ("said", "allowed"),
    [
        (["no", "early yes"], False),
        (["yes", "no"], False),
        (["no", "yes"], False),
        (["no", "late yes"], True),
        (["late yes", "no"], True),
    ],
)
async def test_the_choice_in_force_does_not_depend_on_the_order(
    store: Store, said: list[str], allowed: bool
) -> None:
    (anna,) = await people(store, 1)
    async with store.transaction() as tx:
        for word in said:
            granted, shift = CHOICES[word]
            await tx.people.change_consent([consent(anna, granted=granted, at=NOW + shift)])
        facts = await tx.door_facts([anna], [BOT], NOW)
    assert bool(facts.consent[0]) is allowed


async def test_other_purposes_do_not_open_the_door(store: Store) -> None:
    (anna,) = await people(store, 1)
    async with store.transaction() as tx:
        await tx.people.set_reach([reach(anna)])
        await tx.people.change_consent([replace(consent(anna), purpose="profiling")])
        assert not (await tx.door_facts([anna], [BOT], NOW)).consent[0]
        assert await tx.people.due_for_planning(NOW, 5) == []
