"""History comes in through the same door as everything else: inbox rows, then the capture step.

A line is `{"bot_id": 42, "received_at_ms": 1780000000000, "update": {...}}`, the update as Telegram made it.
Importing a line again changes nothing. Nobody is answered, whatever the lines say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from core.errors import ContentError, SettingsError
from core.flow.capture import CaptureDeps, apply_pending
from core.ports import RawUpdate

BATCH = 500
SHOWN_ERRORS = 20
MAX_NUMBER = 2**52
"""Telegram's ids have at most 52 significant bits."""


@dataclass(frozen=True, slots=True)
class Imported:
    """Lines read, updates that were new, events they brought, and the lines that could not be used."""

    lines: int
    new: int
    events: int
    errors: tuple[str, ...]
    error_count: int


@dataclass(frozen=True, slots=True)
class HistoryLine:
    bot_id: int
    update: RawUpdate


def parse_line(document: Any) -> HistoryLine:
    """Raises ContentError with what is wrong with the line."""
    if not isinstance(document, dict):
        raise ContentError("not a JSON object")
    numbers = {key: document.get(key) for key in ("bot_id", "received_at_ms")}
    update = document.get("update")
    wrong = [key for key, value in numbers.items() if not _whole(value)]
    if wrong:
        raise ContentError(f"{wrong[0]} must be a positive whole number")
    if not isinstance(update, dict) or not _whole(update.get("update_id")):
        raise ContentError("update must be an object with an update_id")
    raw = RawUpdate(update["update_id"], orjson.dumps(update), int(document["received_at_ms"]))
    return HistoryLine(int(document["bot_id"]), raw)


def _whole(value: object) -> bool:
    """A number that Telegram may use and a database can hold."""
    return type(value) is int and 0 < value < MAX_NUMBER


def read_file(path: Path) -> Iterator[object]:
    """The lines of a JSON lines file; one that is no JSON comes as the ContentError that says so."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    yield orjson.loads(line)
                except orjson.JSONDecodeError:
                    yield ContentError(f"line {number}: no JSON")
    except OSError as error:
        raise SettingsError(f"{path.name} can't be read: {error.strerror}") from error


async def import_history(
    deps: CaptureDeps,
    documents: Iterable[object],
    now_ms: int,
    *,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda lines: None,
) -> Imported:
    """Import all lines; bad ones are reported and left out. `dry_run`: check only, change nothing."""
    lines = new = events = wrong = 0
    errors: list[str] = []
    source = iter(documents)
    while batch := list(islice(source, BATCH)):
        good, bad = _sort_out(batch, lines, now_ms)
        errors, wrong = [*errors, *bad][:SHOWN_ERRORS], wrong + len(bad)
        lines += len(batch)
        if not dry_run:
            new += await _store(deps, good)
            while (done := await apply_pending(deps, now_ms)).rows:
                events += done.events
        progress(lines)
    return Imported(lines, new, events, tuple(errors), wrong)


def _sort_out(batch: Iterable[object], before: int, now_ms: int) -> tuple[list[HistoryLine], list[str]]:
    good, bad = [], []
    for number, document in enumerate(batch, before + 1):
        try:
            if isinstance(document, ContentError):
                raise document
            good.append(_past(parse_line(document), now_ms))
        except ContentError as error:
            text = str(error)
            bad.append(text if text.startswith("line ") else f"line {number}: {text}")
    return good, bad


def _past(line: HistoryLine, now_ms: int) -> HistoryLine:
    """A "yes" from the future would be newer than every /stop to come."""
    if line.update.received_ms > now_ms:
        raise ContentError("received_at_ms lies in the future")
    return line


async def _store(deps: CaptureDeps, lines: list[HistoryLine]) -> int:
    by_bot: dict[int, list[RawUpdate]] = {}
    for line in lines:
        by_bot.setdefault(line.bot_id, []).append(line.update)
    async with deps.store.transaction() as tx:
        return sum([await tx.inbox.add(bot, updates, answer=False) for bot, updates in by_bot.items()])
