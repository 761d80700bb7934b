"""The town as fixtures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from shutil import copyfile

import pytest

from adapters.sql.store import SqlStore
from app.desk.queries import Queries
from app.desk.workspace import Workspace
from core.ports import Store
from tests.edges.console.town import make_town, workspace


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town's database, made once; every test works on a copy."""
    file = tmp_path_factory.mktemp("town") / "town.db"
    asyncio.run(make_town(file))
    return file


@pytest.fixture
def database(settled: Path, tmp_path: Path) -> Path:
    """A copy of the town's database."""
    return Path(copyfile(settled, tmp_path / "town.db"))


@pytest.fixture
async def store(database: Path) -> AsyncIterator[Store]:
    """A settled store."""
    found = SqlStore(f"sqlite:///{database}")
    try:
        yield found
    finally:
        await found.close()


@pytest.fixture
def space(store: Store) -> Workspace:
    return workspace(store)


@pytest.fixture
def queries(space: Workspace) -> Queries:
    return Queries(space)
