"""Writes people and messages out, all of them, page by page: tab-separated text or one JSON document.

A file that holds people's names is readable by its owner only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from console.output import Mode, Output
from console.report import Column, Report, Table, iso
from console.screens import people
from core.errors import SettingsError

if TYPE_CHECKING:
    from app.desk.queries import Queries
    from app.desk.views import PersonLine
    from core.ports import Store

PAGE = 1_000


async def everybody(queries: Queries, segment: str) -> list[PersonLine]:
    """All people, of one segment if named."""
    found: list[PersonLine] = []
    while page := await queries.people(segment, found[-1].person_no if found else 0, PAGE):
        found += page
    return found


def people_report(found: Sequence[PersonLine]) -> Report:
    """People as they are exported."""
    return Report([people.lines(found)], main="people")


def messages_report(rows: Sequence[Mapping[str, object]]) -> Report:
    """The ledger as it is exported: moments in ISO 8601, people and bots by their Telegram ids."""
    shown = [_shown(row) for row in rows]
    columns = [Column(key) for key in (shown[0] if shown else ("id", "state"))]
    return Report([Table("messages", columns, shown, empty=people.NO_MESSAGES)], main="messages")


async def write_events(store: Store, out: Output) -> None:
    """Every event, a JSON line each."""
    from app.exporter import export_events

    async for line in export_events(store):
        out.line(json.dumps(line, ensure_ascii=True, separators=(",", ":")))


def _shown(row: Mapping[str, object]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in row.items():
        if key.endswith("_at_ms") and isinstance(value, int):
            found[key.removesuffix("_ms")] = iso(value)
        elif key == "person":
            found["telegram_id"] = value
        elif key != "chat_id":
            found[key] = value
    return found


def write_file(path: Path, report: Report, *, simulated: bool) -> None:
    """Write a report into a new file, JSON if it is named so. SettingsError when that can't be."""
    mode = Mode.JSON if path.suffix == ".json" else Mode.TSV
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
            out = Output(mode, stdout=file)
            out.simulated = simulated
            out.show(report)
    except OSError as error:
        raise SettingsError(f"{path} can't be written: {error.strerror}") from error
