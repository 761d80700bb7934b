"""`content`: what there is to say, how it looks, whether it can be sent, and changes of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.session import Desk, DryRun, Json, Yes, ask, confirm, output
from core.errors import KairosError

if TYPE_CHECKING:
    from app.desk.contents import ContentDesk, ContentLine

app = typer.Typer(help="Content: list, preview, check, put.", no_args_is_help=True, rich_markup_mode=None)
Name = Annotated[str, typer.Argument(metavar="CONTENT", help="Name of a content.")]


@app.command(name="list")
def list_(
    ctx: typer.Context,
    segment: Annotated[str, typer.Option(help="Only content of this segment.")] = "",
    json: Json = False,
) -> None:
    """All content with its kind, languages and version."""
    from console.screens import content

    out = output(json)
    out.show(content.overview(ask(ctx, out, lambda desk: _desk(desk).lines(segment))))


@app.command()
def show(ctx: typer.Context, name: Name, json: Json = False) -> None:
    """One content with everything it says."""
    from console.screens import content

    out = output(json)
    out.show(content.one(ask(ctx, out, lambda desk: _desk(desk).line(name))))


@app.command()
def history(ctx: typer.Context, name: Name, json: Json = False) -> None:
    """All versions of a content, newest first."""
    from console.screens import content

    out = output(json)
    out.show(content.history(name, ask(ctx, out, lambda desk: _desk(desk).history(name))))


@app.command()
def preview(
    ctx: typer.Context,
    name: Name,
    person: Annotated[str, typer.Option(help="As this person would get it.")] = "",
    language: Annotated[str, typer.Option(help="tr or en; left out: the person's, else all of them.")] = "",
    json: Json = False,
) -> None:
    """A content as it would arrive."""
    from console.screens import content

    out = output(json)
    out.show(content.preview(ask(ctx, out, lambda desk: _desk(desk).preview(name, person, language))))


@app.command()
def links(
    ctx: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Clicks of so many days.")] = 30,
    json: Json = False,
) -> None:
    """Every address in contents, and how many people opened it."""
    from console.screens import content

    out = output(json)
    out.show(content.links(ask(ctx, out, lambda desk: _desk(desk).links(days))))


@app.command()
def check(ctx: typer.Context, json: Json = False) -> None:
    """Whether all content, in files and in the store, can be sent; exit code 1 if not."""
    from app.desk.contents import check_files
    from console.screens import content

    out = output(json)
    faults = check_files()
    try:
        faults += ask(ctx, out, lambda desk: _desk(desk).faults())
    except KairosError as error:
        if not faults:
            raise
        out.note(f"the store was not looked at: {error}")
    out.show(content.faults(faults))
    if faults:
        raise typer.Exit(1)


@app.command()
def put(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML with one content or several.")],
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Put the contents of a file in force, as their next versions."""
    from app.desk.contents import read_file
    from console.screens import content

    out = output(json)
    contents = read_file(file)
    found = ask(ctx, out, lambda desk: _desk(desk).put(contents, dry_run=True))
    new = [one.name for one in found if one.changed]
    if not dry_run and new:
        confirm(out, f"put {', '.join(new)} in force?", yes=yes, again=f"manage_crm.py content put {file}")
        found = ask(ctx, out, lambda desk: _desk(desk).put(contents))
    elif new:
        out.note("dry run, nothing changed")
    out.show(content.done(found))


@app.command()
def retire(ctx: typer.Context, name: Name, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Plan nothing new with a content; messages that are planned already still go out."""
    out = output(False)

    async def used(desk: Desk) -> ContentLine:
        return await _desk(desk).retire(name, dry_run=True)

    line = ask(ctx, out, used)
    words = f"{name}" + (f" of {', '.join(line.segments)}" if line.segments else "")
    if dry_run:
        out.note(f"dry run, nothing changed: would retire {words}")
        return
    confirm(out, f"retire {words}?", yes=yes, again=f"manage_crm.py content retire {name}")
    ask(ctx, out, lambda desk: _desk(desk).retire(name))
    out.note(f"{name} is retired")
    out.note(f"next: {out.here(f'manage_crm.py content history {name}')}")


def _desk(desk: Desk) -> ContentDesk:
    from app.desk.contents import ContentDesk

    return ContentDesk(desk.workspace, desk.actor)
