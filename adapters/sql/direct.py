"""SQLAlchemy's statements on SQLite by the short way: compiled once, then text and values go to the file's
thread as they are.

SQLAlchemy's own way of running a compiled statement through its asyncio layer costs 130 microseconds where
the trip to the thread costs 30 and SQLite itself 3. Statements are constants of their rooms; one that is made
anew each time works too, but is compiled each time.
"""

from __future__ import annotations

import re
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import ClauseElement
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.selectable import ReturnsRows

from adapters.sql.onehop import OneHopConnection

Values = Mapping[str, Any]
Row = Sequence[Any]
_DIALECT: Final = dialect(paramstyle="qmark")
_LIST: Final = re.compile(r"__\[POSTCOMPILE_(\w+)\]")
_known: Final[WeakKeyDictionary[ClauseElement, Direct]] = WeakKeyDictionary()


class Direct:
    """One compiled statement: makes SQLite's text and values from named ones, and named rows from plain."""

    __slots__ = ("_constants", "_lists", "_order", "_readers", "_row", "tells", "text")

    def __init__(self, statement: ClauseElement, names: Sequence[str]) -> None:
        compiled: Any = statement.compile(dialect=_DIALECT, column_keys=list(names))
        self.text: str = compiled.string
        self._order: Sequence[str] = compiled.positiontup or ()
        self._constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        self._lists = frozenset(_LIST.findall(self.text))
        columns = list(statement.exported_columns) if isinstance(statement, ReturnsRows) else []
        self.tells = bool(columns)
        self._row = _row_type([str(one.key) for one in columns])
        readers = [one.type.dialect_impl(_DIALECT).result_processor(_DIALECT, None) for one in columns]
        self._readers = [(place, read) for place, read in enumerate(readers) if read is not None]

    def ready(self, given: Values) -> tuple[str, list[Any]]:
        """The text, with as many places as its lists have values, and all values in order."""
        values = {**self._constants, **given}
        if not self._lists:
            return self.text, [values[name] for name in self._order]
        text = _LIST.sub(lambda found: ", ".join("?" * len(values[found[1]])), self.text)
        ordered: list[Any] = []
        for name in self._order:
            if name in self._lists:
                ordered.extend(values[name])
            else:
                ordered.append(values[name])
        return text, ordered

    def ordered(self, names: Sequence[str], rows: Sequence[Row]) -> Sequence[Row]:
        """Rows of values under these names, as the text wants them."""
        if self._lists or set(self._order) - set(names):
            raise ValueError("rows of plain values need a statement of plain parameters, all of them named")
        if tuple(self._order) == tuple(names):
            return rows
        take = itemgetter(*(names.index(name) for name in self._order))
        return [take(row) for row in rows]

    def rows(self, plain: Sequence[Sequence[Any]]) -> list[Any]:
        """Rows whose values can be asked for by name, with the types of their columns."""
        make = self._row._make
        if not self._readers:
            return [make(one) for one in plain]
        return [make(self._read(list(one))) for one in plain]

    def _read(self, row: list[Any]) -> list[Any]:
        for place, read in self._readers:
            row[place] = read(row[place])
        return row


@dataclass(frozen=True, slots=True)
class Done:
    """What a statement brought: its rows, and how many it touched."""

    rows: Sequence[Any]
    touched: int


def _row_type(names: Sequence[str]) -> Any:
    return namedtuple("Row", names, rename=True)  # noqa: PYI024 - its fields are known at run time only


def direct(statement: ClauseElement, names: Sequence[str]) -> Direct:
    """The statement compiled; `names` are those of the values it will be given."""
    found = _known.get(statement)
    if found is None:
        found = _known[statement] = Direct(statement, names)
    return found


async def run(connection: OneHopConnection, statement: ClauseElement, given: Values) -> Done:
    """Run a statement once."""
    compiled = direct(statement, tuple(given))
    text, values = compiled.ready(given)
    return await _go(connection, compiled, _once, (text, values))


async def run_each(connection: OneHopConnection, statement: ClauseElement, given: Sequence[Values]) -> Done:
    """Run a statement once for each set of values, on one trip."""
    compiled = direct(statement, tuple(given[0]))
    ready = [compiled.ready(one) for one in given]
    way = _each if compiled.tells else _many
    return await _go(connection, compiled, way, (ready[0][0], [values for _, values in ready]))


async def run_rows(
    connection: OneHopConnection, statement: ClauseElement, names: Sequence[str], rows: Sequence[Row]
) -> Done:
    """Run a statement once for each row of values, given in the order of `names`: the way for thousands."""
    compiled = direct(statement, names)
    return await _go(connection, compiled, _many, (compiled.text, compiled.ordered(names, rows)))


async def insert_new(
    connection: OneHopConnection, statement: ClauseElement, names: Sequence[str], rows: Sequence[Row]
) -> list[bool]:
    """Insert rows of which some may be there (ON CONFLICT DO NOTHING); for each whether it was new."""
    compiled = direct(statement, names)
    ready = compiled.ordered(names, rows)
    with _in_their_words(compiled.text):
        return await connection.in_thread(lambda: _new(connection.begun(), compiled.text, ready))


Plain = tuple[list[Any], int]
Way = Callable[[sqlite3.Connection, str, Sequence[Any]], Plain]


async def _go(
    connection: OneHopConnection, compiled: Direct, way: Way, what: tuple[str, Sequence[Any]]
) -> Done:
    with _in_their_words(what[0]):
        plain, touched = await connection.in_thread(lambda: way(connection.begun(), *what))
    return Done(compiled.rows(plain), touched)


async def commit(connection: OneHopConnection) -> None:
    """Make durable what the statements did."""
    with _in_their_words("COMMIT"):
        await connection.commit()


async def rollback(connection: OneHopConnection) -> None:
    """Undo what the statements did."""
    with _in_their_words("ROLLBACK"):
        await connection.rollback()


@contextmanager
def _in_their_words(text: str) -> Iterator[None]:
    """Raise SQLite's errors as SQLAlchemy's, which `explain` knows."""
    try:
        yield
    except sqlite3.Error as error:
        raise DBAPIError.instance(text, None, error, sqlite3.Error) from error


def _once(file: sqlite3.Connection, text: str, values: Sequence[Any]) -> Plain:
    cursor = file.execute(text, values)
    rows, touched = cursor.fetchall() if cursor.description else [], cursor.rowcount
    cursor.close()
    return rows, touched


def _many(file: sqlite3.Connection, text: str, values: Sequence[Any]) -> Plain:
    cursor = file.executemany(text, values)
    touched = cursor.rowcount
    cursor.close()
    return [], touched


def _new(file: sqlite3.Connection, text: str, rows: Sequence[Row]) -> list[bool]:
    """SQLite counts the rows it changed; it asks for the next row when the one before has been dealt with."""
    new: list[bool] = []

    def watched() -> Iterator[Row]:
        for row in rows:
            before = file.total_changes
            yield row
            new.append(file.total_changes != before)

    file.executemany(text, watched()).close()
    return new


def _each(file: sqlite3.Connection, text: str, values: Sequence[Any]) -> Plain:
    """`executemany` gives no rows back."""
    rows = [row for one in values for row in _once(file, text, one)[0]]
    return rows, len(rows)
