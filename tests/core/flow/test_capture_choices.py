"""Choices about consent are in the order in which they were made, however they arrive."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.intake.choices import NEW_NUMBERING
from core.ports import RawUpdate
from tests.core.flow.worlds import ANNA, BOT, HOUR, MINUTE, OTHER_BOT, World

YES, NO = "consent:all", "consent:none"


@dataclass(frozen=True, slots=True)
class Made:
    """A choice as its update came: made in the order of `number`, received at the world's time."""

    number: int
    what: str
    bot: int = BOT


async def receive(world: World, made: Made) -> RawUpdate:
    """The update comes in under its own number."""
    world.updates = made.number - 1
    if made.what in {YES, NO}:
        return await world.taps(ANNA, made.what, bot=made.bot)
    return await world.says(ANNA, made.what, bot=made.bot)


async def in_force(world: World) -> bool:
    """What stands in the record, which must agree with the choice in force and with the history."""
    record = await world.record(ANNA)
    said = record.state.latest["consent"][1] == "given"
    async with world.store.transaction(write=False) as tx:
        facts = await tx.door_facts([record.person_no], [BOT], world.clock.now_ms())
        history = await tx.people.consent_history(record.person_no)
    assert bool(facts.consent[0]) is said
    assert history[-1].granted is said
    return said


async def arriving(*made: Made, apart_ms: int = MINUTE) -> World:
    """The choices come one after the other, each taking effect before the next."""
    world = World()
    for one in made:
        await receive(world, one)
        await world.apply()
        world.clock.advance(apart_ms / 1000)
    return world


@pytest.mark.parametrize("apart_ms", [0, MINUTE])
async def test_a_yes_that_arrives_after_the_stop_that_followed_it_does_not_undo_it(apart_ms: int) -> None:
    world = await arriving(Made(11, "/stop"), Made(10, YES), apart_ms=apart_ms)
    assert not await in_force(world)


@pytest.mark.parametrize("apart_ms", [0, MINUTE])
async def test_a_stop_that_arrives_after_the_yes_that_followed_it_does_not_undo_it(apart_ms: int) -> None:
    world = await arriving(Made(11, YES), Made(10, "/stop"), apart_ms=apart_ms)
    assert await in_force(world)


@pytest.mark.parametrize("first", [YES, "/stop"])
async def test_choices_that_arrive_in_their_order_keep_their_receipts(first: str) -> None:
    second = "/stop" if first == YES else YES
    world = await arriving(Made(10, first), Made(11, second))
    assert await in_force(world) is (second == YES)
    async with world.store.transaction(write=False) as tx:
        history = await tx.people.consent_history(await world.number(ANNA))
    assert [one.at_ms for one in history] == [
        world.clock.now_ms() - 2 * MINUTE,
        world.clock.now_ms() - MINUTE,
    ]


async def test_between_two_bots_the_receipt_decides() -> None:
    world = await arriving(Made(11, "/stop"), Made(10, YES, OTHER_BOT))
    assert await in_force(world)
    world = await arriving(Made(11, YES), Made(10, "/stop", OTHER_BOT))
    assert not await in_force(world)


async def test_numbers_of_another_numbering_tell_nothing() -> None:
    world = await arriving(Made(10 + NEW_NUMBERING, "/stop"), Made(10, YES))
    assert await in_force(world)


async def test_a_day_later_numbers_tell_nothing() -> None:
    world = await arriving(Made(11, "/stop"), Made(10, YES), apart_ms=25 * HOUR)
    assert await in_force(world)


async def test_a_choice_that_was_set_back_comes_again_without_effect() -> None:
    """As after a restore of an older inbox: the row is new, the choice is known at its moment."""
    world = World()
    await receive(world, Made(11, "/stop"))
    await world.apply()
    world.clock.advance(60)
    late = await receive(world, Made(10, YES))
    await world.apply()
    before = await world.record(ANNA)
    async with world.store.transaction() as tx:
        rows = [row for row in await tx.inbox.unhandled(10) if row.update_id == late.update_id]
        await tx.inbox.handled([row.id for row in rows])
        await tx.inbox.prune(world.clock.now_ms() + 1, 10)
    assert await world.again(late) == 1
    world.clock.advance(60)
    assert (await world.apply()).events == 0
    assert await world.record(ANNA) == before


choices = st.lists(st.sampled_from((YES, NO, "/stop", "STOP", "hello")), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(
    made=choices, dice=st.randoms(use_true_random=False), cut=st.integers(1, 4), gap_ms=st.integers(0, 2000)
)
def test_in_any_order_and_any_batches_the_last_choice_is_in_force(
    made: Sequence[str], dice: object, cut: int, gap_ms: int
) -> None:
    decided = [what for what in made if what != "hello"]
    if decided:
        order = [Made(10 + number, what) for number, what in enumerate(made)]
        dice.shuffle(order)  # type: ignore[attr-defined]  # hypothesis promises no more than an object
        assert asyncio.run(_in_batches(order, cut, gap_ms)) is (decided[-1] == YES)


async def test_one_who_chooses_all_day_long_keeps_nobody_else_waiting() -> None:
    """The work grows with the choices and not with their square, and the last one is in force."""
    assert await _work(800) < 2.5 * await _work(400)


async def _work(n: int) -> int:
    """Functions called while n choices take effect that came in any order."""
    world = World()
    order = [Made(10 + number, (YES, NO)[number % 2]) for number in range(n)]
    random.Random(n).shuffle(order)
    for one in order:
        await receive(world, one)
    calls = 0

    def count(_: FrameType, what: str, __: object) -> None:
        nonlocal calls
        calls += what == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        await world.apply(n)
    finally:
        sys.setprofile(before)
    assert not await in_force(world)
    return calls


async def _in_batches(order: Sequence[Made], cut: int, gap_ms: int) -> bool:
    world = World()
    for place, one in enumerate(order):
        await receive(world, one)
        world.clock.advance(gap_ms / 1000)
        if place % cut == 0:
            await world.apply()
    await world.apply()
    return await in_force(world)
