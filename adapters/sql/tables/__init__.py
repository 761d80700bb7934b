"""The tables of the record.

Rows are read and written as plain values by the rooms beside this package; these classes say only what there
is. A change here needs a migration: a test compares both.
"""

from __future__ import annotations

from sqlalchemy import Table
from sqlmodel import SQLModel

from adapters.sql.tables.control import Audit, Decision, Lease, Mark, Model, Slot, Strategy, Switch
from adapters.sql.tables.delivery import (
    Campaign,
    Content,
    Enrolment,
    Journey,
    ListEntry,
    Message,
    PersonList,
    Spending,
    Writing,
)
from adapters.sql.tables.record import (
    CHOSEN,
    Alias,
    Consent,
    ConsentHistory,
    Counter,
    Erasure,
    Event,
    Group,
    GroupIdentity,
    GroupMember,
    Identity,
    Inbox,
    Membership,
    Offset,
    Person,
    Reach,
    Suppression,
)

__all__ = [
    "Alias",
    "Audit",
    "CHOSEN",
    "Campaign",
    "Consent",
    "ConsentHistory",
    "Content",
    "Counter",
    "Decision",
    "Enrolment",
    "Erasure",
    "Event",
    "Group",
    "GroupIdentity",
    "GroupMember",
    "Identity",
    "Inbox",
    "Journey",
    "Lease",
    "ListEntry",
    "METADATA",
    "Mark",
    "Membership",
    "Message",
    "Model",
    "Offset",
    "Person",
    "PersonList",
    "Reach",
    "Slot",
    "Spending",
    "Strategy",
    "Suppression",
    "Switch",
    "Writing",
    "table",
]

METADATA = SQLModel.metadata


def table(model: type[SQLModel]) -> Table:
    """The table behind a class, for statements."""
    name = model.__tablename__
    return METADATA.tables[name if isinstance(name, str) else model.__name__.lower()]
