"""Lists of people on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.report import Column, Fact, Facts, Report, Row, Table, iso, moment_of

if TYPE_CHECKING:
    from app.desk.lists import Changed, ListCard
    from core.ports import PeopleList, PersonRecord

NO_LISTS = "no lists yet; next: manage_crm.py lists make our-staff, and lists add our-staff PERSON"


def all_lists(found: Sequence[PeopleList]) -> Report:
    """One line a list."""
    columns = [
        Column("list", "list"),
        Column("people", "people", right=True),
        Column("excludes", "excludes", words=lambda row: "from campaigns" if row["excludes"] else "nobody"),
        Column("title", "for", drop=1),
        Column("author", "made by", drop=3),
        Column("made", "made (UTC)", drop=2, words=moment_of("made")),
    ]
    table = Table("lists", columns, [_row(one) for one in found], empty=NO_LISTS)
    return Report([table], main="lists", verb="lists list")


def card(found: ListCard, limit: int) -> Report:
    """One list and a page of its people."""
    about = found.about
    meaning = "from campaigns" if about.excludes else "nobody"
    facts = Facts(
        "list",
        [
            Fact("list", "list", about.name),
            Fact("title", "for", about.title, about.title or "-"),
            Fact("excludes", "excludes", about.excludes, meaning),
            Fact("people", "people", about.size),
        ],
        f"List {about.name}",
    )
    columns = [Column("person", "person", right=True), Column("name", "name"), Column("username", "username")]
    rows = [_person(one) for one in found.people]
    table = Table("members", columns, rows, title="People", empty="nobody is on it from here on")
    following = ""
    if len(rows) == limit:
        page = f"--after {found.people[-1].person_no} --limit {limit}"
        following = f"manage_crm.py lists show {about.name} {page}"
    return Report([facts, table], main="members", verb=f"lists show {about.name}", next_step=following)


def changed(name: str, done: Changed, *, dry_run: bool) -> Report:
    """Who was put on a list or taken off: how many, and who is unknown."""
    facts = [
        Fact("list", "list", name),
        Fact("changed", "changed", done.changed),
        Fact("already", "stood so already", done.already),
        Fact("known", "known", done.changed + done.already),
        Fact("unknown", "unknown", len(done.unknown)),
        Fact("unknown_people", "nobody is known as", list(done.unknown)),
        Fact("dry_run", "dry run", dry_run),
    ]
    return Report([Facts("changed", facts)])


def _row(one: PeopleList) -> Row:
    return {
        "list": one.name,
        "people": one.size,
        "excludes": one.excludes,
        "title": one.title,
        "author": one.author,
        "made": iso(one.at_ms),
    }


def _person(one: PersonRecord) -> Row:
    return {"person": one.person_no, "name": one.contact.first_name, "username": one.contact.username}
