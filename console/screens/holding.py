"""What holds a person on the screen: reasons with what would change them, and messages that compete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.report import Column, Row, Table, iso, moment, moment_of

if TYPE_CHECKING:
    from app.desk.views import Door, Hold, Waiting


def holds(door: Door) -> Table:
    """Each reason against a message now, until when it alone holds, and what would have to change."""
    columns = [
        Column("reason", "what holds"),
        Column("until", "until (UTC)", words=moment_of("until")),
        Column("change", "what would have to change"),
    ]
    rows: list[Row] = [
        {"reason": one.reason, "until": iso(one.until_ms), "change": one.change} for one in door.holds
    ]
    return Table("holds", columns, rows, title="What holds", empty="nothing holds a message of this segment")


def competing(found: Sequence[Waiting]) -> Table:
    """Messages that wait, in the order in which they would go."""
    columns = [
        Column("turn", "turn", right=True),
        Column("message", "message", right=True),
        Column("campaign", "campaign"),
        Column("state", "state", drop=2),
        Column("due", "due (UTC)", drop=1, words=moment_of("due")),
        Column("priority", "priority", right=True, drop=3, words=lambda row: f"{row['priority']:.1f}"),
        Column("allowed"),
        Column("holds", "held by", words=lambda row: str(row["holds"]) or "nothing"),
    ]
    rows: list[Row] = [
        {
            "turn": one.turn,
            "message": one.message.id,
            "campaign": one.message.campaign,
            "state": str(one.message.state),
            "due": None if one.message.parked else iso(one.message.due_ms),
            "priority": round(one.message.priority, 2),
            "allowed": one.allowed,
            "holds": "; ".join(_in_words(hold) for hold in one.holds),
        }
        for one in found
    ]
    return Table("waiting", columns, rows, title="Waiting, in their order", empty="no message waits")


def _in_words(hold: Hold) -> str:
    return f"{hold.reason} until {moment(iso(hold.until_ms))}" if hold.until_ms else hold.reason
