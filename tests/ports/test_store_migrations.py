"""The migrations lead to the tables that the program uses, on both databases, whoever starts first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.command import downgrade
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from adapters.inflight import InFlight
from adapters.sql.lanes import UNBOUNDED, Lanes, place, writing_engine
from adapters.sql.migrate import FOLDER, current, head, upgrade
from adapters.sql.store import SqlStore
from adapters.sql.tables import METADATA
from core.errors import StoreError
from tests.ports.worlds import people
from tests.postgres import PostgresForTests


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/kairos.db"
    else:
        server: PostgresForTests = request.getfixturevalue("postgres")
        url = await server.empty_database()
        yield url
        await server.drop(url)


async def run(url: str, function: Any) -> Any:
    """Run a function of a connection, and commit."""
    where = place(url)
    lanes = Lanes(writing_engine(where, UNBOUNDED), 1, where, InFlight())
    async with lanes.take() as connection, connection.begin():
        found = await connection.run_sync(function)
    await lanes.close()
    return found


def config(connection: Connection) -> Config:
    """Alembic's view of the migrations."""
    found = Config()
    found.set_main_option("script_location", str(FOLDER))
    found.attributes["connection"] = connection
    return found


async def test_the_migrations_make_the_tables_that_the_program_uses(empty: str) -> None:
    await upgrade(empty)

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, METADATA))

    assert await run(empty, differences) == []


async def test_the_revision_is_known(empty: str) -> None:
    assert await current(empty) is None
    await upgrade(empty)
    await upgrade(empty)
    assert await current(empty) == head()

    def newest(connection: Connection) -> str | None:
        return ScriptDirectory.from_config(config(connection)).get_current_head()

    assert await run(empty, newest) == head()


async def test_several_that_start_at_once_take_turns(empty: str) -> None:
    stores = [SqlStore(empty) for _ in range(3)]
    await asyncio.gather(*(store.open() for store in stores))
    assert [await people(store, number) for number, store in enumerate(stores)] == [[1], [2], [3]]
    for store in stores:
        await store.close()


async def test_a_database_of_a_newer_program_is_refused_and_kept(empty: str) -> None:
    await upgrade(empty)

    def newer(connection: Connection) -> None:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    await run(empty, newer)
    with pytest.raises(StoreError, match="newer program") as error:
        await SqlStore(empty).open()
    assert "restore a backup" in error.value.next_step
    assert await current(empty) == "9999"


async def test_all_can_be_taken_back(empty: str) -> None:
    await upgrade(empty)

    def back(connection: Connection) -> list[str]:
        downgrade(config(connection), "base")
        return inspect(connection).get_table_names()

    assert await run(empty, back) == ["alembic_version"]
    await upgrade(empty)
    assert await current(empty) == head()
