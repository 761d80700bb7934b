"""`broadcast`: something said to many at once: made, looked over, tested, started, watched."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from console.session import Desk, DryRun, Json, Yes, ask, confirm, options_of, output, real_only

if TYPE_CHECKING:
    from app.desk.broadcasts import Broadcasts
    from console.output import Output

app = typer.Typer(
    help="Broadcasts: make, dry run, test, start, report.", no_args_is_help=True, rich_markup_mode=None
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of a broadcast.")]
NameOrFile = Annotated[str, typer.Argument(metavar="NAME", help="Name of a broadcast, or a file of one.")]
PROGRAM = "manage_crm.py broadcast"


def _desk(desk: Desk) -> Broadcasts:
    from app.desk.broadcasts import Broadcasts, place_of

    return Broadcasts(place_of(desk.workspace), desk.actor)


@app.command(name="list")
def list_(ctx: typer.Context, json: Json = False) -> None:
    """All broadcasts, the newest first."""
    from console.screens import broadcast

    out = output(json)
    out.show(broadcast.overview(ask(ctx, out, lambda desk: _desk(desk).lines())))


@app.command()
def show(ctx: typer.Context, name: Name, json: Json = False) -> None:
    """One broadcast: what it is and where it stands."""
    from console.screens import broadcast

    async def look(desk: Desk) -> None:
        out.show(broadcast.card(await _desk(desk).line(name), desk.workspace.clock.now_ms()))

    out = output(json)
    ask(ctx, out, look)


@app.command()
def create(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML or JSON: docs/broadcasts.md")],
    dry_run: DryRun = False,
) -> None:
    """Make a draft of a file; a draft of the same name is replaced."""

    async def make(desk: Desk) -> str:
        broadcast = _desk(desk).read_file(file)
        if not dry_run:
            await _desk(desk).put(broadcast)
        return broadcast.name

    out = output(False)
    name = ask(ctx, out, make)
    if dry_run:
        out.note(f"dry run, nothing changed: {file.name} can be read; would make the draft {name}")
        out.note(f"next: {out.here(f'{PROGRAM} dry-run {file}')}")
        return
    out.note(f"{name}: made as a draft")
    out.note(f"next: {out.here(f'{PROGRAM} dry-run {name}')}")


@app.command(name="dry-run")
def dry_run_(ctx: typer.Context, name: NameOrFile, json: Json = False) -> None:
    """Who would get it, who not and why, and what some would read. Nothing is written."""
    from console.progress import Bar
    from console.screens import broadcast

    async def look(desk: Desk) -> None:
        found = await _desk(desk).dry_run(await _desk(desk).read(name), bar)
        bar.end()
        out.show(broadcast.dry_run(found, name))

    out = output(json)
    bar = Bar(out, "people")
    ask(ctx, out, look)


@app.command()
def test(ctx: typer.Context, name: NameOrFile) -> None:
    """Send every variant to the operators who may send, marked as a test."""
    real_only(ctx, "a test is really sent")

    async def send(desk: Desk) -> None:
        from app.trial import test_from_terminal

        sent = await test_from_terminal(options_of(ctx).config, desk.workspace, _desk(desk), name)
        for one in sent:
            out.note(f"{one.operator}: {one.words}")

    out = output(False)
    ask(ctx, out, send)
    out.note(f"next: {out.here(f'{PROGRAM} start {name}')}")


@app.command()
def start(ctx: typer.Context, name: Name, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Let a draft go out when its time comes."""

    async def begin(desk: Desk) -> str:
        place = _desk(desk)
        found = await place.dry_run((await place.line(name)).broadcast)
        words = f"{found.survey.messages} messages, {found.broadcast.when.words}"
        if _asked(out, f"start {name} ({words})?", f"start {name}", yes, dry_run):
            await place.start(name)
            return f"{name}: started"
        return ""

    out = output(False)
    _said(out, ask(ctx, out, begin), f"{PROGRAM} report {name} --watch")


@app.command()
def pause(
    ctx: typer.Context,
    name: Name,
    reason: Annotated[str, typer.Option(help="Why, for the others.")] = "",
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Hold everything of it that has not been sent."""
    out = output(False)
    if _asked(out, f"pause {name}?", f"pause {name}", yes, dry_run):
        done = ask(ctx, out, lambda desk: _desk(desk).pause(name, reason))
        _said(out, f"{name}: {'paused' if done else 'stood still already'}", f"{PROGRAM} resume {name}")


@app.command()
def resume(ctx: typer.Context, name: Name, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Let it go on, also one that stopped itself."""
    out = output(False)
    if _asked(out, f"resume {name}?", f"resume {name}", yes, dry_run):
        done = ask(ctx, out, lambda desk: _desk(desk).resume(name))
        _said(out, f"{name}: {'goes on' if done else 'did not stand still'}", f"{PROGRAM} report {name}")


@app.command()
def cancel(ctx: typer.Context, name: Name, yes: Yes = False, dry_run: DryRun = False) -> None:
    """End it: what waits is withdrawn. What was sent can't be called back."""

    async def end(desk: Desk) -> str:
        line = await _desk(desk).line(name)
        sent = line.rows - line.waiting
        words = f"{line.waiting} waiting messages are withdrawn, {sent} are out and stay"
        if _asked(out, f"cancel {name} ({words})?", f"cancel {name}", yes, dry_run):
            return f"{name}: cancelled, {await _desk(desk).cancel(name)} messages withdrawn"
        return ""

    out = output(False)
    _said(out, ask(ctx, out, end), f"{PROGRAM} report {name}")


@app.command()
def report(
    ctx: typer.Context,
    name: Name,
    watch: Annotated[bool, typer.Option("--watch", help="Show the progress until it is done.")] = False,
    json: Json = False,
) -> None:
    """What came of it: states, answers, clicks, blocks and opt-outs by variant."""
    from console.screens import broadcast

    async def look(desk: Desk) -> None:
        from app.desk.broadcasts import place_of
        from app.desk.campaigns import result_of

        place = place_of(desk.workspace)
        if watch:
            await _watched(desk, out, name)
        out.show(broadcast.report(await result_of(place, name), desk.workspace.clock.now_ms()))

    out = output(json)
    ask(ctx, out, look)


@app.command()
def export(
    ctx: typer.Context,
    name: Name,
    format: Annotated[Literal["csv", "json"], typer.Option("--format", help="csv or json.")] = "csv",  # noqa: A002 - the option's name
    file: Annotated[Path | None, typer.Option("--out", help="A new file; left out: stdout.")] = None,
) -> None:
    """One line per recipient and state."""
    from console.recipients import write

    out = output(False)
    lines = ask(ctx, out, lambda desk: write(desk, name, format, file, out))
    out.note(f"{lines} recipients")


# ------------------------------------------------------------------------------------------------ inside
async def _watched(desk: Desk, out: Output, name: str) -> None:
    """The progress, until nothing of it moves any more."""
    from app.desk.broadcasts import WATCHED_S
    from console.progress import Bar

    bar = Bar(out, name)
    while True:
        line = await _desk(desk).line(name)
        bar(line.rows - line.waiting, line.rows)
        if line.state not in ("running", "scheduled") or desk.workspace.simulated:
            bar.end()
            return
        await desk.workspace.clock.sleep(WATCHED_S)


def _asked(out: Output, question: str, again: str, yes: bool, dry_run: bool) -> bool:
    if dry_run:
        out.note(f"dry run, nothing changed: would {question.rstrip('?')}")
        return False
    confirm(out, question, yes=yes, again=f"{PROGRAM} {again}")
    return True


def _said(out: Output, what: str, then: str) -> None:
    if what:
        out.note(what)
        out.note(f"next: {out.here(then)}")
