"""The menu's screens of people: all of them, those of a segment, one person and why; and of groups."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from app.desk.groups import group_card, group_list
from app.desk.views import PersonLine
from console.exporting import everybody, people_report, write_file
from console.report import Report
from console.screens import groups, people, segments
from console.visit import ENTER, PAGE, Pages, Visit
from core.errors import NotFoundError

TURN = "n next, p previous"
WHO = "number, @username, tg:ID, part of a name"
PERSON = f"{TURN}, {WHO}, b back, q quit: "
FOUND = f"{WHO}, Enter or b back, q quit: "
MEMBERS = f"{TURN}, a number = that person, e FILE export, b back, q quit: "
GROUPS = f"{TURN}, a number = that group, b back, q quit: "
WHY = "w why written to or not, Enter or b back, q quit: "


class PeopleScreens(Visit):
    """People and groups."""

    def people(self, title: str) -> None:
        """All people page by page; one of them: profile, timeline, segments with evidence, why."""
        pages = Pages()
        while True:
            found, last = self._page("", pages.after)
            report = Report([people.lines(found)], verb=_verb("users list", pages.after))
            answer = self.terminal.show(report, title, pages.prompt(PERSON))
            if not pages.turn(answer, last):
                with self.stays():
                    self._meant(answer, title)

    def members(self, title: str) -> None:
        """Sizes of the segments, and the people of one."""
        sizes = self.get(self.desk.queries.segment_sizes())
        names = list(sizes)
        while True:
            report = segments.sizes(sizes, self.get(self.desk.queries.count()))
            answer = self.terminal.show(report, title, "segment (1-8 or its name), b back, q quit: ")
            chosen = answer.isdigit() and 0 < int(answer) <= len(names)
            if answer:
                with self.stays():
                    self._members_of(names[int(answer) - 1] if chosen else answer.upper(), title)

    def why(self, text: str) -> None:
        """Why the person whom the text means is written to or not."""
        found = people.why(self.get(self.desk.queries.why(text)))
        self.terminal.show(found, "Why a person is written to or not", ENTER)

    def groups(self, title: str) -> None:
        """Groups and channels page by page, and one of them."""
        space, pages = self.desk.workspace, Pages()
        while True:
            found = self.get(group_list(space, pages.after, PAGE + 1))
            report = groups.lines(found[:PAGE], PAGE, pages.after)
            answer = self.terminal.show(report, title, pages.prompt(GROUPS))
            if not pages.turn(answer, found[PAGE - 1].profile.group_no if len(found) > PAGE else 0):
                with self.stays():
                    card = groups.card(self.get(group_card(space, answer)))
                    self.terminal.show(card, title, ENTER)

    # ------------------------------------------------------------------ inside
    def _page(self, segment: str, after: int) -> tuple[Sequence[PersonLine], int]:
        """A page of people, and its last number if another page follows, else 0."""
        found = self.get(self.desk.queries.people(segment, after, PAGE + 1))
        return found[:PAGE], found[PAGE - 1].person_no if len(found) > PAGE else 0

    def _meant(self, text: str, title: str) -> None:
        """The card of whom the text means; else everybody whom it finds."""
        try:
            number = self.get(self.desk.queries.person_no(text))
        except NotFoundError:
            self._matches(text, title)
        else:
            self._card(number, title)

    def _matches(self, text: str, title: str) -> None:
        found = self.get(self.desk.queries.search(text, PAGE))
        table = people.lines(found, f"nobody matches {text}")
        report = Report([table], verb=f"users find {shlex.quote(text)} --limit {PAGE}")
        while answer := self.terminal.show(report, title, FOUND):
            with self.stays():
                self._meant(answer, title)

    def _card(self, number: int, title: str) -> None:
        card = people.card(self.get(self.desk.queries.card(str(number))))
        while self.terminal.show(card, title, WHY) == "w":
            with self.stays():
                self.why(str(number))

    def _members_of(self, name: str, title: str) -> None:
        pages = Pages()
        while True:
            found, last = self._page(name, pages.after)
            table = people.lines(found, f"nobody is in {name} now")
            report = Report([table], verb=_verb(f"segments members {name}", pages.after))
            answer = self.terminal.show(report, f"{title}: {name}", pages.prompt(MEMBERS))
            if pages.turn(answer, last):
                continue
            with self.stays():
                if answer.startswith("e "):
                    self._export(name, Path(answer[2:].strip()).expanduser())
                else:
                    self._card(self.get(self.desk.queries.person_no(answer)), f"{title}: {name}")

    def _export(self, name: str, path: Path) -> None:
        found = self.get(everybody(self.desk.queries, name))
        write_file(path, people_report(found), simulated=self.terminal.out.simulated)
        self.terminal.ask(f"{len(found)} people are in {path}. {ENTER}")


def _verb(verb: str, after: int) -> str:
    return f"{verb} --limit {PAGE}" + (f" --after {after}" if after else "")
