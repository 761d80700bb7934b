"""`lists`: people put together by hand; whoever is on an excluding one gets no campaigns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.output import Mode, Output, joined
from console.session import After, DryRun, Json, Limit, Yes, ask, confirm, output
from core.errors import NotFoundError, SettingsError

if TYPE_CHECKING:
    from app.desk.lists import Changed

app = typer.Typer(
    help="Lists of people: whom campaigns leave out.", no_args_is_help=True, rich_markup_mode=None
)
Name = Annotated[str, typer.Argument(metavar="LIST", help="Name of the list.")]
People = Annotated[
    list[str] | None, typer.Argument(metavar="[PERSON]...", help="Person numbers, tg:ID or @username.")
]
File = Annotated[
    Path | None, typer.Option("--file", help="A text or CSV file that names people, one a line.")
]
SHOWN = 5


@app.command(name="list")
def list_(ctx: typer.Context, json: Json = False) -> None:
    """All lists: how many are on them, whether they exclude."""
    from app.desk.lists import all_lists
    from console.screens import lists

    out = output(json)
    out.show(lists.all_lists(ask(ctx, out, lambda desk: all_lists(desk.workspace))))


@app.command()
def show(ctx: typer.Context, name: Name, limit: Limit = 50, after: After = 0, json: Json = False) -> None:
    """One list and its people, page by page."""
    from app.desk.lists import list_card
    from console.screens import lists

    out = output(json)
    found = ask(ctx, out, lambda desk: list_card(desk.workspace, name, after, limit))
    out.show(lists.card(found, limit))


@app.command()
def make(
    ctx: typer.Context,
    name: Name,
    title: Annotated[str, typer.Option(help="What it is for.")] = "",
    excludes: Annotated[
        bool, typer.Option("--excludes/--plain", help="Whether campaigns leave these people out.")
    ] = True,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Make a list, or change its title and meaning."""
    from app.desk.lists import make_list
    from core.ports import PeopleList

    out = output(False)
    what = f"make the list {name}, {'which excludes from campaigns' if excludes else 'which excludes nobody'}"
    if not _asked(out, what, f"manage_crm.py lists make {name}", yes=yes, dry_run=dry_run):
        return
    new = ask(
        ctx,
        out,
        lambda desk: make_list(
            desk.workspace,
            desk.actor,
            PeopleList(name, excludes, title, desk.actor, desk.workspace.clock.now_ms()),
        ),
    )
    out.note(f"list {name}: {'made' if new else 'changed'}")
    out.note(f"next: {out.here(f'manage_crm.py lists add {name} PERSON')} puts people on it")


@app.command()
def drop(ctx: typer.Context, name: Name, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Drop a list; whom it excluded gets campaigns again."""
    from app.desk.lists import drop_list

    out = output(False)
    if _asked(out, f"drop the list {name}", f"manage_crm.py lists drop {name}", yes=yes, dry_run=dry_run):
        people = ask(ctx, out, lambda desk: drop_list(desk.workspace, desk.actor, name))
        out.note(f"list {name}: dropped; {people} people were on it")


@app.command()
def add(  # noqa: PLR0913 - every option of the verb is a parameter
    ctx: typer.Context,
    name: Name,
    people: People = None,
    file: File = None,
    *,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Put people on a list; exit 4 when none of them is known."""
    from app.desk.lists import put_on

    out, meant = output(json), _people(people, file)
    done = ask(ctx, out, lambda desk: put_on(desk.workspace, desk.actor, name, meant, dry_run=dry_run))
    _tell(out, name, done, ("put on it", "were on it already"), dry_run=dry_run)


@app.command()
def remove(  # noqa: PLR0913 - every option of the verb is a parameter
    ctx: typer.Context,
    name: Name,
    people: People = None,
    file: File = None,
    *,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Take people off a list; exit 4 when none of them is known."""
    from app.desk.lists import take_off

    out, meant = output(json), _people(people, file)
    done = ask(ctx, out, lambda desk: take_off(desk.workspace, desk.actor, name, meant, dry_run=dry_run))
    _tell(out, name, done, ("taken off", "were not on it"), dry_run=dry_run)


def _people(people: list[str] | None, file: Path | None) -> list[str]:
    from app.desk.lists import people_of_file

    named = [*(people or ()), *(people_of_file(file) if file else ())]
    if not named:
        raise SettingsError("nobody is named", next_step="manage_crm.py lists add our-staff @username 17")
    return named


def _tell(out: Output, name: str, done: Changed, words: tuple[str, str], *, dry_run: bool) -> None:
    """What was done, and who is unknown. Raises NotFoundError where all of them are."""
    from console.screens import lists

    if out.mode is Mode.JSON:
        out.show(lists.changed(name, done, dry_run=dry_run))
    more = f" and {len(done.unknown) - SHOWN} more" if len(done.unknown) > SHOWN else ""
    nobody = f"nobody is known as {joined(done.unknown[:SHOWN])}{more}"
    known = done.changed + done.already
    if not known:
        raise NotFoundError(
            f"nothing changed on the list {name}: {nobody}", next_step="manage_crm.py users find TEXT"
        )
    said = f"list {name}: {done.changed} {'would be ' if dry_run else ''}{words[0]}"
    if done.already:
        said += f", {done.already} {words[1]}"
    out.note(f"dry run, nothing changed: {said}" if dry_run else said)
    if done.unknown:
        out.note(f"{known} known, {len(done.unknown)} unknown: {nobody}")


def _asked(out: Output, what: str, again: str, *, yes: bool, dry_run: bool) -> bool:
    if dry_run:
        out.note(f"dry run, nothing changed: would {what}")
        return False
    confirm(out, f"{what}?", yes=yes, again=again)
    return True
