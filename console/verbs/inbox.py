"""`inbox`: updates that could not be read are kept aside; look, try again, give up."""

from __future__ import annotations

from typing import Annotated

import typer

from console.session import After, DryRun, Json, Limit, Yes, ask, confirm, output
from core.errors import NotFoundError

app = typer.Typer(help="Updates kept aside as unreadable.", no_args_is_help=True, rich_markup_mode=None)
Numbers = Annotated[list[int] | None, typer.Argument(metavar="NUMBER ...", help="Left out: all of them.")]


@app.command(name="list")
def list_(ctx: typer.Context, limit: Limit = 50, after: After = 0, json: Json = False) -> None:
    """The updates kept aside, and why."""
    from app.desk.aside import Aside
    from console.screens import inbox

    out = output(json)
    found = ask(ctx, out, lambda desk: Aside(desk.workspace, desk.actor).rows(after, limit))
    out.show(inbox.rows(found, limit))


@app.command()
def show(
    ctx: typer.Context, number: Annotated[int, typer.Argument(metavar="NUMBER")], json: Json = False
) -> None:
    """One of them as Telegram sent it (may hold personal data)."""
    from app.desk.aside import Aside
    from console.screens import inbox

    out = output(json)
    out.show(inbox.row(ask(ctx, out, lambda desk: Aside(desk.workspace, desk.actor).row(number))))


@app.command()
def replay(ctx: typer.Context, numbers: Numbers = None, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Try them again, for example after an update of the program."""
    _change(ctx, "replay", numbers or [], yes=yes, dry_run=dry_run)


@app.command()
def drop(ctx: typer.Context, numbers: Numbers = None, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Delete them for good."""
    _change(ctx, "drop", numbers or [], yes=yes, dry_run=dry_run)


def _change(ctx: typer.Context, action: str, numbers: list[int], *, yes: bool, dry_run: bool) -> None:
    from app.desk.aside import ALL, Aside

    out = output(json=False)
    known = ask(ctx, out, lambda desk: Aside(desk.workspace, desk.actor).rows(0, ALL))
    there = {one.id for one in known}
    if missing := [number for number in numbers if number not in there]:
        raise NotFoundError(f"no update {missing[0]} is kept aside", next_step="manage_crm.py inbox list")
    if not there:
        out.note("no update is kept aside")
        return
    words = "try {} again" if action == "replay" else "delete {} for good"
    question = words.format(_updates(len(set(numbers) or there)))
    if dry_run:
        out.note(f"dry run, nothing changed: would {question}")
        return
    named = " ".join(str(one) for one in numbers)
    again = f"manage_crm.py inbox {action} {named}".rstrip()
    confirm(out, f"{question}?", yes=yes, again=again)
    if action == "replay":
        done = ask(ctx, out, lambda desk: Aside(desk.workspace, desk.actor).replay(numbers))
        waits = "waits again; a running installation applies it" if done == 1 else _WAIT
        out.note(f"{_updates(done)} {waits} at once")
        return
    done = ask(ctx, out, lambda desk: Aside(desk.workspace, desk.actor).drop(numbers))
    out.note(f"{_updates(done)} {'was' if done == 1 else 'were'} deleted")


_WAIT = "wait again; a running installation applies them"


def _updates(count: int) -> str:
    return "1 update" if count == 1 else f"{count} updates"
