"""A database whose records were laid out by an earlier program is folded again from its events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.inflight import InFlight
from adapters.sql.lanes import UNBOUNDED, Lanes, place, writing_engine
from adapters.sql.layout import BATCH, LAYOUT, MARK
from adapters.sql.store import SqlStore
from core.event import Event, PersonEvent
from core.identity import Place, telegram
from core.intake import record
from core.ports import GroupRecord, PersonRecord, Store
from tests.postgres import PostgresForTests

NOW = 1_780_000_000_000
PEOPLE = BATCH + 3
"""More than one transaction."""
EARLIER = b'{"first_ms": 1, "days": {"20000": {"active": 3}}}'


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a settled database: many people and a group, each with a past."""
    if request.param == "sqlite":
        await settle(found := f"sqlite:///{tmp_path}/kairos.db")
        yield found
        return
    server: PostgresForTests = request.getfixturevalue("postgres")
    await settle(found := await server.empty_database())
    yield found
    await server.drop(found)


async def settle(url: str) -> None:
    store = await SqlStore(url).open()
    async with store.transaction() as tx:
        people = await tx.people.resolve([telegram(no) for no in range(1, PEOPLE + 1)], NOW)
        [group] = (await tx.groups.resolve([Place(-100, "group", "Friends")], NOW)).values()
        events = [
            PersonEvent(no, Event(f"{no}:{n}", NOW - n * 3_600_000, "group_message", 7, {"length": 2}, group))
            for no in people.values()
            for n in range(2)
        ]
        await record(tx, events, NOW)
    await store.close()


async def spoil(url: str) -> None:
    """Leave what a program of an earlier layout would have left."""
    where = place(url)
    lanes = Lanes(writing_engine(where, UNBOUNDED), 1, where, InFlight())
    async with lanes.take() as connection, connection.begin():
        for table in ("person", "grp"):
            await connection.execute(
                text(f"UPDATE {table} SET state = :state, hot = ''"),  # noqa: S608 - two names of ours
                {"state": EARLIER},
            )
        await connection.execute(text("DELETE FROM mark"))
    await lanes.close()


async def records(store: Store) -> tuple[Sequence[PersonRecord], Sequence[GroupRecord]]:
    async with store.transaction(write=False) as tx:
        people = await tx.people.load(await tx.people.numbers(0, 2 * PEOPLE))
        groups = await tx.groups.load(await tx.groups.numbers(0, 10))
    return list(people.values()), list(groups.values())


async def test_records_of_an_earlier_layout_are_folded_again_and_shown_anew(url: str) -> None:
    store = await SqlStore(url).open()
    before = await records(store)
    await store.close()
    await spoil(url)
    again = await SqlStore(url).open()
    after = await records(again)
    for kind in (0, 1):
        assert [one.state for one in after[kind]] == [one.state for one in before[kind]]
        assert min(one.seq for one in after[kind]) > max(one.seq for one in before[kind])
        assert all(one.hot for one in after[kind])
    async with again.transaction(write=False) as tx:
        assert await tx.control.marks(MARK) == {MARK: LAYOUT}
    await again.close()


async def test_a_database_of_this_layout_is_left_alone(url: str) -> None:
    for _ in range(2):
        store = await SqlStore(url).open()
        found = await records(store)
        await store.close()
    assert max(one.seq for one in found[0]) == PEOPLE
