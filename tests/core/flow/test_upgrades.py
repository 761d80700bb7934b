"""A supergroup may be heard of before the word that it was a group of ours: then two groups become one."""

from __future__ import annotations

from core.flow.rebuild import rebuild
from core.profile import GroupState, ProfileState, fold, fold_group
from tests.core.flow.worlds import ANNA, BORA, CEM, World

OLD, NEW = -4001, -1_001_000_000_077


async def upgraded_late() -> World:
    """Anna wrote in the group, Bora and Cem in the supergroup; only then it is said that these are one."""
    world = World()
    chat = {"id": OLD, "type": "group", "title": "Club"}
    await world.writes(ANNA, {"text": "hello", "chat": chat})
    await world.says_in_group(BORA, "hello", group=NEW)
    await world.moves_in_group(CEM, "member", group=NEW)
    await world.apply()
    world.clock.advance(5)
    await world.writes(ANNA, {"chat": chat, "migrate_to_chat_id": NEW})
    await world.apply()
    return world


async def test_people_of_both_have_the_record_that_their_events_make() -> None:
    world = await upgraded_late()
    for person in (ANNA, BORA, CEM):
        record = await world.record(person)
        async with world.store.transaction(write=False) as tx:
            events = [item.event for item in await tx.events.all_of_person(record.person_no)]
        assert record.state == fold(ProfileState(), events)
        assert list(record.state.groups) == [1]
    async with world.store.transaction(write=False) as tx:
        group = (await tx.groups.load([1]))[1]
        events = [item.event for item in await tx.events.all_of_group(1)]
        assert await tx.groups.numbers(0, 9) == [1]
    assert group.state == fold_group(GroupState(), events)


async def test_what_is_hot_follows_at_once() -> None:
    world = await upgraded_late()
    numbers = [await world.number(person) for person in (ANNA, BORA, CEM)]
    before = await world.hot.read(numbers)
    await rebuild(world.store, world.hot)
    assert await world.hot.read(numbers) == before
