"""Rows of the inbox are found by their numbers: what else waits costs nothing, however much it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from adapters.sql import inbox
from adapters.sql.direct import direct
from adapters.sql.store import SqlStore

BY_NUMBER = ("_CLAIM", "_APPLIED", "_HANDLED", "_FAILED", "_REPLAY", "_DROP", "_PRUNE")


@pytest.mark.parametrize("name", BY_NUMBER)
async def test_rows_of_known_numbers_are_found_by_them(tmp_path: Path, name: str) -> None:
    file = tmp_path / "kairos.db"
    store = await SqlStore(f"sqlite:///{file}").open()
    await store.close()
    statement: Any = getattr(inbox, name)
    given: dict[str, object] = {"values": [1, 2, 3], **({"why": "odd"} if name == "_FAILED" else {})}
    text, values = direct(statement, tuple(given)).ready(given)
    with closing(sqlite3.connect(file)) as base:
        plan = [row[3] for row in base.execute(f"EXPLAIN QUERY PLAN {text}", values)]
    assert plan == ["SEARCH inbox USING INTEGER PRIMARY KEY (rowid=?)"]
