"""What several rooms of tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.postgres import PostgresForTests

settings.register_profile("kairos", deadline=None)  # how fast a busy machine is says nothing about the code
settings.load_profile("kairos")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresForTests]:
    """One PostgreSQL server for all tests of this process; it starts when the first one asks."""
    server = PostgresForTests()
    yield server
    server.stop()
