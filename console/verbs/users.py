"""`users`: one person, lists, search."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from console.session import After, DryRun, Json, Limit, Yes, actor, ask, confirm, options_of, output

if TYPE_CHECKING:
    from app.desk.facts import Facts

app = typer.Typer(help="People: one, many, search.", no_args_is_help=True, rich_markup_mode=None)
Person = Annotated[str, typer.Argument(metavar="PERSON", help="Person number, tg:ID or @username.")]
Tag = Annotated[str, typer.Argument(metavar="TAG")]


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


@app.command()
def tag(ctx: typer.Context, person: Person, name: Tag, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Put a tag on a person."""
    number = _write(ctx, lambda facts: facts.tag(person, name, on=True), dry_run=dry_run)
    _say(f"person {number} has the tag {name}", f"put the tag {name} on person {number}", dry_run=dry_run)


@app.command()
def untag(ctx: typer.Context, person: Person, name: Tag, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Take a tag away."""
    number = _write(ctx, lambda facts: facts.tag(person, name, on=False), dry_run=dry_run)
    would = f"take the tag {name} from person {number}"
    _say(f"person {number} has the tag {name} no more", would, dry_run=dry_run)


@app.command()
def note(
    ctx: typer.Context,
    person: Person,
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Write a note about a person; the timeline shows it."""
    number = _write(ctx, lambda facts: facts.note(person, text), dry_run=dry_run)
    _say(f"noted for person {number}", f"write the note for person {number}", dry_run=dry_run)


@app.command(name="set")
def set_(
    ctx: typer.Context,
    person: Person,
    values: Annotated[list[str], typer.Argument(metavar="NAME=VALUE ...", help="For example city=Izmir.")],
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Set facts about a person: city, tier, age or any field of yours; an empty value takes it away."""
    wrong = [one for one in values if "=" not in one]
    if wrong:
        raise typer.BadParameter(f"{wrong[0]!r} is not NAME=VALUE", ctx=ctx)
    pairs = {name: value.strip() for name, value in (one.split("=", 1) for one in values)}
    number = _write(ctx, lambda facts: facts.put(person, pairs), dry_run=dry_run)
    stay, go = (", ".join(name for name in pairs if bool(pairs[name]) is full) for full in (True, False))
    done = "; ".join([f"{stay} set"] * bool(stay) + [f"{go} taken away"] * bool(go))
    would = " and ".join([f"set {stay}"] * bool(stay) + [f"take {go} away"] * bool(go))
    _say(f"person {number}: {done}", f"{would} for person {number}", dry_run=dry_run)


def _write(ctx: typer.Context, change: Callable[[Facts], Awaitable[int]], *, dry_run: bool) -> int:
    """The number of the person whose facts were changed."""
    from app.desk.facts import Facts

    return ask(ctx, output(False), lambda desk: change(Facts(desk.workspace, desk.actor, dry_run)))


def _say(done: str, would: str, *, dry_run: bool) -> None:
    output(False).note(f"dry run, nothing changed: would {would}" if dry_run else done)


@app.command()
def data(
    ctx: typer.Context,
    person: Person,
    readable: Annotated[bool, typer.Option("--readable", help="Plain text instead of JSON.")] = False,
    language: Annotated[str, typer.Option(help="Of the plain text: en or tr.")] = "en",
) -> None:
    """Everything that is kept about a person, as /mydata gives it."""
    from app.desk.privacy import data_of
    from bot.mydata import readable as as_text
    from console.output import clean

    out = output(json=not readable)
    found = ask(ctx, out, lambda desk: data_of(desk.workspace, desk.actor, person))
    if not readable:
        out.document(found)
        return
    for line in as_text(found, language).splitlines():
        out.line(clean(line))


@app.command()
def forget(ctx: typer.Context, person: Person, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Erase a person everywhere: database, Redis, logs. It can't be undone."""
    from app.desk.privacy import erase

    out, options = output(json=False), options_of(ctx)
    line = ask(ctx, out, lambda desk: desk.queries.card(person, 1)).line
    shown = f"person {line.person_no}" + (f" (@{line.username})" if line.username else "")
    if dry_run:
        out.note(f"would erase {shown} from the database, Redis and the logs")
        return
    confirm(out, f"erase {shown} for good?", yes=yes, again=f"manage_crm.py users forget {line.person_no}")
    done = asyncio.run(erase(options.config, line.person_no, actor(), demo=options.demo))
    if done is None:
        out.note(f"{shown} will be erased by a running installation: Redis can't be reached from here")
    elif done.done:
        out.note(f"{shown} is erased")
    else:
        out.note(
            f"{shown}: a running installation ends it; {', '.join(done.left) or 'a message is under way'}"
        )
