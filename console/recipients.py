"""Writes a broadcast's recipients out, one line each: CSV for a table, or one JSON document.

A cell that a spreadsheet would take for a formula gets an apostrophe before it. The file is for this user
alone.
"""

from __future__ import annotations

import csv
import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from console.output import NobodyReads
from console.screens.broadcast import recipient
from core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from console.output import Output
    from console.session import Desk

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How texts begin that spreadsheets calculate."""
HEADER = (
    "message",
    "person",
    "group",
    "telegram_id",
    "bot",
    "variant",
    "content",
    "segment",
    "state",
    "reason",
    "due_at",
    "sent_at",
    "answered_at",
    "harm",
    "harm_at",
)


async def write(desk: Desk, name: str, form: str, file: Path | None, out: Output) -> int:
    """Write them all; how many. SettingsError when the file can't be written."""
    from app.desk.broadcasts import place_of
    from app.desk.campaigns import recipients_of

    found = (recipient(one) async for one in recipients_of(place_of(desk.workspace), name))
    try:
        with _target(file, out) as target:
            return await (_json(found, target, out) if form == "json" else _csv(found, target))
    except BrokenPipeError as end:
        raise NobodyReads from end


async def _csv(found: AsyncIterator[dict[str, object]], target: TextIO) -> int:
    writer = csv.DictWriter(target, HEADER, lineterminator="\n")
    writer.writeheader()
    lines = 0
    async for row in found:
        writer.writerow(safe(row))
        lines += 1
    return lines


async def _json(found: AsyncIterator[dict[str, object]], target: TextIO, out: Output) -> int:
    rows = [row async for row in found]
    document = {"simulated": True, "recipients": rows} if out.simulated else {"recipients": rows}
    json.dump(document, target, ensure_ascii=True, indent=2)
    target.write("\n")
    return len(rows)


def safe(row: Mapping[str, object]) -> dict[str, object]:
    """The row with no text that a spreadsheet would calculate; numbers stay numbers."""
    return {key: _safe(value) for key, value in row.items()}


def _safe(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


@contextmanager
def _target(file: Path | None, out: Output) -> Iterator[TextIO]:
    if file is None:
        yield out.stdout
        return
    try:
        number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise SettingsError(
            f"{file} can't be written: {error.strerror}",
            next_step="name another file with --out; one that is there is never written over",
        ) from error
    with os.fdopen(number, "w", encoding="utf-8", newline="") as opened:
        yield opened
