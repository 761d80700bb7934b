"""A transaction does all or nothing, survives the end of the program, and fails in words."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.inflight import InFlight
from adapters.memory import MemoryStore
from adapters.sql.lanes import UNBOUNDED, Bounds, Place, place, reading_engine, writing_engine
from adapters.sql.migrate import current, head, upgrade
from adapters.sql.store import SqlStore
from core.errors import SettingsError, StoreError
from core.identity import telegram
from core.ledger import Move, State
from core.ports import Store
from tests.ports.worlds import BOT, NOW, campaign, event, people, put, update
from tests.postgres import PostgresForTests


class OnPurpose(Exception):
    """What a step raises in the middle of its transaction."""


async def counts(store: Store) -> tuple[int, dict[str, int], dict[str, int], int]:
    async with store.transaction(write=False) as tx:
        return (
            await tx.people.count(),
            await tx.inbox.counts(),
            await tx.events.counts(),
            await tx.people.last_seq(),
        )


async def test_an_error_in_the_block_leaves_no_trace(store: Store) -> None:
    with pytest.raises(OnPurpose):
        async with store.transaction() as tx:
            (anna,) = (await tx.people.resolve([telegram(1)], NOW)).values()
            await tx.people.save(list((await tx.people.load([anna])).values()))
            await tx.inbox.add(BOT, [update(1)], next_offset=2)
            await tx.events.append([event(anna, "a")])
            raise OnPurpose
    assert await counts(store) == (0, {}, {}, 0)
    assert await people(store, 5) == [1], "numbers that were not committed are free again"


async def test_a_cancelled_transaction_leaves_no_trace_and_the_store_goes_on(store: Store) -> None:
    inside = asyncio.Event()

    async def never_ends() -> None:
        async with store.transaction() as tx:
            await tx.inbox.add(BOT, [update(1)])
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(never_ends())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await counts(store) == (0, {}, {}, 0)
    assert await people(store, 5) == [1]


async def test_cancelling_at_any_moment_breaks_nothing(store: Store) -> None:
    """Also in the middle of a statement: what was cut off is gone, the next user finds a sound connection."""

    async def work(number: int) -> None:
        async with store.transaction() as tx:
            await tx.inbox.add(BOT, [update(number)])
            await tx.inbox.add(BOT, [update(number + 1000)])

    for steps in range(12):
        task = asyncio.create_task(work(steps))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
    async with store.transaction() as tx:
        await tx.inbox.add(BOT, [update(5000)])
        found = [update_id for _, update_id, _ in await tx.inbox.export()]
    whole = {number % 1000 for number in found if number != 5000}
    assert sorted(found) == sorted([*whole, *(number + 1000 for number in whole), 5000])


async def test_readers_see_one_moment_and_can_t_write(store: Store) -> None:
    async with store.transaction(write=False) as reading:
        assert await reading.people.count() == 0
        await people(store, 1, 2)
        assert await reading.people.count() == 0
    assert (await counts(store))[0] == 2


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_with_one_writer_a_task_that_would_wait_for_itself_is_told(kind: str, tmp_path: Path) -> None:
    store = MemoryStore() if kind == "memory" else await SqlStore(f"{tmp_path}/kairos.db").open()
    with pytest.raises(RuntimeError, match="wait for itself"):
        async with store.transaction():
            await people(store, 1)
    assert await people(store, 2) == [1]
    await store.close()


async def test_what_a_transaction_wrote_it_reads(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.inbox.add(BOT, [update(1)])
        assert len(await tx.inbox.pending(5)) == 1


async def test_two_transactions_that_move_a_message_move_it_once(store: Store) -> None:
    (anna,) = await people(store, 1)
    async with store.transaction() as tx:
        (message,) = await put(tx, campaign(anna))

    async def mark() -> int:
        async with store.transaction() as tx:
            await tx.ledger.queue_due(BOT, NOW, 5)
            found = await tx.ledger.line(BOT, 5)
            await asyncio.sleep(0)
            return await tx.ledger.move([Move(m.id, m.state, State.SENDING, permit_ms=NOW) for m in found])

    assert sum(await asyncio.gather(*(mark() for _ in range(5)))) == 1
    async with store.transaction(write=False) as tx:
        assert (await tx.ledger.get([message.id]))[message.id].state is State.SENDING


async def test_a_value_that_no_column_holds_is_named_and_changes_nothing(address: str) -> None:
    store = SqlStore(address)
    with pytest.raises((ValueError, OverflowError)):
        async with store.transaction() as tx:
            await tx.inbox.add(BOT, [update(2), update(1 << 70)])
    assert (await counts(store))[1] == {}
    await store.close()


@pytest.mark.parametrize("engine", [reading_engine, writing_engine])
async def test_a_fault_in_a_statement_does_not_quote_what_people_wrote(
    address: str, engine: Callable[[Place, Bounds], AsyncEngine]
) -> None:
    opened = engine(place(address), UNBOUNDED)
    async with opened.connect() as connection:
        with pytest.raises(DBAPIError) as failed:
            await connection.execute(text("SELECT :said FROM nowhere"), {"said": "words of a person"})
    await opened.dispose()
    assert "words of a person" not in str(failed.value)


async def test_all_is_still_there_after_the_program_has_ended(address: str) -> None:
    store = await SqlStore(address).open()
    (anna,) = await people(store, 1)
    async with store.transaction() as tx:
        await tx.inbox.add(BOT, [update(1)], next_offset=2)
        await put(tx, campaign(anna))
    await store.close()
    store = await SqlStore(address).open()
    assert await counts(store) == (1, {"received": 1}, {}, 0)
    async with store.transaction(write=False) as tx:
        assert await tx.inbox.offset(BOT) == 2
        assert (await tx.ledger.counts()) == {"planned": 1}
    await store.close()


async def test_open_calls_are_counted_and_waiting_for_a_turn_is_none(address: str) -> None:
    inflight = InFlight()
    store = SqlStore(address, inflight=inflight)
    seen: list[int] = []

    async def work() -> None:
        async with store.transaction() as tx:
            call = asyncio.ensure_future(tx.inbox.add(BOT, [update(1)]))
            while not call.done():
                seen.append(inflight())
                await asyncio.sleep(0)
            await call

    await work()
    assert max(seen) >= 1
    assert inflight() == 0
    held = asyncio.Event()

    async def hold_all() -> None:
        async with store.transaction() as tx:
            await tx.inbox.counts()
            await held.wait()

    holders = [asyncio.create_task(hold_all()) for _ in range(20)]
    async with asyncio.timeout(20):
        while inflight() or not any(not task.done() for task in holders):
            await asyncio.sleep(0)
    assert inflight() == 0, "who only waits for another transaction is not in flight"
    held.set()
    await asyncio.gather(*holders)
    await store.close()
    assert inflight() == 0


# ------------------------------------------------------------------------------------------ in words
def sentence(error: pytest.ExceptionInfo[StoreError]) -> str:
    text = str(error.value)
    assert re.fullmatch(r"The database .*\.", text)
    assert error.value.next_step
    return text


async def test_a_full_database_refuses_in_words_and_keeps_what_it_has(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/kairos.db"
    await upgrade(url)
    with closing(sqlite3.connect(tmp_path / "kairos.db")) as file:
        pages = file.execute("PRAGMA page_count").fetchone()[0]
    store = await SqlStore(url, max_pages=pages + 20).open()
    stored = 0
    with pytest.raises(StoreError) as error:
        while True:
            async with store.transaction() as tx:
                await tx.inbox.add(BOT, [update(stored, b"x" * 3000)], next_offset=stored + 1)
            stored += 1
    assert "is full" in sentence(error)
    assert error.value.permanent, "waiting makes no room"
    assert stored > 0
    assert (await counts(store))[1] == {"received": stored}
    async with store.transaction(write=False) as tx:
        assert await tx.inbox.offset(BOT) == stored
    await store.close()
    roomy = await SqlStore(url).open()
    async with roomy.transaction() as tx:
        assert await tx.inbox.add(BOT, [update(stored)]) == 1
    await roomy.close()


async def test_a_database_that_is_full_at_the_start_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is full"):
        await SqlStore(f"sqlite:///{tmp_path}/kairos.db", max_pages=3).open()
    assert await current(f"sqlite:///{tmp_path}/kairos.db") is None


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as error:
        await SqlStore(f"sqlite:///{tmp_path}/nowhere/kairos.db").open()
    assert "can't be opened" in sentence(error)


async def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("These are my notes. " * 100)
    with pytest.raises(StoreError) as error:
        await SqlStore(f"sqlite:///{file}").open()
    assert "is not a database" in sentence(error)
    assert file.read_text().startswith("These are my notes.")


async def test_a_database_that_another_process_is_writing_says_so(tmp_path: Path) -> None:
    store = await SqlStore(f"sqlite:///{tmp_path}/kairos.db", busy_s=0.05).open()
    other = sqlite3.connect(tmp_path / "kairos.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError) as error:
        await people(store, 1)
    assert "is locked" in sentence(error)
    assert not error.value.permanent
    assert (await counts(store))[0] == 0, "reading goes on"
    other.execute("ROLLBACK")
    other.close()
    assert await people(store, 1) == [1]
    await store.close()


async def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(StoreError) as error:
        await SqlStore("postgresql://kairos:s3cret@127.0.0.1:1/kairos").open()
    assert "can't be reached" in sentence(error)
    assert "s3cret" not in str(error.value)


async def test_a_database_that_does_not_exist_is_named(postgres: PostgresForTests) -> None:
    with pytest.raises(StoreError) as error:
        await SqlStore(postgres.address("nobody")).open()
    assert "does not exist" in sentence(error)


async def test_a_lost_server_connection_costs_one_transaction(postgres: PostgresForTests) -> None:
    url = await postgres.fresh_database()
    store = SqlStore(url)
    await people(store, 1)
    await postgres.end_connections()
    with pytest.raises(StoreError):
        await people(store, 2)
    assert await people(store, 3) == [2]
    await store.close()


async def test_two_that_wait_for_each_other_end_in_words(postgres: PostgresForTests) -> None:
    store = SqlStore(await postgres.fresh_database())
    anna, ben = await people(store, 1, 2)
    both = asyncio.Barrier(2)

    async def lock(first: int, second: int) -> str:
        try:
            async with store.transaction() as tx:
                await tx.people.load([first])
                await both.wait()
                await tx.people.load([second])
        except StoreError as error:
            return str(error)
        return "done"

    ends = sorted(await asyncio.gather(lock(anna, ben), lock(ben, anna)))
    assert ends[1] == "done"
    assert "busy with the same rows" in ends[0]
    await store.close()


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:", "what is this?://"])
def test_an_address_that_can_t_hold_the_record_is_refused(url: str) -> None:
    with pytest.raises(SettingsError) as error:
        SqlStore(url)
    assert "sqlite:///data/kairos.db" in error.value.next_step


async def test_a_plain_path_is_an_address(tmp_path: Path) -> None:
    store = await SqlStore(f"{tmp_path}/kairos.db").open()
    await store.close()
    assert await current(f"sqlite:///{tmp_path}/kairos.db") == head()


async def test_the_store_in_memory_can_be_told_to_be_full() -> None:
    store = MemoryStore()
    store.failing = True
    with pytest.raises(StoreError):
        await people(store, 1)
    store.failing = False
    assert await people(store, 2) == [1]
