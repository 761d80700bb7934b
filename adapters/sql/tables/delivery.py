"""What goes out: the ledger, what can be said, campaigns, journeys and lists."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import SQLModel

from adapters.sql.tables.columns import (
    document,
    flag,
    index_of,
    key_number,
    later_number,
    later_string,
    number,
    row_id,
    share,
    string,
)


class Message(SQLModel, table=True):
    """The ledger. `counted_ms`: when a campaign message counts for every cap, 0 if it does not. `place`: in
    line, the smaller goes first. person_no 0: to a group (`group_no`). `harm`: block or opt_out that followed
    it, `harm_ms` when."""

    __table_args__: ClassVar[Any] = (
        UniqueConstraint("campaign", "person_no", "step", name="message_once"),
        Index("message_queue", "cls", "state", "bot_id", "due_ms"),
        index_of("state = 'queued'", "message_line", "bot_id", "place", "id"),
        index_of("group_no > 0", "message_group", "group_no", "counted_ms"),
        Index("message_person", "person_no", "counted_ms"),
        Index("message_counted", "counted_ms", "id"),
    )
    id: int | None = row_id()
    cls: str = string()
    campaign: str = string()
    step: str = string()
    person_no: int = number()
    bot_id: int = number()
    chat_id: int = number()
    state: str = string()
    due_ms: int = number()
    expires_ms: int = number()
    body: bytes = document()
    segment: str = string()
    content: str = string()
    kind: str = string()
    priority: float = share()
    predicted: float = share()
    strategy_version: int = number()
    reason: str = string()
    attempts: int = number()
    permit_ms: int = number()
    sent_ms: int = number()
    telegram_id: int = number()
    answered_ms: int = number()
    created_ms: int = number()
    counted_ms: int = number()
    group_no: int = later_number(0)
    variant: str = later_string("")
    place: int = later_number(0)
    harm: str = later_string("")
    harm_ms: int = later_number(0)


class Content(SQLModel, table=True):
    """Every version of what can be said; at most one of a name is live."""

    name: str = string(key=True)
    version: int = key_number()
    live: bool = flag()
    author: str = string()
    at_ms: int = number()
    body: bytes = document()


class Writing(SQLModel, table=True):
    """A text that GPT wrote from a brief. state: waiting, approved, rejected or refused (by our checks).
    `fingerprint`: of the brief and the request; person_no 0: for everybody."""

    __table_args__: ClassVar[Any] = (
        Index("writing_content", "content", "language", "state"),
        Index("writing_asked", "fingerprint"),
        Index("writing_person", "person_no", "content"),
    )
    id: int | None = row_id()
    content: str = string()
    language: str = string()
    fingerprint: str = string()
    person_no: int = number()
    state: str = string()
    text: str = string()
    reason: str = string()
    model: str = string()
    at_ms: int = number()
    decided_by: str = string()
    decided_ms: int = number()


class Spending(SQLModel, table=True):
    """What was asked of GPT, by the hour. `money`: millionths of the currency."""

    hour_ms: int = key_number()
    purpose: str = string(key=True)
    requests: int = number()
    tokens_in: int = number()
    tokens_out: int = number()
    money: int = number()


class Campaign(SQLModel, table=True):
    """A broadcast. `cursor`: the last person (or group) that has a row in the ledger, of the occurrence
    `slot_ms`; -1: all have."""

    name: str = string(key=True)
    state: str = string()
    body: bytes = document()
    author: str = string()
    created_ms: int = number()
    changed_ms: int = number()
    slot_ms: int = number()
    cursor: int = number()
    note: str = string()


class Journey(SQLModel, table=True):
    """Every version of each journey; at most one of a name takes in newcomers."""

    name: str = string(key=True)
    version: int = key_number()
    live: bool = flag()
    author: str = string()
    at_ms: int = number()
    body: bytes = document()


class Enrolment(SQLModel, table=True):
    """A person's way through one version of a journey. `run`: the how-manieth time. state: active, done, goal
    or exited."""

    __table_args__: ClassVar[Any] = (
        index_of("state = 'active'", "enrolment_due", "due_ms", "journey", "person_no"),
        Index("enrolment_person", "person_no"),
    )
    journey: str = string(key=True)
    person_no: int = key_number()
    run: int = key_number()
    version: int = number()
    step: str = string()
    entered_ms: int = number()
    due_ms: int = number()
    state: str = string()
    reason: str = string()
    changed_ms: int = number()


class PersonList(SQLModel, table=True):
    """A list of people that operators keep. `excludes`: nobody on it gets campaigns."""

    __tablename__ = "person_list"
    name: str = string(key=True)
    excludes: bool = flag()
    title: str = string()
    author: str = string()
    at_ms: int = number()


class ListEntry(SQLModel, table=True):
    """Who is on which list."""

    __tablename__ = "list_entry"
    __table_args__: ClassVar[Any] = (Index("list_entry_person", "person_no"),)
    name: str = string(key=True)
    person_no: int = key_number()
    author: str = string()
    at_ms: int = number()
