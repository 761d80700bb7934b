"""Compiled statements on SQLite by the short way: values in their places, rows by name and of their types."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.schema import CreateTable

from adapters.sql import direct
from adapters.sql.onehop import FileOptions, OneHopConnection, connect

THING = Table(
    "thing",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("good", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
ADD = insert(THING).returning(THING.c.id, THING.c.good)
NAMED = select(THING.c.name, THING.c.good, THING.c.body).where(
    THING.c.name.in_(bindparam("values", expanding=True)), THING.c.good == bindparam("wanted")
)
TURN = update(THING).where(THING.c.name == bindparam("of_name")).values(good=bindparam("now_good"))


def thing(name: str, *, good: bool = True) -> dict[str, object]:
    return {"name": name, "good": good, "body": name.encode()}


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[OneHopConnection]:
    connection = await connect(FileOptions(str(tmp_path / "direct.db")))
    await direct.run(connection, text(str(CreateTable(THING))), {})
    yield connection
    await connection.close()


async def test_each_set_of_values_gives_its_row_back(file: OneHopConnection) -> None:
    done = await direct.run_each(file, ADD, [thing("a"), thing("b", good=False)])
    assert [(row.id, row.good) for row in done.rows] == [(1, True), (2, False)]
    assert done.rows[0].good is True


async def test_a_list_takes_as_many_places_as_it_has_values(file: OneHopConnection) -> None:
    await direct.run_each(file, ADD, [thing(name) for name in "abcd"])
    for values in (["a"], ["b", "d"], list("abcd")):
        done = await direct.run(file, NAMED, {"values": values, "wanted": True})
        assert [row.name for row in done.rows] == values
        assert [row.body for row in done.rows] == [name.encode() for name in values]


async def test_a_statement_tells_how_many_rows_it_touched(file: OneHopConnection) -> None:
    await direct.run_each(file, ADD, [thing("a"), thing("b")])
    assert (await direct.run(file, TURN, {"of_name": "a", "now_good": False})).touched == 1
    each = [{"of_name": name, "now_good": False} for name in ("a", "b", "nobody")]
    assert (await direct.run_each(file, TURN, each)).touched == 2


async def test_a_value_that_was_forgotten_is_an_error_and_not_null(file: OneHopConnection) -> None:
    with pytest.raises(KeyError):
        await direct.run(file, NAMED, {"values": ["a"]})


async def test_errors_are_sqlalchemys_so_that_their_sentences_are_found(file: OneHopConnection) -> None:
    await direct.run(file, ADD, thing("a"))
    with pytest.raises(IntegrityError):
        await direct.run(file, ADD, thing("a"))
    with pytest.raises(OperationalError):
        await direct.run(file, text("SELECT 1 FROM nothing"), {})


async def test_all_statements_up_to_the_commit_are_one_transaction(file: OneHopConnection) -> None:
    await file.commit()
    await direct.run(file, ADD, thing("a"))
    await file.rollback()
    await direct.run(file, ADD, thing("b"))
    await file.commit()
    found = await direct.run(file, NAMED, {"values": ["a", "b"], "wanted": True})
    assert [row.name for row in found.rows] == ["b"]
