"""An answer that no parser takes, because something in it is nested too deep: its updates are told apart.

One such update must not hide the others of its batch, nor stop the line for ever. So the elements of the
answer are found by counting brackets, and each is parsed by itself. Promises: an answer that was cut off, or
is no list of updates, stays unreadable; nothing here recurses.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

import orjson

_BEGIN: Final = re.compile(rb'\s*\{\s*"ok"\s*:\s*true\s*,\s*"result"\s*:\s*\[')
_END: Final = re.compile(rb"\s*\]\s*\}\s*")
_MARK: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
_NUMBER: Final = re.compile(rb'\{\s*"update_id"\s*:\s*(\d{1,19})\b')
_OPENING: Final = frozenset({b"[", b"{"})
_CLOSING: Final = frozenset({b"]", b"}"})


@dataclass(frozen=True, slots=True)
class TooDeep:
    """An update that can't be parsed. `update_id`: its number, None when that is not what it begins with."""

    update_id: int | None
    body: bytes


def taken_apart(answer: bytes) -> dict[str, object] | None:
    """The answer, each element parsed or as `TooDeep`; None if it is no whole list of updates."""
    begin = _BEGIN.match(answer)
    if begin is None:
        return None
    elements, end = _elements(answer, begin.end())
    if _END.fullmatch(answer, end) is None:
        return None
    return {"ok": True, "result": [_parsed(answer[first:last]) for first, last in elements]}


def _elements(answer: bytes, begin: int) -> tuple[list[tuple[int, int]], int]:
    """Begin and end of each object or list within the list that begins there, and where that one ends. What
    is neither can't be an update."""
    depth, first = 0, begin
    found: list[tuple[int, int]] = []
    for mark in _MARK.finditer(answer, begin):
        if mark[0] in _OPENING:
            first = first if depth else mark.start()
            depth += 1
        elif mark[0] in _CLOSING:
            depth -= 1
            if depth < 0:
                return found, mark.start()
            if not depth:
                found.append((first, mark.end()))
    return found, len(answer)


def _parsed(element: bytes) -> object:
    for parse in (orjson.loads, json.loads):
        try:
            found: object = parse(element)
        except (ValueError, RecursionError):
            continue
        return found
    number = _NUMBER.match(element)
    return TooDeep(int(number[1]) if number else None, element)
