"""`inbox`: updates that could not be read are kept aside; look, try again, give up."""

from __future__ import annotations

from typing import Annotated

import typer

from console.session import After, DryRun, Json, Limit, Yes, ask, confirm, output

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
    chosen = [one.id for one in known if not numbers or one.id in numbers]
    words = "try again" if action == "replay" else "delete for good"
    if dry_run or (not chosen and not numbers):
        out.note(f"would {words}: {len(chosen)} updates" if chosen else "no update is kept aside")
        return
    named = " ".join(str(one) for one in numbers)
    again = f"manage_crm.py inbox {action} {named}".rstrip()
    confirm(out, f"{words} {len(chosen)} updates?", yes=yes, again=again)
    if action == "replay":
        done = ask(ctx, out, lambda desk: Aside(desk.workspace, desk.actor).replay(numbers))
        out.note(f"{done} updates wait again; a running installation applies them at once")
        return
    done = ask(ctx, out, lambda desk: Aside(desk.workspace, desk.actor).drop(numbers))
    out.note(f"{done} updates are deleted")
