"""SQLite's connection for the event loop, with one trip to its thread per statement.

aiosqlite makes four trips for a query (open a cursor, execute, fetch, close); this connection makes one and
hands out rows already fetched. A transaction begins on the trip of its first statement, and nobody waits for
the end of one that only read. It opens the file with the settings that the record's promises need.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import aiosqlite

T = TypeVar("T")
_PAUSE_S = 0.005


@dataclass(frozen=True, slots=True)
class FileOptions:
    """max_pages: bounds the file as a full disk would, 0 = not at all. busy_s: how long to wait for another
    process that is writing."""

    path: str
    read_only: bool = False
    max_pages: int = 0
    busy_s: float = 10.0


def open_file(options: FileOptions) -> sqlite3.Connection:
    """Open the file: nothing is lost on power loss, deleted bytes are overwritten."""
    connection = sqlite3.connect(
        options.path, timeout=options.busy_s, isolation_level=None, check_same_thread=False
    )
    try:
        _keep_a_log(connection, options.busy_s)
        for pragma in _pragmas(options):
            connection.execute(f"PRAGMA {pragma}").close()
    except BaseException:
        connection.close()
        raise
    return connection


def _keep_a_log(connection: sqlite3.Connection, busy_s: float) -> None:
    """Turn to the write-ahead log. Of several that open a new file at once SQLite refuses all but one without
    waiting, so the waiting is done here; to be called in a thread."""
    until = time.monotonic() + busy_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_PAUSE_S)
        else:
            return


def _pragmas(options: FileOptions) -> list[str]:
    pragmas = [
        "synchronous=FULL",
        "secure_delete=ON",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-4000",
    ]
    if options.max_pages:
        pragmas.append(f"max_page_count={options.max_pages}")
    if options.read_only:
        pragmas.append("query_only=ON")
    return pragmas


class OneHopCursor:
    """The part of a cursor that SQLAlchemy uses; its rows are here as soon as the statement has run."""

    arraysize = 1

    def __init__(self, connection: OneHopConnection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> OneHopCursor:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> OneHopCursor:
        await self._connection.in_thread(self._execute, sql, parameters)
        return self

    async def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> OneHopCursor:
        await self._connection.in_thread(self._executemany, sql, parameters)
        return self

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        self._rows = []

    def _execute(self, sql: str, parameters: Sequence[Any]) -> None:
        cursor = self._connection.begun().execute(sql, parameters)
        self.description = cursor.description
        self._rows = cursor.fetchall() if cursor.description else []
        self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        cursor.close()

    def _executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        cursor = self._connection.begun().executemany(sql, parameters)
        self.rowcount = cursor.rowcount
        cursor.close()


class OneHopConnection(aiosqlite.Connection):
    """aiosqlite's thread and queue, with cursors that need one trip."""

    def __init__(self, options: FileOptions) -> None:
        super().__init__(lambda: open_file(options), iter_chunk_size=64)
        self._reads_only = options.read_only
        self._begin = "BEGIN" if options.read_only else "BEGIN IMMEDIATE"
        self.under_way = False
        """Whether a statement was run since the last commit or rollback."""
        self._end: asyncio.Future[Any] | None = None
        self._thread.daemon = True  # a forgotten connection must not keep the program from ending

    def stop(self) -> asyncio.Future[Any] | None:
        """Ask the thread to end."""
        self._end = super().stop()
        return self._end

    async def stopped(self) -> None:
        """Wait until the thread has ended: it must not speak to a loop that is already closed."""
        if self._end is not None:
            await self._end

    def begun(self) -> sqlite3.Connection:
        """The connection itself, inside a transaction; to be used in its thread only."""
        if not self._conn.in_transaction:
            self._conn.execute(self._begin).close()
        return self._conn

    async def commit(self) -> None:
        """End the transaction, if a statement began one; only what was written is waited for."""
        if self.under_way and self._reads_only:
            self._tx.put_nowait((None, self._conn.commit))
        elif self.under_way:
            await super().commit()
        self.under_way = False

    async def rollback(self) -> None:
        """Undo the transaction, if a statement began one."""
        if self.under_way:
            await super().rollback()
        self.under_way = False

    async def in_thread(self, function: Callable[..., T], *arguments: object) -> T:
        """Run in the connection's thread, after what was asked before."""
        self.under_way = True
        found: T = await self._execute(function, *arguments)  # type: ignore[no-untyped-call]  # no types there
        return found

    def cursor(self) -> OneHopCursor:  # type: ignore[override]  # SQLAlchemy wants only what OneHopCursor has
        return OneHopCursor(self)


async def connect(options: FileOptions) -> OneHopConnection:
    """Open in a thread of its own."""
    connection = OneHopConnection(options)
    try:
        await connection
    except BaseException:
        await connection.stopped()
        raise
    return connection
