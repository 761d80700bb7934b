"""Delivery on the screen: how it stands, what waits, what stops it; and the bots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from console.report import Column, Fact, Facts, Report, Row, Table, iso, moment, moment_of
from console.screens import people

if TYPE_CHECKING:
    from app.desk.pace import Pace
    from app.desk.views import BotLine, DeliveryStatus
    from core.ledger import Message

EMPTY_QUEUE = "nothing waits; the planner adds messages while `manage_crm.py run` runs"
NO_BOTS = "no bots are set up; next: name one under bots in config.yaml, or manage_crm.py demo"


def status(found: DeliveryStatus) -> Report:
    """How delivery stands now."""
    parts: list[Table | Facts] = [
        _summary(found),
        switches(found.switches),
        replace(people.messages(found.queue, "next", "Next to be sent"), empty=EMPTY_QUEUE),
        people.messages_sent(found.latest),
        people.decisions(found.decisions),
        bot_table(found.bots),
        pace(found.pace),
    ]
    return Report(parts, verb="delivery status")


def pace(found: Sequence[Pace]) -> Table:
    """How fast each bot may send now."""
    columns = [
        Column("bot", "bot", right=True),
        Column("rate_per_s", "messages a second", right=True, words=lambda row: f"{row['rate_per_s']:.1f}"),
        Column("halt_until", "Telegram asked to wait until (UTC)", words=moment_of("halt_until")),
    ]
    rows: list[Row] = [
        {"bot": one.bot_id, "rate_per_s": round(one.rate_per_s, 2), "halt_until": iso(one.halt_until_ms)}
        for one in found
    ]
    return Table("pace", columns, rows, title="Pace", empty="no Redis is running, so nothing is being sent")


def queue(rows: Sequence[Message]) -> Report:
    """Messages that wait: those in line by their places, then the others by when they are due. The place is
    among the messages of the same bot."""
    plain = people.messages(rows, "queue", "")
    columns = [
        Column("place", "place", right=True, words=lambda row: str(row["place"] or "-")),
        *plain.columns,
        Column("campaign", "campaign", drop=1),
        Column("priority", "priority", right=True, drop=2, words=lambda row: f"{row['priority']:.1f}"),
    ]
    behind: dict[int, int] = {}
    lines: list[Row] = []
    for shown, row in zip(plain.rows, rows, strict=True):
        place = None
        if row.state == "queued":
            place = behind[row.bot_id] = behind.get(row.bot_id, 0) + 1
        own = {"place": place, "campaign": row.campaign, "priority": round(row.priority, 2)}
        lines.append({**shown, **own})
    table = replace(plain, columns=columns, rows=lines, empty=EMPTY_QUEUE)
    return Report([table], main="queue", verb="delivery queue")


def switches(found: Mapping[str, str]) -> Table:
    """What stops delivery now."""
    columns = [Column("switch", "switch"), Column("reason", "reason")]
    rows: list[Row] = [{"switch": name, "reason": found[name]} for name in sorted(found)]
    return Table("switches", columns, rows, title="Switches", empty="none: nothing is paused or halted")


def bots(found: Sequence[BotLine]) -> Report:
    """The bots and their people."""
    return Report([bot_table(found, title="")], main="bots", verb="bots list")


def bot_table(found: Sequence[BotLine], title: str = "Bots") -> Table:
    """One line a bot."""
    columns = [
        Column("bot", "bot", right=True, words=lambda row: str(row["bot"] or "no token")),
        Column("name", "name"),
        Column("started", "people", right=True),
        Column("blocked", "blocked", right=True),
        Column("paused", "paused"),
        Column("next_due", "next due (UTC)", drop=1, words=moment_of("next_due")),
        Column("offset", "next update", right=True, drop=2),
        Column("api_base", "Bot API", drop=3),
    ]
    rows: list[Row] = [
        {
            "bot": one.bot_id or None,
            "name": one.name,
            "started": one.started,
            "blocked": one.blocked,
            "paused": one.paused,
            "next_due": iso(one.next_due_ms),
            "offset": one.offset,
            "api_base": one.api_base,
        }
        for one in found
    ]
    return Table("bots", columns, rows, title=title, empty=NO_BOTS)


def _summary(found: DeliveryStatus) -> Facts:
    waiting = sum(found.states.get(state, 0) for state in ("planned", "queued", "retry"))
    answered = f"{found.answered_last_day} of {found.sent_last_day}"
    facts = [
        Fact("now", "now (UTC)", iso(found.now_ms), moment(iso(found.now_ms))),
        Fact("waiting", "waiting", waiting),
        Fact("states", "campaign messages", dict(found.states), _counts(found.states)),
        Fact("answers", "answers to people", dict(found.answers), _counts(found.answers)),
        Fact("inbox", "updates", dict(found.inbox), _counts(found.inbox)),
        Fact("jobs", "last run (UTC)", {name: iso(at) for name, at in found.jobs.items()}, _jobs(found.jobs)),
        Fact("sent_last_hour", "sent in the last hour", found.sent_last_hour),
        Fact("sent_last_day", "sent in 24 hours", found.sent_last_day),
        Fact("answered_last_day", "answered so far", found.answered_last_day, answered),
    ]
    return Facts("delivery", facts, "Delivery")


def _jobs(jobs: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {moment(iso(jobs[name]))}" for name in jobs)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {counts[name]}" for name in sorted(counts) if counts[name]) or "none"
