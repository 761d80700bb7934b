"""The line of due messages, groups and variants in the ledger; contents, broadcasts, journeys and lists.

Adds only: rows that are there stay as they are, with the defaults of what is new.

Revision: 0003
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None

TABLES = ("content", "writing", "spending", "campaign", "journey", "enrolment", "person_list", "list_entry")
COLUMNS = ("group_no", "variant", "place", "harm", "harm_ms")


def upgrade() -> None:
    """Add columns, indexes and tables."""
    _ledger()
    _what_is_said()
    _campaigns()
    _lists()


def downgrade() -> None:
    """Take back what was added, with what it holds."""
    for name in TABLES:
        op.drop_table(name)
    op.drop_index("message_line", "message")
    op.drop_index("message_group", "message")
    for name in COLUMNS:
        op.drop_column("message", name)


def column(kind: Callable[[], Any]) -> Callable[..., sa.Column[Any]]:
    """A constructor of required columns of a type."""
    return lambda name, **options: sa.Column(name, kind(), nullable=False, **options)


number = column(lambda: sa.BigInteger().with_variant(sa.Integer(), "sqlite"))
string = column(sa.String)
document = column(sa.LargeBinary)
flag = column(sa.Boolean)


def index_of(some: str, name: str, table: str, columns: list[str]) -> None:
    """An index of some rows only."""
    op.create_index(name, table, columns, sqlite_where=sa.text(some), postgresql_where=sa.text(some))


def _ledger() -> None:
    op.add_column("message", number("group_no", server_default="0"))
    op.add_column("message", string("variant", server_default=""))
    op.add_column("message", number("place", server_default="0"))
    op.add_column("message", string("harm", server_default=""))
    op.add_column("message", number("harm_ms", server_default="0"))
    index_of("state = 'queued'", "message_line", "message", ["bot_id", "place", "id"])
    index_of("group_no > 0", "message_group", "message", ["group_no", "counted_ms"])


def _versions(name: str) -> None:
    op.create_table(
        name,
        string("name"),
        number("version", autoincrement=False),
        flag("live"),
        string("author"),
        number("at_ms"),
        document("body"),
        sa.PrimaryKeyConstraint("name", "version"),
    )


def _what_is_said() -> None:
    _versions("content")
    op.create_table(
        "writing",
        number("id", autoincrement=True),
        string("content"),
        string("language"),
        string("fingerprint"),
        number("person_no"),
        string("state"),
        string("text"),
        string("reason"),
        string("model"),
        number("at_ms"),
        string("decided_by"),
        number("decided_ms"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("writing_content", "writing", ["content", "language", "state"])
    op.create_index("writing_asked", "writing", ["fingerprint"])
    op.create_table(
        "spending",
        number("hour_ms", autoincrement=False),
        string("purpose"),
        number("requests"),
        number("tokens_in"),
        number("tokens_out"),
        number("money"),
        sa.PrimaryKeyConstraint("hour_ms", "purpose"),
    )


def _campaigns() -> None:
    op.create_table(
        "campaign",
        string("name"),
        string("state"),
        document("body"),
        string("author"),
        number("created_ms"),
        number("changed_ms"),
        number("slot_ms"),
        number("cursor"),
        string("note"),
        sa.PrimaryKeyConstraint("name"),
    )
    _versions("journey")
    op.create_table(
        "enrolment",
        string("journey"),
        number("person_no", autoincrement=False),
        number("run", autoincrement=False),
        number("version"),
        string("step"),
        number("entered_ms"),
        number("due_ms"),
        string("state"),
        string("reason"),
        number("changed_ms"),
        sa.PrimaryKeyConstraint("journey", "person_no", "run"),
    )
    index_of("state = 'active'", "enrolment_due", "enrolment", ["due_ms", "journey", "person_no"])
    op.create_index("enrolment_person", "enrolment", ["person_no"])


def _lists() -> None:
    op.create_table(
        "person_list",
        string("name"),
        flag("excludes"),
        string("title"),
        string("author"),
        number("at_ms"),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "list_entry",
        string("name"),
        number("person_no", autoincrement=False),
        string("author"),
        number("at_ms"),
        sa.PrimaryKeyConstraint("name", "person_no"),
    )
    op.create_index("list_entry_person", "list_entry", ["person_no"])
