"""The nightly comparison: hot profiles equal the record, records equal the fold of their events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from adapters.memory import MemoryHot, MemoryStore
from core.errors import HotStoreError
from core.event import Event, PersonEvent
from core.flow.compare import Compared, compare_sample
from core.identity import Place, telegram
from core.ports import HotRow
from core.profile import GroupState, ProfileState, fold, fold_group, pack, pack_group, view, view_group
from tests.core.flow.worlds import ANNA, BORA, World

NOW = 1_767_607_200_000
BOT = 42
DAY = 86_400_000


def life(no: int) -> list[Event]:
    """Three days of a person."""
    return [
        Event(f"{no}:{day}", NOW - day * DAY + no, "message_received", BOT, {"language": "tr"})
        for day in range(3)
    ]


async def made(people: int, groups: int = 0) -> tuple[MemoryStore, MemoryHot]:
    """People and groups as capture leaves them: in the record, and shown."""
    store, hot = MemoryStore(), MemoryHot()
    async with store.transaction() as tx:
        numbers = await tx.people.resolve([telegram(no) for no in range(1, people + 1)], NOW)
        lives = {no: life(no) for no in numbers.values()}
        await tx.events.append([PersonEvent(no, event) for no, events in lives.items() for event in events])
        loaded = await tx.people.load(list(lives))
        for no, item in loaded.items():
            state = fold(ProfileState(), lives[no])
            packed = pack(view(no, state, NOW), {"ENGAGED": 0.5})
            loaded[no] = replace(item, state=state, segments={"ENGAGED": 0.5}, hot=packed)
        saved = await tx.people.save(list(loaded.values()))
    await hot.write([HotRow(item.person_no, item.seq, item.hot) for item in saved])
    await _groups(store, hot, groups)
    await hot.set_mark(1)
    return store, hot


async def _groups(store: MemoryStore, hot: MemoryHot, groups: int) -> None:
    if not groups:
        return
    async with store.transaction() as tx:
        places = [Place(-chat, "supergroup", f"g{chat}") for chat in range(1, groups + 1)]
        numbers = await tx.groups.resolve(places, NOW)
        saved = []
        for no, item in (await tx.groups.load(list(numbers.values()))).items():
            said = [Event(f"g{no}", NOW, "group_message", BOT, {}, no)]
            await tx.events.append([PersonEvent(0, event) for event in said])
            state = fold_group(GroupState(), said)
            saved.append(replace(item, state=state, hot=pack_group(view_group(no, state, (0, 0), NOW))))
        rows = await tx.groups.save(saved)
    await hot.write_groups([HotRow(item.group_no, item.seq, item.hot) for item in rows])


def dice() -> np.random.Generator:
    return np.random.default_rng(5)


async def spoil(store: MemoryStore, hot: MemoryHot, nos: Sequence[int]) -> None:
    async with store.transaction(write=False) as tx:
        rows = await tx.people.load(nos)
    await hot.write([HotRow(no, row.seq, '["lang","xx"]') for no, row in rows.items()])


async def test_where_all_is_well_nothing_is_found_and_nothing_written() -> None:
    store, hot = await made(40, 3)
    assert await compare_sample(store, hot, dice()) == Compared(looked=43, refolded=4 + 1)


async def test_hot_profiles_that_differ_or_are_missing_are_written_again() -> None:
    store, hot = await made(30, 2)
    right = await hot.read(range(1, 31))
    await spoil(store, hot, [3, 17])
    await hot.write([HotRow(9, 10**6, "")])  # given up
    found = await compare_sample(store, hot, dice())
    assert (found.looked, found.differing, found.missing, found.repaired) == (32, 2, 1, 3)
    assert await hot.read(range(1, 31)) == right
    assert (await compare_sample(store, hot, dice())).repaired == 0


async def test_groups_are_compared_likewise() -> None:
    store, hot = await made(0, 4)
    right = await hot.read_groups(range(1, 5))
    await hot.write_groups([HotRow(2, 10**6, "")])
    found = await compare_sample(store, hot, dice())
    assert (found.looked, found.missing, found.repaired) == (4, 1, 1)
    assert await hot.read_groups(range(1, 5)) == right


async def test_what_the_hot_store_has_newer_is_no_difference() -> None:
    store, hot = await made(5)
    await hot.write([HotRow(2, 10**6, '["lang","en"]')])
    found = await compare_sample(store, hot, dice())
    assert (found.differing, found.repaired) == (0, 0)
    assert (await hot.read([2]))[2]["lang"] == "en"


async def test_a_record_that_is_not_the_fold_of_its_events_is_reported_and_left_alone() -> None:
    store, hot = await made(20, 2)
    async with store.transaction() as tx:
        one = (await tx.people.load([11]))[11]
        wrong = fold(one.state, [Event("made up", NOW, "message_received", BOT)])
        group = (await tx.groups.load([1]))[1]
        await tx.people.save([replace(one, state=wrong)])
        await tx.groups.save([replace(group, state=GroupState())])
    found = await compare_sample(store, hot, dice(), 20)
    assert (found.misfolded, found.misfolded_groups) == ((11,), (1,))
    async with store.transaction(write=False) as tx:
        assert (await tx.people.load([11]))[11].state == wrong


@pytest.mark.parametrize("packed", ["", '["lang","xx","at","5"]'])
async def test_a_packed_profile_that_is_not_the_view_of_its_record_is_reported(packed: str) -> None:
    store, hot = await made(20)
    async with store.transaction() as tx:
        one = (await tx.people.load([1]))[1]
        await tx.people.save([replace(one, hot=packed)])
    assert (await compare_sample(store, hot, dice(), 20)).misfolded == (1,)


async def test_of_many_a_sample_is_looked_at_which_the_dice_decide() -> None:
    store, hot = await made(800)
    await spoil(store, hot, range(1, 801))
    first = await compare_sample(store, hot, dice(), 200)
    assert 100 <= first.looked <= 200
    assert first.differing == first.repaired == first.looked
    assert (await compare_sample(store, hot, dice(), 200)).repaired == 0  # the same places
    elsewhere = await compare_sample(store, hot, np.random.default_rng(6), 200)
    assert elsewhere.repaired > 0
    assert (await compare_sample(store, hot, dice(), 800)).looked == 800


async def test_without_the_hot_store_nothing_is_said_of_it() -> None:
    store, hot = await made(3)
    hot.absent = True
    with pytest.raises(HotStoreError):
        await compare_sample(store, hot, dice())


async def test_what_capture_leaves_behind_compares_well() -> None:
    world = World()
    await world.settle(ANNA, BORA)
    await world.says(ANNA, "ne kadar?")
    await world.blocks(BORA)
    await world.apply()
    found = await compare_sample(world.store, world.hot, dice())
    assert (found.looked, found.repaired, found.misfolded) == (2, 0, ())
    assert found.refolded > 0
