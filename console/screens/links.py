"""Deep links on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.report import Column, Fact, Facts, Report, Row, Table, iso
from core.keyed import LINK_KINDS

if TYPE_CHECKING:
    from app.desk.links import LinkReport, MadeLink

ORGANIC = "(organic)"
NOBODY = "nobody has opened a bot yet"
NO_BOT = "none without a bot"


def made(link: MadeLink, verb: str) -> Report:
    """A link to hand out. `verb`: the command that makes it, without a bot."""
    words = iso(link.expires_ms) or "never; anybody can make up such a code"
    facts = [
        Fact("url", "link", link.url, link.url or NO_BOT),
        Fact("code", "campaign", link.code),
        Fact("payload", "payload", link.payload),
        Fact("signed", "signed", link.expires_ms > 0, "yes" if link.expires_ms else "no"),
        Fact("expires", "ends", iso(link.expires_ms), words),
    ]
    next_step = "" if link.url else f"{verb} --bot USERNAME makes the whole link"
    return Report([Facts("link", facts, "A deep link")], next_step=next_step)


def report(found: LinkReport) -> Report:
    """People by campaign, first and last touch, and the kinds of links they came by."""
    columns = [
        Column("campaign", "campaign", words=lambda row: str(row["campaign"] or ORGANIC)),
        Column("first", "first touch", right=True),
        Column("first_converted", "converted", right=True, drop=1),
        Column("last", "last touch", right=True),
        Column("last_converted", "converted", right=True, drop=2),
    ]
    rows: list[Row] = [
        {
            "campaign": name,
            "first": touch.first,
            "first_converted": touch.first_converted,
            "last": touch.last,
            "last_converted": touch.last_converted,
        }
        for name, touch in found.campaigns.items()
    ]
    table = Table("campaigns", columns, rows, f"Campaigns of {found.people} people", NOBODY)
    facts = [Fact(kind, kind, found.kinds.get(kind, 0)) for kind in LINK_KINDS]
    kinds = Facts("starts", facts, "Starts by kind of link (expired and forged ones count as organic)")
    return Report([table, kinds], verb="links report", next_step="manage_crm.py links make CODE --days 30")
