"""The hot store can be lost at any moment and is made again, exactly, from the record."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pytest

from adapters.memory import MemoryHot
from app.hot import WatchedHot
from core.errors import HotStoreError
from core.flow.rebuild import BATCH, Rebuilt, catch_up, rebuild
from core.identity import telegram
from core.ports import HotRow, HotStore, PersonRecord, Transaction
from core.profile import pack, view
from tests.core.flow.worlds import ANNA, BORA, CEM, DAY, NOW, World

PEOPLE = (ANNA, BORA, CEM)


async def lively(*people: int) -> World:
    """People who have spoken and are shown."""
    world = World()
    for person in people:
        await world.says(person, "what is the price?")
    await world.apply()
    await world.hot.set_mark(await last_seq(world))
    return world


async def last_seq(world: World) -> int:
    async with world.store.transaction(write=False) as tx:
        return await tx.people.last_seq()


async def level(world: World, hot: HotStore, *people: int) -> bool:
    """Every hot profile is what was packed with the last change of its record."""
    for person in people:
        record = await world.record(person)
        shown = (await hot.read([record.person_no])).get(record.person_no)
        if shown != {"seq": str(record.seq), **unpacked(record.hot)}:
            return False
    return True


async def shown(world: World) -> list[dict[int, Mapping[str, str]]]:
    """All that the hot store holds of people and of groups."""
    return [await world.hot.read(range(1, 9)), await world.hot.read_groups(range(1, 9))]


def unpacked(packed: str) -> dict[str, str]:
    items = json.loads(packed)
    return dict(zip(items[::2], items[1::2], strict=True))


async def test_what_is_packed_is_the_view_of_the_record_at_its_last_change() -> None:
    world = await lively(*PEOPLE)
    now_ms = world.clock.now_ms()
    world.clock.advance(60)
    for person in PEOPLE:
        record = await world.record(person)
        assert record.hot == pack(view(record.person_no, record.state, now_ms), record.segments)
    await world.says(ANNA, "more about VIP")
    await world.apply()
    record = await world.record(ANNA)
    assert record.hot == pack(view(record.person_no, record.state, now_ms + 60_000), record.segments)


async def test_after_a_flush_everything_is_equal_again() -> None:
    world = await lively(*PEOPLE)
    assert await level(world, world.hot, *PEOPLE)
    await world.hot.clear()
    assert not await level(world, world.hot, *PEOPLE)
    assert await catch_up(world.store, world.hot, overlap=0) == Rebuilt(3, whole=True)
    assert await level(world, world.hot, *PEOPLE)
    assert await world.hot.mark() == await last_seq(world)


async def test_a_rebuild_makes_people_and_groups_what_they_were_however_late_it_is() -> None:
    world = await lively(*PEOPLE)
    for person in PEOPLE:
        await world.says_in_group(person, "hello all")
    await world.apply()
    before = await shown(world)
    assert [len(kept) for kept in before] == [3, 1]
    world.clock.advance(40 * DAY / 1000)
    assert await rebuild(world.store, world.hot) == Rebuilt(3, whole=True, groups=1)
    assert await shown(world) == before


async def test_while_all_is_well_nothing_is_written_again() -> None:
    world = await lively(*PEOPLE)
    assert await catch_up(world.store, world.hot, overlap=0) == Rebuilt(0, whole=False)


async def test_only_what_changed_since_the_mark_is_shown_again() -> None:
    world = await lively(*PEOPLE)
    world.hot.absent = True
    await world.says(BORA, "hello")
    await world.apply()
    world.hot.absent = False
    assert await catch_up(world.store, world.hot, overlap=0) == Rebuilt(1, whole=False)
    assert await level(world, world.hot, BORA)


async def test_a_mark_of_another_database_is_not_believed() -> None:
    world = await lively(ANNA)
    await world.hot.set_mark(10_000)
    assert (await catch_up(world.store, world.hot)).whole
    assert await world.hot.mark() == await last_seq(world)


async def test_rebuild_on_demand_reports_its_progress() -> None:
    world = World()
    async with world.store.transaction() as tx:
        numbers = await tx.people.resolve([telegram(5000 + n) for n in range(BATCH + 1)], NOW)
        await tx.people.save(list((await tx.people.load(list(numbers.values()))).values()))
    seen: list[tuple[int, int]] = []
    done = await rebuild(world.store, world.hot, progress=lambda now, total: seen.append((now, total)))
    assert done == Rebuilt(BATCH + 1, whole=True)
    assert seen == [(BATCH, BATCH + 1), (BATCH + 1, BATCH + 1)]


async def test_without_redis_the_caller_hears_of_it() -> None:
    world = await lively(ANNA)
    world.hot.absent = True
    with pytest.raises(HotStoreError):
        await catch_up(world.store, world.hot)


class FlushedMeanwhile(MemoryHot):
    """Somebody flushes it after a batch was written, or after its mark was asked for."""

    def __init__(self, after: str) -> None:
        super().__init__()
        self.after = after

    async def write(self, rows: Sequence[HotRow]) -> None:
        await super().write(rows)
        await self._flush("write")

    async def mark(self) -> int | None:
        found = await super().mark()
        await self._flush("mark")
        return found

    async def _flush(self, moment: str) -> None:
        if self.after == moment:
            self.after = ""
            await self.clear()


@pytest.mark.parametrize("after", ["write", "mark"])
async def test_a_flush_in_the_middle_of_the_work_is_noticed_by_the_next_look(after: str) -> None:
    world = await lively(*PEOPLE)
    hot = FlushedMeanwhile("")
    await catch_up(world.store, hot)
    if after == "write":
        await hot.clear()
    hot.after = after
    await catch_up(world.store, hot, overlap=0)
    assert not await level(world, hot, *PEOPLE)
    assert (await catch_up(world.store, hot, overlap=0)).whole
    assert await level(world, hot, *PEOPLE)


async def test_a_filling_that_stopped_half_way_is_begun_anew_by_every_process() -> None:
    """The mark of a half-filled store is 0, whatever a process has written through meanwhile."""
    world = await lively(*PEOPLE)
    hot = WatchedHot(world.hot)
    await hot.set_mark(0)
    record = await world.record(CEM)
    await hot.write([row_of(record)])
    assert await hot.mark() == 0
    assert (await catch_up(world.store, hot, overlap=0)).people == 3


async def test_a_write_that_failed_here_is_remembered_and_repaired() -> None:
    """Others may have moved the mark on meanwhile: what this process could not show is shown again."""
    world = await lively(*PEOPLE)
    hot = WatchedHot(world.hot)
    record = await world.record(ANNA)
    anna = row_of(record)
    world.hot.absent = True
    with pytest.raises(HotStoreError):
        await hot.write([anna])
    world.hot.absent = False
    assert await hot.mark() == record.seq - 1
    done = await catch_up(world.store, hot, overlap=0)
    assert done.people >= 1
    assert await hot.mark() == await last_seq(world)


async def test_what_was_written_through_here_need_not_be_written_again() -> None:
    world = await lively(*PEOPLE)
    hot = WatchedHot(world.hot)
    before = await last_seq(world)
    record = await world.within(touched)
    await hot.write([row_of(record)])
    assert await world.hot.mark() == before
    assert await hot.mark() == before + 1
    assert (await catch_up(world.store, hot, overlap=0)).people == 0
    assert await world.hot.mark() == before + 1


def row_of(record: PersonRecord) -> HotRow:
    return HotRow(record.person_no, record.seq, record.hot)


async def touched(tx: Transaction) -> PersonRecord:
    """Somebody's record, changed."""
    return (await tx.people.save(await tx.people.changed_after(0, 1)))[0]
