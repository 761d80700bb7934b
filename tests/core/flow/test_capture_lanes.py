"""Urgent updates go first, and a poisoned one stops nobody and costs little."""

from __future__ import annotations

from dataclasses import replace

from core.errors import ContentError
from core.event import InboxLane
from core.flow.capture import BATCH, GATHER_S, MANY, Applied
from core.identity import Captured
from core.ports import InboxRow, RawUpdate
from tests.core.flow.counting import Counting
from tests.core.flow.worlds import ANNA, BOT, World, read


async def wait(world: World, updates: int) -> None:
    """So many words of many people wait."""
    raw = [await world.says(2000 + n % 50, "hello") for n in range(50)]
    more = [replace(raw[n % 50], update_id=1000 + n) for n in range(updates - 50)]
    async with world.store.transaction() as tx:
        await tx.inbox.add(BOT, more)


async def test_a_tap_takes_effect_with_the_next_batch_whatever_waits() -> None:
    world = World()
    await wait(world, 2 * BATCH)
    tap = await world.taps(ANNA, "menu:vip")
    async with world.store.transaction() as tx:
        await tx.inbox.add(BOT, [replace(tap, update_id=9_999, lane=InboxLane.TAP)])
    assert (await world.apply(100)).rows == 100
    assert await world.kinds(ANNA) == ["button_tapped"]
    async with world.store.transaction(write=False) as tx:
        assert [row.update_id for row in await tx.inbox.unhandled(10, lane=InboxLane.TAP)] == [9_999]
        assert len(await tx.inbox.unhandled(1000, lane=InboxLane.ORDINARY)) == 99


def test_a_flood_gathers_and_a_full_batch_goes_on_at_once() -> None:
    assert (Applied(rows=MANY - 1).flooded, Applied(rows=MANY - 1).gather_s) == (False, 0.0)
    assert (Applied(rows=MANY).flooded, Applied(rows=MANY).gather_s) == (True, GATHER_S)
    assert (Applied(rows=BATCH).flooded, Applied(rows=BATCH).gather_s) == (True, 0.0)


def poisoned(row: InboxRow) -> Captured:
    """Every hundredth can be read, but not be stored."""
    captured = read(row)
    if row.update_id % 100:
        return captured
    event = captured.events[0]
    return replace(captured, events=(replace(event, kind="consent_given", props={}),))


async def test_one_in_a_hundred_is_poison_and_99_take_effect() -> None:
    world = World(read=poisoned)
    for n in range(100):
        await world.says(2000 + n, "hello")
    done = await world.apply()
    assert (done.rows, done.events, done.failed) == (100, 99, 1)
    assert await world.inbox() == {"applied": 99, "failed": 1}
    async with world.store.transaction(write=False) as tx:
        (aside,) = await tx.inbox.aside(0, 10)
    assert (aside.update_id, aside.reason) == (100, "can't be applied: KeyError")


async def test_a_poisoned_row_is_found_by_halves() -> None:
    store = Counting()
    world = World(store=store, read=poisoned)
    for n in range(500):
        await world.says(2000 + n % 40, "hello")
    raw = RawUpdate(600, b"{}", world.clock.now_ms())
    assert await world.again(raw) == 1, "one more that is no update at all"
    store.writes = 0
    done = await world.apply(1000)
    assert (done.rows, done.failed, done.events) == (501, 6, 495)
    assert store.writes < 100, "five of them in 501 rows: not a transaction each"


async def test_what_was_aside_takes_effect_when_it_is_taken_again() -> None:
    """After a release that understands it."""
    world = World(read=refused)
    raw = await world.says(ANNA, "hello")
    assert (await world.apply()).failed == 1
    world.read = read
    async with world.store.transaction() as tx:
        (aside,) = await tx.inbox.aside(0, 10)
        assert (aside.update_id, aside.reason) == (raw.update_id, "not yet")
        assert await tx.inbox.replay([aside.id]) == 1
    assert (await world.apply()).events == 1
    assert await world.kinds(ANNA) == ["message_received"]


def refused(row: InboxRow) -> Captured:
    raise ContentError("not yet")
