"""Makes deleted rows unreadable in the database's own files.

SQLite: `secure_delete` overwrites a deleted row where it stood, but not the copies that its pages left
elsewhere when they were rearranged (measured: one of eight deleted rows could still be read). So the file is
written anew (VACUUM) and the write-ahead log is emptied, as one step of its own, while writers wait.

PostgreSQL: VACUUM of the tables that people stand in. What remains there is the server's: free space inside
pages until it is used again, its write-ahead log, replicas and backups.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.onehop import FileOptions, open_file
from core.errors import StoreError

TABLES: Final = (
    *("person", "identity", "membership", "reach", "consent", "consent_history", "group_member"),
    *("event", "inbox", "message", "decision", "audit", "writing", "enrolment", "list_entry"),
)
"""Where rows about people stand or stood."""
IN_MEMORY_BYTES: Final = 64 << 20
"""A smaller file is written anew in memory, a larger one by way of a temporary file."""
LIVE: Final = "PRAGMA wal_checkpoint(TRUNCATE)"


def compact_file(options: FileOptions) -> None:
    """Write the file anew and empty its log. Waits for readers as long as for another writer, then raises
    StoreError: what they look at can't be taken from under them. To be called in a thread."""
    with _in_their_words(), closing(open_file(options)) as file:
        if Path(options.path).stat().st_size > IN_MEMORY_BYTES:
            file.execute("PRAGMA temp_store=FILE")
        file.execute("VACUUM")
        busy, _, _ = file.execute(LIVE).fetchone()
    if busy:
        raise StoreError(
            f"The database {options.path} is being read, so its log can't be emptied.",
            next_step="end long reports and exports; it is tried again by itself",
        )


async def vacuum(connection: AsyncConnection) -> None:
    """VACUUM the tables of a server; it allows that outside of transactions only."""
    own = await connection.execution_options(isolation_level="AUTOCOMMIT")
    try:
        await own.execute(text(f"VACUUM {', '.join(TABLES)}"))
    finally:
        await own.close()  # the next user of this lane wants transactions again


@contextmanager
def _in_their_words() -> Iterator[None]:
    """Raise SQLite's errors as SQLAlchemy's, which `explain` knows."""
    try:
        yield
    except sqlite3.Error as error:
        raise DBAPIError.instance("VACUUM", None, error, sqlite3.Error) from error
