"""People on the screen: lists, one person's card, and why a message was planned, held or dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
    percent_of,
)
from console.screens.holding import competing, holds
from console.screens.stated import stated

if TYPE_CHECKING:
    from app.desk.views import Door, PersonCard, PersonLine, Why
    from core.event import Event
    from core.identity import Identity
    from core.ledger import Message
    from core.ports import Decision

HOURS = 24
HOUR_MS = 3_600_000
NO_MESSAGES = "no messages yet; next: manage_crm.py run plans them"
NOBODY = (
    "no people yet: next: manage_crm.py demo shows simulated ones, manage_crm.py import FILE brings yours"
)


def lines(people: Sequence[PersonLine], empty: str = NOBODY, key: str = "people") -> Table:
    """A list of people."""
    columns = [
        Column("person", "person", right=True),
        Column("name", "name"),
        Column("username", "username", drop=3),
        Column("language", "lang", drop=6),
        Column("segments", "segments", words=_segments_in_words),
        Column("engagement", "engaged", right=True, drop=4, words=lambda row: f"{row['engagement']:.0f}"),
        Column("intent", "intent", right=True, drop=1, words=lambda row: f"{row['intent']:.0f}"),
        Column("consent", "consent", drop=5),
        Column("reachable", "reach", drop=7),
        Column("holdout", "holdout", drop=8),
        Column("last_seen", "last seen (UTC)", drop=2, words=moment_of("last_seen")),
    ]
    return Table(key, columns, [person_row(one) for one in people], empty=empty)


def person_row(line: PersonLine) -> Row:
    """A person as plain values."""
    return {
        "person": line.person_no,
        "name": line.name,
        "username": line.username,
        "language": line.language,
        "segments": [f"{name}:{line.segments[name]:.2f}" for name in sorted(line.segments)],
        "engagement": round(line.engagement, 1),
        "intent": round(line.intent, 1),
        "consent": line.consent,
        "reachable": line.reachable,
        "holdout": line.holdout,
        "last_seen": iso(line.last_seen_ms),
    }


def people_list(people: Sequence[PersonLine], verb: str, limit: int, empty: str = NOBODY) -> Report:
    """A page of people and the verb for the next one."""
    full = len(people) == limit
    following = f"{verb} --after {people[-1].person_no}" if full else ""
    return Report([lines(people, empty)], main="people", verb=verb, next_step=following)


def card(found: PersonCard) -> Report:
    """One person: profile, segments with evidence, reach, consent, timeline."""
    verb = f"users show {found.line.person_no}"
    parts: list[Table | Facts] = [
        _who(found),
        _numbers(found),
        stated(found.profile),
        _membership(found),
        _reach(found),
        timeline(found.timeline),
    ]
    return Report(parts, verb=verb, next_step=f"manage_crm.py delivery why {found.line.person_no}")


def why(found: Why) -> Report:
    """Why a message was planned, held or dropped, and what would have to change."""
    decided = replace(decisions(found.decisions), empty="no decision for this person yet")
    parts: list[Table | Facts] = [
        _door(found.line, found.door),
        holds(found.door),
        competing(found.waiting),
        messages_of_one(found.messages),
        decided,
    ]
    return Report(parts, verb=f"delivery why {found.line.person_no}")


def messages(rows: Sequence[Message], key: str = "messages", title: str = "Messages") -> Table:
    """Rows of the ledger, of many people."""
    columns = [
        Column("id", "message", right=True),
        Column("state", "state"),
        Column("due", "due (UTC)", words=moment_of("due")),
        Column("class", "class", drop=5),
        Column("person", "person", right=True),
        Column("segment", "segment", drop=1),
        Column("content", "content", drop=2),
        Column("predicted", "predicted", right=True, drop=3, words=percent_of("predicted")),
        Column("bot", "bot", right=True, drop=7),
        Column("sent", "sent (UTC)", drop=6, words=moment_of("sent")),
        Column("answered", "answered (UTC)", drop=6, words=moment_of("answered")),
        Column("reason", "reason", drop=4),
    ]
    return Table(key, columns, [message_row(row) for row in rows], title=title, empty=NO_MESSAGES)


def messages_sent(rows: Sequence[Message]) -> Table:
    """Rows of the ledger that were sent: by when they left, not by when they were due."""
    shown = {"due": 8, "sent": 0, "answered": 3}
    table = messages(rows, "latest", "Last sent")
    columns = [replace(one, drop=shown.get(one.key, one.drop)) for one in table.columns]
    return replace(table, columns=columns, empty="nothing was sent yet")


def messages_of_one(rows: Sequence[Message]) -> Table:
    """Rows of the ledger of one person: what became of each, and why."""
    shown = {"id": 0, "state": 0, "due": 0, "sent": 3, "answered": 2, "content": 1, "reason": 0}
    columns = [
        replace(column, drop=shown[column.key]) if column.key in shown else replace(column, title="")
        for column in messages(rows).columns
    ]
    return replace(messages(rows), columns=columns, empty="no message to this person yet")


def message_row(row: Message) -> Row:
    """A message as plain values, without its text."""
    return {
        "id": row.id,
        "state": str(row.state),
        "due": None if row.parked else iso(row.due_ms),
        "class": str(row.cls),
        "person": row.person_no,
        "segment": row.segment,
        "content": row.content,
        "predicted": round(row.predicted, 4),
        "bot": row.bot_id,
        "sent": iso(row.sent_ms),
        "answered": iso(row.answered_ms),
        "reason": reason_in_words(row.reason),
    }


def reason_in_words(reason: str) -> str:
    """A reason of the ledger; the names that the door left there become its sentences."""
    from core.consent import Reason, explain
    from core.ledger import HELD

    plan, held, by = reason.partition(HELD)
    listed, after, cause = (by if held else reason).partition(", after ")
    names = listed.upper().split()
    if not names or any(name not in Reason.__members__ for name in names):
        return reason
    bits = sum(int(Reason[name]) for name in names)
    words = "the door held it: " + "; ".join(explain(bits, 0)) + after + cause
    return f"{plan}; {words}" if held and plan else words


def decisions(rows: Sequence[Decision], title: str = "Last decisions") -> Table:
    """What the planner decided, and how sure it was. `chance`: the probability with which this was chosen."""
    columns = [
        Column("at", "decided (UTC)", words=moment_of("at")),
        Column("person", "person", right=True),
        Column("segment", "segment", drop=2),
        Column("message", "message", right=True, drop=5),
        Column("kind", "chosen", words=lambda row: f"{row['kind']} {row['hour']}h" if row["kind"] else "-"),
        Column("hour"),
        Column("predicted", "answers", right=True, words=percent_of("predicted")),
        Column("propensity", "chance", right=True, words=percent_of("propensity")),
        Column("candidates", "of", right=True, drop=3, words=lambda row: str(_length(row["candidates"]))),
        Column("model", "model", right=True, drop=6),
        Column("reason", "reason", drop=4),
    ]
    empty = "no decisions yet; next: manage_crm.py run makes them"
    return Table("decisions", columns, [decision_row(row) for row in rows], title=title, empty=empty)


def timeline(events: Sequence[Event]) -> Table:
    """What happened, latest first."""
    columns = [
        Column("at", "when (UTC)", words=moment_of("at")),
        Column("event", "event"),
        Column("bot", "bot", right=True, drop=1),
        Column("details", "details", words=lambda row: _details(row["details"])),
    ]
    rows: list[Row] = [
        {"at": iso(one.ts_ms), "event": one.kind, "bot": one.bot_id or None, "details": dict(one.props)}
        for one in events
    ]
    return Table("timeline", columns, rows, title="Timeline", empty="nothing has happened yet")


def _who(found: PersonCard) -> Facts:
    line, profile = found.line, found.profile
    zone = profile.zone or f"about UTC{profile.tz_offset_min / 60:+g}, confidence {profile.tz_confidence:.2f}"
    facts = [
        Fact("person", "person", line.person_no),
        Fact("name", "name", line.name),
        Fact("username", "username", line.username, f"@{line.username}" if line.username else "-"),
        Fact("identities", "known as", [_identity(one) for one in found.identities]),
        Fact("language", "language", line.language),
        Fact("premium", "Telegram Premium", profile.premium, _yes(profile.premium)),
        Fact("timezone", "timezone", zone),
        Fact("first_seen", "first seen", iso(profile.first_seen_ms), moment(iso(profile.first_seen_ms))),
        Fact("last_seen", "last seen", iso(profile.last_seen_ms), moment(iso(profile.last_seen_ms))),
        Fact("campaign", "came by", profile.campaign_first),
        Fact("consent", "wants messages", line.consent, _consent_words(found)),
        Fact("holdout", "holdout", line.holdout, "yes: gets no campaigns" if line.holdout else "no"),
    ]
    return Facts("person", facts, f"Person {line.person_no}")


def _numbers(found: PersonCard) -> Facts:
    profile = found.profile
    answered = f"{profile.answered_30d} of {profile.received_30d} in 30 days"
    answered += f", the last {profile.ignored_in_a_row} ignored" if profile.ignored_in_a_row else ""
    counts = (profile.interactions_1d, profile.interactions_7d, profile.interactions_30d)
    facts = [
        Fact("engagement_score", "engagement", round(profile.engagement_score, 1)),
        Fact("intent_score", "intent", round(profile.intent_score, 1), _intent(found)),
        Fact(
            "interactions",
            "interactions",
            list(counts),
            "{} / {} / {} in 1 / 7 / 30 days".format(*counts),
        ),
        Fact("active_days_30d", "active days", profile.active_days_30d, f"{profile.active_days_30d} of 30"),
        Fact("night_share", "night share", round(profile.night_share, 3), percent(profile.night_share)),
        Fact("hours", "active hours (UTC)", busiest_hours(profile.hour_activity)),
        Fact(
            "response_rate", "response rate", round(profile.response_rate, 4), percent(profile.response_rate)
        ),
        Fact("answered_30d", "answered", profile.answered_30d, answered),
        Fact("purchases", "purchases", profile.purchases),
        Fact("amount_minor", "amount (minor units)", profile.amount_minor),
        Fact("bots", "bots followed", profile.bots),
    ]
    return Facts("profile", facts, "Profile")


def _membership(found: PersonCard) -> Table:
    columns = [
        Column("segment", "segment"),
        Column("member", "member"),
        Column("confidence", "confidence", right=True),
        Column("evidence", "evidence", words=lambda row: _evidence(row["evidence"])),
    ]
    rows: list[Row] = [
        {
            "segment": one.segment,
            "member": one.member,
            "confidence": round(one.confidence, 3),
            "evidence": [{"text": text, "score": round(score, 3)} for text, score in one.evidence],
        }
        for one in found.segments
    ]
    return Table(
        "segments", columns, rows, "Segments now, by rule and evidence", empty="no segments are defined"
    )


def _reach(found: PersonCard) -> Table:
    columns = [
        Column("bot", "bot", right=True),
        Column("state", "state"),
        Column("since", "since (UTC)", words=moment_of("since")),
    ]
    rows: list[Row] = [
        {"bot": one.bot_id, "state": one.state, "since": iso(one.changed_ms)} for one in found.reach
    ]
    return Table("reach", columns, rows, title="Reach", empty="no bot can write to this person")


def _door(line: PersonLine, door: Door) -> Facts:
    answer = "yes, now" if door.allowed else "no, not now"
    until = (
        moment(iso(door.until_ms)) if door.until_ms else ("-" if door.allowed else "time alone does not help")
    )
    facts = [
        Fact("person", "person", line.person_no, f"{line.person_no} {line.name}"),
        Fact("allowed", "may be written to", door.allowed, answer),
        Fact(
            "reasons", "because", list(door.reasons), "; ".join(door.reasons) or "nothing stands against it"
        ),
        Fact("until", "not before (UTC)", iso(door.until_ms), until),
        Fact("segment", "sending segment", door.segment),
        Fact("bot", "by bot", door.bot_id or None),
    ]
    return Facts("door", facts, "The door")


def decision_row(row: Decision) -> Row:
    """A decision as plain values."""
    chosen: Sequence[object] = ()
    if row.message_id and 0 <= row.chosen < len(row.candidates):
        chosen = row.candidates[row.chosen]
    hour, kind, propensity, predicted = (*chosen, None, None, None, None)[:4]
    return {
        "at": iso(row.at_ms),
        "person": row.person_no,
        "segment": row.segment,
        "message": row.message_id or None,
        "kind": kind,
        "hour": f"{hour % HOURS:02d}" if isinstance(hour, int) else None,
        "predicted": predicted,
        "propensity": propensity,
        "candidates": [_candidate(one) for one in row.candidates],
        "model": row.model_version,
        "reason": row.reason,
    }


def _candidate(one: Sequence[object]) -> dict[str, object]:
    hour, kind, chance, predicted = one
    due = iso(hour * HOUR_MS) if isinstance(hour, int) else None
    return {"hour": due, "kind": kind, "propensity": chance, "predicted": predicted}


def _length(value: object) -> int:
    return len(value) if isinstance(value, list) else 0


def _segments_in_words(row: Row) -> str:
    names = row["segments"]
    return ", ".join(str(name).split(":")[0] for name in names) or "-" if isinstance(names, list) else "-"


def _evidence(value: object) -> str:
    if not isinstance(value, list):
        return "-"
    return "; ".join(f"{one['text']} {percent(one['score'], 0)}" for one in value) or "-"


def _identity(identity: Identity) -> str:
    return f"{identity.namespace}:{identity.value}"


def _intent(found: PersonCard) -> str:
    profile = found.profile
    asked = {
        "price": profile.intent_price,
        "VIP": profile.intent_vip,
        "buy": profile.intent_buy,
        "support": profile.intent_support,
    }
    words = ", ".join(f"{topic} {count}" for topic, count in asked.items() if count)
    return f"{profile.intent_score:.1f}" + (f" (asked: {words})" if words else "")


def _consent_words(found: PersonCard) -> str:
    last = found.consents[-1] if found.consents else None
    since = f" since {moment(iso(last.at_ms))} by {last.source}" if last else ""
    return _yes(found.line.consent) + since


def busiest_hours(hours: Sequence[float], shown: int = 4) -> list[int]:
    """The hours of the day with most activity, in their order."""
    ranked = sorted(range(len(hours)), key=lambda hour: (-hours[hour], hour))[:shown]
    return sorted(hour for hour in ranked if hours[hour] > 0)


def _details(value: object) -> str:
    return " ".join(f"{key}={item}" for key, item in value.items()) if isinstance(value, dict) else ""


def _yes(value: bool) -> str:
    return "yes" if value else "no"
