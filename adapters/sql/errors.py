"""What a driver's error means for the program: one sentence with the next step, as a `StoreError`.

Errors that mean a fault in our own statements stay as they are; they must not look like a busy database.
A value that no column can hold becomes a ValueError, so that the row that carries it can be kept aside.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError

from core.errors import StoreError

Sentence = tuple[str, str]

_SQLITE: Final[Mapping[int, Sentence]] = {
    sqlite3.SQLITE_BUSY: ("is locked by another process", "end the other process, then try again"),
    sqlite3.SQLITE_LOCKED: ("is locked by another process", "end the other process, then try again"),
    sqlite3.SQLITE_FULL: ("is full", "free space on the disk, or raise its page limit, then try again"),
    sqlite3.SQLITE_CANTOPEN: ("can't be opened", "make its folder and allow this user to write there"),
    sqlite3.SQLITE_NOTADB: ("is not a database", "name another file in store.url, or restore a backup"),
    sqlite3.SQLITE_CORRUPT: ("is damaged", "restore a backup"),
    sqlite3.SQLITE_READONLY: ("may not be written to", "allow this user to write the file and its folder"),
    sqlite3.SQLITE_IOERR: ("can't be read or written on this disk", "check the disk, then try again"),
    sqlite3.SQLITE_PERM: ("may not be opened by this user", "allow this user to read and write it"),
}
_POSTGRES: Final[Mapping[str, Sentence]] = {
    "53100": ("is full", "free space on its disk, then try again"),
    "53300": ("has no connection left", "raise max_connections or end other programs"),
    "3D000": ("does not exist", "create it, then start again"),
    "28": ("refuses the user or password", "check user and password in store.url"),
    "40": ("was busy with the same rows", "try again"),
    "55": ("was busy with the same rows", "try again"),
    "57": ("was stopped or cancelled the work", "start the database server, then try again"),
    "08": ("lost the connection", "check the database server, then try again"),
    "25006": ("may not be written to", "connect to the primary server"),
    "53": ("has not enough memory or disk", "give the database server more room, then try again"),
    "58": ("has trouble with its files", "check the database server's log"),
    "XX": ("has an internal fault", "check the database server's log"),
}
_LASTING: Final = (
    *(_SQLITE[code] for code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)),
    *(_SQLITE[code] for code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM)),
    _POSTGRES["53100"],
)
"""What waiting does not cure: somebody has to do the next step first."""
_UNREACHABLE: Final[Sentence] = (
    "can't be reached",
    "start the database server, or check host and port in store.url",
)
_BROKEN: Final[Sentence] = ("can't do this now", "check the database, then try again")


def explain(error: Exception, place: str) -> Exception:
    """The error to raise instead of the driver's; `place` names the database without a password."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(error, DataError) or _state(cause).startswith("22"):
        return ValueError(f"a value does not fit its column: {type(cause).__name__}")
    sentence = _sentence(error, cause)
    if sentence is None:
        return error
    found = StoreError(f"The database {place} {sentence[0]}.", next_step=sentence[1])
    found.permanent = sentence in _LASTING
    return found


def _sentence(error: Exception, cause: BaseException | None) -> Sentence | None:
    code = getattr(cause, "sqlite_errorcode", None)
    if isinstance(code, int) and code & 0xFF in _SQLITE:
        return _SQLITE[code & 0xFF]
    state = _state(cause)
    if state in _POSTGRES or state[:2] in _POSTGRES:
        return _POSTGRES.get(state) or _POSTGRES[state[:2]]
    if isinstance(error, OSError) or isinstance(cause, OSError):
        return _UNREACHABLE
    if isinstance(error, IntegrityError | ProgrammingError) or state.startswith(("23", "42")):
        return None
    if isinstance(cause, sqlite3.OperationalError) and "no such" in str(cause):
        return None
    return _BROKEN


def _state(cause: BaseException | None) -> str:
    found = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    return found if isinstance(found, str) else ""
