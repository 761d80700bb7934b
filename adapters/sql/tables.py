"""The tables of the record. Telegram's ids and all moments (UTC milliseconds) are 64 bits wide.

Rows are read and written as plain values by the rooms beside this module; these classes say only what there
is. A change here needs a migration: a test compares both.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

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
    Table,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

Wide = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit number; SQLite numbers rows by itself only under the name INTEGER, which is as wide."""


def _number(**options: Any) -> Any:
    return Field(sa_column=Column(Wide, nullable=False, **options))


def _later_number(value: int) -> Any:
    """Rows written before the column was there have it too."""
    return _number(server_default=str(value))


def _row_id() -> Any:
    return Field(default=None, sa_column=Column(Wide, primary_key=True, autoincrement=True))


def _key_number(*of: ForeignKey) -> Any:
    return Field(sa_column=Column(Wide, *of, primary_key=True, autoincrement=False))


def _person_key() -> Any:
    return _key_number(ForeignKey("person.person_no"))


def _text(*, key: bool = False, **options: Any) -> Any:
    """Without a length: PostgreSQL would refuse what SQLite takes, and neither stores it better."""
    return Field(sa_column=Column(String, primary_key=key, nullable=False, **options))


def _document() -> Any:
    return Field(sa_column=Column(LargeBinary, nullable=False))


def _flag() -> Any:
    return Field(sa_column=Column(Boolean, nullable=False))


def _share() -> Any:
    return Field(sa_column=Column(Float, nullable=False))


def _index_of(some: str, name: str, *columns: str) -> Index:
    """An index of some rows only."""
    return Index(name, *columns, sqlite_where=text(some), postgresql_where=text(some))


class Counter(SQLModel, table=True):
    """Numbers given out in commit order: `seq` of saved records, `person` of people, `group` of groups."""

    name: str = _text(key=True)
    value: int = _number()


class Inbox(SQLModel, table=True):
    """Every update as it came, once. (bot_id, update_id) may recur only after the row is pruned.

    lane: of `core.event.InboxLane`; the smaller goes first."""

    __table_args__: ClassVar[Any] = (
        UniqueConstraint("bot_id", "update_id", name="inbox_once"),
        Index("inbox_lane", "state", "lane", "id"),
    )
    id: int | None = _row_id()
    bot_id: int = _number()
    update_id: int = _number()
    received_ms: int = _number()
    body: bytes = _document()
    state: str = _text()
    reason: str = _text()
    answer: bool = _flag()
    lane: int = _later_number(2)


class Offset(SQLModel, table=True):
    """The next update that a bot asks for; committed with the updates before it."""

    __tablename__ = "bot_offset"
    bot_id: int = _key_number()
    next_offset: int = _number()


class Person(SQLModel, table=True):
    """The record of one person. `plannable` repeats what consent, reach, holdout and exclusion say together,
    so that the planner never scans people it may not write to. `names` is folded for searching; `hot` is the
    packed hot profile as of this seq, so that Redis can be filled again without thinking."""

    __table_args__: ClassVar[Any] = (
        Index("person_seq", "seq"),
        Index("person_plan", "plannable", "plan_after_ms", "person_no"),
        Index("person_segment", "segment_after_ms", "person_no"),
    )
    person_no: int = _key_number()
    created_ms: int = _number()
    first_name: str = _text()
    username: str = _text()
    language: str = _text()
    premium: bool = _flag()
    names: str = _text()
    state: bytes = _document()
    segments: bytes = _document()
    holdout: bool = _flag()
    excluded: bool = _flag()
    plannable: bool = _flag()
    plan_after_ms: int = _number()
    segment_after_ms: int = _number()
    seq: int = _number()
    hot: str = _text(server_default="")


class Identity(SQLModel, table=True):
    """Under which identifiers a person is known."""

    __table_args__: ClassVar[Any] = (Index("identity_person", "person_no"),)
    namespace: str = _text(key=True)
    value: str = _text(key=True)
    person_no: int = Field(sa_column=Column(Wide, ForeignKey("person.person_no"), nullable=False))


class Alias(SQLModel, table=True):
    """A person number that was merged into another one."""

    old_no: int = _key_number()
    new_no: int = _number()


class Membership(SQLModel, table=True):
    """Who is in which segment, with which confidence: the `segments` of the record, turned round."""

    __table_args__: ClassVar[Any] = (Index("membership_person", "person_no"),)
    segment: str = _text(key=True)
    person_no: int = _person_key()
    confidence: float = _share()


class Reach(SQLModel, table=True):
    """Whether a bot can reach a person: open, blocked or gone."""

    person_no: int = _key_number()
    bot_id: int = _key_number()
    chat_id: int = _number()
    state: str = _text()
    changed_ms: int = _number()
    seen_ms: int = _number()


class Consent(SQLModel, table=True):
    """The choice in force."""

    person_no: int = _key_number()
    purpose: str = _text(key=True)
    granted: bool = _flag()
    at_ms: int = _number()
    source: str = _text()
    text_version: str = _text()


class ConsentHistory(SQLModel, table=True):
    """Every choice ever made, once."""

    __tablename__ = "consent_history"
    person_no: int = _key_number()
    purpose: str = _text(key=True)
    at_ms: int = _key_number()
    granted: bool = Field(sa_column=Column(Boolean, primary_key=True))
    source: str = _text()
    text_version: str = _text()


CHOSEN: Final = "kind IN ('consent_given', 'consent_withdrawn')"
"""What `core.event.CHOICES` are. A query uses the index of choices only when it says so in the same words."""


class Event(SQLModel, table=True):
    """What happened. Unique by (ts_ms, key): a repeated capture carries the same pair. person_no 0: about
    nobody; group_no 0: not in a group."""

    __table_args__: ClassVar[Any] = (
        Index("event_person", "person_no", "ts_ms"),
        _index_of("group_no > 0", "event_group", "group_no", "ts_ms"),
        _index_of(CHOSEN, "event_choice", "person_no", "ts_ms"),
        {"sqlite_with_rowid": False},  # stored once, in the order of its key
    )
    ts_ms: int = _key_number()
    key: str = _text(key=True)
    person_no: int = _number()
    kind: str = _text()
    bot_id: int = _number()
    props: bytes = _document()
    group_no: int = _later_number(0)


class Group(SQLModel, table=True):
    """The record of one group or channel."""

    __tablename__ = "grp"  # "group" is a word of SQL
    __table_args__: ClassVar[Any] = (Index("grp_seq", "seq"),)
    group_no: int = _key_number()
    created_ms: int = _number()
    chat_id: int = _number()
    kind: str = _text()
    title: str = _text()
    username: str = _text()
    forum: bool = _flag()
    state: bytes = _document()
    seq: int = _number()
    hot: str = _text()


class GroupIdentity(SQLModel, table=True):
    """Under which of Telegram's numbers a group is known: two after its upgrade."""

    __tablename__ = "group_identity"
    __table_args__: ClassVar[Any] = (Index("group_identity_group", "group_no"),)
    chat_id: int = _key_number()
    group_no: int = _number()


class GroupMember(SQLModel, table=True):
    """Who was seen in which group. state: member, left or seen."""

    __tablename__ = "group_member"
    __table_args__: ClassVar[Any] = (Index("group_member_person", "person_no"),)
    group_no: int = _key_number()
    person_no: int = _key_number()
    first_ms: int = _number()
    last_ms: int = _number()
    state: str = _text()
    state_ms: int = _number()


class Erasure(SQLModel, table=True):
    """Who asked to be forgotten, and when it was done. The number means nobody once `erased_ms` is set."""

    person_no: int = _key_number()
    asked_ms: int = _number()
    erased_ms: int = _number()
    done_ms: int = _number()


class Suppression(SQLModel, table=True):
    """Keyed hashes of identifiers that must not be taken in again unasked, since the moment of erasure."""

    hash: str = _text(key=True)
    at_ms: int = _number()


class Message(SQLModel, table=True):
    """The ledger. `counted_ms`: when a campaign message counts for every cap, 0 if it does not."""

    __table_args__: ClassVar[Any] = (
        UniqueConstraint("campaign", "person_no", "step", name="message_once"),
        Index("message_queue", "cls", "state", "bot_id", "due_ms"),
        Index("message_person", "person_no", "counted_ms"),
        Index("message_counted", "counted_ms", "id"),
    )
    id: int | None = _row_id()
    cls: str = _text()
    campaign: str = _text()
    step: str = _text()
    person_no: int = _number()
    bot_id: int = _number()
    chat_id: int = _number()
    state: str = _text()
    due_ms: int = _number()
    expires_ms: int = _number()
    body: bytes = _document()
    segment: str = _text()
    content: str = _text()
    kind: str = _text()
    priority: float = _share()
    predicted: float = _share()
    strategy_version: int = _number()
    reason: str = _text()
    attempts: int = _number()
    permit_ms: int = _number()
    sent_ms: int = _number()
    telegram_id: int = _number()
    answered_ms: int = _number()
    created_ms: int = _number()
    counted_ms: int = _number()


class Decision(SQLModel, table=True):
    """One decision of the planner. `propensity`: of the candidate that was taken."""

    __table_args__: ClassVar[Any] = (
        Index("decision_person", "person_no", "id"),
        Index("decision_message", "message_id"),
    )
    id: int | None = _row_id()
    at_ms: int = _number()
    person_no: int = _number()
    message_id: int = _number()
    segment: str = _text()
    model_version: int = _number()
    strategy_version: int = _number()
    candidates: bytes = _document()
    features: bytes = _document()
    chosen: int = _number()
    propensity: float = _share()
    reason: str = _text()


class Strategy(SQLModel, table=True):
    """Every version of each segment's strategy; at most one of a segment is live."""

    segment: str = _text(key=True)
    version: int = _key_number()
    live: bool = _flag()
    author: str = _text()
    at_ms: int = _number()
    body: bytes = _document()


class Model(SQLModel, table=True):
    """Every version of each learned model."""

    name: str = _text(key=True)
    version: int = _key_number()
    at_ms: int = _number()
    body: bytes = _document()


class Slot(SQLModel, table=True):
    """A slot of a periodic job that somebody took."""

    job: str = _text(key=True)
    slot_ms: int = _key_number()
    taken_ms: int = _number()


class Lease(SQLModel, table=True):
    """A right held by one process at a time; the epoch grows with each new holder."""

    name: str = _text(key=True)
    holder: str = _text()
    epoch: int = _number()
    until_ms: int = _number()


class Switch(SQLModel, table=True):
    """The durable switches: kill, pause, halt."""

    name: str = _text(key=True)
    value: str = _text()


class Mark(SQLModel, table=True):
    """How far something got: an import, a drained queue."""

    name: str = _text(key=True)
    value: str = _text()


class Audit(SQLModel, table=True):
    """What operators and their programs did."""

    id: int | None = _row_id()
    at_ms: int = _number()
    actor: str = _text()
    action: str = _text()
    target: str = _text()
    detail: bytes = _document()


METADATA = SQLModel.metadata


def table(model: type[SQLModel]) -> Table:
    """The table behind a class, for statements."""
    name = model.__tablename__
    return METADATA.tables[name if isinstance(name, str) else model.__name__.lower()]
