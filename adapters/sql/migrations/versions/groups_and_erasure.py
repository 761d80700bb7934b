"""Groups, erasure, marks, the lanes of the inbox, and hot profiles beside the record.

Adds only: rows that are there stay as they are, with the defaults of what is new.

Revision: 0002
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None

TABLES = ("grp", "group_identity", "group_member", "erasure", "suppression", "mark")


def upgrade() -> None:
    """Add tables, columns and indexes."""
    _columns()
    _groups()
    _erasure()
    op.create_table("mark", string("name"), string("value"), sa.PrimaryKeyConstraint("name"))
    counters = sa.table("counter", sa.column("name", sa.String), sa.column("value", sa.BigInteger))
    op.bulk_insert(counters, [{"name": "group", "value": 0}])


def downgrade() -> None:
    """Take back what was added, with what it holds."""
    for name in TABLES:
        op.drop_table(name)
    op.execute("DELETE FROM counter WHERE name = 'group'")
    op.drop_index("event_choice", "event")
    op.drop_index("event_group", "event")
    op.drop_index("inbox_lane", "inbox")
    op.create_index("inbox_state", "inbox", ["state", "id"])
    op.drop_column("event", "group_no")
    op.drop_column("person", "hot")
    op.drop_column("inbox", "lane")


def column(kind: Callable[[], Any]) -> Callable[..., sa.Column[Any]]:
    """A constructor of required columns of a type."""
    return lambda name, **options: sa.Column(name, kind(), nullable=False, **options)


number = column(lambda: sa.BigInteger().with_variant(sa.Integer(), "sqlite"))
string = column(sa.String)
document = column(sa.LargeBinary)
flag = column(sa.Boolean)


def _columns() -> None:
    op.add_column("inbox", number("lane", server_default="2"))
    op.drop_index("inbox_state", "inbox")
    op.create_index("inbox_lane", "inbox", ["state", "lane", "id"])
    op.add_column("person", string("hot", server_default=""))
    op.add_column("event", number("group_no", server_default="0"))
    some = sa.text("group_no > 0")
    op.create_index("event_group", "event", ["group_no", "ts_ms"], sqlite_where=some, postgresql_where=some)
    chosen = sa.text("kind IN ('consent_given', 'consent_withdrawn')")
    op.create_index(
        "event_choice", "event", ["person_no", "ts_ms"], sqlite_where=chosen, postgresql_where=chosen
    )


def _groups() -> None:
    op.create_table(
        "grp",
        number("group_no", autoincrement=False),
        number("created_ms"),
        number("chat_id"),
        string("kind"),
        string("title"),
        string("username"),
        flag("forum"),
        document("state"),
        number("seq"),
        string("hot"),
        sa.PrimaryKeyConstraint("group_no"),
    )
    op.create_index("grp_seq", "grp", ["seq"])
    op.create_table(
        "group_identity",
        number("chat_id", autoincrement=False),
        number("group_no"),
        sa.PrimaryKeyConstraint("chat_id"),
    )
    op.create_index("group_identity_group", "group_identity", ["group_no"])
    op.create_table(
        "group_member",
        number("group_no", autoincrement=False),
        number("person_no", autoincrement=False),
        number("first_ms"),
        number("last_ms"),
        string("state"),
        number("state_ms"),
        sa.PrimaryKeyConstraint("group_no", "person_no"),
    )
    op.create_index("group_member_person", "group_member", ["person_no"])


def _erasure() -> None:
    op.create_table(
        "erasure",
        number("person_no", autoincrement=False),
        number("asked_ms"),
        number("erased_ms"),
        number("done_ms"),
        sa.PrimaryKeyConstraint("person_no"),
    )
    op.create_table("suppression", string("hash"), number("at_ms"), sa.PrimaryKeyConstraint("hash"))
