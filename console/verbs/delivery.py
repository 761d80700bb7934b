"""`delivery`: how it stands, what waits, why, pause and resume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from console.output import Output
from console.session import DryRun, Json, Limit, Yes, ask, confirm, output
from console.verbs.users import Person

if TYPE_CHECKING:
    from app.desk.commands import Scope
    from console.session import Desk

app = typer.Typer(help="Delivery: status, queue, why, pause.", no_args_is_help=True, rich_markup_mode=None)
Bot = Annotated[int, typer.Option("--bot", min=0, help="Only this bot (its number).")]
Campaign = Annotated[
    str, typer.Option("--campaign", help="Only this campaign (opt = the optimizer, b:NAME, j:NAME).")
]
Segment = Annotated[str, typer.Option("--segment", help="Only what is sent on account of this segment.")]


@app.command()
def status(ctx: typer.Context, json: Json = False) -> None:
    """How delivery stands now."""
    from console.screens import delivery

    out = output(json)
    out.show(delivery.status(ask(ctx, out, lambda desk: desk.queries.delivery())))


@app.command()
def queue(ctx: typer.Context, limit: Limit = 50, json: Json = False) -> None:
    """Campaign messages that wait, the next first."""
    from console.screens import delivery

    out = output(json)
    out.show(delivery.queue(ask(ctx, out, lambda desk: desk.queries.queue(limit))))


@app.command()
def why(ctx: typer.Context, person: Person, json: Json = False) -> None:
    """Why a person is written to or not."""
    from console.screens import people

    out = output(json)
    out.show(people.why(ask(ctx, out, lambda desk: desk.queries.why(person))))


@app.command()
def pause(  # noqa: PLR0913 - every option of the verb is a parameter
    ctx: typer.Context,
    bot: Bot = 0,
    campaign: Campaign = "",
    segment: Segment = "",
    *,
    reason: Annotated[str, typer.Option(help="Why, for the others.")] = "",
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Stop campaigns: all, of a bot, of a segment, or one."""
    out, scope = output(False), _scope(bot, campaign, segment)
    _known(ctx, out, scope)
    if _asked(out, f"pause {scope.words}?", f"manage_crm.py delivery pause{_options(scope)}", yes, dry_run):
        done = ask(ctx, out, lambda desk: desk.commands.pause(scope, reason))
        out.note(f"{scope.words}: {'paused' if done else 'was paused already'}")
        out.note(f"next: {out.here(f'manage_crm.py delivery resume{_options(scope)} lets it go on')}")


@app.command()
def resume(
    ctx: typer.Context,
    bot: Bot = 0,
    campaign: Campaign = "",
    segment: Segment = "",
    *,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Let paused campaigns go on."""
    out, scope = output(False), _scope(bot, campaign, segment)
    if _asked(out, f"resume {scope.words}?", f"manage_crm.py delivery resume{_options(scope)}", yes, dry_run):
        done = ask(ctx, out, lambda desk: desk.commands.resume(scope))
        out.note(f"{scope.words}: {'goes on' if done else 'was not paused'}")
        out.note(f"next: {out.here('manage_crm.py delivery status')}")


def _scope(bot: int, campaign: str, segment: str) -> Scope:
    from app.desk.commands import Scope

    if (bot > 0) + bool(campaign) + bool(segment) > 1:
        raise typer.BadParameter("give one of --bot, --campaign and --segment")
    return Scope(bot, campaign, segment)


def _known(ctx: typer.Context, out: Output, scope: Scope) -> None:
    """A segment or campaign that nobody knows would be paused for ever and stop nothing."""
    if scope.segment:

        async def known(desk: Desk) -> str:
            return desk.queries.known_segment(scope.segment)

        ask(ctx, out, known)
    if scope.campaign:
        ask(ctx, out, lambda desk: desk.commands.known_campaign(scope.campaign))


def _options(scope: Scope) -> str:
    if scope.bot_id:
        return f" --bot {scope.bot_id}"
    if scope.segment:
        return f" --segment {scope.segment}"
    return f" --campaign {scope.campaign}" if scope.campaign else ""


def _asked(out: Output, question: str, again: str, yes: bool, dry_run: bool) -> bool:
    if dry_run:
        out.note(f"dry run, nothing changed: would {question.rstrip('?')}")
        return False
    confirm(out, question, yes=yes, again=again)
    return True
