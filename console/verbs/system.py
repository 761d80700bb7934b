"""The verbs that look after an installation: doctor, db, rebuild, import, export; and test and bench.

Each is one lazy call into the part that does it; nothing is decided here.
"""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from console.output import Mode, Output
from console.progress import Bar
from console.session import DryRun, Json, Yes, ask, confirm, options_of, output, real_only

INTERRUPTED = 130
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}
"""For verbs that hand their arguments to another tool."""
db = typer.Typer(help="The database: status, upgrade.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add the verbs to the program."""
    app.add_typer(db, name="db")
    app.command()(doctor)
    app.command(context_settings=PASS_ON)(test)
    app.command()(bench)
    app.command()(export)
    app.command(name="import")(import_)
    app.command()(rebuild)
    app.command()(memory)


def doctor(ctx: typer.Context, json: Json = False) -> None:
    """Check that everything is well."""
    from console.report import document
    from console.screens import health

    out = output(json)
    report = asyncio.run(health.examine(options_of(ctx)))
    out.show(report)
    if not document(report)["ok"]:
        raise typer.Exit(1)


def test(ctx: typer.Context) -> None:
    """Run every check and test of the project."""
    from console.checks import run_checks

    raise typer.Exit(run_checks(list(ctx.args)))


def bench(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="For example speed/loop; left out: all names.")
    ] = "",
    quick: Annotated[bool, typer.Option("--quick", help="End within a minute.")] = False,
    updates: Annotated[int, typer.Option(help="How many updates, where it is about updates.")] = 0,
    only: Annotated[str, typer.Option(metavar="PART", help="One part, where it has several.")] = "",
    times: Annotated[int, typer.Option(help="How many kills or hand-overs, where it is about them.")] = 0,
    json: Json = False,
) -> None:
    """Measure speed or quality against a baseline."""
    from console.benches import names, run_bench
    from console.report import Column, Report, Table

    if not name:
        out = output(json)
        rows = [{"name": known} for known in names()]
        empty = "there are no benchmarks; next: see benchmarks/"
        out.show(
            Report([Table("benchmarks", [Column("name", "name")], rows, empty=empty)], main="benchmarks")
        )
        return
    more = ["--updates", str(updates)] if updates > 0 else []
    more += ["--only", only] if only else []
    more += ["--times", str(times)] if times > 0 else []
    raise typer.Exit(run_bench(name, more, quick=quick, json=json))


class Exported(StrEnum):
    """What can be written out."""

    PEOPLE = "people"
    MESSAGES = "messages"
    EVENTS = "events"


def export(
    ctx: typer.Context,
    what: Annotated[Exported, typer.Argument(help="people, messages or events.")],
    segment: Annotated[str, typer.Option(help="Only people of this segment.")] = "",
    json: Json = False,
) -> None:
    """Write all people, messages or events to stdout; events as JSON lines that `import` takes."""
    from console import exporting

    if segment and what is not Exported.PEOPLE:
        raise typer.BadParameter(f"--segment chooses people; {what} are exported whole", ctx=ctx)
    if json and what is Exported.EVENTS:
        raise typer.BadParameter("events are JSON lines anyway: leave --json out", ctx=ctx)
    out = output(json)
    if what is Exported.EVENTS:
        ask(ctx, out, lambda desk: exporting.write_events(desk.workspace.store, out))
        return
    if what is Exported.PEOPLE:
        people = ask(ctx, out, lambda desk: exporting.everybody(desk.queries, segment))
        out.show(exporting.people_report(people))
        return
    from app.exporter import export_ledger

    out.show(exporting.messages_report(ask(ctx, out, lambda desk: export_ledger(desk.workspace.store))))


def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines of updates or events.")],
    dry_run: DryRun = False,
    again: Annotated[bool, typer.Option("--again", help="From the first line, even if it is known.")] = False,
    json: Json = False,
) -> None:
    """Bring in history; an interrupted import goes on where it stopped."""
    real_only(ctx, "`import` brings history into the real installation")
    from app.start import ImportOptions, import_file
    from console.screens import imports

    out = output(json)
    bar = Bar(out, "lines")
    try:
        done = asyncio.run(import_file(options_of(ctx).config, ImportOptions(file, dry_run, again), bar))
    except KeyboardInterrupt:
        bar.end()
        out.note(imports.interrupted(dry_run=dry_run, again=again))
        raise typer.Exit(INTERRUPTED) from None
    bar.end()
    out.show(imports.report(done, dry_run=dry_run))
    if done.error_count or done.aside:
        raise typer.Exit(1)


def rebuild(ctx: typer.Context, yes: Yes = False) -> None:
    """Make Redis again from the database."""
    from app.rebuilding import rebuild as rebuild_hot

    out, options = output(False), options_of(ctx)
    confirm(out, "empty Redis and fill it again?", yes=yes, again="manage_crm.py rebuild")
    bar = Bar(out, "people")
    done = asyncio.run(rebuild_hot(options.config, demo=options.demo, progress=bar))
    bar.end()
    out.note(f"{done.people} people are in Redis again")


def memory(ctx: typer.Context, json: Json = False) -> None:
    """How full Redis is, bytes per profile, days until it is full."""
    from app.desk.memory import memory_of
    from console.screens import memory as screen

    out, options = output(json), options_of(ctx)
    use, bounds = asyncio.run(memory_of(options.config, demo=options.demo))
    out.show(screen.report(use, bounds))


@db.command()
def status(ctx: typer.Context, json: Json = False) -> None:
    """Which version the database has and which it needs."""
    from app.desk.workspace import database_status
    from console.report import Fact, Facts, Report

    out = output(json)
    found = asyncio.run(database_status(options_of(ctx).config, demo=options_of(ctx).demo))
    facts = [
        Fact("url", "database", found.url),
        Fact("version", "version", found.version, found.version or "none: it is made at the first start"),
        Fact("wanted", "wanted", found.wanted),
        Fact("current", "up to date", found.current, "yes" if found.current else "no"),
    ]
    next_step = "" if found.current else "manage_crm.py db upgrade"
    out.show(Report([Facts("database", facts)], verb="db status", next_step=next_step))


@db.command()
def upgrade(ctx: typer.Context, yes: Yes = False) -> None:
    """Bring the database to the version of this program."""
    from app.desk.workspace import database_status, upgrade_database

    out, options = Output(Mode.SCREEN), options_of(ctx)
    found = asyncio.run(database_status(options.config, demo=options.demo))
    if found.current:
        out.note("the database is up to date")
        return
    confirm(out, f"upgrade {found.url}?", yes=yes, again="manage_crm.py db upgrade")
    asyncio.run(upgrade_database(options.config, demo=options.demo))
    out.note(f"the database is at version {found.wanted}")
