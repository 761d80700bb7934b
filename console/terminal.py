"""The operator's terminal as the menu sees it: pages that fit, one-line answers, and two ways to leave.

Leaves to others: what is on a screen (console/screens) and which screens there are (console/menu.py).
"""

from __future__ import annotations

import os
import select
import shutil
import sys
from collections.abc import Callable, Sequence

from console.output import BOLD, DIM, PROGRAM, YELLOW, Output
from console.report import Report
from core.errors import KairosError

SPARE = 4
"""Lines of a page that title and prompt need; a prompt may take two."""


LISTEN_S = 0.25


def read_line(prompt: str) -> str:
    """One line from the terminal, like `input`, but a Ctrl-C of any moment is heard.

    A signal that comes just before the system call of `input` would be noticed only after the next key; here
    the call is made when there is something to read, and signals are heard between the looks."""
    sys.stdout.write(prompt)
    sys.stdout.flush()
    while not select.select([sys.stdin], [], [], LISTEN_S)[0]:
        pass
    return input()


class Back(Exception):  # noqa: N818 - a way out of a screen, not an error
    """The operator wants the screen before this one."""


class Quit(Exception):  # noqa: N818 - a way out of the menu, not an error
    """The operator wants to leave."""


class Terminal:
    """Shows reports page by page and reads answers; `b` raises Back, `q` or the end of input raises Quit."""

    def __init__(self, out: Output, read: Callable[[str], str] = read_line) -> None:
        self.out = out
        self._read = read

    def show(self, report: Report, title: str, prompt: str) -> str:
        """A report in pages that fit, each under its title; the operator's answer, given on any of them."""
        lines, broken = self.out.lines(report, mark=False), 0
        if report.verb:
            command = f"in a script: python3 {self.out.here(f'{PROGRAM} {report.verb}')}"
            lines += ["", self.out.paint(command, DIM)]
            broken = (len(command) - 1) // self.out.width  # left whole, so that it can be copied
        height = max(shutil.get_terminal_size((80, 24)).lines - SPARE - broken, 5)
        for start in range(0, len(lines), height):
            self._page(title, lines[start : start + height])
            rest = len(lines) - start - height
            if rest <= 0:
                break
            choice = prompt.removeprefix("Enter or ")
            if answer := self.ask(f"-- {rest} more lines: Enter -- or {choice}"):
                return answer
        return self.ask(prompt)

    def _page(self, title: str, lines: Sequence[str]) -> None:
        self.clear()
        mark = self.out.paint("SIMULATED  ", YELLOW) if self.out.simulated else ""
        self.out.line(mark + self.out.paint(title, BOLD))
        self.out.line("")
        for line in lines:
            self.out.line(line)

    def tell(self, error: KairosError) -> None:
        """What could not be done and what helps, until the operator has read it."""
        self.say(f"error: {error}")
        if error.next_step:
            self.say(f"next: {self.out.here(error.next_step)}")
        self.ask("Enter or b back, q quit: ")

    def say(self, text: str) -> None:
        """One line."""
        self.out.line(text)

    def ask(self, prompt: str) -> str:
        """One answer without surrounding space."""
        self.out.stdout.flush()
        try:
            answer = self._read(prompt).strip()
        except EOFError as end:
            raise Quit from end
        if answer.lower() in ("q", "quit", "exit"):
            raise Quit
        if answer.lower() in ("b", "back"):
            raise Back
        return answer

    def clear(self) -> None:
        """An empty screen where the terminal can do that."""
        if os.environ.get("TERM", "dumb") != "dumb":
            self.out.stdout.write("\x1b[H\x1b[2J\x1b[3J")
        self.out.stdout.flush()
