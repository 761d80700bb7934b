"""What several rooms of tests share."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.postgres import PostgresForTests

# How fast a busy machine is says nothing about the code. Every run tries other examples, so that few are
# enough; `manage_crm.py test --hypothesis-profile=long` tries many.
settings.register_profile("kairos", deadline=None, max_examples=50)
settings.register_profile("long", deadline=None, max_examples=2_000)
settings.load_profile("kairos")


def pytest_collection() -> None:
    """Nothing of what is loaded for the tests goes away again: no use in looking for it."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What was loaded is passed over from here on: looking through it took a fourth of all time."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresForTests]:
    """One PostgreSQL server for all tests of this process; it starts when the first one asks."""
    from tests.postgres import PostgresForTests  # tests of core need no SQL

    server = PostgresForTests()
    yield server
    server.stop()
