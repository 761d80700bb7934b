"""Strategies on the screen: the versions in force, a segment's history, the difference of two versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.report import Column, Fact, Facts, Report, Row, Table, iso, moment, moment_of

if TYPE_CHECKING:
    from app.desk.views import StrategyVersion
    from core.strategy import Pace

NO_VERSIONS = "no version is stored yet: the file is in force; next: manage_crm.py run stores it as version 1"


def overview(found: Sequence[StrategyVersion]) -> Report:
    """The version in force of each segment."""
    ordered = sorted(found, key=lambda one: (-one.strategy.priority, one.strategy.segment))
    table = _table([_row(one) for one in ordered], "no strategies; next: see strategies/")
    return Report([table], main="strategies", verb="strategy list")


def history(segment: str, found: Sequence[StrategyVersion]) -> Report:
    """All versions of one segment, newest first."""
    table = _table([_row(one) for one in found], NO_VERSIONS)
    return Report([table], main="strategies", verb=f"strategy history {segment}")


def one(found: StrategyVersion) -> Report:
    """One version with everything it says."""
    row = _row(found)
    facts = [
        Fact(key, key.replace("_", " "), value, moment(value) if key == "at" else "")
        for key, value in row.items()
    ]
    title = f"{found.strategy.segment}, version {found.strategy.version}"
    return Report([Facts("strategy", facts, title)], verb=f"strategy show {found.strategy.segment}")


def difference(old: StrategyVersion, new: StrategyVersion) -> Report:
    """What two versions say differently."""
    before, after = _row(old), _row(new)
    skipped = ("version", "live", "author", "at")
    rows: list[Row] = [
        {"field": key, "old": before[key], "new": after[key]}
        for key in before
        if key not in skipped and before[key] != after[key]
    ]
    versions = (old.strategy.version, new.strategy.version)
    columns = [
        Column("field", "field"),
        Column("old", f"version {versions[0]}"),
        Column("new", f"version {versions[1]}"),
    ]
    table = Table("differences", columns, rows, empty="the two versions say the same")
    verb = f"strategy diff {old.strategy.segment} {versions[0]} {versions[1]}"
    return Report([table], main="differences", verb=verb, extra={"old": versions[0], "new": versions[1]})


def _table(rows: Sequence[Row], empty: str) -> Table:
    columns = [
        Column("segment", "segment"),
        Column("version", "version", right=True),
        Column("live", "in force"),
        Column("priority", "priority", right=True, drop=3),
        Column("period_days", "every (days)", right=True, drop=1),
        Column("daily_limit", "a day", right=True),
        Column("cooldown_h", "cooldown (h)", right=True, words=lambda row: f"{row['cooldown_h']:g}"),
        Column("ceiling", "ceiling", drop=2),
        Column("kinds", "content", drop=4),
        Column("hours", "hours", drop=6),
        Column("author", "by", drop=5),
        Column("at", "since (UTC)", drop=5, words=moment_of("at")),
        Column("note", "note", drop=7),
    ]
    return Table("strategies", columns, rows, empty=empty)


def _row(found: StrategyVersion) -> Row:
    strategy = found.strategy
    return {
        "segment": strategy.segment,
        "version": strategy.version,
        "live": found.live,
        "priority": strategy.priority,
        "period_days": strategy.pace.period_days,
        "daily_limit": strategy.pace.daily_limit,
        "cooldown_h": strategy.pace.cooldown_h,
        "ceiling": _pace(strategy.ceiling),
        "kinds": list(strategy.kinds),
        "hours": list(strategy.hours),
        "author": found.author,
        "at": iso(found.at_ms),
        "note": strategy.note,
    }


def _pace(pace: Pace) -> str:
    every = "daily" if pace.period_days == 1 else f"every {pace.period_days} days"
    return f"{pace.daily_limit} {every}, {pace.cooldown_h:g} h apart"
