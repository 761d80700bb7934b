"""The columns that tables are made of. Telegram's ids and all moments (UTC milliseconds) are 64 bits wide."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    text,
)
from sqlmodel import Field

Wide = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit number; SQLite numbers rows by itself only under the name INTEGER, which is as wide."""


def number(**options: Any) -> Any:
    return Field(sa_column=Column(Wide, nullable=False, **options))


def later_number(value: int) -> Any:
    """Rows written before the column was there have it too."""
    return number(server_default=str(value))


def row_id() -> Any:
    return Field(default=None, sa_column=Column(Wide, primary_key=True, autoincrement=True))


def key_number(*of: ForeignKey) -> Any:
    return Field(sa_column=Column(Wide, *of, primary_key=True, autoincrement=False))


def person_key() -> Any:
    return key_number(ForeignKey("person.person_no"))


def string(*, key: bool = False, **options: Any) -> Any:
    """Without a length: PostgreSQL would refuse what SQLite takes, and neither stores it better."""
    return Field(sa_column=Column(String, primary_key=key, nullable=False, **options))


def document() -> Any:
    return Field(sa_column=Column(LargeBinary, nullable=False))


def flag() -> Any:
    return Field(sa_column=Column(Boolean, nullable=False))


def share() -> Any:
    return Field(sa_column=Column(Float, nullable=False))


def index_of(some: str, name: str, *columns: str) -> Index:
    """An index of some rows only."""
    return Index(name, *columns, sqlite_where=text(some), postgresql_where=text(some))


def later_string(value: str) -> Any:
    """Likewise a text."""
    return string(server_default=value)
