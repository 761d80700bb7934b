"""The operator's terminal as the menu sees it: pages that fit, one-line answers, and two ways to leave.

Leaves to others: what is on a screen (console/screens) and which screens there are (console/menu.py).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence

from console.output import DIM, Output
from console.report import Report

PROGRAM = "python3 manage_crm.py"
SPARE = 3
"""Lines of a page that the closing prompt needs."""


class Back(Exception):  # noqa: N818 - a way out of a screen, not an error
    """The operator wants the screen before this one."""


class Quit(Exception):  # noqa: N818 - a way out of the menu, not an error
    """The operator wants to leave."""


class Terminal:
    """Shows reports page by page and reads answers; `b` raises Back, `q` or the end of input raises Quit."""

    def __init__(self, out: Output, read: Callable[[str], str] = input) -> None:
        self.out = out
        self._read = read

    def show(self, report: Report, title: str = "") -> None:
        """A report from the top of a cleared screen, in pages, with the verb that does the same."""
        self.clear()
        lines = [f"{title}", ""] if title else []
        lines += self.out.lines(report)
        if report.verb:
            lines += ["", self.out.paint(f"in a script: {PROGRAM} {self._demo()}{report.verb}", DIM)]
        self.pages(lines)

    def pages(self, lines: Sequence[str]) -> None:
        """Print lines; on a full page wait for Enter."""
        height = max(shutil.get_terminal_size((80, 24)).lines - SPARE, 5)
        for start in range(0, len(lines), height):
            for line in lines[start : start + height]:
                self.out.line(line)
            if start + height < len(lines):
                self.ask(f"-- {len(lines) - start - height} more lines: Enter, b back, q quit -- ")
                self.clear()

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

    def _demo(self) -> str:
        return "--demo " if self.out.simulated else ""
