"""The menu: screens over one open workspace, each of which names the verb that does the same.

Keys are words and numbers followed by Enter, so that it works over any terminal. `b` goes back, `q`, Ctrl-C
or the end of input leaves. Data of the demo are marked SIMULATED on every screen.
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from app.desk.groups import group_card, group_list
from app.desk.links import link_report
from console.campaign_screens import CampaignScreens
from console.exporting import everybody, people_report, write_file
from console.output import BOLD, YELLOW, Mode, Output
from console.report import Report
from console.screens import delivery, groups, health, learning, links, people, segments, strategies
from console.session import Desk, Options, open_desk
from console.terminal import Back, Quit, Terminal
from core.errors import KairosError, NotFoundError

if TYPE_CHECKING:
    pass

T = TypeVar("T")
PAGE = 15
"""People on one page of a list."""
ENTER = "Enter or b back, q quit: "
PERSON = "person (number, @username, tg:ID or part of a name), b back, q quit: "
PEOPLE = "Enter next page, a number = that person, e FILE export, b back, q quit: "


def run_menu(options: Options) -> int:
    """Show the menu until the operator leaves; the exit code."""
    terminal = Terminal(Output(Mode.SCREEN))
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            desk = runner.run(_enter(stack, options))
            terminal.out.simulated = desk.workspace.simulated
            terminal.out.config = str(options.config) if options.config else ""
            Menu(desk, terminal, runner, options).loop()
        except (Quit, KeyboardInterrupt):
            terminal.say("")
        finally:
            runner.run(stack.aclose())
    return 0


async def _enter(stack: AsyncExitStack, options: Options) -> Desk:
    """The production's desk, or the demo's while nobody is in production yet."""
    from app.desk.workspace import demo_exists

    desk = await stack.enter_async_context(open_desk(options))
    if options.demo or options.config or not demo_exists() or await desk.queries.count():
        return desk
    return await stack.enter_async_context(open_desk(replace(options, demo=True)))


@dataclass(frozen=True, slots=True)
class Screen:
    """One entry of the menu."""

    title: str
    open: Callable[[], None]


class Menu:
    """The screens and the way between them."""

    def __init__(self, desk: Desk, terminal: Terminal, runner: asyncio.Runner, options: Options) -> None:
        self.desk, self.terminal, self._runner, self._options = desk, terminal, runner, options
        sent = CampaignScreens(desk, terminal, self._get)
        self.screens: tuple[Screen, ...] = (
            Screen("User analysis and segmentation", self.person),
            Screen("Segment performance report", self.report),
            Screen("Dynamic delivery status", self.delivery),
            Screen("People by segment", self.members),
            Screen("Strategies and versions", self.strategies),
            Screen("Learning report", self.learning),
            Screen("Bots", self.bots),
            Screen("Health", self.health),
            Screen("Groups and channels", self.groups),
            Screen("Links and campaigns", self.links),
            Screen("Broadcasts", lambda: sent.broadcasts(self._title(10))),
            Screen("Journeys", lambda: sent.journeys(self._title(11))),
            Screen("Contents and texts", lambda: sent.contents(self._title(12))),
        )

    def loop(self) -> None:
        """The menu until Quit."""
        wrong = ""
        while True:
            self._overview()
            try:
                last = len(self.screens)
                answer = self.terminal.ask(f"{wrong}choose 1-{last}, q quit: ")
                wrong = ""
                if answer.isdigit() and 1 <= int(answer) <= last:
                    self._open(self.screens[int(answer) - 1])
                elif answer:
                    wrong = f"there is no screen {answer}; "
            except Back:
                continue

    # ------------------------------------------------------------------ the four screens of every day
    def person(self) -> None:
        """One person: profile, timeline, segments with evidence, why."""
        page = self._get(self.desk.queries.people(limit=PAGE))
        report = Report([people.lines(page, people.NOBODY)], verb="users list")
        while True:
            text = self.terminal.show(report, self._title(0), PERSON)
            found = self._one_or_many(text) if text else None
            report = found or report

    def report(self) -> None:
        """All segments compared."""
        found = self._get(self.desk.queries.segment_report())
        self.terminal.show(segments.comparison(found), self._title(1), ENTER)

    def delivery(self) -> None:
        """How delivery stands; pause, resume, why."""
        while True:
            status = delivery.status(self._get(self.desk.queries.delivery()))
            answer = self.terminal.show(status, self._title(2), "p pause, r resume, w why, b back, q quit: ")
            if answer in ("p", "r"):
                self._switch(answer == "p")
            elif answer == "w":
                with suppress(Back):
                    self._why(self.terminal.ask("person (number, @username, tg:ID): "))

    def members(self) -> None:
        """Sizes of the segments, and the people of one."""
        sizes = self._get(self.desk.queries.segment_sizes())
        report = segments.sizes(sizes, self._get(self.desk.queries.count()))
        names = list(sizes)
        while True:
            answer = self.terminal.show(report, self._title(3), "segment (1-8 or its name), b back, q quit: ")
            chosen = answer.isdigit() and 0 < int(answer) <= len(names)
            with suppress(Back):
                self._members_of(names[int(answer) - 1] if chosen else answer.upper())

    # ------------------------------------------------------------------ the others
    def strategies(self) -> None:
        """The versions in force, and the history of one segment."""
        found = strategies.overview(self._get(self.desk.queries.strategies()))
        name = self.terminal.show(
            found, self._title(4), "a segment for its history, b back, q quit: "
        ).upper()
        if name:
            history = self._get(self.desk.queries.strategy_history(name))
            self.terminal.show(strategies.history(name, history), f"{self._title(4)}: {name}", ENTER)

    def learning(self) -> None:
        """What was learned."""
        report = learning.report(self._get(self.desk.queries.learning()))
        self.terminal.show(report, self._title(5), ENTER)

    def bots(self) -> None:
        """The bots."""
        self.terminal.show(delivery.bots(self._get(self.desk.queries.bots())), self._title(6), ENTER)

    def health(self) -> None:
        """What the doctor says."""
        shown = replace(self._options, demo=self.terminal.out.simulated)  # what the menu was opened over
        self.terminal.show(self._get(health.examine(shown)), self._title(7), ENTER)

    def groups(self) -> None:
        """Groups and channels, and one of them."""
        space = self.desk.workspace
        while True:
            report = groups.lines(self._get(group_list(space, 0, PAGE)), PAGE)
            prompt = "a number = that group, Enter or b back, q quit: "
            answer = self.terminal.show(report, self._title(8), prompt)
            if not answer:
                return
            with suppress(Back):
                card = groups.card(self._get(group_card(space, answer)))
                self.terminal.show(card, self._title(8), ENTER)

    def links(self) -> None:
        """Where people came from."""
        found = links.report(self._get(link_report(self.desk.workspace)))
        self.terminal.show(found, self._title(9), ENTER)

    # ------------------------------------------------------------------ inside
    def _overview(self) -> None:
        self.terminal.clear()
        out = self.terminal.out
        mark = out.paint("  SIMULATED data of the demo", YELLOW) if out.simulated else ""
        self.terminal.say(out.paint("Kairos", BOLD) + mark)
        self.terminal.say("")
        for number, screen in enumerate(self.screens, start=1):
            self.terminal.say(f"  {number:>2}  {screen.title}")
        self.terminal.say("")
        self.terminal.say("every screen is also a verb: python3 manage_crm.py -h")

    def _open(self, screen: Screen) -> None:
        """Show a screen; what it can't do becomes a sentence."""
        try:
            screen.open()
        except KairosError as error:
            self.terminal.tell(error)

    def _one_or_many(self, text: str) -> Report | None:
        """Show the card of whom the text means; else everybody whom it finds."""
        try:
            self._card(text)
        except NotFoundError:
            found = self._get(self.desk.queries.search(text, PAGE))
            table = people.lines(found, f"nobody matches {text}")
            return Report([table], verb=f"users find {shlex.quote(text)}")
        return None

    def _card(self, text: str) -> None:
        card = self._get(self.desk.queries.card(text))
        with suppress(Back):
            prompt = "w why written to or not, Enter or b back, q quit: "
            if self.terminal.show(people.card(card), self._title(0), prompt) == "w":
                self._why(str(card.line.person_no))

    def _why(self, text: str) -> None:
        found = people.why(self._get(self.desk.queries.why(text)))
        self.terminal.show(found, "Why a person is written to or not", ENTER)

    def _members_of(self, name: str) -> None:
        after = 0
        while True:
            found = self._get(self.desk.queries.people(name, after, PAGE))
            verb = f"segments members {name} --limit {PAGE}" + (f" --after {after}" if after else "")
            table = people.lines(found, "no more people" if after else f"nobody is in {name} now")
            answer = self.terminal.show(Report([table], verb=verb), f"{self._title(3)}: {name}", PEOPLE)
            if answer.startswith("e "):
                self._export(name, Path(answer[2:].strip()).expanduser())
            elif answer:
                self._card(answer)
            elif not found:
                return
            else:
                after = found[-1].person_no

    def _export(self, name: str, path: Path) -> None:
        found = self._get(everybody(self.desk.queries, name))
        write_file(path, people_report(found), simulated=self.terminal.out.simulated)
        self.terminal.ask(f"{len(found)} people are in {path}. {ENTER}")

    def _switch(self, pause: bool) -> None:
        from app.desk.commands import Scope

        words = "pause" if pause else "resume"
        if self.terminal.ask(f"{words} all delivery? [y/N] ").lower() in ("y", "yes", "e", "evet"):
            commands = self.desk.commands
            self._get(commands.pause(Scope()) if pause else commands.resume(Scope()))

    def _title(self, number: int) -> str:
        return f"{number + 1}  {self.screens[number].title}"

    def _get(self, question: Coroutine[Any, Any, T]) -> T:
        self.terminal.out.stdout.flush()
        return self._runner.run(question)
