"""What becomes of a broadcast when its time has passed, or something it needs is not there any more."""

from __future__ import annotations

from dataclasses import replace

from app.desk.broadcasts import Broadcasts, Place
from core.broadcast import ALL_HAVE
from core.flow.broadcast import expand_due, skipped_of
from core.flow.deliver import expire_left_behind
from core.ledger import State
from core.ports import CampaignRow, PeopleList
from tests.core.flow.broadcasts import CROWD, deps, document, expand, row_of, rows, started, town
from tests.core.flow.worlds import ANNA, BORA, BOT, DAY, HOUR, NOW, World

OTHERS_BOT = 77
"""A bot that is not in the configuration any more."""


async def listed(world: World, name: str, *people: int) -> None:
    numbers = [await world.number(person) for person in people]
    async with world.store.transaction() as tx:
        await tx.lists.put(PeopleList(name, excludes=False, title="", author="ayse", at_ms=NOW))
        await tx.lists.add(name, numbers, NOW, author="ayse")


async def retire(world: World, content: str) -> None:
    async with world.store.transaction() as tx:
        await tx.contents.retire(content)


async def close_rows(world: World) -> None:
    async with world.store.transaction() as tx:
        assert await tx.ledger.withdraw("b:hello", "by a test", 100)


async def test_without_the_list_of_those_left_out_nobody_is_written_to() -> None:
    world = await town(ANNA, BORA)
    await listed(world, "staff", ANNA)
    await started(world, NOW + HOUR, audience={"everybody": True, "minus": {"lists": ["staff"]}})
    async with world.store.transaction() as tx:
        await tx.lists.drop("staff")
    world.clock.advance(HOUR / 1000)
    await expand(world)
    assert (await rows(world), (await row_of(world)).note) == ([], "waits: there is no list staff")
    await listed(world, "staff", ANNA)
    await expand(world)
    assert ([m.chat_id for m in await rows(world)], (await row_of(world)).note) == ([BORA], "")


async def test_a_segment_or_a_bot_that_is_gone_is_waited_for() -> None:
    world = await town(ANNA)
    await started(world, audience={"everybody": True, "minus": {"segments": ["STRANGERS"]}})
    await started(world, name="other", bot=OTHERS_BOT)
    await expand(world)
    assert (await row_of(world)).note == "waits: there is no segment STRANGERS"
    assert (await row_of(world, "other")).note == f"waits: there is no bot {OTHERS_BOT}"


async def test_who_only_knows_a_bot_that_is_gone_gets_no_row() -> None:
    world = await town(ANNA, BORA)
    for person in (ANNA, 1005):
        await world.says(person, "/start", bot=OTHERS_BOT)
        await world.taps(person, "consent:all", bot=OTHERS_BOT)
    await world.apply()
    await started(world)
    await expand(world)
    assert sorted((m.chat_id, m.bot_id) for m in await rows(world)) == [(ANNA, 42), (BORA, 42)]
    assert await world.within(lambda tx: skipped_of(tx, "b:hello")) == {"not_started": 1}


async def test_the_rest_gets_nothing_once_its_time_has_passed() -> None:
    world = await town(*CROWD)
    await started(world, lifetime_h=4)
    await expand_due(deps(world), NOW, limit=10)
    world.clock.advance(3 * DAY / 1000)
    await expand(world)
    row = await row_of(world)
    assert (len(await rows(world)), row.cursor) == (10, ALL_HAVE)
    assert row.note == "its time had passed before everybody had a message"
    await close_rows(world)
    assert (await expand(world)).done == ("hello",)


async def test_who_gets_a_row_late_has_no_more_time_than_the_others() -> None:
    world = await town(*CROWD)
    await started(world, lifetime_h=4)
    await expand_due(deps(world), NOW, limit=10)
    world.clock.advance(3 * HOUR / 1000)
    await expand(world)
    assert {m.expires_ms for m in await rows(world)} == {NOW + 4 * HOUR}
    assert {m.due_ms for m in await rows(world)} == {NOW, NOW + 3 * HOUR}


async def test_what_lacks_a_content_for_too_long_ends() -> None:
    world = await town(*CROWD)
    await started(world, lifetime_h=4)
    await expand_due(deps(world), NOW, limit=10)
    await retire(world, "spring")
    await expand(world)
    assert (await row_of(world)).note == "waits: the content spring is not in force"
    world.clock.advance(5 * HOUR / 1000)
    await expand(world)
    await close_rows(world)
    await expand(world)
    row = await row_of(world)
    assert (row.state, row.note.partition(": ")[2]) == ("done", "the content spring is not in force")


async def test_own_clocks_have_their_time_although_the_day_began_late() -> None:
    world = await town(ANNA)
    await started(world, NOW, when={"at": "2026-01-05 10:00", "local": "23:00"}, lifetime_h=2)
    world.clock.advance(3 * HOUR / 1000)
    await expand(world)
    [row] = await rows(world)
    assert (row.state, row.due_ms, row.expires_ms) == (State.PLANNED, NOW + 10 * HOUR, NOW + 12 * HOUR)


async def test_one_that_cannot_be_read_does_not_hold_up_the_others() -> None:
    world = await town(ANNA)
    row = await started(world)
    broken = CampaignRow("ahead", row.state, document(name="ahead", audience="nobody"), "ayse", NOW, NOW, NOW)
    async with world.store.transaction() as tx:
        await tx.campaigns.add(broken)
    await expand(world)
    assert len(await rows(world)) == 1
    assert (await row_of(world, "ahead")).note.startswith("waits: it can't be read, audience")
    assert replace(await row_of(world, "ahead"), note="") == broken
    desk = Broadcasts(Place(deps(world), world.clock, {}), "ayse")
    listed = {line.row.name: line.reason.partition(":")[0] for line in await desk.lines()}
    assert listed == {"hello": "", "ahead": "can't be read"}
    assert await desk.cancel("ahead") == 0


async def test_rows_of_a_bot_that_was_taken_out_end_with_their_time() -> None:
    world = await town(ANNA)
    await started(world)
    await expand(world)
    assert await expire_left_behind(world.store, [OTHERS_BOT], NOW + DAY - 1) == 0
    assert await expire_left_behind(world.store, [BOT], NOW + DAY) == 0
    assert await expire_left_behind(world.store, [OTHERS_BOT], NOW + DAY) == 1
    [row] = await rows(world)
    assert (row.state, row.reason) == (State.EXPIRED, "its time was over, and its bot is not served any more")
    assert (await expand(world)).done == ("hello",)
