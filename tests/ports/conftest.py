"""The stores that the behaviour suite runs over."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.memory import MemoryStore
from adapters.sql.migrate import upgrade
from adapters.sql.store import SqlStore
from core.identity import Identity
from core.ports import Store
from tests.ports.worlds import HELD_OUT
from tests.postgres import PostgresForTests


def holdout(identity: Identity) -> bool:
    """One known person belongs to the control group."""
    return identity == HELD_OUT


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[SqlStore]:
    """A store over SQL, closed again."""
    store = await SqlStore(url, holdout=holdout).open()
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with all tables and no rows, to be copied."""
    file = tmp_path_factory.mktemp("sqlite") / "kairos.db"
    asyncio.run(upgrade(str(file)))
    return file


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def store(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path
) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    if request.param == "memory":
        yield MemoryStore(holdout=holdout)
    elif request.param == "sqlite":
        shutil.copy(sqlite_template, tmp_path / "kairos.db")
        async with opened(f"sqlite:///{tmp_path}/kairos.db") as found:
            yield found
    else:
        server: PostgresForTests = request.getfixturevalue("postgres")
        async with opened(await server.fresh_database()) as found:
            yield found


@pytest.fixture(params=["sqlite", "postgresql"])
async def address(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path
) -> AsyncIterator[str]:
    """The URL of a database with all tables and no rows."""
    if request.param == "sqlite":
        shutil.copy(sqlite_template, tmp_path / "kairos.db")
        yield f"sqlite:///{tmp_path}/kairos.db"
    else:
        server: PostgresForTests = request.getfixturevalue("postgres")
        yield await server.fresh_database()
