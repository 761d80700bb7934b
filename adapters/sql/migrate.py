"""The tables follow the program: Alembic's migrations, run by the program itself.

Several processes may start at once: they take turns. A database that a newer program has changed is refused.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from adapters.inflight import InFlight
from adapters.sql.lanes import UNBOUNDED, Bounds, Lanes, place, writing_engine
from adapters.sql.work import Work
from core.errors import StoreError

FOLDER: Final = Path(__file__).parent / "migrations"
HEAD: Final = "0004"
"""The newest revision; a test compares it with the scripts."""

_REVISION: Final = text("SELECT version_num FROM alembic_version")


async def upgrade(url: str, *, inflight: InFlight | None = None, bounds: Bounds = UNBOUNDED) -> None:
    """Bring the database up to date, in one transaction."""
    async with _work(url, inflight or InFlight(), bounds) as work:
        await work.alone("migration")
        if await work.call(_revision) != HEAD:
            await work.call(_upgrade)


async def current(url: str) -> str | None:
    """The revision of the database; None when it has no tables yet."""
    async with _work(url, InFlight(), UNBOUNDED) as work:
        return await work.call(_revision)


def head() -> str:
    """The revision that this program needs."""
    return HEAD


@asynccontextmanager
async def _work(url: str, inflight: InFlight, bounds: Bounds) -> AsyncIterator[Work]:
    where = place(url)
    lanes = Lanes(writing_engine(where, bounds), 1, where, inflight)
    try:
        async with lanes.take() as connection, Work(connection, where, inflight, write=True) as work:
            yield work
    finally:
        await lanes.close()


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(_REVISION)
    return found


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - takes a third of a second, needed only when tables change
    from alembic.config import Config  # noqa: PLC0415 - as above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    revision = _revision(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreError(
            f"The database was changed by a newer program (revision {revision}, this one knows {HEAD}).",
            next_step="start the newer program, or restore a backup",
        )
    command.upgrade(config, "head")
