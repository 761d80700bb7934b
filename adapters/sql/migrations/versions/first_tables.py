"""The first tables.

Revision: 0001
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Make every table, and the counters that give out numbers."""
    _control()
    _inbox()
    _people()
    _membership_and_reach()
    _consent_and_events()
    _ledger()
    _knowledge()
    counters = sa.table("counter", sa.column("name", sa.String), sa.column("value", sa.BigInteger))
    op.bulk_insert(counters, [{"name": "seq", "value": 0}, {"name": "person", "value": 0}])


def downgrade() -> None:
    """Remove everything."""
    for name in TABLES:
        op.drop_table(name)


def column(kind: Callable[[], Any]) -> Callable[..., sa.Column[Any]]:
    """A constructor of required columns of a type."""
    return lambda name, **options: sa.Column(name, kind(), nullable=False, **options)


number = column(lambda: sa.BigInteger().with_variant(sa.Integer(), "sqlite"))
string = column(sa.String)
document = column(sa.LargeBinary)
flag = column(sa.Boolean)
share = column(sa.Float)


def row_id(name: str) -> sa.Column[Any]:
    """A number that the database gives."""
    return number(name, autoincrement=True)


TABLES = (
    "membership",
    "identity",
    "counter",
    "slot",
    "lease",
    "switch",
    "audit",
    "inbox",
    "bot_offset",
    "person",
    "alias",
    "reach",
    "consent",
    "consent_history",
    "event",
    "message",
    "decision",
    "strategy",
    "model",
)


def _control() -> None:
    op.create_table(
        "counter",
        string("name"),
        number("value"),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "slot",
        string("job"),
        number("slot_ms", autoincrement=False),
        number("taken_ms"),
        sa.PrimaryKeyConstraint("job", "slot_ms"),
    )
    op.create_table(
        "lease",
        string("name"),
        string("holder"),
        number("epoch"),
        number("until_ms"),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "switch",
        string("name"),
        string("value"),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "audit",
        row_id("id"),
        number("at_ms"),
        string("actor"),
        string("action"),
        string("target"),
        document("detail"),
        sa.PrimaryKeyConstraint("id"),
    )


def _inbox() -> None:
    op.create_table(
        "inbox",
        row_id("id"),
        number("bot_id"),
        number("update_id"),
        number("received_ms"),
        document("body"),
        string("state"),
        string("reason"),
        flag("answer"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("bot_id", "update_id", name="inbox_once"),
    )
    op.create_index("inbox_state", "inbox", ["state", "id"])
    op.create_table(
        "bot_offset",
        number("bot_id", autoincrement=False),
        number("next_offset"),
        sa.PrimaryKeyConstraint("bot_id"),
    )


def _people() -> None:
    op.create_table(
        "person",
        number("person_no", autoincrement=False),
        number("created_ms"),
        string("first_name"),
        string("username"),
        string("language"),
        flag("premium"),
        string("names"),
        document("state"),
        document("segments"),
        flag("holdout"),
        flag("excluded"),
        flag("plannable"),
        number("plan_after_ms"),
        number("segment_after_ms"),
        number("seq"),
        sa.PrimaryKeyConstraint("person_no"),
    )
    op.create_index("person_plan", "person", ["plannable", "plan_after_ms", "person_no"])
    op.create_index("person_segment", "person", ["segment_after_ms", "person_no"])
    op.create_index("person_seq", "person", ["seq"])
    op.create_table(
        "identity",
        string("namespace"),
        string("value"),
        number("person_no"),
        sa.ForeignKeyConstraint(
            ["person_no"],
            ["person.person_no"],
        ),
        sa.PrimaryKeyConstraint("namespace", "value"),
    )
    op.create_index("identity_person", "identity", ["person_no"])
    op.create_table(
        "alias",
        number("old_no", autoincrement=False),
        number("new_no"),
        sa.PrimaryKeyConstraint("old_no"),
    )


def _membership_and_reach() -> None:
    op.create_table(
        "membership",
        string("segment"),
        number("person_no", autoincrement=False),
        share("confidence"),
        sa.ForeignKeyConstraint(
            ["person_no"],
            ["person.person_no"],
        ),
        sa.PrimaryKeyConstraint("segment", "person_no"),
    )
    op.create_index("membership_person", "membership", ["person_no"])
    op.create_table(
        "reach",
        number("person_no", autoincrement=False),
        number("bot_id", autoincrement=False),
        number("chat_id"),
        string("state"),
        number("changed_ms"),
        number("seen_ms"),
        sa.PrimaryKeyConstraint("person_no", "bot_id"),
    )


def _consent_and_events() -> None:
    op.create_table(
        "consent",
        number("person_no", autoincrement=False),
        string("purpose"),
        flag("granted"),
        number("at_ms"),
        string("source"),
        string("text_version"),
        sa.PrimaryKeyConstraint("person_no", "purpose"),
    )
    op.create_table(
        "consent_history",
        number("person_no", autoincrement=False),
        string("purpose"),
        number("at_ms", autoincrement=False),
        flag("granted"),
        string("source"),
        string("text_version"),
        sa.PrimaryKeyConstraint("person_no", "purpose", "at_ms", "granted"),
    )
    op.create_table(
        "event",
        number("ts_ms", autoincrement=False),
        string("key"),
        number("person_no"),
        string("kind"),
        number("bot_id"),
        document("props"),
        sa.PrimaryKeyConstraint("ts_ms", "key"),
        sqlite_with_rowid=False,
    )
    op.create_index("event_person", "event", ["person_no", "ts_ms"])


def _ledger() -> None:
    op.create_table(
        "message",
        row_id("id"),
        string("cls"),
        string("campaign"),
        string("step"),
        number("person_no"),
        number("bot_id"),
        number("chat_id"),
        string("state"),
        number("due_ms"),
        number("expires_ms"),
        document("body"),
        string("segment"),
        string("content"),
        string("kind"),
        share("priority"),
        share("predicted"),
        number("strategy_version"),
        string("reason"),
        number("attempts"),
        number("permit_ms"),
        number("sent_ms"),
        number("telegram_id"),
        number("answered_ms"),
        number("created_ms"),
        number("counted_ms"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("campaign", "person_no", "step", name="message_once"),
    )
    op.create_index("message_counted", "message", ["counted_ms", "id"])
    op.create_index("message_person", "message", ["person_no", "counted_ms"])
    op.create_index("message_queue", "message", ["cls", "state", "bot_id", "due_ms"])


def _knowledge() -> None:
    op.create_table(
        "decision",
        row_id("id"),
        number("at_ms"),
        number("person_no"),
        number("message_id"),
        string("segment"),
        number("model_version"),
        number("strategy_version"),
        document("candidates"),
        document("features"),
        number("chosen"),
        share("propensity"),
        string("reason"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("decision_message", "decision", ["message_id"])
    op.create_index("decision_person", "decision", ["person_no", "id"])
    op.create_table(
        "strategy",
        string("segment"),
        number("version", autoincrement=False),
        flag("live"),
        string("author"),
        number("at_ms"),
        document("body"),
        sa.PrimaryKeyConstraint("segment", "version"),
    )
    op.create_table(
        "model",
        string("name"),
        number("version", autoincrement=False),
        number("at_ms"),
        document("body"),
        sa.PrimaryKeyConstraint("name", "version"),
    )
