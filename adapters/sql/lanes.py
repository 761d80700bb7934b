"""Connections to the database: a fixed number of lanes, taken in the order of asking.

SQLite has one lane for writing (one writer at a time is its nature, and asking in order keeps a run
repeatable) and a few for reading; PostgreSQL has several for both. A lane keeps its connection open; one that
broke is closed and opened anew by its next user.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from adapters.inflight import InFlight
from adapters.sql.errors import explain
from adapters.sql.onehop import FileOptions, connect
from core.errors import SettingsError

READERS: Final = 2
WORKERS: Final = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Where the record is. `name` may be shown: it carries no password."""

    url: URL
    name: str

    @property
    def is_file(self) -> bool:
        return self.url.get_backend_name() == "sqlite"


def place(address: str) -> Place:
    """Read `store.url`: `sqlite:///path`, `postgresql://...`, or the path of an SQLite file."""
    text = address if ":" in address.split("/", maxsplit=1)[0] else f"sqlite:///{address}"
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise SettingsError("store.url can't be read", next_step=_FORMS) from error
    backend = url.get_backend_name()
    if backend == "sqlite" and url.database and url.database != ":memory:":
        return Place(url.set(drivername="sqlite+aiosqlite"), url.database)
    if backend in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+asyncpg")
        return Place(url, f"{url.host or url.query.get('host') or 'localhost'}/{url.database}")
    raise SettingsError(f"store.url names {backend!r}, which keeps no record here", next_step=_FORMS)


_FORMS = "write sqlite:///data/kairos.db or postgresql://user@host/name"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of an SQLite file. max_pages: as a full disk would, 0 = none. busy_s: how long to wait for another
    process that is writing."""

    max_pages: int = 0
    busy_s: float = 10.0


UNBOUNDED: Final = Bounds()


def writing_engine(where: Place, bounds: Bounds) -> AsyncEngine:
    """Every transaction may write; SQLite takes its write lock at the beginning."""
    if where.is_file:
        return _file_engine(where, FileOptions(where.name, max_pages=bounds.max_pages, busy_s=bounds.busy_s))
    return _server_engine(where)


def reading_engine(where: Place, bounds: Bounds) -> AsyncEngine:
    """Every transaction sees one unchanging moment and can't write."""
    if where.is_file:
        return _file_engine(where, FileOptions(where.name, read_only=True, busy_s=bounds.busy_s))
    return _server_engine(where).execution_options(
        isolation_level="REPEATABLE READ", postgresql_readonly=True
    )


def _file_engine(where: Place, options: FileOptions) -> AsyncEngine:
    async def creator(*_: Any, **__: Any) -> Any:
        return await connect(options)

    return create_async_engine(
        where.url, async_creator=creator, poolclass=NullPool, hide_parameters=True
    )  # a driver's error must not quote the row that it could not write


def _server_engine(where: Place) -> AsyncEngine:
    settings = {"application_name": f"kairos {os.getpid()}", "jit": "off", "timezone": "UTC"}
    return create_async_engine(
        where.url, poolclass=NullPool, hide_parameters=True, connect_args={"server_settings": settings}
    )


class Lanes:
    """`async with lanes.take() as connection:` waits for a free lane, first come first served."""

    def __init__(self, engine: AsyncEngine, size: int, where: Place, inflight: InFlight) -> None:
        self._engine = engine
        self._place = where
        self._inflight = inflight
        self._free: list[AsyncConnection | None] = [None] * size
        self._turn = asyncio.Semaphore(size)
        self._closed = False
        self._alone = size == 1
        self._holders: list[asyncio.Task[Any] | None] = []

    @asynccontextmanager
    async def take(self) -> AsyncIterator[AsyncConnection]:
        """A connection outside any transaction."""
        task = asyncio.current_task()
        if self._alone and task in self._holders:
            raise RuntimeError("a transaction inside a transaction of the same task would wait for itself")
        async with self._turn:
            self._holders.append(task)
            connection = self._free.pop()
            try:
                connection = connection or await self._open()
                yield connection
            finally:
                self._free.append(await self._fit(connection))
                self._holders.remove(task)

    async def close(self) -> None:
        """Close what is open; lanes in use close when they come back."""
        lanes, self._free = self._free, [None] * len(self._free)
        self._closed = True
        for connection in lanes:
            await self._discard(connection)
        with self._inflight.track():
            await self._engine.dispose()

    async def _open(self) -> AsyncConnection:
        try:
            with self._inflight.track():
                return await self._engine.connect()
        except (SQLAlchemyError, OSError) as error:
            raise explain(error, self._place.name) from error

    async def _fit(self, connection: AsyncConnection | None) -> AsyncConnection | None:
        if connection is None:
            return None
        if not (self._closed or connection.closed or connection.invalidated or connection.in_transaction()):
            return connection
        await self._discard(connection)
        return None

    async def _discard(self, connection: AsyncConnection | None) -> None:
        if connection is None:
            return
        with self._inflight.track(), suppress(SQLAlchemyError, OSError):
            await connection.close()
