"""`bots`: which there are, and their people."""

from __future__ import annotations

import typer

from console.session import Json, ask, output

app = typer.Typer(help="The bots of this installation.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def group() -> None:
    """Keep `list` a verb of its own."""


@app.command(name="list")
def list_(ctx: typer.Context, json: Json = False) -> None:
    """The bots, their people and their state."""
    from console.screens import delivery

    out = output(json)
    out.show(delivery.bots(ask(ctx, out, lambda desk: desk.queries.bots())))
