"""Writes reports: a screen for people, tab-separated text for pipes, one JSON document for programs.

Promises: data on stdout, messages on stderr; no colour and no other escape into a pipe, under NO_COLOR or on
a dumb terminal; nothing is cut, whatever the width (columns that don't matter go, long cells wrap, else one
field a line); a stream that can't write a character gets a substitute instead of an error; control characters
in what people wrote never reach the terminal.

Leaves to others: what is in a report (console/screens) and which exit code an error means (console/main.py).
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from typing import TextIO

from console.fitting import fit, stack, width_of, wrap
from console.report import Column, Facts, Report, Row, Table, document, flat

PROGRAM = "manage_crm.py"
BOLD, DIM, YELLOW, RED = "1", "2", "33", "31"


class NobodyReads(Exception):  # noqa: N818 - the end of work, not an error
    """The reader of stdout has gone, as `head` does when it has enough."""


class Mode(StrEnum):
    """How data leaves."""

    SCREEN = "screen"
    TSV = "tsv"
    JSON = "json"


class Output:
    """The two streams of one run. `mode` None: a screen on a terminal, TSV elsewhere."""

    def __init__(
        self, mode: Mode | None = None, *, stdout: TextIO | None = None, stderr: TextIO | None = None
    ) -> None:
        self.stdout = stdout or sys.stdout
        self.stderr = stderr or sys.stderr
        self.mode = mode or (Mode.SCREEN if self.stdout.isatty() else Mode.TSV)
        self.width = max(shutil.get_terminal_size((80, 24)).columns, 20)
        self.plain = _is_plain(self.stdout)
        self.simulated = False
        self.config = ""

    def show(self, report: Report) -> None:
        """Write a report in this run's mode."""
        if self.mode is Mode.JSON:
            self.document({"simulated": True, **document(report)} if self.simulated else document(report))
            return
        if self.mode is Mode.TSV:
            self._tsv(flat(report))
        else:
            for line in self.lines(report):
                self._write(line)
        if self.simulated and self.mode is Mode.TSV:
            self.note("these data are SIMULATED")
        for part in report.parts:
            if isinstance(part, Table) and not part.rows and part.empty and self.mode is Mode.TSV:
                self.note(part.empty)
        if report.next_step:
            self.note(f"next: {self.here(report.next_step)}")

    def document(self, value: object) -> None:
        """Write one JSON document."""
        text = json.dumps(value, indent=2, ensure_ascii=not _is_unicode(self.stdout), default=str)
        self._write(text)

    def lines(self, report: Report, *, mark: bool = True) -> list[str]:
        """The report as lines of the screen, with `mark` under the word SIMULATED where it is that."""
        lines = [self.paint("SIMULATED", YELLOW)] if self.simulated and mark else []
        for part in report.parts:
            if part.title:
                titles = [self.paint(line, BOLD) for line in wrap(part.title, self.width)]
                lines += [*([""] if lines else []), *titles]
            lines += self._table(part) if isinstance(part, Table) else self._facts(part)
        return lines

    def here(self, command: str) -> str:
        """A command as it reads in this workspace: the demo's data need `--demo`, others their settings."""
        place = "--demo" if self.simulated else f"--config {shlex.quote(self.config)}" if self.config else ""
        stays = place and not command.startswith(f"{PROGRAM} demo")
        return command.replace(f"{PROGRAM} ", f"{PROGRAM} {place} ", 1) if stays else command

    def line(self, text: str) -> None:
        """One line of a screen."""
        self._write(text)

    def note(self, text: str) -> None:
        """A message for the operator."""
        self._message(text)

    def error(self, text: str, next_step: str = "") -> None:
        """One sentence, and what to do next."""
        self._message(f"error: {text}")
        if next_step:
            self._message(f"next: {next_step}")

    def paint(self, text: str, *codes: str) -> str:
        """Colour where colour is wanted."""
        return text if self.plain or not codes else f"\x1b[{';'.join(codes)}m{text}\x1b[0m"

    def _message(self, text: str) -> None:
        print(_fitting(clean(text), self.stderr), file=self.stderr, flush=True)

    def _write(self, line: str) -> None:
        try:
            print(_fitting(line, self.stdout), file=self.stdout)
        except BrokenPipeError as end:
            raise NobodyReads from end

    def _tsv(self, table: Table) -> None:
        columns = [column for column in table.columns if column.data]
        self._write("\t".join(column.key for column in columns))
        for row in table.rows:
            self._write("\t".join(clean(cell_data(row.get(column.key))) for column in columns))

    def _table(self, table: Table) -> list[str]:
        if not table.rows:
            return wrap(table.empty or "none", self.width)
        columns = [column for column in table.columns if column.title]
        cells = [[cell_words(column, row) for column in columns] for row in table.rows]
        fitted = fit(columns, cells, self.width)
        if fitted is None:
            return stack(columns, cells, self.width)
        lines = [*(self.paint(line, BOLD) for line in fitted.head), *fitted.body]
        if fitted.hidden:
            hint = f"(not shown at this width: {', '.join(fitted.hidden)})"
            lines += [self.paint(line, DIM) for line in wrap(hint, self.width)]
        return lines

    def _facts(self, part: Facts) -> list[str]:
        shown = [fact for fact in part.facts if fact.label]
        edge = max((width_of(fact.label) for fact in shown), default=0) + 2
        lines: list[str] = []
        for fact in shown:
            text = clean(fact.words or cell_data(fact.value) or "-")
            first, *rest = wrap(text, max(self.width - edge, 12)) or ["-"]
            lines.append(fact.label + " " * (edge - width_of(fact.label)) + first)
            lines += [" " * edge + line for line in rest]
        return lines


def clean(text: str) -> str:
    """Without control characters: what people wrote must not steer a terminal or break a line."""
    if text.isprintable():
        return text
    kept = ((char, unicodedata.category(char)) for char in text)
    return "".join(char if char.isprintable() else "" if kind == "Cf" else " " for char, kind in kept)


def cell_data(value: object) -> str:
    """A value in TSV: empty for none, lists by commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return ",".join(cell_data(item) for item in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def cell_words(column: Column, row: Row) -> str:
    """A cell on the screen."""
    value = row.get(column.key)
    if column.words:
        return clean(column.words(row))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.2f}"
    return clean(cell_data(value)).replace(",", ", ") if isinstance(value, list) else clean(cell_data(value))


def silence() -> None:
    """Nobody reads any more (`| head`): let what is still buffered vanish without an error."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            os.dup2(quiet, stream.fileno())
        except (OSError, ValueError):
            continue


def _is_plain(stream: TextIO) -> bool:
    forbidden = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") in ("dumb", None)
    return forbidden or not stream.isatty()


def _is_unicode(stream: TextIO) -> bool:
    return (getattr(stream, "encoding", None) or "utf-8").lower().startswith("utf")


def _fitting(text: str, stream: TextIO) -> str:
    """What the stream's encoding can say."""
    if _is_unicode(stream):
        return text.encode("utf-8", "replace").decode()
    encoding = stream.encoding or "ascii"
    return text.encode(encoding, "replace").decode(encoding)


def joined(items: Sequence[str], empty: str = "-") -> str:
    """Words by commas, for a cell."""
    return ", ".join(items) or empty
