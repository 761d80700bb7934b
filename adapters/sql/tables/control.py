"""Decisions, strategies and models; slots, leases, switches, marks and the audit trail."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Index
from sqlmodel import SQLModel

from adapters.sql.tables.columns import (
    document,
    flag,
    key_number,
    number,
    row_id,
    share,
    string,
)


class Decision(SQLModel, table=True):
    """One decision of the planner. `propensity`: of the candidate that was taken."""

    __table_args__: ClassVar[Any] = (
        Index("decision_person", "person_no", "id"),
        Index("decision_message", "message_id"),
    )
    id: int | None = row_id()
    at_ms: int = number()
    person_no: int = number()
    message_id: int = number()
    segment: str = string()
    model_version: int = number()
    strategy_version: int = number()
    candidates: bytes = document()
    features: bytes = document()
    chosen: int = number()
    propensity: float = share()
    reason: str = string()


class Strategy(SQLModel, table=True):
    """Every version of each segment's strategy; at most one of a segment is live."""

    segment: str = string(key=True)
    version: int = key_number()
    live: bool = flag()
    author: str = string()
    at_ms: int = number()
    body: bytes = document()


class Model(SQLModel, table=True):
    """Every version of each learned model."""

    name: str = string(key=True)
    version: int = key_number()
    at_ms: int = number()
    body: bytes = document()


class Slot(SQLModel, table=True):
    """A slot of a periodic job that somebody took."""

    job: str = string(key=True)
    slot_ms: int = key_number()
    taken_ms: int = number()


class Lease(SQLModel, table=True):
    """A right held by one process at a time; the epoch grows with each new holder."""

    name: str = string(key=True)
    holder: str = string()
    epoch: int = number()
    until_ms: int = number()


class Switch(SQLModel, table=True):
    """The durable switches: kill, pause, halt."""

    name: str = string(key=True)
    value: str = string()


class Mark(SQLModel, table=True):
    """How far something got: an import, a drained queue."""

    name: str = string(key=True)
    value: str = string()


class Audit(SQLModel, table=True):
    """What operators and their programs did."""

    id: int | None = row_id()
    at_ms: int = number()
    actor: str = string()
    action: str = string()
    target: str = string()
    detail: bytes = document()
