"""Memberships follow the record, and entering and leaving are events of the person."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.strategies import load_strategies
from core.errors import StoreError
from core.flow.segment import RECHECK_MS, SegmentDeps, Segmented, assess_due
from core.ports import Transaction
from core.segment import SegmentSpec
from tests.core.flow.worlds import ANNA, BORA, DAY, MINUTE, World

SPECS = load_strategies(Path(__file__).parents[3] / "strategies")


def deps(world: World, specs: tuple[SegmentSpec, ...] = SPECS) -> SegmentDeps:
    return SegmentDeps(world.store, world.hot, specs)


async def interested() -> World:
    """Anna asks for the price again and again: a hot lead."""
    world = World()
    await world.says(ANNA, "/start")
    for _ in range(6):
        world.clock.advance(5 * MINUTE / 1000)
        await world.says(ANNA, "what is the price of VIP? I want to buy")
    await world.apply()
    return world


async def test_who_fits_enters_with_an_event_and_shows_in_the_hot_profile() -> None:
    world = await interested()
    done = await assess_due(deps(world), world.clock.now_ms())
    record = await world.record(ANNA)
    assert done.people == 1
    assert done.entered == len(record.segments) > 0
    assert 0.5 <= record.segments["HOT_LEAD"] <= 1
    assert (await world.kinds(ANNA)).count("segment_entered") == done.entered
    hot = (await world.hot.read([record.person_no]))[record.person_no]
    assert int(hot["s:HOT_LEAD"]) == round(record.segments["HOT_LEAD"] * 10_000)


async def test_nobody_is_assessed_again_before_something_happens_or_time_has_passed() -> None:
    world = await interested()
    await assess_due(deps(world), world.clock.now_ms())
    record = await world.record(ANNA)
    assert record.segment_after_ms == world.clock.now_ms() + RECHECK_MS
    assert await assess_due(deps(world), world.clock.now_ms()) == Segmented()
    await world.says(ANNA, "hello")
    await world.apply()
    assert (await assess_due(deps(world), world.clock.now_ms())).people == 1
    world.clock.advance(RECHECK_MS / 1000)
    assert (await assess_due(deps(world), world.clock.now_ms())).people == 1


async def test_who_fits_no_more_leaves_with_an_event_although_nothing_was_said() -> None:
    world = await interested()
    await assess_due(deps(world), world.clock.now_ms())
    world.clock.advance(20 * DAY / 1000)
    done = await assess_due(deps(world), world.clock.now_ms())
    assert done.left > 0
    assert "HOT_LEAD" not in (await world.record(ANNA)).segments
    assert (await world.kinds(ANNA)).count("segment_left") == done.left


async def test_staying_is_no_event() -> None:
    world = await interested()
    await assess_due(deps(world), world.clock.now_ms())
    before = await world.kinds(ANNA)
    world.clock.advance(MINUTE / 1000)
    await world.says(ANNA, "price?")
    await world.apply()
    done = await assess_due(deps(world), world.clock.now_ms())
    assert (done.entered, done.left) == (0, 0)
    assert await world.kinds(ANNA) == [*before, "message_received"]


async def test_batches_end_when_everybody_was_looked_at() -> None:
    world = World()
    for n in range(5):
        await world.says(2000 + n, "price?")
    await world.apply()
    looked = [(await assess_due(deps(world), world.clock.now_ms(), limit=2)).people for _ in range(4)]
    assert looked == [2, 2, 1, 0]


async def test_a_run_that_may_not_take_effect_changes_nothing() -> None:
    world = await interested()

    async def refused(_: Transaction) -> bool:
        return False

    assert await assess_due(deps(world), world.clock.now_ms(), guard=refused) == Segmented()
    assert (await world.record(ANNA)).segments == {}


async def test_a_membership_and_its_event_are_stored_together() -> None:
    world = await interested()
    before = await world.kinds(ANNA)
    world.store.failing = True
    with pytest.raises(StoreError):
        await assess_due(deps(world), world.clock.now_ms())
    world.store.failing = False
    assert (await world.record(ANNA)).segments == {}
    assert await world.kinds(ANNA) == before


async def test_a_segment_that_is_gone_from_the_files_is_left() -> None:
    world = await interested()
    await world.says(BORA, "hello")
    await world.apply()
    await assess_due(deps(world), world.clock.now_ms())
    fewer = tuple(spec for spec in SPECS if spec.name != "HOT_LEAD")
    world.clock.advance(RECHECK_MS / 1000)
    await assess_due(deps(world, fewer), world.clock.now_ms())
    assert "HOT_LEAD" not in (await world.record(ANNA)).segments
    assert "segment_left" in await world.kinds(ANNA)
