"""`users`: one person, lists, search."""

from __future__ import annotations

from typing import Annotated

import typer

from console.session import After, Json, Limit, ask, output

app = typer.Typer(help="People: one, many, search.", no_args_is_help=True, rich_markup_mode=None)
Person = Annotated[str, typer.Argument(metavar="PERSON", help="Person number, tg:ID or @username.")]


@app.command()
def show(
    ctx: typer.Context,
    person: Person,
    events: Annotated[int, typer.Option(min=1, max=1000, help="Events of the timeline.")] = 20,
    json: Json = False,
) -> None:
    """One person: profile, segments, timeline."""
    from console.screens import people

    out = output(json)
    out.show(people.card(ask(ctx, out, lambda desk: desk.queries.card(person, events))))


@app.command(name="list")
def list_(
    ctx: typer.Context,
    segment: Annotated[str, typer.Option(help="Only people of this segment.")] = "",
    limit: Limit = 50,
    after: After = 0,
    json: Json = False,
) -> None:
    """People by person number, page by page."""
    from console.screens import people

    out = output(json)
    found = ask(ctx, out, lambda desk: desk.queries.people(segment, after, limit))
    option = f" --segment {segment}" if segment else ""
    empty = "no more people" if after else f"nobody is in {segment} now" if segment else people.NOBODY
    out.show(people.people_list(found, f"manage_crm.py users list{option} --limit {limit}", limit, empty))


@app.command()
def find(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(help="Part of a name or username, an identifier or a number.")],
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """Search people by name, username, identifier."""
    from console.report import Report
    from console.screens import people

    out = output(json)
    found = ask(ctx, out, lambda desk: desk.queries.search(text, limit))
    out.show(Report([people.lines(found, "nobody matches")], main="people"))
