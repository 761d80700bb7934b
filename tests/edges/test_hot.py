"""What Redis holds is the record, also when several processes write: no mark claims what nobody has shown."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory import MemoryHot, MemoryStore
from adapters.sql.store import SqlStore
from app.hot import MOST_SPANS, Shown, WatchedHot
from core.errors import HotStoreError
from core.flow.capture import CaptureDeps, apply_pending
from core.flow.forget import request_erasure
from core.flow.rebuild import Rebuilt, catch_up
from core.identity import telegram
from core.ports import HotRow, HotStore, RawUpdate, Store
from tests.core.flow.worlds import ANNA, BORA, BOT, CEM, GROUP, NOW, human, read


# ------------------------------------------------------------------------------------------ what was shown
@given(
    mark=st.integers(0, 40),
    writes=st.lists(st.lists(st.integers(1, 40), max_size=8), max_size=12),
    dropped=st.integers(0, 40),
)
def test_all_is_shown_up_to_the_first_gap_however_the_numbers_come(
    mark: int, writes: Sequence[Sequence[int]], dropped: int
) -> None:
    shown, known = Shown(), {seq for seqs in writes for seq in seqs}
    for seqs in writes:
        shown.add(seqs)
    gap = next(seq for seq in range(mark + 1, 99) if seq not in known)
    assert shown.behind(mark) == gap - 1
    shown.drop(dropped)
    later = max(mark, dropped)
    assert shown.behind(later) == next(seq for seq in range(later + 1, 99) if seq not in known) - 1


def test_of_too_many_pieces_the_oldest_are_forgotten() -> None:
    shown = Shown()
    shown.add(range(1, 4 * MOST_SPANS, 2))
    assert shown.behind(0) == 0, "it is copied instead"
    assert shown.behind(4 * MOST_SPANS - 2) == 4 * MOST_SPANS - 1


# ------------------------------------------------------------------------------------------ processes
@dataclass(slots=True)
class Process:
    """One that applies updates; what it shows goes to `hot`."""

    store: Store
    hot: HotStore

    async def hears(self, update_id: int, person: int, chat_id: int = 0) -> None:
        """Somebody says a word, and it takes effect here."""
        chat = {"id": chat_id, "type": "supergroup", "title": "Club"} if chat_id else None
        message = {
            "message_id": update_id,
            "date": NOW // 1000,
            "from": human(person),
            "chat": chat or {"id": person, "type": "private"},
            "text": "hello",
        }
        body = json.dumps({"update_id": update_id, "message": message}).encode()
        async with self.store.transaction() as tx:
            await tx.inbox.add(BOT, [RawUpdate(update_id, body, NOW)])
        await apply_pending(CaptureDeps(self.store, self.hot, read), NOW + update_id)

    async def looks(self) -> Rebuilt:
        """What the watch does every few seconds."""
        return await catch_up(self.store, self.hot, overlap=0)


@dataclass(slots=True)
class Town:
    """Two processes over one record: `live` shows what it does in Redis, `silent` does not."""

    live: Process
    silent: Process
    redis: MemoryHot = field(default_factory=MemoryHot)

    async def is_level(self) -> bool:
        """Redis holds each record as it was packed with its last change, and a mark behind all of them."""
        async with self.live.store.transaction(write=False) as tx:
            people, groups = await tx.people.hot_after(0, 99), await tx.groups.hot_after(0, 99)
            last = await tx.people.last_seq()
        shown = await self.redis.read([row.no for row in people])
        shown_groups = await self.redis.read_groups([row.no for row in groups])
        return (
            all(shown.get(row.no) == unpacked(row) for row in people)
            and all(shown_groups.get(row.no) == unpacked(row) for row in groups)
            and await self.redis.mark() == last
        )


def unpacked(row: HotRow) -> dict[str, str]:
    items = json.loads(row.packed)
    return {"seq": str(row.seq), **dict(zip(items[::2], items[1::2], strict=True))}


@asynccontextmanager
async def two_memories(_: Path) -> AsyncIterator[tuple[Store, Store]]:
    store = MemoryStore()
    yield store, store


@asynccontextmanager
async def two_files(folder: Path) -> AsyncIterator[tuple[Store, Store]]:
    async with AsyncExitStack() as stack:
        stores = []
        for _ in range(2):
            stores.append(await SqlStore(f"{folder}/kairos.db").open())
            stack.push_async_callback(stores[-1].close)
        yield stores[0], stores[1]


@pytest.fixture(params=[two_memories, two_files], ids=["memory", "sqlite"])
async def town(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    make: Callable[[Path], AsyncIterator[tuple[Store, Store]]] = request.param
    async with make(tmp_path) as (one, other):  # type: ignore[attr-defined]  # both makers are managers
        redis = MemoryHot()
        made = Town(Process(one, WatchedHot(redis)), Process(other, MemoryHot()), redis)
        await made.live.looks()
        yield made


async def test_what_another_process_did_not_show_is_shown_at_the_next_look(town: Town) -> None:
    """An import, a verb or a process that was killed commits in between, and this one goes on."""
    await town.live.hears(1, ANNA)
    await town.silent.hears(2, BORA)
    await town.live.hears(3, CEM)
    assert not await town.is_level()
    await town.live.looks()
    assert await town.is_level()
    assert (await town.live.looks()).people == 0, "once is enough"


async def test_a_wish_that_only_sql_heard_of_is_shown_at_the_next_look(town: Town) -> None:
    await town.live.hears(1, ANNA)
    await request_erasure(town.silent.store, telegram(ANNA), NOW + 5)
    await town.live.hears(2, BORA)
    await town.live.looks()
    assert await town.is_level()


async def test_alone_a_look_copies_nothing(town: Town) -> None:
    """People and groups are numbered together."""
    await town.live.hears(99, ANNA)
    await town.live.looks()  # the mark of an empty record is that of one half filled
    for update_id in range(1, 7):
        await town.live.hears(update_id, (ANNA, BORA, CEM)[update_id % 3], GROUP if update_id % 2 else 0)
        if update_id % 3 == 0:
            assert await town.live.looks() == Rebuilt(0, whole=False)
            assert await town.is_level()


async def test_two_processes_that_both_show_leave_nothing_out(town: Town) -> None:
    other = Process(town.silent.store, WatchedHot(town.redis))
    for update_id in range(1, 9):
        await (town.live, other)[update_id % 2].hears(update_id, ANNA + update_id % 5)
        if update_id % 3 == 0:
            await town.silent.hears(update_id + 50, BORA)
    await town.live.looks()
    assert await town.is_level()
    await other.looks()
    assert await town.is_level()


# ------------------------------------------------------------------------------------------ alone with Redis
def rows(*seqs: int) -> list[HotRow]:
    return [HotRow(seq, seq, '["lang","tr"]') for seq in seqs]


async def marked(mark: int) -> tuple[MemoryHot, WatchedHot]:
    redis = MemoryHot()
    await redis.set_mark(mark)
    hot = WatchedHot(redis)
    assert await hot.mark() == mark
    return redis, hot


async def test_a_write_that_overtook_another_counts_when_the_other_is_there() -> None:
    _, hot = await marked(10)
    await hot.write(rows(14, 15))
    assert await hot.mark() == 10
    await hot.write_groups(rows(13))
    await hot.write(rows(12, 11))
    assert await hot.mark() == 15


async def test_a_group_that_is_gone_stands_for_no_change() -> None:
    """Its row carries the number of whatever changed last, perhaps elsewhere."""
    _, hot = await marked(10)
    await hot.write_groups([HotRow(3, 11, "")])
    assert await hot.mark() == 10


async def fails(redis: MemoryHot, hot: WatchedHot, *seqs: int) -> None:
    redis.absent = True
    with pytest.raises(HotStoreError):
        await hot.write(rows(*seqs))
    redis.absent = False


async def test_what_was_shown_before_a_failure_is_shown_again() -> None:
    """Whoever does not answer may have been killed, and have lost its last second."""
    redis, hot = await marked(10)
    await hot.write(rows(11, 12))
    await fails(redis, hot, 13)
    await hot.write(rows(14))
    assert await hot.mark() == 10
    await hot.set_mark(14, if_marked=True)
    assert await hot.mark() == 14


async def test_a_copy_does_not_make_up_for_what_failed_meanwhile() -> None:
    redis, hot = await marked(10)
    await hot.write(rows(12))
    assert await hot.mark() == 10, "here the copy begins"
    await fails(redis, hot, 13)
    await hot.set_mark(12, if_marked=True)
    assert await hot.mark() == 10, "the next begins there again"
    await fails(redis, hot, 14)
    await hot.set_mark(14, if_marked=True)
    assert await hot.mark() == 10
    await hot.set_mark(14, if_marked=True)
    assert await hot.mark() == 14


async def test_a_failure_before_the_first_look_does_not_mean_that_nothing_is_there() -> None:
    redis = MemoryHot()
    await redis.set_mark(500)
    hot = WatchedHot(redis)
    await fails(redis, hot, 501)
    assert await hot.mark() == 500
