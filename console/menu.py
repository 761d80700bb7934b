"""The menu: screens over one open workspace, each of which names the verb that does the same.

Keys are words and numbers followed by Enter, so that it works over any terminal. `b` goes back, `q`, Ctrl-C
or the end of input leaves. Data of the demo are marked SIMULATED on every screen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from app.desk.links import link_report
from console.campaign_screens import CampaignScreens
from console.journey_screens import JourneyScreens
from console.output import BOLD, YELLOW, Mode, Output
from console.people_screens import PeopleScreens
from console.screens import delivery, health, learning, links, segments, strategies
from console.session import Desk, Options, open_desk
from console.terminal import Back, Quit, Terminal
from console.visit import ENTER, Visit
from core.errors import KairosError

T = TypeVar("T")


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
        self._visit = Visit(desk, terminal, self._get)
        self._people = seen = PeopleScreens(desk, terminal, self._get)
        sent = CampaignScreens(desk, terminal, self._get)
        ways = JourneyScreens(desk, terminal, self._get)
        self.screens: tuple[Screen, ...] = (
            Screen("User analysis and segmentation", lambda: seen.people(self._title(0))),
            Screen("Segment performance report", self.report),
            Screen("Dynamic delivery status", self.delivery),
            Screen("People by segment", lambda: seen.members(self._title(3))),
            Screen("Strategies and versions", self.strategies),
            Screen("Learning report", self.learning),
            Screen("Bots", self.bots),
            Screen("Health", self.health),
            Screen("Groups and channels", lambda: seen.groups(self._title(8))),
            Screen("Links and campaigns", self.links),
            Screen("Broadcasts", lambda: sent.broadcasts(self._title(10))),
            Screen("Journeys", lambda: ways.journeys(self._title(11))),
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

    # ------------------------------------------------------------------ delivery and figures
    def report(self) -> None:
        """All segments compared."""
        found = self._get(self.desk.queries.segment_report())
        self.terminal.show(segments.comparison(found), self._title(1), ENTER)

    def delivery(self) -> None:
        """How delivery stands; pause, resume, why."""
        while True:
            status = delivery.status(self._get(self.desk.queries.delivery()))
            answer = self.terminal.show(status, self._title(2), "p pause, r resume, w why, b back, q quit: ")
            with self._visit.stays():
                if answer in ("p", "r"):
                    self._switch(answer == "p")
                elif answer == "w":
                    self._people.why(self.terminal.ask("person (number, @username, tg:ID): "))

    # ------------------------------------------------------------------ the others
    def strategies(self) -> None:
        """The versions in force, and the history of one segment."""
        while True:
            found = strategies.overview(self._get(self.desk.queries.strategies()))
            prompt = f"a segment for its history, {ENTER}"
            name = self.terminal.show(found, self._title(4), prompt).upper()
            if not name:
                return
            with self._visit.stays():
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

    def _switch(self, pause: bool) -> None:
        from app.desk.commands import Scope

        words, commands = "pause" if pause else "resume", self.desk.commands
        if self._visit.sure(f"{words} all delivery?", f"delivery {words}"):
            self._get(commands.pause(Scope()) if pause else commands.resume(Scope()))

    def _title(self, number: int) -> str:
        return f"{number + 1}  {self.screens[number].title}"

    def _get(self, question: Coroutine[Any, Any, T]) -> T:
        self.terminal.out.stdout.flush()
        return self._runner.run(question)
