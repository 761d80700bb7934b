"""The menu's screen of journeys: who goes which way, what came of it, and what operators change."""

from __future__ import annotations

import shlex

from app.desk.commands import Scope
from app.desk.journeys import JourneyCard, JourneyDesk
from app.desk.travels import travel_report
from console.report import Report
from console.screens import journey
from console.visit import ENTER, PAGE, Changes, Pages, Visit
from core.errors import NotFoundError
from core.ledger import JOURNEY

KEYS = (
    "o outcome, w who, h versions, d diff, s start, c close, e empty, p pause, r resume, "
    "+ or - PERSON, m VERSION, b back, q quit: "
)
WHO = "n next, p previous page, b back, q quit: "


class JourneyScreens(Visit):
    """All journeys, and one of them."""

    @property
    def _place(self) -> JourneyDesk:
        return JourneyDesk(self.desk.workspace, self.desk.actor)

    def journeys(self, title: str) -> None:
        """All of them; one to look at, open, close, pause, and to put people in, out or over."""
        while True:
            report = journey.overview(self.get(self._place.lines()))
            name = self.terminal.show(report, title, f"a name = that journey, {ENTER}")
            if not name:
                return
            with self.stays():
                self._journey(name, f"{title}: {name}")

    def _journey(self, name: str, title: str) -> None:
        while True:
            card = self.get(self._place.card(name))
            answer = self.terminal.show(journey.card(card), title, KEYS)
            if not answer:
                return
            with self.stays():
                if answer == "w":
                    self._people(name, title)
                elif answer in ("o", "h", "d"):
                    self.terminal.show(self._looked_at(card, answer), title, ENTER)
                else:
                    self._changed(name, answer)

    # ------------------------------------------------------------------ looks
    def _looked_at(self, card: JourneyCard, key: str) -> Report:
        name = card.version.name
        if key == "o":
            return journey.report(self.get(travel_report(self.desk.workspace, card)))
        history = self.get(self._place.history(name))
        if key == "h":
            return journey.history(name, history)
        newest = self.get(self._place.card(name, history[0].version))
        return journey.difference(card, newest)

    def _people(self, name: str, title: str) -> None:
        pages = Pages()
        while True:
            found = self.get(self._place.people(name, pages.after, PAGE))
            last = found[-1].person_no if len(found) >= PAGE else 0
            follows = bool(last and self.get(self._place.people(name, last, 1)))
            report = journey.people(name, found, PAGE, pages.after)
            answer = self.terminal.show(report, title, pages.prompt(WHO))
            if not pages.turn(answer, last if follows else 0):
                return

    # ------------------------------------------------------------------ changes
    def _changed(self, name: str, answer: str) -> None:
        """Do what a key, or a key with a person or version behind it, stands for."""
        key, what = answer[:1], answer[1:].strip()
        changes = self._of_people(name, what) if what else self._of_all(name)
        if key not in changes:
            raise NotFoundError(f"nothing is done by {answer}", next_step=f"one of: {KEYS.rstrip(': ')}")
        self.change(changes, key)

    def _of_all(self, name: str) -> Changes:
        place, commands = self._place, self.desk.commands
        scope = Scope(campaign=f"{JOURNEY}{name}")
        return {
            "s": (f"journey start {name}", lambda: place.open(name)),
            "c": (f"journey stop {name}", lambda: place.close(name)),
            "e": (f"journey stop {name} --everybody", lambda: place.close_and_empty(name)),
            "p": (f"delivery pause --campaign {scope.campaign}", lambda: commands.pause(scope)),
            "r": (f"delivery resume --campaign {scope.campaign}", lambda: commands.resume(scope)),
        }

    def _of_people(self, name: str, what: str) -> Changes:
        place, version = self._place, int(what) if what.isdecimal() else 0
        changes: Changes = {
            "+": (f"journey enrol {name} {shlex.quote(what)}", lambda: place.enrol(name, what)),
            "-": (f"journey remove {name} {shlex.quote(what)}", lambda: place.remove(name, what)),
        }
        if version:
            changes["m"] = (
                f"journey migrate {name} --to {version}",
                lambda: place.migrate(name, version, {}),
            )
        return changes
