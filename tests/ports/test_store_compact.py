"""After compacting, no byte of a deleted row is in the files that are ours."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adapters.sql.compacting import TABLES
from adapters.sql.store import SqlStore
from adapters.sql.tables import METADATA
from core.errors import StoreError
from core.ports import Store
from tests.ports.worlds import BOT, NOW, event, people, update

OF_OPERATORS = {"content", "campaign", "journey"}
GONE, KEPT = b"gone-canary-", b"kept-canary-"


def written(folder: Path) -> bytes:
    """All bytes of the database's files."""
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


async def crowd(store: Store, n: int = 60) -> list[int]:
    """People with rows of all lengths in changing order, so that pages are rearranged; every second person is
    erased again."""
    numbers = await people(store, *range(1, n + 1))
    dice = random.Random(5)
    for _ in range(12):
        async with store.transaction() as tx:
            for number in dice.sample(numbers, n // 2):
                name = (GONE if number % 2 else KEPT).decode() + f"{number:04d};"
                item = event(number, f"{dice.random()}:{name}", NOW + dice.randrange(10**6))
                item.event.props["words"] = name * dice.randrange(1, 300)  # type: ignore[index]  # a dict here
                await tx.events.append([item])
    for number in numbers[::2]:
        async with store.transaction() as tx:
            await tx.erasures.erase(number, [], NOW)
    return numbers


async def test_no_byte_of_who_was_erased_is_in_an_sqlite_file_that_is_open(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    store = await SqlStore(f"sqlite:///{folder}/kairos.db").open()
    async with store.transaction() as tx:
        await tx.inbox.add(BOT, [update(n, (GONE + b"%04d;" % n) * n * n * 9) for n in range(12)])
    await crowd(store)
    async with store.transaction() as tx:
        await tx.inbox.failed(range(1, 13), "")
        await tx.inbox.drop(range(1, 13))
    async with store.transaction(write=False) as tx:
        kept = [len(await tx.events.all_of_person(number)) for number in range(2, 61, 2)]
    assert GONE in written(folder), "the log still has it, or this shows nothing"
    await store.compact()
    assert GONE not in written(folder)
    assert KEPT in written(folder)
    async with store.transaction() as tx:
        assert [len(await tx.events.all_of_person(number)) for number in range(2, 61, 2)] == kept
        assert await tx.inbox.add(BOT, [update(99)]) == 1, "it goes on"
    await store.close()
    with closing(sqlite3.connect(folder / "kairos.db")) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_reader_that_stays_is_told_of_and_the_next_time_it_works(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    store = await SqlStore(f"sqlite:///{folder}/kairos.db", busy_s=0.05).open()
    await crowd(store, 4)
    with closing(sqlite3.connect(folder / "kairos.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM event").fetchone()
        with pytest.raises(StoreError) as error:
            await store.compact()
        assert not error.value.permanent
        assert "is being read" in str(error.value)
        assert await people(store, 77), "writing goes on"
        reader.execute("ROLLBACK")
    await store.compact()
    assert GONE not in written(folder)
    await store.close()


async def test_our_own_work_waits_and_goes_on(address: str) -> None:
    store = await SqlStore(address).open()
    await crowd(store, 4)
    done = await asyncio.gather(store.compact(), people(store, 91), store.compact(), people(store, 92))
    assert sorted([done[1], done[3]]) == [[5], [6]]
    async with store.transaction() as tx:
        await tx.people.load([5])
    await store.close()


def test_every_table_with_people_in_it_is_compacted() -> None:
    about = {
        name for name, one in METADATA.tables.items() if {"person_no", "detail", "body"} & set(one.c.keys())
    }
    assert about - set(TABLES) == {"strategy", "model", "erasure", *OF_OPERATORS}
