"""Journeys on the screen: what there is, how one goes, who is where, what came of it."""

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
    from app.desk.journeys import JourneyCard, JourneyLine
    from app.desk.travels import GoalRate, JourneyReport, StepFigures
    from core.ports import Enrolment, JourneyVersion

NONE = "no journeys; next: manage_crm.py journey put FILE (docs/journeys.md)"
NOBODY = "nobody is or was on this way"


def overview(lines: Sequence[JourneyLine]) -> Report:
    """One line a journey."""
    columns = [
        Column("journey", "journey"),
        Column("state", "state"),
        Column("version", "version", right=True, words=_version_words),
        Column("newest"),
        Column("enters", "who enters", drop=2),
        Column("steps", "steps", right=True, drop=3),
        Column("active", "inside", right=True),
        Column("goal", "goal", right=True),
        Column("done", "at the end", right=True, drop=1),
        Column("exited", "left", right=True, drop=1),
        Column("paused", "paused because", drop=4),
    ]
    table = Table("journeys", columns, [_line(one) for one in lines], empty=NONE)
    waiting = next((one for one in lines if one.proposal), None)
    step = f"manage_crm.py journey diff {waiting.name}" if waiting else ""
    return Report([table], main="journeys", verb="journey list", next_step=step)


def _version_words(row: Row) -> str:
    version, newest = row["version"], row["newest"]
    return f"{version} ({newest} is proposed)" if version and version != newest else str(version or newest)


def _line(one: JourneyLine) -> Row:
    from core.journey import entry_words

    journey = one.journey
    return {
        "journey": one.name,
        "state": one.state,
        "version": one.live,
        "newest": one.newest,
        "enters": entry_words(journey.entry) if journey else "can't be read by this program",
        "steps": len(journey.steps) if journey else 0,
        **{state: one.counts.get(state, 0) for state in ("active", "goal", "done", "exited")},
        "paused": one.paused,
    }


def card(found: JourneyCard) -> Report:
    """One version: what it says, and where it stands."""
    facts = Facts("journey", [*_facts(found), *_said(found)], _title(found))
    table = Table("steps", _STEP_COLUMNS, _steps(found), "Steps")
    return Report([facts, table], main="steps", verb=f"journey show {found.version.name}")


_STEP_COLUMNS = [Column("step", "step"), Column("does", "what it does"), Column("next", "then", drop=1)]


def _title(found: JourneyCard) -> str:
    version = found.version.version
    return f"{found.version.name}, version {version}" if version else f"{found.version.name}, not stored yet"


def _facts(found: JourneyCard) -> list[Fact]:
    line, version = found.line, found.version
    inside = line.counts.get("active", 0)
    return [
        Fact("name", "name", version.name),
        Fact("state", "state", line.state, line.state + (f": {line.paused}" if line.paused else "")),
        Fact("version", "version", version.version),
        Fact("live", "takes newcomers", version.live, "yes" if version.live else "no"),
        Fact("newest", "newest version", line.newest),
        Fact("author", "by", version.author),
        Fact("at", "since (UTC)", iso(version.at_ms), moment(iso(version.at_ms))),
        Fact("inside", "inside, in all versions", inside),
    ]


def _said(found: JourneyCard) -> list[Fact]:
    from core.journey import entry_words, goal_words

    journey = found.journey
    if journey is None:
        return [Fact("readable", "readable", value=False, words="no: this program can't read this version")]
    entry = journey.entry
    again = f"{entry.max_runs} times, {entry.again_after_days:g} days apart" if entry.max_runs > 1 else "once"
    return [
        Fact("enters", "who enters", entry_words(entry)),
        Fact("again", "how often", again),
        Fact("goal", "goal", goal_words(journey.goal), ", ".join(goal_words(journey.goal)) or "none"),
        Fact("exit", "exit", goal_words(journey.exit), ", ".join(goal_words(journey.exit)) or "none"),
        Fact("lasts_days", "at most (days)", journey.lasts_days),
    ]


def _steps(found: JourneyCard) -> list[Row]:
    from core.journey import step_words

    steps = found.journey.steps if found.journey is not None else ()
    return [{"step": one.id, "does": step_words(one), "next": one.next} for one in steps]


def faults(found: Sequence[str]) -> Report:
    """What is wrong, one a line."""
    rows: list[Row] = [{"fault": one} for one in found]
    table = Table("faults", [Column("fault", "fault")], rows, empty="no faults")
    return Report([table], main="faults", verb="journey check")


def history(name: str, found: Sequence[JourneyVersion]) -> Report:
    """All versions, newest first."""
    columns = [
        Column("version", "version", right=True),
        Column("live", "takes newcomers"),
        Column("author", "by"),
        Column("at", "since (UTC)", words=moment_of("at")),
        Column("steps", "steps", right=True),
    ]
    rows: list[Row] = [
        {
            "version": one.version,
            "live": one.live,
            "author": one.author,
            "at": iso(one.at_ms),
            "steps": _length(one.body),
        }
        for one in found
    ]
    return Report([Table("versions", columns, rows)], main="versions", verb=f"journey history {name}")


def _length(body: Mapping[str, object]) -> int:
    steps = body.get("steps")
    return len(steps) if isinstance(steps, list) else 0


def difference(old: JourneyCard, new: JourneyCard) -> Report:
    """What two versions say differently."""
    before, after = _flat(old), _flat(new)
    keys = list(dict.fromkeys([*before, *after]))
    rows: list[Row] = [
        {"field": key, "old": before.get(key, ""), "new": after.get(key, "")}
        for key in keys
        if before.get(key) != after.get(key)
    ]
    versions = (old.version.version, new.version.version)
    columns = [
        Column("field", "field"),
        Column("old", f"version {versions[0]}"),
        Column("new", f"version {versions[1]}"),
    ]
    name = old.version.name
    table = Table("differences", columns, rows, empty="the two versions say the same")
    waits = rows and old.version.live and not new.version.live
    step = f"manage_crm.py journey approve {name} {versions[1]}" if waits else ""
    verb = f"journey diff {name} {versions[0]} {versions[1]}"
    extra = {"old": versions[0], "new": versions[1]}
    return Report([table], main="differences", verb=verb, next_step=step, extra=extra)


def _flat(found: JourneyCard) -> dict[str, str]:
    """What a version says, by field and step."""
    said = {fact.key: str(fact.words or fact.value) for fact in _said(found)}
    steps = _steps(found)
    said["order"] = ", ".join(str(one["step"]) for one in steps)
    return said | {
        f"step {one['step']}": str(one["does"]) + _sending(found, str(one["step"])) for one in steps
    }


def _sending(found: JourneyCard, step: str) -> str:
    from core.journey import Send

    one = found.journey.step(step) if found.journey is not None else None
    if one is None or not isinstance(one.act, Send):
        return ""
    return f" (within {one.act.lifetime_h:g} h, priority {one.act.priority:g})"


def people(name: str, found: Sequence[Enrolment], limit: int, after: int = 0) -> Report:
    """Who is where; `after`: behind whom this page begins."""
    columns = [
        Column("person_no", "person", right=True),
        Column("run", "run", right=True, drop=2),
        Column("version", "version", right=True, drop=2),
        Column("state", "state"),
        Column("step", "step"),
        Column("entered", "entered (UTC)", drop=1, words=moment_of("entered")),
        Column("changed", "here since (UTC)", drop=3, words=moment_of("changed")),
        Column("due", "looked at next (UTC)", drop=4, words=moment_of("due")),
        Column("reason", "why it ended", drop=1),
    ]
    rows = [_way(one) for one in found]
    table = Table("people", columns, rows, empty=NOBODY)
    full = len(found) >= limit
    step = (
        f"manage_crm.py journey people {name} --after {found[-1].person_no} --limit {limit}" if full else ""
    )
    page = f" --limit {limit} --after {after}" if after else ""
    return Report([table], main="people", verb=f"journey people {name}{page}", next_step=step)


def _way(one: Enrolment) -> Row:
    return {
        "person_no": one.person_no,
        "run": one.run,
        "version": one.version,
        "state": one.state,
        "step": one.step,
        "entered": iso(one.entered_ms),
        "changed": iso(one.changed_ms),
        "due": iso(one.due_ms) if one.state == "active" else None,
        "reason": one.reason,
    }


def report(found: JourneyReport) -> Report:
    """What came of a version, step by step."""
    columns = [
        Column("step", "step"),
        Column("does", "what it does", drop=1),
        Column("entered", "came", right=True),
        Column("waiting", "waiting", right=True),
        Column("planned", "to send", right=True, drop=3),
        Column("sent", "sent", right=True),
        Column("answered", "answered", right=True),
        Column("unsent", "not sent", right=True, drop=2),
        Column("left", "ended here", right=True),
    ]
    rows = [_figures(one) for one in found.steps]
    name = found.card.version.name
    facts = Facts("journey", _totals(found), _title(found.card))
    groups = Table("goals", _GOALS, [_goal("messages", found.treated), _goal("control group", found.control)])
    table = Table("steps", columns, rows, "Steps", empty="this program can't read this version")
    return Report([facts, groups, table], main="steps", verb=f"journey report {name}")


_GOALS = [
    Column("group", "group"),
    Column("ended", "ways that ended", right=True),
    Column("goals", "at the goal", right=True),
    *share_columns("goal_rate", "goal rate (95 %)"),
]


def _totals(found: JourneyReport) -> list[Fact]:
    runs = [Fact(state, label, found.runs.get(state, 0)) for state, label in _STATES]
    words = ", ".join(f"{n} {state}" for state, n in found.messages.items())
    rate = found.treated.rate.value if found.treated.ended else None
    return [
        Fact("state", "state", found.card.line.state),
        *runs,
        Fact("messages", "messages (all versions)", dict(found.messages), words or "none"),
        Fact("goal_rate", "goal rate", rate, percent(rate)),
    ]


_STATES = (("active", "inside"), ("goal", "at the goal"), ("done", "at the end"), ("exited", "left"))


def _goal(group: str, found: GoalRate) -> Row:
    known = found.ended > 0
    return {
        "group": group,
        "ended": found.ended,
        "goals": found.goals,
        "goal_rate": found.rate.value if known else None,
        "goal_rate_low": found.rate.low if known else None,
        "goal_rate_high": found.rate.high if known else None,
    }


def _figures(one: StepFigures) -> Row:
    return {
        "step": one.step,
        "does": one.words,
        "entered": one.entered,
        "waiting": one.waiting,
        "planned": one.planned if one.sends else None,
        "sent": one.sent if one.sends else None,
        "answered": one.answered if one.sends else None,
        "unsent": one.unsent if one.sends else None,
        "left": one.left,
    }
