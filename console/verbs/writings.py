"""`content review`, `approve`, `reject` and `write`: texts by GPT."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from console.session import After, Desk, DryRun, Json, Limit, Yes, ask, confirm, options_of, output, real_only

if TYPE_CHECKING:
    from app.desk.writings import WritingDesk
    from core.flow.write import Written

Text = Annotated[int, typer.Argument(metavar="ID", min=1, help="Number of a text, as `content review` says.")]


def register(app: typer.Typer) -> None:
    """Add these to the verbs of `content`."""
    for verb in (review, approve, reject, write):
        app.command()(verb)


def review(ctx: typer.Context, limit: Limit = 50, after: After = 0, json: Json = False) -> None:
    """GPT's texts that wait, beside the template and the brief."""
    from console.screens import writings

    out = output(json)
    out.show(writings.waiting(ask(ctx, out, lambda desk: _desk(desk).waiting(after, limit)), limit))


def approve(ctx: typer.Context, text: Text, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Send a waiting text instead of the template."""
    out = output(False)
    one = ask(ctx, out, lambda desk: _desk(desk).look(text))
    words = f"text {text} of {one.writing.content} ({one.writing.language})"
    if dry_run:
        wrong = f"; it would be refused: {'; '.join(one.problems)}" if one.problems else ""
        out.note(f"dry run, nothing changed: would approve {words}{wrong}")
        return
    if not one.problems:
        out.note(one.writing.text)
        confirm(out, f"approve {words}?", yes=yes, again=f"manage_crm.py content approve {text}")
    ask(ctx, out, lambda desk: _desk(desk).approve(text))
    out.note(f"{words} is in use")
    out.note(f"next: {out.here('manage_crm.py content review')}")


def reject(
    ctx: typer.Context,
    text: Text,
    reason: Annotated[str, typer.Option(help="Why, for the others.")] = "",
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Never send a waiting text."""
    out = output(False)
    one = ask(ctx, out, lambda desk: _desk(desk).look(text))
    words = f"text {text} of {one.writing.content} ({one.writing.language})"
    if dry_run:
        out.note(f"dry run, nothing changed: would reject {words}")
        return
    confirm(out, f"reject {words}?", yes=yes, again=f"manage_crm.py content reject {text}")
    ask(ctx, out, lambda desk: _desk(desk).reject(text, reason))
    out.note(f"{words} is rejected")
    out.note(f"next: {out.here('manage_crm.py content review')}")


def write(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="CONTENT", help="Only this content; none: all.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many requests.")] = 20,
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Ask GPT for the texts that are missing."""
    from app.desk.writings import service_of
    from console.screens import writings

    out = output(json)
    if not dry_run:
        real_only(ctx, "texts are asked for by a real installation only")
    service = service_of(options_of(ctx).config)
    found = ask(ctx, out, lambda desk: _desk(desk).price(service, name))
    if dry_run:
        out.show(writings.price(found))
        return
    if found.key and found.wanted:
        n = min(limit, len(found.wanted))
        confirm(
            out,
            f"ask for {n} text{'s' if n > 1 else ''}?",
            yes=yes,
            again=f"manage_crm.py content write{f' {name}' if name else ''}",
        )

    async def written(desk: Desk) -> Written:
        try:
            return await _desk(desk).write(service, name, limit)
        finally:
            await service.close()

    out.show(writings.written(ask(ctx, out, written), found))


def _desk(desk: Desk) -> WritingDesk:
    from app.desk.writings import WritingDesk

    return WritingDesk(desk.workspace, desk.actor)
