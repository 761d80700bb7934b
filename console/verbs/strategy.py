"""`strategy`: versions in force, history, difference, back to an earlier one, approval of a proposal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from console.output import Output
from console.session import Desk, DryRun, Json, Yes, ask, confirm, output
from core.errors import NotFoundError

if TYPE_CHECKING:
    from app.desk.views import StrategyVersion

app = typer.Typer(help="Strategies and their versions.", no_args_is_help=True, rich_markup_mode=None)
Segment = Annotated[str, typer.Argument(metavar="SEGMENT", help="Name of a segment.")]


@app.command(name="list")
def list_(ctx: typer.Context, json: Json = False) -> None:
    """The version in force of each segment."""
    from console.screens import strategies

    out = output(json)
    out.show(strategies.overview(ask(ctx, out, lambda desk: desk.queries.strategies())))


@app.command()
def show(
    ctx: typer.Context,
    segment: Segment,
    version: Annotated[int, typer.Option(min=0, help="A version; 0 = the one in force.")] = 0,
    json: Json = False,
) -> None:
    """One version with everything it says."""
    from console.screens import strategies

    out = output(json)
    out.show(strategies.one(ask(ctx, out, lambda desk: _version(desk, segment, version))))


@app.command()
def history(ctx: typer.Context, segment: Segment, json: Json = False) -> None:
    """All versions of a segment, newest first."""
    from console.screens import strategies

    out = output(json)
    out.show(strategies.history(segment, ask(ctx, out, lambda desk: desk.queries.strategy_history(segment))))


@app.command()
def diff(
    ctx: typer.Context,
    segment: Segment,
    old: Annotated[int, typer.Argument(min=0, help="A version; left out: the one in force.")] = 0,
    new: Annotated[int, typer.Argument(min=0, help="A version; left out: the newest.")] = 0,
    json: Json = False,
) -> None:
    """What two versions say differently."""
    from console.screens import strategies

    async def both(desk: Desk) -> tuple[StrategyVersion, StrategyVersion]:
        versions = await desk.queries.strategy_history(segment)
        newest = versions[0].strategy.version if versions else 0
        return await _version(desk, segment, old), await _version(desk, segment, new or newest)

    out = output(json)
    out.show(strategies.difference(*ask(ctx, out, both)))


@app.command()
def rollback(
    ctx: typer.Context,
    segment: Segment,
    to: Annotated[int, typer.Option(min=0, help="The version; 0 = the one before.")] = 0,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Put an earlier version in force again."""

    async def earlier(desk: Desk) -> int:
        live = await _version(desk, segment, 0)
        versions = [one.strategy.version for one in await desk.queries.strategy_history(segment)]
        older = [number for number in versions if number < live.strategy.version]
        if not to and not older:
            raise NotFoundError(
                f"{segment} has no version before {live.strategy.version}",
                next_step=f"manage_crm.py strategy history {segment}",
            )
        return to or older[0]

    out = output(False)
    version = ask(ctx, out, earlier)
    _put_in_force(ctx, out, _Change(segment, version, "rollback", yes, dry_run))


@app.command()
def approve(
    ctx: typer.Context,
    segment: Segment,
    version: Annotated[int, typer.Argument(min=1, help="The proposed version.")],
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Put a proposed version in force."""
    _put_in_force(ctx, output(False), _Change(segment, version, "approve", yes, dry_run))


@dataclass(frozen=True, slots=True)
class _Change:
    """A version that is to be put in force, and how it was asked for."""

    segment: str
    version: int
    action: str
    yes: bool
    dry_run: bool


def _put_in_force(ctx: typer.Context, out: Output, change: _Change) -> None:
    from app.desk.commands import check_version

    words = f"version {change.version} of {change.segment}"
    check_version(ask(ctx, out, lambda desk: _version(desk, change.segment, change.version)))
    if change.dry_run:
        out.note(f"dry run, nothing changed: would put {words} in force")
        return
    option = "--to " if change.action == "rollback" else ""
    again = f"manage_crm.py strategy {change.action} {change.segment} {option}{change.version}"
    confirm(out, f"put {words} in force?", yes=change.yes, again=again)
    ask(ctx, out, lambda desk: desk.commands.make_live(change.segment, change.version, change.action))
    out.note(f"{words} is in force")
    out.note(f"next: {out.here(f'manage_crm.py strategy history {change.segment}')}")


async def _version(desk: Desk, segment: str, version: int) -> StrategyVersion:
    """The version, 0 = the one in force."""
    desk.queries.known_segment(segment)
    if not version:
        live = [one for one in await desk.queries.strategies() if one.strategy.segment == segment]
        return live[0]
    for one in await desk.queries.strategy_history(segment):
        if one.strategy.version == version:
            return one
    raise NotFoundError(
        f"{segment} has no version {version}", next_step=f"manage_crm.py strategy history {segment}"
    )
