"""`learn`: what was learned."""

from __future__ import annotations

import typer

from console.session import Json, ask, output
from console.verbs.segments import Days

app = typer.Typer(help="Learning: what the responses teach.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def group() -> None:
    """Keep `report` a verb of its own."""


@app.command()
def report(ctx: typer.Context, days: Days = 30, json: Json = False) -> None:
    """What was learned and how right it was."""
    from console.screens import learning

    out = output(json)
    out.show(learning.report(ask(ctx, out, lambda desk: desk.queries.learning(days))))
