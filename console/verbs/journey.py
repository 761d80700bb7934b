"""`journey`: who goes which way: looked at, stored, opened, closed, and people put in, out and over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.session import After, Desk, DryRun, Json, Limit, Yes, ask, confirm, output
from core.errors import RefusedError, SettingsError

if TYPE_CHECKING:
    from app.desk.journeys import JourneyCard, JourneyDesk
    from app.desk.travels import JourneyReport
    from console.output import Output

app = typer.Typer(
    help="Journeys: list, check, open, report, move people.", no_args_is_help=True, rich_markup_mode=None
)
PROGRAM = "manage_crm.py journey"
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of a journey.")]
Version = Annotated[int, typer.Option(min=0, help="A version; 0 = that of newcomers, else the newest.")]
Person = Annotated[str, typer.Argument(metavar="PERSON", help="Number, tg:ID or @username.")]


def desk_of(desk: Desk) -> JourneyDesk:
    """The journeys of this visit."""
    from app.desk.journeys import JourneyDesk

    return JourneyDesk(desk.workspace, desk.actor)


# ------------------------------------------------------------------ questions
@app.command(name="list")
def list_(ctx: typer.Context, json: Json = False) -> None:
    """All journeys: whether they take newcomers, and how many are inside."""
    from console.screens import journey

    out = output(json)
    out.show(journey.overview(ask(ctx, out, lambda desk: desk_of(desk).lines())))


@app.command()
def show(ctx: typer.Context, name: Name, version: Version = 0, json: Json = False) -> None:
    """One version: who enters, its steps, goal and exit."""
    from console.screens import journey

    out = output(json)
    out.show(journey.card(ask(ctx, out, lambda desk: desk_of(desk).card(name, version))))


@app.command()
def check(ctx: typer.Context, json: Json = False) -> None:
    """Look for faults in all files and in what takes newcomers; exit 1 if there are any."""
    from console.screens import journey

    out = output(json)
    faults = ask(ctx, out, lambda desk: desk_of(desk).check())
    out.show(journey.faults(faults))
    if faults:
        raise typer.Exit(1)


@app.command()
def report(ctx: typer.Context, name: Name, version: Version = 0, json: Json = False) -> None:
    """Step by step: who came, waits, was sent something, answered, left; how many reached the goal."""
    from console.screens import journey

    out = output(json)
    out.show(journey.report(ask(ctx, out, lambda desk: report_of(desk, name, version))))


async def report_of(desk: Desk, name: str, version: int = 0) -> JourneyReport:
    """The report of one version."""
    from app.desk.travels import travel_report

    return await travel_report(desk.workspace, await desk_of(desk).card(name, version))


@app.command()
def people(
    ctx: typer.Context,
    name: Name,
    state: Annotated[str, typer.Option(help="Only active, done, goal or exited.")] = "",
    limit: Limit = 50,
    after: After = 0,
    json: Json = False,
) -> None:
    """Who is or was on the way, by person number."""
    from console.screens import journey

    if state not in ("", "active", "done", "goal", "exited"):
        raise SettingsError(f"--state {state} is none of active, done, goal, exited")
    out = output(json)
    found = ask(ctx, out, lambda desk: desk_of(desk).people(name, after, limit, state))
    out.show(journey.people(name, found, limit))


@app.command()
def history(ctx: typer.Context, name: Name, json: Json = False) -> None:
    """All versions, newest first."""
    from console.screens import journey

    out = output(json)
    out.show(journey.history(name, ask(ctx, out, lambda desk: desk_of(desk).history(name))))


@app.command()
def diff(
    ctx: typer.Context,
    name: Name,
    old: Annotated[int, typer.Argument(min=0, help="A version; left out: that of newcomers.")] = 0,
    new: Annotated[int, typer.Argument(min=0, help="A version; left out: the newest.")] = 0,
    json: Json = False,
) -> None:
    """What two versions say differently."""
    from console.screens import journey

    async def both(desk: Desk) -> tuple[JourneyCard, JourneyCard]:
        mine = desk_of(desk)
        newest = (await mine.history(name))[0].version
        return await mine.card(name, old), await mine.card(name, new or newest)

    out = output(json)
    out.show(journey.difference(*ask(ctx, out, both)))


# ------------------------------------------------------------------ versions
@app.command()
def put(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A YAML file of a journey.")],
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Store a file as the next version; it takes nobody yet."""
    from app.desk.journeys import read_file

    out = output(False)
    read = read_file(file)
    name = read.journey.name
    version = ask(ctx, out, lambda desk: desk_of(desk).put(read, dry_run=True))
    words = f"store {file.name} as version {version} of {name}"
    then = f"{PROGRAM} diff {name}" if version > 1 else f"{PROGRAM} start {name}"
    change = _Change(words, f"{PROGRAM} put {file}", then, yes, dry_run)
    if _agreed(out, change):
        ask(ctx, out, lambda desk: desk_of(desk).put(read))
        _done(out, change)


@app.command()
def start(
    ctx: typer.Context,
    name: Name,
    version: Annotated[int, typer.Option(min=0, help="The version; 0 = the newest.")] = 0,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Take newcomers from now on."""
    _open(ctx, name, version, ("start", yes, dry_run))


@app.command()
def approve(
    ctx: typer.Context,
    name: Name,
    version: Annotated[int, typer.Argument(min=1, help="The proposed version.")],
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Let newcomers take a proposed version; those inside stay in theirs."""
    _open(ctx, name, version, ("approve", yes, dry_run))


def _open(ctx: typer.Context, name: str, version: int, how: tuple[str, bool, bool]) -> None:
    action, yes, dry_run = how
    out = output(False)
    chosen = ask(ctx, out, lambda desk: desk_of(desk).open(name, version, dry_run=True))
    words = f"take newcomers into version {chosen} of {name}"
    number = f"{version}" if action == "approve" else f"--version {version}" if version else ""
    again = f"{PROGRAM} {action} {name} {number}".strip()
    change = _Change(words, again, f"{PROGRAM} report {name}", yes, dry_run)
    if _agreed(out, change):
        ask(ctx, out, lambda desk: desk_of(desk).open(name, version, action=action))
        _done(out, change)


@app.command()
def stop(
    ctx: typer.Context,
    name: Name,
    everybody: Annotated[bool, typer.Option("--everybody", help="Also end the way of all inside.")] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Take no newcomers any more; those inside go on, unless --everybody."""
    out = output(False)
    line = ask(ctx, out, lambda desk: desk_of(desk).card(name)).line
    inside = line.counts.get("active", 0)
    if not line.live and not (everybody and inside):
        raise RefusedError(f"{name} takes no newcomers", next_step=f"{PROGRAM} show {name}")
    words = f"take no newcomers into {name} any more" + (
        f" and take {inside} people out of it" if everybody else ""
    )
    option = " --everybody" if everybody else ""
    change = _Change(words, f"{PROGRAM} stop {name}{option}", f"{PROGRAM} report {name}", yes, dry_run)

    async def close(desk: Desk) -> None:
        if everybody:
            await desk_of(desk).close_and_empty(name)
        else:
            await desk_of(desk).close(name)

    if _agreed(out, change):
        ask(ctx, out, close)
        _done(out, change)


# ------------------------------------------------------------------ people
@app.command()
def migrate(
    ctx: typer.Context,
    name: Name,
    to: Annotated[int, typer.Option(min=1, help="The version in which everybody inside goes on.")],
    map_: Annotated[list[str] | None, typer.Option("--map", help="OLD=NEW: where a step goes on.")] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Move everybody inside into another version."""
    out = output(False)
    steps = _steps(map_ or ())
    n = ask(ctx, out, lambda desk: desk_of(desk).migrate(name, to, steps, dry_run=True))
    again = f"{PROGRAM} migrate {name} --to {to}" + "".join(f" --map {a}={b}" for a, b in steps.items())
    words = f"move {n} people into version {to} of {name}"
    change = _Change(words, again, f"{PROGRAM} report {name} --version {to}", yes, dry_run)
    if _agreed(out, change):
        ask(ctx, out, lambda desk: desk_of(desk).migrate(name, to, steps))
        _done(out, change)


def _steps(pairs: Sequence[str]) -> dict[str, str]:
    found = dict(pair.partition("=")[::2] for pair in pairs)
    for old, new in found.items():
        if not old or not new:
            raise SettingsError(f"--map {old}={new} must be OLD=NEW", next_step=f"{PROGRAM} migrate -h")
    return found


@app.command()
def enrol(ctx: typer.Context, name: Name, person: Person, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Put a person at the first step, whoever usually enters. The door still judges every message."""
    out = output(False)
    one = ask(ctx, out, lambda desk: desk_of(desk).enrol(name, person, dry_run=True))
    words = (
        f"put person {one.person_no} into {name}, for the {one.run}. time"
        if one.run > 1
        else (f"put person {one.person_no} into {name}")
    )
    again = f"{PROGRAM} enrol {name} {person}"
    change = _Change(words, again, f"{PROGRAM} people {name} --state active", yes, dry_run)
    if _agreed(out, change):
        ask(ctx, out, lambda desk: desk_of(desk).enrol(name, person))
        _done(out, change)


@app.command()
def remove(ctx: typer.Context, name: Name, person: Person, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Take a person out, and withdraw what still waits."""
    out = output(False)
    one = ask(ctx, out, lambda desk: desk_of(desk).remove(name, person, dry_run=True))
    words = f"take person {one.person_no} out of {name}, at step {one.step}"
    again = f"{PROGRAM} remove {name} {person}"
    change = _Change(words, again, f"{PROGRAM} people {name}", yes, dry_run)
    if _agreed(out, change):
        ask(ctx, out, lambda desk: desk_of(desk).remove(name, person))
        _done(out, change)


@dataclass(frozen=True, slots=True)
class _Change:
    """What is to be done, in words; the command that does it; what to look at then; how it was asked for."""

    words: str
    again: str
    then: str
    yes: bool
    dry_run: bool


def _agreed(out: Output, change: _Change) -> bool:
    """Whether it is to be done now; asks if nobody has said so."""
    if change.dry_run:
        out.note(f"dry run, nothing changed: would {change.words}")
        return False
    confirm(out, f"{change.words}?", yes=change.yes, again=change.again)
    return True


def _done(out: Output, change: _Change) -> None:
    out.note(f"done: {change.words}")
    out.note(f"next: {out.here(change.then)}")
