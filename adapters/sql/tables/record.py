"""What came in, and who it is about: inbox, people, events, groups, erasures."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from sqlalchemy import Boolean, Column, ForeignKey, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from adapters.sql.tables.columns import (
    Wide,
    document,
    flag,
    index_of,
    key_number,
    later_number,
    number,
    person_key,
    row_id,
    share,
    string,
)


class Counter(SQLModel, table=True):
    """Numbers given out in commit order: `seq` of saved records, `person` of people, `group` of groups."""

    name: str = string(key=True)
    value: int = number()


class Inbox(SQLModel, table=True):
    """Every update as it came, once. (bot_id, update_id) may recur only after the row is pruned.

    lane: of `core.event.InboxLane`; the smaller goes first."""

    __table_args__: ClassVar[Any] = (
        UniqueConstraint("bot_id", "update_id", name="inbox_once"),
        Index("inbox_lane", "state", "lane", "id"),
    )
    id: int | None = row_id()
    bot_id: int = number()
    update_id: int = number()
    received_ms: int = number()
    body: bytes = document()
    state: str = string()
    reason: str = string()
    answer: bool = flag()
    lane: int = later_number(2)


class Offset(SQLModel, table=True):
    """The next update that a bot asks for; committed with the updates before it."""

    __tablename__ = "bot_offset"
    bot_id: int = key_number()
    next_offset: int = number()


class Person(SQLModel, table=True):
    """The record of one person. `plannable` repeats what consent, reach, holdout and exclusion say together,
    so that the planner never scans people it may not write to. `names` is folded for searching; `hot` is the
    packed hot profile as of this seq, so that Redis can be filled again without thinking."""

    __table_args__: ClassVar[Any] = (
        Index("person_seq", "seq"),
        Index("person_plan", "plannable", "plan_after_ms", "person_no"),
        Index("person_segment", "segment_after_ms", "person_no"),
    )
    person_no: int = key_number()
    created_ms: int = number()
    first_name: str = string()
    username: str = string()
    language: str = string()
    premium: bool = flag()
    names: str = string()
    state: bytes = document()
    segments: bytes = document()
    holdout: bool = flag()
    excluded: bool = flag()
    plannable: bool = flag()
    plan_after_ms: int = number()
    segment_after_ms: int = number()
    seq: int = number()
    hot: str = string(server_default="")


class Identity(SQLModel, table=True):
    """Under which identifiers a person is known."""

    __table_args__: ClassVar[Any] = (Index("identity_person", "person_no"),)
    namespace: str = string(key=True)
    value: str = string(key=True)
    person_no: int = Field(sa_column=Column(Wide, ForeignKey("person.person_no"), nullable=False))


class Alias(SQLModel, table=True):
    """A person number that was merged into another one."""

    old_no: int = key_number()
    new_no: int = number()


class Membership(SQLModel, table=True):
    """Who is in which segment, with which confidence: the `segments` of the record, turned round."""

    __table_args__: ClassVar[Any] = (Index("membership_person", "person_no"),)
    segment: str = string(key=True)
    person_no: int = person_key()
    confidence: float = share()


class Reach(SQLModel, table=True):
    """Whether a bot can reach a person: open, blocked or gone."""

    person_no: int = key_number()
    bot_id: int = key_number()
    chat_id: int = number()
    state: str = string()
    changed_ms: int = number()
    seen_ms: int = number()


class Consent(SQLModel, table=True):
    """The choice in force."""

    person_no: int = key_number()
    purpose: str = string(key=True)
    granted: bool = flag()
    at_ms: int = number()
    source: str = string()
    text_version: str = string()


class ConsentHistory(SQLModel, table=True):
    """Every choice ever made, once."""

    __tablename__ = "consent_history"
    person_no: int = key_number()
    purpose: str = string(key=True)
    at_ms: int = key_number()
    granted: bool = Field(sa_column=Column(Boolean, primary_key=True))
    source: str = string()
    text_version: str = string()


CHOSEN: Final = "kind IN ('consent_given', 'consent_withdrawn')"
"""What `core.event.CHOICES` are. A query uses the index of choices only when it says so in the same words."""


class Event(SQLModel, table=True):
    """What happened. Unique by (ts_ms, key): a repeated capture carries the same pair. person_no 0: about
    nobody; group_no 0: not in a group."""

    __table_args__: ClassVar[Any] = (
        Index("event_person", "person_no", "ts_ms"),
        index_of("group_no > 0", "event_group", "group_no", "ts_ms"),
        index_of(CHOSEN, "event_choice", "person_no", "ts_ms"),
        {"sqlite_with_rowid": False},  # stored once, in the order of its key
    )
    ts_ms: int = key_number()
    key: str = string(key=True)
    person_no: int = number()
    kind: str = string()
    bot_id: int = number()
    props: bytes = document()
    group_no: int = later_number(0)


class Group(SQLModel, table=True):
    """The record of one group or channel."""

    __tablename__ = "grp"  # "group" is a word of SQL
    __table_args__: ClassVar[Any] = (Index("grp_seq", "seq"),)
    group_no: int = key_number()
    created_ms: int = number()
    chat_id: int = number()
    kind: str = string()
    title: str = string()
    username: str = string()
    forum: bool = flag()
    state: bytes = document()
    seq: int = number()
    hot: str = string()


class GroupIdentity(SQLModel, table=True):
    """Under which of Telegram's numbers a group is known: two after its upgrade."""

    __tablename__ = "group_identity"
    __table_args__: ClassVar[Any] = (Index("group_identity_group", "group_no"),)
    chat_id: int = key_number()
    group_no: int = number()


class GroupMember(SQLModel, table=True):
    """Who was seen in which group. state: member, left or seen."""

    __tablename__ = "group_member"
    __table_args__: ClassVar[Any] = (Index("group_member_person", "person_no"),)
    group_no: int = key_number()
    person_no: int = key_number()
    first_ms: int = number()
    last_ms: int = number()
    state: str = string()
    state_ms: int = number()


class Erasure(SQLModel, table=True):
    """Who asked to be forgotten, and when it was done. The number means nobody once `erased_ms` is set."""

    person_no: int = key_number()
    asked_ms: int = number()
    erased_ms: int = number()
    done_ms: int = number()


class Suppression(SQLModel, table=True):
    """Keyed hashes of identifiers that must not be taken in again unasked, since the moment of erasure."""

    hash: str = string(key=True)
    at_ms: int = number()
