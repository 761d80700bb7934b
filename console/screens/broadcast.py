"""Broadcasts on the screen: what there is, what would happen, what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from console.report import (
    Column,
    Fact,
    Facts,
    Report,
    Row,
    Table,
    iso,
    moment,
    moment_of,
    percent,
    share_columns,
)

if TYPE_CHECKING:
    from app.desk.broadcasts import DryRun, Line
    from app.desk.campaigns import Compared, Recipient, Result, VariantFigures
    from app.desk.views import Share
    from core.flow.broadcast import Sample, Survey

NONE = "no broadcasts yet; next: manage_crm.py broadcast create FILE (docs/broadcasts.md)"
NOT_SENT = "nothing has been planned yet"
SENT = ("sent", "unknown")
SHOWN = 400
"""Characters of a sample's text on the screen."""


def overview(lines: Sequence[Line]) -> Report:
    """One line a broadcast."""
    columns = [
        Column("name", "name"),
        Column("state", "state"),
        Column("audience", "to", drop=2),
        Column("when", "when", drop=1),
        Column("next", "next or last time (UTC)", drop=3, words=moment_of("next")),
        Column("messages", "messages", right=True),
        Column("sent", "sent", right=True),
        Column("waiting", "waiting", right=True),
        Column("author", "author", drop=4),
        Column("note", "note", drop=5),
    ]
    table = Table("broadcasts", columns, [_line(one) for one in lines], empty=NONE)
    return Report([table], main="broadcasts", verb="broadcast list")


def _line(one: Line) -> Row:
    return {
        "name": one.broadcast.name,
        "state": one.state,
        "audience": one.broadcast.audience.words,
        "when": one.broadcast.when.words,
        "next": iso(one.row.slot_ms),
        "messages": one.rows,
        "sent": sum(one.states.get(state, 0) for state in SENT),
        "waiting": one.waiting,
        "author": one.row.author,
        "note": one.reason or one.row.note,
    }


def card(one: Line, now_ms: int) -> Report:
    """One broadcast: what it is and where it stands."""
    broadcast = one.broadcast
    variants = ", ".join(
        f"{each.name}: {each.content or 'a copied message'} ({each.share:g})" for each in broadcast.variants
    )
    facts = [
        Fact("name", "name", broadcast.name),
        Fact("state", "state", one.state, f"{one.state}{f' ({one.reason})' if one.reason else ''}"),
        Fact("audience", "to", broadcast.audience.words),
        Fact("to", "sent to", broadcast.to),
        Fact("variants", "what", variants),
        Fact("when", "when", broadcast.when.words),
        Fact("next", "next or last time (UTC)", iso(one.row.slot_ms), moment(iso(one.row.slot_ms))),
        Fact("bot", "bot", broadcast.bot_id or None, str(broadcast.bot_id or "the one last spoken with")),
        Fact("lifetime_h", "a message lives", broadcast.lifetime_h, f"{broadcast.lifetime_h:g} h"),
        Fact("priority", "priority", broadcast.priority),
        Fact("author", "author", one.row.author),
        Fact("created", "created (UTC)", iso(one.row.created_ms), moment(iso(one.row.created_ms))),
        Fact("states", "messages", dict(one.states), _counts(one.states)),
        Fact("note", "note", one.row.note or broadcast.note),
        Fact("now", "", iso(now_ms)),
    ]
    return Report([Facts("broadcast", facts)], verb=f"broadcast show {broadcast.name}", next_step=_next(one))


def _next(one: Line) -> str:
    name = one.broadcast.name
    follows = {
        "draft": f"broadcast dry-run {name}",
        "paused": f"broadcast resume {name}",
        "stopped": f"broadcast report {name}",
    }
    return f"manage_crm.py {follows.get(one.state, f'broadcast report {name}')}"


# ------------------------------------------------------------------------------------------------ dry run
def dry_run(found: DryRun, asked: str = "") -> Report:
    """What would happen. `asked`: how it was named; of a file there is a draft to be made first."""
    survey, broadcast = found.survey, found.broadcast
    named = not asked or asked == broadcast.name
    parts: list[Table | Facts] = [
        _would(found),
        _reasons("later", "Would wait for now, and go later", survey.later, "nobody"),
        _reasons("never", "Would get nothing", survey.never, "nobody"),
        _tally("variants", "By variant", survey.variants),
        _tally("languages", "By language", survey.languages),
        _samples(survey),
    ]
    return Report(
        parts,
        verb=f"broadcast dry-run {asked or broadcast.name}",
        next_step=f"manage_crm.py broadcast {f'test {broadcast.name}' if named else f'create {asked}'}",
    )


def _would(found: DryRun) -> Facts:
    survey = found.survey
    first, last = iso(survey.first_ms), iso(survey.last_ms)
    facts = [
        Fact("name", "broadcast", found.broadcast.name),
        Fact("to", "to", found.broadcast.audience.words),
        Fact("audience", "in the audience", survey.audience),
        Fact("messages", "would be sent", survey.messages),
        Fact("now", "of them when they are due", survey.now),
        Fact("later", "later", sum(survey.later.values())),
        Fact("never", "nothing", sum(survey.never.values())),
        Fact("first_due", "first due (UTC)", first, moment(first)),
        Fact("last_due", "last due (UTC)", last, moment(last)),
        Fact("hours", "sending takes at least", round(found.hours, 3), _hours(found.hours)),
    ]
    return Facts("dry_run", facts, "Dry run: nothing was written")


def _hours(hours: float) -> str:
    if hours >= 1:
        return f"{hours:.1f} h"
    return f"{hours * 60:.0f} min" if hours * 60 >= 1 else "less than a minute"


def _reasons(key: str, title: str, counts: Mapping[str, int], empty: str) -> Table:
    columns = [
        Column("reason", "reason", words=lambda row: in_words(str(row["reason"]))),
        Column("people", "people", right=True),
    ]
    rows: list[Row] = [{"reason": reason, "people": n} for reason, n in counts.items()]
    return Table(f"{key}_reasons", columns, rows, title=title, empty=empty)


def in_words(reason: str) -> str:
    """A reason by which people are counted, as a sentence."""
    from core.consent import Reason, explain

    others = {
        "no_thread": "no such forum topic there",
        "unknown": "nobody knows this group",
        "no_hour": "neither a timezone nor an hour of recent activity is known",
    }
    if reason in others:
        return others[reason]
    found = Reason.__members__.get(reason.upper())
    words = explain(int(found), 0, "en") if found is not None else []
    return words[0] if words else reason.replace("_", " ")


def _tally(key: str, title: str, counts: Mapping[str, int]) -> Table:
    columns = [Column("name", "name", words=lambda row: str(row["name"]) or "-")]
    columns.append(Column("people", "people", right=True))
    rows: list[Row] = [{"name": name, "people": n} for name, n in counts.items()]
    return Table(key, columns, rows, title=title)


def _samples(survey: Survey) -> Table:
    columns = [
        Column("person", "person", right=True),
        Column("variant", "variant"),
        Column("language", "language", drop=1),
        Column("due", "due (UTC)", words=moment_of("due")),
        Column("text", "text", words=lambda row: str(row["text"])[:SHOWN]),
    ]
    rows: list[Row] = [_sample(one) for one in survey.samples]
    return Table("samples", columns, rows, title="What some of them would read", empty="nobody")


def _sample(one: Sample) -> Row:
    from core.content import with_id

    body = with_id(one.body, 0)
    poll = body.get("poll")
    text = poll.get("question") if isinstance(poll, Mapping) else body.get("text")
    words = str(text or f"a copy of message {_copied(body)}")
    return {
        "person": one.no,
        "variant": one.variant,
        "language": one.language,
        "due": iso(one.due_ms),
        "text": words,
    }


def _copied(body: Mapping[str, object]) -> object:
    params = body.get("params")
    return params.get("message_id") if isinstance(params, Mapping) else ""


# ------------------------------------------------------------------------------------------------ report
def report(found: Result, now_ms: int) -> Report:
    """What came of it."""
    name = found.line.broadcast.name
    parts: list[Table | Facts] = [
        _standing(found, now_ms),
        _variants(found.figures),
        _comparison(found.compared, len(found.line.broadcast.variants)),
        _reasons("skipped", "Without a message", found.skipped, "nobody"),
    ]
    return Report(parts, verb=f"broadcast report {name}")


def _standing(found: Result, now_ms: int) -> Facts:
    line = found.line
    eta = iso(found.eta_ms)
    done = line.rows - line.waiting
    facts = [
        Fact("name", "broadcast", line.broadcast.name),
        Fact("state", "state", line.state, f"{line.state}{f' ({line.reason})' if line.reason else ''}"),
        Fact("started", "time (UTC)", iso(line.row.slot_ms), moment(iso(line.row.slot_ms))),
        Fact("messages", "messages", line.rows),
        Fact("done", "of them closed", done, f"{done} ({percent(done / line.rows if line.rows else None)})"),
        Fact("states", "by state", dict(line.states), _counts(line.states)),
        Fact("eta", "done about (UTC)", eta, moment(eta)),
        Fact("note", "note", line.row.note),
        Fact("now", "", iso(now_ms)),
    ]
    return Facts("broadcast", facts, f"Broadcast {line.broadcast.name}")


def _variants(figures: Sequence[VariantFigures]) -> Table:
    columns = [
        Column("variant", "variant", words=lambda row: str(row["variant"]) or "-"),
        Column("received", "received", right=True),
        *share_columns("answered", "answered"),
        *share_columns("clicked", "clicked", drop=2),
        *share_columns("blocked", "blocked the bot"),
        *share_columns("opted_out", "opted out", drop=1),
        Column("states", "states", drop=3, words=lambda row: _counts(row["states"])),
    ]
    rows = [_variant(one) for one in figures]
    return Table("variants", columns, rows, title="By variant, with 95 % intervals", empty=NOT_SENT)


def _variant(one: VariantFigures) -> Row:
    row: dict[str, object] = {
        "variant": one.variant,
        "received": one.answered.n,
        "states": dict(one.states),
    }
    for key in ("answered", "clicked", "blocked", "opted_out"):
        figure: Share = getattr(one, key)
        row |= {key: figure.rate, f"{key}_low": figure.low, f"{key}_high": figure.high}
    return row


def _comparison(compared: Sequence[Compared], variants: int) -> Table:
    columns = [
        Column("variant", "variant"),
        Column("against", "against"),
        Column("difference", "difference in answers", right=True, words=_points),
        Column("low"),
        Column("high"),
        Column("proven", "proven", words=lambda row: "yes" if row["proven"] else "no"),
    ]
    rows: list[Row] = [
        {
            "variant": one.variant,
            "against": one.against,
            "difference": one.lift.difference if one.lift else None,
            "low": one.lift.low if one.lift else None,
            "high": one.lift.high if one.lift else None,
            "proven": bool(one.lift and one.lift.proven),
        }
        for one in compared
    ]
    empty = "one variant only" if variants == 1 else "no two variants have messages yet"
    return Table("comparison", columns, rows, title="Variants compared", empty=empty)


def _points(row: Row) -> str:
    difference, low, high = row["difference"], row["low"], row["high"]
    if not isinstance(difference, float) or not isinstance(low, float) or not isinstance(high, float):
        return "too few people"
    return f"{100 * difference:+.1f} points [{100 * low:+.1f} to {100 * high:+.1f}]"


def _counts(counts: object) -> str:
    if not isinstance(counts, Mapping):
        return "none"
    return ", ".join(f"{state} {n}" for state, n in sorted(counts.items()) if n) or "none"


# ------------------------------------------------------------------------------------------------ recipients
def recipient(one: Recipient) -> dict[str, object]:
    """One line of the export."""
    return {
        "message": one.message,
        "person": one.person or None,
        "group": one.group or None,
        "telegram_id": one.telegram_id or None,
        "bot": one.bot_id,
        "variant": one.variant,
        "content": one.content,
        "segment": one.segment,
        "state": one.state,
        "reason": one.reason,
        "due_at": iso(one.due_ms),
        "sent_at": iso(one.sent_ms),
        "answered_at": iso(one.answered_ms),
        "harm": one.harm,
        "harm_at": iso(one.harm_ms),
    }
