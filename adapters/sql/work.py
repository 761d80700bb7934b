"""One transaction on one connection: statements in, plain rows out, errors in words.

Long lists are cut into chunks, because every database bounds the parameters of a statement. Every wait for
the driver counts as in flight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from sqlalchemy import Connection, Executable, Select, Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.inflight import InFlight
from adapters.sql import direct
from adapters.sql.direct import Done
from adapters.sql.errors import explain
from adapters.sql.lanes import Place
from adapters.sql.onehop import OneHopConnection

CHUNK: Final = 2000
Parameters = Mapping[str, Any]
T = TypeVar("T")
AnyRow = Any
"""A row: a tuple whose values can also be asked for by name."""
_ALONE: Final = text("SELECT pg_advisory_xact_lock(hashtext(:name))")


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """The items in pieces that a statement can carry."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


@dataclass(frozen=True, slots=True)
class Upsert:
    """An INSERT with ON CONFLICT: the same words for both databases, but a class of its own in each."""

    for_file: sqlite.Insert
    for_server: postgresql.Insert

    @classmethod
    def into(cls, table: Table, build: Callable[[Any], Any]) -> Self:
        """`build` adds to a plain INSERT what it is to do."""
        return cls(build(sqlite.insert(table)), build(postgresql.insert(table)))


@dataclass(frozen=True, slots=True)
class InsertNew:
    """An INSERT of rows of which some may be there already, told apart by `key`. Rows are tuples in the order
    of `names`."""

    upsert: Upsert
    names: tuple[str, ...]
    key: tuple[str, ...]

    @classmethod
    def into(cls, table: Table, key: Sequence[str]) -> Self:
        """All columns but a number that the database gives."""
        names = tuple(column.name for column in table.columns if column is not table.autoincrement_column)
        told = [table.c[name] for name in key]
        server: Any = postgresql.insert(table).on_conflict_do_nothing(index_elements=key).returning(*told)
        upsert = Upsert(sqlite.insert(table).on_conflict_do_nothing(index_elements=key), server)
        return cls(upsert, names, tuple(key))

    def is_new(self, rows: Sequence[Sequence[Any]], stored: Iterable[Sequence[Any]]) -> list[bool]:
        """Which of the rows were stored, by the keys of those that were; of doubles only the first."""
        left = {tuple(row) for row in stored}
        places = [self.names.index(name) for name in self.key]
        found = []
        for row in rows:
            key = tuple(row[place] for place in places)
            found.append(key in left)
            left.discard(key)
        return found


Statement = Executable | Upsert


class Work:
    """The rooms' only way to the database. `write`: rows read for a decision are locked where that exists."""

    __slots__ = ("_connection", "_inflight", "_place", "locks", "write")

    def __init__(self, connection: AsyncConnection, where: Place, inflight: InFlight, *, write: bool) -> None:
        self._connection = connection
        self._place = where
        self._inflight = inflight
        self.write = write
        self.locks = write and not where.is_file

    async def __aenter__(self) -> Self:
        """Begin; in a file the first statement does it."""
        if self._place.is_file:
            return self
        try:
            await self._guarded(self._connection.begin())
        except BaseException:
            await self._roll_back()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Commit; on any error leave no trace."""
        try:
            if error is None:
                await self._guarded(self._end())
        finally:
            if self._under_way():
                await self._roll_back()

    async def _end(self) -> None:
        if self._connection.in_transaction():
            await self._connection.commit()
        elif self._place.is_file:
            await direct.commit(self._file)

    def _under_way(self) -> bool:
        return self._connection.in_transaction() or (self._place.is_file and self._file.under_way)

    async def _roll_back(self) -> None:
        """Undo all; a connection that can't even do that is closed by its lane."""
        try:
            with self._inflight.track():
                await self._connection.rollback()
                if self._place.is_file:
                    await direct.rollback(self._file)
        except (SQLAlchemyError, OSError):
            await self._connection.invalidate()

    async def rows(self, statement: Statement, parameters: Parameters | None = None) -> Sequence[AnyRow]:
        """All rows of a statement."""
        return (await self._execute(statement, parameters or {})).rows

    async def value(self, statement: Statement, parameters: Parameters | None = None) -> Any:
        """The first column of the first row, or None."""
        rows = await self.rows(statement, parameters)
        return rows[0][0] if rows else None

    async def run(self, statement: Statement, parameters: Parameters | None = None) -> int:
        """Run a statement for its effect; return how many rows it touched."""
        return (await self._execute(statement, parameters or {})).touched

    async def run_each(self, statement: Statement, parameters: Sequence[Parameters]) -> None:
        """Run a statement once for each set of parameters."""
        if parameters:
            await self._execute(statement, parameters)

    async def run_rows(
        self, statement: Statement, names: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        """Run a statement once for each row of values, given in the order of `names`: the way for
        thousands."""
        if not rows:
            return
        if self._place.is_file:
            chosen: Any = statement.for_file if isinstance(statement, Upsert) else statement
            await self._guarded(direct.run_rows(self._file, chosen, names, rows))
        else:
            await self._execute(statement, [dict(zip(names, row, strict=True)) for row in rows])

    async def insert_new(self, statement: InsertNew, rows: Sequence[Sequence[Any]]) -> list[bool]:
        """Insert what is not there yet; for each row whether it was new (of doubles only the first)."""
        if not rows:
            return []
        names, upsert = statement.names, statement.upsert
        if self._place.is_file:
            new: list[bool] = await self._guarded(direct.insert_new(self._file, upsert.for_file, names, rows))
            return new
        done = await self._execute(upsert, [dict(zip(names, row, strict=True)) for row in rows])
        return statement.is_new(rows, done.rows)

    async def rows_each(self, statement: Upsert, parameters: Sequence[Parameters]) -> Sequence[AnyRow]:
        """Insert each set of parameters; the rows of its RETURNING."""
        if not parameters:
            return []
        return (await self._execute(statement, parameters)).rows

    async def rows_in(
        self, statement: Select[Any], values: Sequence[Any], parameters: Parameters | None = None
    ) -> list[AnyRow]:
        """Rows of a statement with an expanding parameter `values`, however long the list is."""
        found: list[AnyRow] = []
        for part in chunks(values):
            found.extend(await self.rows(statement, {**(parameters or {}), "values": part}))
        return found

    async def run_in(
        self, statement: Statement, values: Sequence[Any], parameters: Parameters | None = None
    ) -> int:
        """Run a statement with an expanding parameter `values`, however long the list is; how many rows it
        touched."""
        touched = 0
        for part in chunks(values):
            touched += (await self._execute(statement, {**(parameters or {}), "values": part})).touched
        return touched

    async def alone(self, name: str) -> None:
        """Until the transaction ends nobody else works under this name. SQLite has one writer anyway."""
        if self.locks:
            await self._execute(_ALONE, {"name": name})

    async def call(self, function: Callable[[Connection], T]) -> T:
        """Run a function that wants SQLAlchemy's own connection, inside this transaction."""
        result: T = await self._guarded(self._connection.run_sync(function))
        return result

    async def _execute(self, statement: Statement, parameters: Parameters | Sequence[Parameters]) -> Done:
        if self._place.is_file:
            return await self._execute_on_file(statement, parameters)
        if isinstance(statement, Upsert):
            statement = statement.for_server
        result: CursorResult[Any] = await self._guarded(self._connection.execute(statement, parameters))
        return Done(result.all() if result.returns_rows else (), result.rowcount)

    async def _execute_on_file(
        self, statement: Statement, parameters: Parameters | Sequence[Parameters]
    ) -> Done:
        chosen: Any = statement.for_file if isinstance(statement, Upsert) else statement
        file = self._file
        if isinstance(parameters, Mapping):
            done: Done = await self._guarded(direct.run(file, chosen, parameters))
        else:
            done = await self._guarded(direct.run_each(file, chosen, parameters))
        return done

    @property
    def _file(self) -> OneHopConnection:
        """SQLite's own connection below SQLAlchemy's; both are in the same transaction."""
        connection: Any = self._connection.sync_connection
        file: OneHopConnection = connection.connection.driver_connection
        return file

    async def _guarded(self, call: Any) -> Any:
        try:
            with self._inflight.track():
                return await call
        except (SQLAlchemyError, OSError) as error:
            raise explain(error, self._place.name) from error
