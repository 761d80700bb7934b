"""`learn`: what was learned."""

from __future__ import annotations

import typer

from console.session import Json, ask, output
from console.verbs.segments import Days

app = typer.Typer(help="Learning: what the responses teach.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def report(ctx: typer.Context, days: Days = 30, json: Json = False) -> None:
    """What was learned and how right it was."""
    from console.screens import learning

    out = output(json)
    out.show(learning.report(ask(ctx, out, lambda desk: desk.queries.learning(days))))


@app.command()
def now(ctx: typer.Context, json: Json = False) -> None:
    """Learn from what came back, now."""
    from console.report import Fact, Facts, Report

    out = output(json)
    done = ask(ctx, out, lambda desk: desk.commands.learn_now())
    version = done.model.version if done.model else None
    facts = [
        Fact("outcomes", "outcomes read", done.outcomes),
        Fact("version", "model version", version, str(version or "none: nothing was sent yet")),
    ]
    out.show(Report([Facts("learned", facts)], next_step="manage_crm.py learn report"))
