"""`groups`: groups and channels where the bots are."""

from __future__ import annotations

from typing import Annotated

import typer

from console.session import After, Json, Limit, ask, output

app = typer.Typer(help="Groups and channels: list, one.", no_args_is_help=True, rich_markup_mode=None)


@app.command(name="list")
def list_(ctx: typer.Context, limit: Limit = 50, after: After = 0, json: Json = False) -> None:
    """Groups by number, with their people and messages."""
    from app.desk.groups import group_list
    from console.screens import groups

    out = output(json)
    out.show(groups.lines(ask(ctx, out, lambda desk: group_list(desk.workspace, after, limit)), limit))


@app.command(context_settings={"ignore_unknown_options": True})
def show(
    ctx: typer.Context,
    group: Annotated[str, typer.Argument(metavar="GROUP", help="Its number, or Telegram's (-100...).")],
    members: Annotated[int, typer.Option(min=1, max=1000, help="So many people.")] = 20,
    json: Json = False,
) -> None:
    """One group: figures, rights of the bots, people."""
    from app.desk.groups import group_card
    from console.screens import groups

    out = output(json)
    out.show(groups.card(ask(ctx, out, lambda desk: group_card(desk.workspace, group, members))))
