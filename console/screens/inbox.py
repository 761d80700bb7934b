"""Updates kept aside, on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.report import Column, Fact, Facts, Report, Row, Table, iso, moment_of

if TYPE_CHECKING:
    from core.ports import InboxRow

NOTHING = "no update is kept aside"


def rows(found: Sequence[InboxRow], limit: int) -> Report:
    """The updates that could not be read, and why."""
    columns = [
        Column("id", "number", right=True),
        Column("received", "received (UTC)", words=moment_of("received"), drop=2),
        Column("bot", "bot", right=True, drop=3),
        Column("update", "update", right=True, drop=1),
        Column("bytes", "bytes", right=True, drop=4),
        Column("reason", "why"),
    ]
    lines: list[Row] = [
        {
            "id": one.id,
            "received": iso(one.received_ms),
            "bot": one.bot_id,
            "update": one.update_id,
            "bytes": len(one.body),
            "reason": one.reason,
        }
        for one in found
    ]
    following = (
        f"manage_crm.py inbox list --limit {limit} --after {found[-1].id}" if len(found) == limit else ""
    )
    next_step = following or ("manage_crm.py inbox show NUMBER, inbox replay, inbox drop" if found else "")
    table = Table("updates", columns, lines, "Updates kept aside", NOTHING)
    return Report([table], main="updates", verb="inbox list", next_step=next_step)


def row(found: InboxRow) -> Report:
    """One of them with its body: what Telegram sent, word for word."""
    facts = [
        Fact("id", "number", found.id),
        Fact("bot", "bot", found.bot_id),
        Fact("update", "update", found.update_id),
        Fact("received", "received", iso(found.received_ms)),
        Fact("reason", "why", found.reason),
        Fact("body", "body", found.body.decode(errors="replace")),
    ]
    return Report([Facts("update", facts, "An update kept aside")], verb=f"inbox show {found.id}")
