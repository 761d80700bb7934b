"""Groups and channels on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.report import Column, Fact, Facts, Report, Row, Table, iso, moment, moment_of
from console.screens.people import busiest_hours

if TYPE_CHECKING:
    from app.desk.groups import GroupCard, GroupLine
    from core.profile import GroupProfile

NONE = "no groups yet: add a bot to a group, and it appears here"


def lines(found: Sequence[GroupLine], limit: int, after: int = 0) -> Report:
    """A page of groups; `after`: behind which of them it begins."""
    columns = [
        Column("group", "group", right=True),
        Column("title", "title"),
        Column("kind", "kind", drop=4),
        Column("members_seen", "people seen", right=True),
        Column("members_now", "now", right=True, drop=3),
        Column("messages_7d", "messages 7 d", right=True, drop=1),
        Column("active_days_30d", "active days 30 d", right=True, drop=5),
        Column("bots", "bots", right=True, drop=6),
        Column("last_seen", "last (UTC)", drop=2, words=moment_of("last_seen")),
        Column("chat_id"),
    ]
    following = (
        f"manage_crm.py groups list --limit {limit} --after {found[-1].profile.group_no}"
        if len(found) == limit
        else ""
    )
    page = f" --limit {limit} --after {after}" if after else ""
    table = Table("groups", columns, [_row(one) for one in found], "Groups and channels", NONE)
    return Report([table], main="groups", verb=f"groups list{page}", next_step=following)


def _row(line: GroupLine) -> Row:
    profile, contact = line.profile, line.contact
    return {
        "group": profile.group_no,
        "title": contact.title,
        "kind": contact.kind,
        "members_seen": profile.members_seen,
        "members_now": profile.members_now,
        "messages_7d": profile.messages_7d,
        "active_days_30d": profile.active_days_30d,
        "bots": len(profile.bots),
        "last_seen": iso(profile.last_seen_ms),
        "chat_id": contact.chat_id,
    }


def _busiest(profile: GroupProfile) -> str:
    """The busiest hours in words, such as `09, 20, 21 h`."""
    hours = [f"{hour:02d}" for hour in busiest_hours(profile.hour_activity)]
    return f"{', '.join(hours)} h" if hours else "-"


def _posting(row: Row) -> str:
    """Whether campaigns may be posted there now, and if not, why and until when."""
    if row["may_post"]:
        return "now"
    until = f" until {moment(row['until'])}" if row["until"] else ""
    reasons = row["reasons"]
    return f"no: {', '.join(map(str, reasons))}{until}" if isinstance(reasons, list) else "no"


_BOTS = (
    Column("bot", "bot"),
    Column("rights", "status and rights", drop=1),
    Column("may_post", "may post", words=_posting),
    Column("reasons"),
    Column("until"),
)


def card(found: GroupCard) -> Report:
    """One group: figures, what its bots may do there and whether they may post now, people."""
    profile, contact = found.line.profile, found.line.contact
    facts = [
        Fact("group", "group", profile.group_no),
        Fact("title", "title", contact.title),
        Fact("kind", "kind", contact.kind, contact.kind + (" with topics" if contact.forum else "")),
        Fact("chat_id", "Telegram's number", contact.chat_id),
        Fact("first_seen", "first seen", iso(profile.first_seen_ms), moment(iso(profile.first_seen_ms))),
        Fact("last_seen", "last seen", iso(profile.last_seen_ms), moment(iso(profile.last_seen_ms))),
        Fact("members_seen", "people seen", profile.members_seen),
        Fact("members_now", "not known to have left", profile.members_now),
        Fact("messages_1d", "messages today", profile.messages_1d),
        Fact("messages_7d", "messages in 7 days", profile.messages_7d),
        Fact("messages_30d", "messages in 30 days", profile.messages_30d),
        Fact("joined_30d", "joined in 30 days", profile.joined_30d),
        Fact("left_30d", "left in 30 days", profile.left_30d),
        Fact("topics_open", "open topics", profile.topics_open),
        Fact(
            "hours",
            "busiest hours (UTC)",
            [round(value, 2) for value in profile.hour_activity],
            _busiest(profile),
        ),
    ]
    bots: list[Row] = [
        {
            "bot": one.bot_id,
            "rights": one.rights,
            "may_post": one.may_post,
            "reasons": list(one.reasons),
            "until": iso(one.until_ms),
        }
        for one in found.bots
    ]
    people: list[Row] = [
        {
            "person": one.person_no,
            "name": found.names.get(one.person_no, ""),
            "state": one.state,
            "first": iso(one.first_ms),
            "last": iso(one.last_ms),
        }
        for one in found.members
    ]
    columns = [
        Column("person", "person", right=True),
        Column("name", "name"),
        Column("state", "state"),
        Column("first", "first (UTC)", drop=2, words=moment_of("first")),
        Column("last", "last (UTC)", drop=1, words=moment_of("last")),
    ]
    return Report(
        [
            Facts("group", facts, contact.title or f"Group {profile.group_no}"),
            Table("bots", _BOTS, bots, "Bots there", "no bot of ours was ever there"),
            Table("members", columns, people, "People", "nobody was seen there yet"),
        ],
        verb=f"groups show {profile.group_no}",
    )
