"""A file of JSON lines, read from any place in it, with the number and the end of each line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import orjson

from core.errors import ContentError, SettingsError

MAX_LINE = 1 << 20
"""Bytes of a line; Telegram's updates have a few hundred."""
_HEAD = 1 << 16


@dataclass(frozen=True, slots=True)
class Line:
    """A line: its number from 1, where the next one begins, and its document or what is wrong with it."""

    number: int
    end: int
    document: object


class Source(Protocol):
    """Where lines come from. `mark`: the name under which the store remembers how far an import got."""

    @property
    def mark(self) -> str: ...
    def lines(self, start: int = 0, number: int = 0) -> Iterator[Line]:
        """Lines from place `start` on, behind line `number`."""
        ...


@dataclass(frozen=True, slots=True)
class Documents:
    """Lines that are here already, for a history that never was a file."""

    documents: Sequence[object]
    mark: str = "import:documents"

    def lines(self, start: int = 0, number: int = 0) -> Iterator[Line]:
        """From document `start` on."""
        for place, document in enumerate(self.documents[start:], start + 1):
            yield Line(place, place, document)


@dataclass(frozen=True, slots=True)
class LineFile:
    """A file of lines."""

    path: Path
    mark: str
    size: int

    def lines(self, start: int = 0, number: int = 0) -> Iterator[Line]:
        """Lines from byte `start` on, behind line `number`; empty ones are left out. SettingsError when the
        file can't be read."""
        try:
            with self.path.open("rb") as file:
                file.seek(start)
                while raw := file.readline(MAX_LINE + 1):
                    number += 1
                    too_long = len(raw) > MAX_LINE
                    while len(raw) > MAX_LINE and not raw.endswith(b"\n"):
                        raw = file.readline(MAX_LINE + 1)
                    if too_long or raw.strip():
                        yield Line(number, file.tell(), _document(raw, too_long))
        except OSError as error:
            raise _unreadable(self.path, error) from error


def open_source(path: Path) -> LineFile:
    """Look at a file; its beginning and size name it. Raises SettingsError."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
            size = file.seek(0, 2)
    except OSError as error:
        raise _unreadable(path, error) from error
    digest = hashlib.sha256(head + size.to_bytes(8, "big")).hexdigest()[:32]
    return LineFile(path, f"import:{digest}", size)


def _document(raw: bytes, too_long: bool) -> object:
    if too_long:
        return ContentError(f"longer than {MAX_LINE >> 20} MB")
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return ContentError("no JSON")


def _unreadable(path: Path, error: OSError) -> SettingsError:
    return SettingsError(f"{path} can't be read: {error.strerror}")
