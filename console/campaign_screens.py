"""The menu's screens of what operators send: broadcasts, journeys, contents and texts to be reviewed."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from app.desk.broadcasts import Broadcasts, place_of
from app.desk.campaigns import result_of
from app.desk.contents import ContentDesk
from app.desk.journeys import JourneyDesk
from app.desk.travels import travel_report
from app.desk.writings import WritingDesk
from console.screens import broadcast, content, journey, writings
from console.session import Desk
from console.terminal import Back, Terminal
from core.errors import KairosError

T = TypeVar("T")
ENTER = "Enter or b back, q quit: "
WAITING = 20
"""Texts on the screen of those that wait."""


class Get(Protocol):
    """Answers a question to the desk."""

    def __call__(self, question: Coroutine[Any, Any, T]) -> T: ...


@dataclass(frozen=True, slots=True)
class CampaignScreens:
    """`get` asks the desk, `terminal` shows and reads."""

    desk: Desk
    terminal: Terminal
    get: Get

    # ------------------------------------------------------------------ broadcasts
    def broadcasts(self, title: str) -> None:
        """All of them; one to look at, start, pause, let go on, or end."""
        place = Broadcasts(place_of(self.desk.workspace), self.desk.actor)
        while True:
            report = broadcast.overview(self.get(place.lines()))
            name = self.terminal.show(report, title, "a name = that broadcast, Enter or b back, q quit: ")
            if not name:
                return
            with self._stays():
                self._broadcast(place, name, f"{title}: {name}")

    def _broadcast(self, place: Broadcasts, name: str, title: str) -> None:
        changes: dict[str, tuple[str, Callable[[], Coroutine[Any, Any, object]]]] = {
            "s": ("start", lambda: place.start(name)),
            "p": ("pause", lambda: place.pause(name)),
            "r": ("resume", lambda: place.resume(name)),
            "c": ("cancel", lambda: place.cancel(name)),
        }
        while True:
            now_ms = self.desk.workspace.clock.now_ms()
            card = broadcast.card(self.get(place.line(name)), now_ms)
            prompt = "d dry run, o outcome, s start, p pause, r resume, c cancel, b back, q quit: "
            answer = self.terminal.show(card, title, prompt)
            if answer not in ("d", "o", *changes):
                return
            with self._stays():
                if answer == "d":
                    found = self.get(place.dry_run(self.get(place.line(name)).broadcast))
                    self.terminal.show(broadcast.dry_run(found), title, ENTER)
                elif answer == "o":
                    result = self.get(result_of(place_of(self.desk.workspace), name))
                    self.terminal.show(broadcast.report(result, now_ms), title, ENTER)
                elif self._sure(f"{changes[answer][0]} {name}?"):
                    self.get(changes[answer][1]())

    # ------------------------------------------------------------------ journeys
    def journeys(self, title: str) -> None:
        """All of them, and how people go through one."""
        place = JourneyDesk(self.desk.workspace, self.desk.actor)
        while True:
            report = journey.overview(self.get(place.lines()))
            name = self.terminal.show(report, title, "a name = that journey, Enter or b back, q quit: ")
            if not name:
                return
            with self._stays():
                card = self.get(place.card(name))
                if self.terminal.show(journey.card(card), f"{title}: {name}", "r report, b back, q quit: "):
                    found = self.get(travel_report(self.desk.workspace, card))
                    self.terminal.show(journey.report(found), f"{title}: {name}", ENTER)

    # ------------------------------------------------------------------ contents
    def contents(self, title: str) -> None:
        """What can be said; one as people would read it; texts by GPT that wait."""
        place = ContentDesk(self.desk.workspace, self.desk.actor)
        while True:
            report = content.overview(self.get(place.lines()))
            prompt = "a name = its preview, w texts that wait, Enter or b back, q quit: "
            name = self.terminal.show(report, title, prompt)
            if not name:
                return
            with self._stays():
                if name == "w":
                    self._review(f"{title}: texts that wait")
                else:
                    self.terminal.show(
                        content.preview(self.get(place.preview(name))), f"{title}: {name}", ENTER
                    )

    def _review(self, title: str) -> None:
        place = WritingDesk(self.desk.workspace, self.desk.actor)
        while True:
            report = writings.waiting(self.get(place.waiting(0, WAITING)), WAITING)
            prompt = "a NUMBER = approve, r NUMBER = reject, Enter or b back, q quit: "
            answer = self.terminal.show(report, title, prompt)
            action, _, rest = answer.rpartition(" ")
            if not rest.isdecimal():
                return
            if action == "r":
                self.get(place.reject(int(rest), ""))
            elif self._sure(f"approve text {rest}?"):
                self.get(place.approve(int(rest)))

    @contextmanager
    def _stays(self) -> Iterator[None]:
        """Back from here, and from what could not be done, leads to the screen before and not to the menu."""
        try:
            yield
        except Back:
            return
        except KairosError as error:
            with suppress(Back):
                self.terminal.tell(error)

    def _sure(self, question: str) -> bool:
        return self.terminal.ask(f"{question} [y/N] ").lower() in ("y", "yes", "e", "evet")
