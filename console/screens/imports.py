"""What an import brought, on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.report import Column, Fact, Facts, Report, Table

if TYPE_CHECKING:
    from app.importing import Imported


def report(done: Imported, *, dry_run: bool) -> Report:
    """Lines, what was new, and the lines that could not be used."""
    facts = [
        Fact("dry_run", "dry run", dry_run, "yes: nothing was changed" if dry_run else "no"),
        Fact("lines", "lines", done.lines),
        Fact("good", "that would come in" if dry_run else "usable lines", done.good),
        Fact("new", "new", done.new),
        Fact("events", "events", done.events),
        Fact("finished_before", "imported before", done.finished_before, _again(done)),
        Fact("resumed_at", "went on behind line", done.resumed_at),
        Fact("aside", "updates kept aside", done.aside),
        Fact("forgotten", "about people who are forgotten", done.forgotten),
        Fact("errors", "unusable lines", done.error_count),
    ]
    errors = Table(
        "first_errors", [Column("error", "error")], [{"error": one} for one in done.errors], "Errors"
    )
    parts: list[Table | Facts] = [Facts("imported", facts, "Import")]
    next_step = "" if dry_run or done.error_count else "manage_crm.py segments compute"
    return Report([*parts, errors] if done.errors else parts, next_step=next_step)


def interrupted(*, dry_run: bool, again: bool) -> str:
    """What an operator who stopped an import should know."""
    if dry_run:
        return "interrupted; nothing was changed"
    return f"interrupted; the same command {'without --again ' if again else ''}goes on"


def _again(done: Imported) -> str:
    return "yes, all of it; --again goes through it once more" if done.finished_before else "no"
