"""What a pause holds is looked at once, and again when the pause ends or the message's time is over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.flow.deliver import Delivery
from core.flow.deliver.parking import PARKED
from core.ledger import Message, State
from tests.core.flow.counting import Counting
from tests.core.flow.test_deliver_pipeline import CROWD, Lane, lane
from tests.core.flow.test_deliver_step import ready
from tests.core.flow.worlds import ANNA, BORA, BOT, DAY, HOUR, MINUTE, SECOND, World

SPRING = "pause:campaign:b:spring"
ENGAGED = "pause:segment:ENGAGED"


async def spring(world: World, *people: int, **changes: object) -> list[Message]:
    """Messages of a broadcast, good for half an hour."""
    until_ms = world.clock.now_ms() + HOUR // 2
    return await world.offers(*people, **({"campaign": "b:spring", "expires_ms": until_ms} | changes))


async def minutes(world: World, running: Lane, count: float) -> None:
    """Steps when they are worth while, as the lane of a process does: at least once a second."""
    end_ms = world.clock.now_ms() + count * MINUTE
    while world.clock.now_ms() < end_ms:
        done = await world.through(running.delivery.step(running.lease))
        world.clock.advance(min(max(done.wait_ms, 10), SECOND) / 1000)


async def marks(world: World) -> list[str]:
    async with world.store.transaction(write=False) as tx:
        return list(await tx.control.marks(PARKED))


async def states(world: World, rows: list[Message]) -> set[State]:
    return {(await world.row(one.id)).state for one in rows}


async def paused(*people: int, switch: str = SPRING) -> tuple[World, Lane, list[Message]]:
    """A broadcast that is paused, and has been looked at."""
    world = await ready(*people)
    rows = await spring(world, *people)
    await world.switch(switch, "by an operator")
    running = await lane(world)
    await minutes(world, running, 0.5)
    assert await states(world, rows) == {State.PLANNED}
    return world, running, rows


async def test_a_paused_campaign_is_not_looked_at_again() -> None:
    world = await ready(*CROWD)
    counting = Counting()
    counting._committed = world.store._committed
    world.store = counting
    rows = await spring(world, *CROWD)
    await world.switch(SPRING, "by an operator")
    running = await lane(world)
    await minutes(world, running, 1)
    before = [await world.row(one.id) for one in rows]
    counting.writes = 0
    await minutes(world, running, 20)
    assert counting.writes == 0
    assert [await world.row(one.id) for one in rows] == before
    assert {one.reason for one in before} == {"; held by campaign_paused"}


@pytest.mark.parametrize("switch", [SPRING, ENGAGED])
async def test_when_the_pause_ends_everything_goes_at_once(switch: str) -> None:
    world, running, rows = await paused(*CROWD[:20], switch=switch)
    await minutes(world, running, 5)
    assert await marks(world) == [f"{PARKED}{BOT}:{switch}"]
    await world.switch(switch, None)
    await minutes(world, running, 1.5 / 60)
    assert len(world.messenger.sent) > 0
    await minutes(world, running, 0.2)
    assert await states(world, rows) == {State.SENT}
    assert await marks(world) == []


async def test_a_pause_that_ends_while_nobody_delivers_is_noticed_by_whoever_does_next() -> None:
    world, running, rows = await paused(ANNA, BORA)
    await world.switch(SPRING, None)
    world.clock.advance(MINUTE / 1000)
    fresh = replace(running.lease, holder="other")
    other = Lane(world, world.sending, await world.lease())
    assert fresh.holder != other.lease.holder
    other.delivery = Delivery(world.sending, BOT)
    await minutes(world, other, 0.1)
    assert await states(world, rows) == {State.SENT}


@pytest.mark.parametrize("at_once", [True, False])
async def test_what_two_pauses_hold_waits_for_the_end_of_both(*, at_once: bool) -> None:
    world, running, rows = await paused(ANNA)
    await world.switch(ENGAGED, "this too")
    if at_once:
        (other,) = await spring(world, ANNA, step="2")
        rows.append(other)
        await minutes(world, running, 0.1)
    await world.switch(SPRING, None)
    await minutes(world, running, 2)
    assert await states(world, rows) == {State.PLANNED}
    assert await marks(world) == [f"{PARKED}{BOT}:{ENGAGED}"]
    await world.switch(ENGAGED, None)
    await minutes(world, running, 0.1)
    assert State.SENT in await states(world, rows)
    assert await marks(world) == []


async def test_a_message_ends_with_its_time_also_in_a_pause() -> None:
    world, running, rows = await paused(ANNA, BORA)
    await minutes(world, running, 29)
    assert await states(world, rows) == {State.PLANNED}
    await minutes(world, running, 1)
    assert await states(world, rows) == {State.EXPIRED}
    assert (await world.row(rows[0].id)).reason == "its time was over; held by campaign_paused"
    await world.switch(SPRING, None)
    await minutes(world, running, 0.1)
    assert (world.messenger.sent, await marks(world)) == ([], [])


async def test_what_a_person_said_in_the_pause_counts_when_it_ends() -> None:
    world, running, rows = await paused(ANNA, BORA)
    await world.says(ANNA, "/stop")
    await world.apply()
    await world.switch(SPRING, None)
    await minutes(world, running, 0.1)
    assert [(await world.row(one.id)).state for one in rows] == [State.SUPPRESSED, State.SENT]


async def test_others_are_not_woken_by_the_end_of_a_pause() -> None:
    world, running, _ = await paused(ANNA)
    await world.settle(BORA)
    await world.switch("pause:campaign:b:summer", "another one")
    (summer,) = await spring(world, BORA, campaign="b:summer")
    await minutes(world, running, 0.1)
    before = await world.row(summer.id)
    await world.switch(SPRING, None)
    await minutes(world, running, 0.1)
    assert await world.row(summer.id) == before
    assert [one.chat_id for one in world.messenger.sent] == [ANNA]


async def test_who_lost_the_lane_wakes_nobody() -> None:
    world, running, rows = await paused(ANNA)
    await world.switch(SPRING, None)
    running.lease = replace(running.lease, epoch=running.lease.epoch + 1)
    await minutes(world, running, 0.1)
    assert (await states(world, rows), world.messenger.sent) == ({State.PLANNED}, [])
    assert await marks(world) == [f"{PARKED}{BOT}:{SPRING}"]


async def test_messages_keep_their_places_in_line() -> None:
    world, running, rows = await paused(*CROWD[:30])
    before = [(await world.row(one.id)).place for one in rows]
    await world.switch(SPRING, None)
    await minutes(world, running, 0.1)
    assert [(await world.row(one.id)).place for one in rows] == before
    assert 0 not in before


async def test_a_campaign_with_the_name_of_a_reason_wakes_nobody() -> None:
    """Why a message waits may name the campaign of the one before it."""
    world = await ready(ANNA)
    await spring(world, ANNA, campaign="b:segment_paused")
    running = await lane(world)
    await minutes(world, running, 0.1)
    (row,) = await spring(world, ANNA, expires_ms=world.clock.now_ms() + 2 * DAY)
    await world.switch(SPRING, "by an operator")
    await world.switch(ENGAGED, "this too")
    await minutes(world, running, 0.1)
    await world.switch(ENGAGED, None)
    await minutes(world, running, 0.1)
    before = await world.row(row.id)
    await minutes(world, running, 1)
    assert await world.row(row.id) == before
    assert before.parked
    assert await marks(world) == [f"{PARKED}{BOT}:{SPRING}"]
