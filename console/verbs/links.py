"""`links`: deep links for campaigns, and what came of them."""

from __future__ import annotations

from typing import Annotated

import typer

from console.session import Json, ask, options_of, output

app = typer.Typer(help="Deep links for campaigns: make, report.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def make(
    ctx: typer.Context,
    code: Annotated[str, typer.Argument(metavar="CODE", help="Name of the campaign: A-Z a-z 0-9 _ -.")],
    days: Annotated[int, typer.Option(min=0, max=3650, help="Signed, and good so long; 0: plain.")] = 0,
    bot: Annotated[str, typer.Option(help="Username of the bot, for the link.")] = "",
    json: Json = False,
) -> None:
    """A link that opens a bot and tells the campaign."""
    from app.clock import WallClock
    from app.desk.keys import workspace_key
    from app.desk.links import make_link
    from console.screens import links

    out, options = output(json), options_of(ctx)
    key = workspace_key(options.config, demo=options.demo) if days else b""
    made = make_link(key, code, days, WallClock().now_ms(), bot.removeprefix("@"))
    if not made.url:
        out.note("without a bot's username this is no whole link: its address is left empty")
    out.show(links.made(made, f"manage_crm.py links make {code}" + (f" --days {days}" if days else "")))


@app.command()
def report(ctx: typer.Context, json: Json = False) -> None:
    """People by campaign, first and last touch; forged and expired links."""
    from app.desk.links import link_report
    from console.screens import links

    out = output(json)
    out.show(links.report(ask(ctx, out, lambda desk: link_report(desk.workspace))))
