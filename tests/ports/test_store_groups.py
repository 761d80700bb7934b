"""Groups are known by any of their numbers, keep one record, and remember whom they have seen."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from adapters.sql.store import SqlStore
from core.errors import NotFoundError
from core.event import Event, PersonEvent, Scalar
from core.identity import Place
from core.ports import GroupRecord, HotRow, Membership, Merged, Store, Transaction
from core.profile import GroupState, fold_group
from tests.ports.worlds import BOT, HOUR, NOW, campaign, people, put, sent

GROUP, SUPER, OTHER = -4001, -1_001_000_000_001, -4002
PLACE = Place(GROUP, "group", "Chess club", "", False)
MOVED = Place(SUPER, "supergroup", "Chess club", "chess", True, also=GROUP)


def spoke(group_no: int, key: str, at: int = NOW, person_no: int = 0) -> PersonEvent:
    props: dict[str, Scalar] = {
        "length": 3,
        "media": "text",
        "topics": "",
        "thread": 0,
        "reply_to": 0,
        "edited": False,
    }
    return PersonEvent(person_no, Event(key, at, "group_message", BOT, props, group_no))


async def numbers(store: Store, *places: Place) -> dict[int, int]:
    async with store.transaction() as tx:
        return await tx.groups.resolve(places, NOW)


async def fold_in(tx: Transaction, group_no: int, events: list[PersonEvent]) -> GroupRecord:
    """Store events of a group and fold them into its record, as capture does."""
    await tx.events.append(events)
    record = (await tx.groups.load([group_no]))[group_no]
    state = fold_group(record.state, [item.event for item in events])
    return (await tx.groups.save([replace(record, state=state, hot=f'["n","{group_no}"]')]))[0]


async def test_groups_get_numbers_in_the_order_of_their_appearance(store: Store) -> None:
    assert await numbers(store, PLACE, Place(OTHER, "channel")) == {GROUP: 1, OTHER: 2}
    assert await numbers(store, Place(OTHER, "channel"), PLACE, PLACE) == {GROUP: 1, OTHER: 2}
    async with store.transaction(write=False) as tx:
        assert await tx.groups.find(GROUP) == 1
        assert await tx.groups.find(-1) is None
        assert await tx.groups.numbers(0, 9) == [1, 2]
        assert await tx.groups.numbers(1, 9) == [2]
        assert await tx.groups.count() == 2
        (record,) = (await tx.groups.load([1, 7])).values()
    assert record.contact.title == "Chess club"
    assert (record.created_ms, record.state, record.seq) == (NOW, GroupState(), 0)


async def test_an_upgraded_group_is_the_same_group(store: Store) -> None:
    assert await numbers(store, PLACE) == {GROUP: 1}
    assert await numbers(store, MOVED) == {GROUP: 1, SUPER: 1}
    assert await numbers(store, Place(SUPER, "supergroup"), PLACE) == {GROUP: 1, SUPER: 1}


async def test_an_upgrade_that_is_heard_of_first_makes_one_group(store: Store) -> None:
    assert await numbers(store, MOVED, PLACE) == {GROUP: 1, SUPER: 1}
    async with store.transaction(write=False) as tx:
        assert await tx.groups.count() == 1


async def test_two_that_turn_out_to_be_one_become_the_older(store: Store) -> None:
    assert await numbers(store, PLACE, Place(OTHER, "group"), Place(SUPER, "supergroup")) == {
        GROUP: 1,
        OTHER: 2,
        SUPER: 3,
    }
    before, after = spoke(1, "a", NOW), spoke(3, "b", NOW + HOUR)
    async with store.transaction() as tx:
        await fold_in(tx, 1, [before])
        await fold_in(tx, 3, [after])
        await tx.groups.see(
            [
                Membership(1, 5, NOW, NOW + 9, "member", NOW),
                Membership(3, 5, NOW - 1, NOW + 5, "left", NOW + 2),
                Membership(3, 6, NOW, NOW),
            ]
        )
    assert await numbers(store, MOVED) == {GROUP: 1, SUPER: 1}
    async with store.transaction(write=False) as tx:
        assert await tx.groups.numbers(0, 9) == [1, 2]
        moved = replace(after, event=replace(after.event, group_no=1))
        assert await tx.events.all_of_group(1) == [before, moved]
        assert await tx.events.all_of_group(3) == []
        record = (await tx.groups.load([1]))[1]
        assert record.state == fold_group(GroupState(), [before.event, moved.event])
        assert await tx.groups.members(1, 0, 9) == [
            Membership(1, 5, NOW - 1, NOW + 9, "left", NOW + 2),
            Membership(1, 6, NOW, NOW),
        ]
        assert await tx.groups.members(3, 0, 9) == []
    assert await numbers(store, Place(-77, "group")) == {-77: 4}, "a number is never given twice"


async def test_a_record_is_kept_with_its_hot_form_and_counts_with_those_of_people(store: Store) -> None:
    await numbers(store, PLACE, Place(OTHER, "channel"))
    async with store.transaction() as tx:
        first = await fold_in(tx, 1, [spoke(1, "a")])
        second = await fold_in(tx, 2, [spoke(2, "b")])
        contact = replace(second.contact, title="News", forum=True)
        third = (await tx.groups.save([replace(second, contact=contact)]))[0]
    assert [first.seq, second.seq, third.seq] == [1, 2, 3]
    async with store.transaction(write=False) as tx:
        assert await tx.groups.load([2]) == {2: third}
        assert await tx.groups.hot_after(0, 9) == [HotRow(1, 1, '["n","1"]'), HotRow(2, 3, '["n","2"]')]
        assert await tx.groups.hot_after(1, 1) == [HotRow(2, 3, '["n","2"]')]
    with pytest.raises(NotFoundError):
        async with store.transaction() as tx:
            await tx.groups.save([replace(first, group_no=99)])


async def test_who_was_seen_widens_and_the_latest_standing_wins(store: Store) -> None:
    await numbers(store, PLACE)
    async with store.transaction() as tx:
        await tx.groups.see([Membership(1, 5, NOW, NOW), Membership(1, 6, NOW, NOW, "member", NOW)])
        await tx.groups.see([Membership(1, 5, NOW - 9, NOW - 9), Membership(1, 5, NOW + 9, NOW + 9)])
        await tx.groups.see([Membership(1, 6, NOW + 1, NOW + 1, "left", NOW)])
        await tx.groups.see([Membership(1, 6, NOW - 1, NOW - 1, "member", NOW - 1)])
        await tx.groups.see(
            [Membership(1, 7, NOW, NOW, "left", NOW), Membership(1, 7, NOW, NOW, "member", NOW)]
        )
    async with store.transaction(write=False) as tx:
        assert await tx.groups.members(1, 0, 9) == [
            Membership(1, 5, NOW - 9, NOW + 9),
            Membership(1, 6, NOW - 1, NOW + 1, "left", NOW),
            Membership(1, 7, NOW, NOW, "left", NOW),
        ]
        assert await tx.groups.members(1, 5, 1) == [Membership(1, 6, NOW - 1, NOW + 1, "left", NOW)]
        assert await tx.groups.member_counts([1, 8]) == {1: (3, 1), 8: (0, 0)}
        assert await tx.groups.of_people([6, 7, 9]) == {
            6: [Membership(1, 6, NOW - 1, NOW + 1, "left", NOW)],
            7: [Membership(1, 7, NOW, NOW, "left", NOW)],
        }


async def test_several_that_see_a_new_group_at_once_give_it_one_number(address: str) -> None:
    stores = [SqlStore(address) for _ in range(3)]
    found = await asyncio.gather(*(numbers(store, PLACE, MOVED) for store in stores))
    assert found == [{GROUP: 1, SUPER: 1}] * 3
    for store in stores:
        await store.close()


async def test_what_was_merged_is_told_with_the_people_to_whom_something_happened_there(store: Store) -> None:
    found = await numbers(store, PLACE, Place(SUPER, "supergroup"), Place(OTHER, "group"))
    async with store.transaction() as tx:
        here = [spoke(found[SUPER], f"k{no}", NOW + no, no) for no in (9, 3, 3, 0)]
        await tx.events.append([*here, spoke(found[GROUP], "k", NOW, 5)])
    async with store.transaction() as tx:
        assert await tx.groups.merged() == []
        await tx.groups.resolve([MOVED], NOW)
        assert await tx.groups.merged() == [Merged(found[SUPER], found[GROUP], (3, 9))]


async def test_groups_are_found_by_who_writes_there(store: Store) -> None:
    await numbers(store, PLACE, Place(OTHER, "group"))
    anna, ben, cem = await people(store, 1, 2, 3)
    async with store.transaction() as tx:
        records = await tx.people.load([anna, ben, cem])
        await tx.people.save(
            [
                replace(records[anna], segments={"ENGAGED": 0.9, "NIGHT_OWL": 0.8}),
                replace(records[ben], segments={"ENGAGED": 0.9}),
                replace(records[cem], segments={"COLD_LEAD": 0.9}),
            ]
        )
        await tx.groups.see(
            [
                Membership(1, anna, NOW, NOW),
                Membership(1, ben, NOW, NOW),
                Membership(1, cem, NOW, NOW, "left", NOW),
                Membership(2, anna, NOW, NOW - HOUR - 1),
                Membership(2, cem, NOW, NOW - HOUR, "member", NOW),
            ]
        )
    async with store.transaction(write=False) as tx:
        since = NOW - HOUR
        assert await tx.groups.activity(since) == {1: 2, 2: 1}
        assert await tx.groups.activity(since - 1) == {1: 2, 2: 2}
        assert await tx.groups.activity(since, ["ENGAGED", "NIGHT_OWL"]) == {1: 2}
        assert await tx.groups.activity(since, ["COLD_LEAD"]) == {2: 1}
        assert await tx.groups.activity(since, ["VIP"]) == {}
        assert await tx.groups.activity(since, among=[cem, anna, 4711]) == {1: 1, 2: 1}
        assert await tx.groups.activity(since, among=[]) == {}
        many = [anna, ben, *range(10_000, 13_000)]
        assert await tx.groups.activity(since, among=many) == {1: 2}


async def test_what_was_posted_to_a_group_counts_for_what_it_became(store: Store) -> None:
    await numbers(store, PLACE, Place(SUPER, "supergroup"))
    async with store.transaction() as tx:
        posts = await put(tx, *(campaign(0, f"1:{no}", group_no=no) for no in (1, 2)), campaign(0, "person"))
        await sent(tx, posts[1], NOW)
    await numbers(store, MOVED)
    async with store.transaction() as tx:
        rows = await tx.ledger.get([post.id for post in posts])
        assert [rows[post.id].group_no for post in posts] == [1, 1, 0]
        assert (await tx.post_facts([1], [BOT], NOW)).recent_ms.tolist() == [[NOW]]
