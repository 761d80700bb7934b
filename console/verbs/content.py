"""`content`: what there is to say, and how it looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from console.session import Desk, Json, ask, output

if TYPE_CHECKING:
    from core.content import Content

app = typer.Typer(help="Content: list, preview.", no_args_is_help=True, rich_markup_mode=None)


@app.command(name="list")
def list_(
    ctx: typer.Context,
    segment: Annotated[str, typer.Option(help="Only content of this segment.")] = "",
    json: Json = False,
) -> None:
    """All content with its kind and languages."""
    from console.screens import content

    out = output(json)
    out.show(content.overview(ask(ctx, out, lambda desk: _all(desk, segment))))


@app.command()
def preview(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="CONTENT", help="Name of a content.")],
    person: Annotated[str, typer.Option(help="As this person would get it.")] = "",
    language: Annotated[str, typer.Option(help="tr or en; left out: the person's, else en.")] = "",
    json: Json = False,
) -> None:
    """A content as it would arrive."""
    from console.screens import content

    out = output(json)
    out.show(content.preview(ask(ctx, out, lambda desk: desk.queries.preview(name, person, language))))


async def _all(desk: Desk, segment: str) -> list[tuple[str, Content]]:
    return desk.queries.contents(segment)
