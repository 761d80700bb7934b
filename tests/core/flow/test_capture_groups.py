"""What happens in groups is about the person, the group, or both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.event import Event
from core.identity import Captured, Place, telegram
from core.ports import GroupContact, GroupRecord, InboxRow, Membership
from core.profile import GroupState, fold_group, pack_group, view_group
from tests.core.flow.worlds import ANNA, BORA, BOT, CEM, GROUP, MINUTE, NOW, World, human, read


async def group_of(world: World, chat_id: int = GROUP) -> GroupRecord:
    async with world.store.transaction(write=False) as tx:
        number = await tx.groups.find(chat_id)
        assert number is not None
        return (await tx.groups.load([number]))[number]


async def members(world: World) -> Sequence[Membership]:
    group = await group_of(world)
    async with world.store.transaction(write=False) as tx:
        return await tx.groups.members(group.group_no, 0, 100)


async def test_words_in_a_group_are_the_persons_and_the_groups() -> None:
    world = World()
    await world.says_in_group(ANNA, "hello all")
    await world.says_in_group(BORA, "what is the price?")
    assert (await world.apply()).events == 2
    assert await world.kinds(ANNA) == ["group_message"]
    group = await group_of(world)
    assert group.contact == GroupContact(GROUP, "supergroup", "Club", "", False)
    assert group.state.totals == {"group_message": 2}
    anna, bora = await world.number(ANNA), await world.number(BORA)
    seen = await members(world)
    assert [(one.person_no, one.state, one.first_ms) for one in seen] == [
        (anna, "seen", NOW),
        (bora, "seen", NOW),
    ]
    async with world.store.transaction(write=False) as tx:
        stored = await tx.events.all_of_group(group.group_no)
    assert {item.person_no for item in stored} == {anna, bora}
    assert (await world.record(ANNA)).state.groups


async def test_a_group_is_packed_as_it_stands_and_shown_after_the_commit() -> None:
    world = World()
    await world.says_in_group(ANNA, "hello")
    await world.moves_in_group(BORA, "member")
    await world.apply()
    world.clock.advance(MINUTE / 1000)
    await world.says_in_group(ANNA, "anybody here?")
    await world.apply()
    group = await group_of(world)
    expected = view_group(group.group_no, group.state, (2, 2), world.clock.now_ms())
    assert group.hot == pack_group(expected)
    shown = await world.hot.read_groups([group.group_no])
    assert shown[group.group_no]["members"] == "2.2"
    assert shown[group.group_no]["seq"] == str(group.seq)
    await world.moves_in_group(ANNA, "left")
    await world.says_in_group(CEM, "bye")
    await world.apply()
    shown = await world.hot.read_groups([group.group_no])
    assert shown[group.group_no]["members"] == "3.2"


async def test_a_group_opens_no_way_to_a_person() -> None:
    world = World()
    await world.says_in_group(ANNA, "/start")
    await world.says_in_group(ANNA, "hello")
    await world.apply()
    number = await world.number(ANNA)
    async with world.store.transaction(write=False) as tx:
        assert await tx.people.reach([number]) == {}
    await world.says(ANNA, "/start")
    await world.says_in_group(ANNA, "hello again")
    await world.apply()
    async with world.store.transaction(write=False) as tx:
        assert [one.chat_id for one in (await tx.people.reach([number]))[number]] == [ANNA]


async def test_standing_in_a_group_is_what_was_said_last_about_it() -> None:
    world = World()
    for status in ("member", "left"):
        await world.moves_in_group(ANNA, status)
        world.clock.advance(1)
    await world.says_in_group(ANNA, "a late word")
    await world.apply()
    (one,) = await members(world)
    assert (one.state, one.first_ms, one.last_ms) == ("left", NOW, NOW + 2000)


async def test_an_upgraded_group_is_the_same_group() -> None:
    world = World()
    old = {"id": -77, "type": "group", "title": "Club"}
    await world.writes(ANNA, {"text": "hello", "chat": old})
    await world.apply()
    before = await group_of(world, -77)
    world.clock.advance(1)
    await world.writes(ANNA, {"migrate_to_chat_id": GROUP, "chat": old})
    await world.says_in_group(BORA, "here we are")
    await world.apply()
    after = await group_of(world)
    assert after.group_no == before.group_no
    assert (after.contact.chat_id, after.contact.kind) == (GROUP, "supergroup")
    async with world.store.transaction(write=False) as tx:
        events = await tx.events.all_of_group(after.group_no)
    assert after.state == fold_group(GroupState(), [item.event for item in events])
    assert after.state.totals["group_message"] == 2


async def test_a_group_that_became_part_of_another_is_hot_no_more() -> None:
    world = World()
    old = {"id": -77, "type": "group", "title": "Club"}
    await world.writes(ANNA, {"text": "hello", "chat": old})
    world.clock.advance(1)
    await world.says_in_group(BORA, "here too")
    await world.apply()
    older, younger = await group_of(world, -77), await group_of(world)
    assert len(await world.hot.read_groups([older.group_no, younger.group_no])) == 2
    await world.writes(CEM, {"migrate_to_chat_id": GROUP, "chat": old})
    await world.apply()
    assert list(await world.hot.read_groups([older.group_no, younger.group_no])) == [older.group_no]


async def test_what_is_about_nobody_is_kept_all_the_same() -> None:
    """A channel's post, and one update that speaks of several people."""
    world = World()

    def told(row: InboxRow) -> Captured:
        anna = read(row).sender
        assert anna is not None
        bora = replace(anna, identity=telegram(BORA), first_name="Bora", chat_id=0)
        events = [
            Event(f"x:{n}", NOW, kind, BOT) for n, kind in enumerate(("channel_posted", "group_joined"))
        ]
        place = Place(GROUP, "channel", "News")
        return Captured("message", None, (events[0],), place=place, others=((bora, (events[1],)),))

    world.read = told
    await world.says(ANNA, "anything")
    assert (await world.apply()).events == 2
    group = await group_of(world)
    assert group.state.totals == {"channel_posted": 1, "group_joined": 1}
    assert [one.state for one in await members(world)] == ["member"]
    assert await world.kinds(BORA) == ["group_joined"]
    assert (await world.record(BORA)).contact.first_name == "Bora"
    async with world.store.transaction(write=False) as tx:
        assert await tx.people.find(telegram(ANNA)) is None
    assert await world.inbox() == {"handled": 1}


async def test_two_bots_in_one_group_count_its_words_once() -> None:
    world = World()
    chat = {"id": GROUP, "type": "supergroup", "title": "Club"}
    message = {"message_id": 5, "date": NOW // 1000, "from": human(ANNA), "chat": chat, "text": "hello"}
    for bot in (42, 43):
        await world.arrives({"message": message}, bot=bot)
        await world.apply()
    assert (await group_of(world)).state.totals == {"group_message": 1}
    assert (await world.record(ANNA)).state.totals == {"group_message": 1}
