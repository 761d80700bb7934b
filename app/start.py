"""Where a verb becomes running work: settings and logs are opened, the work runs, and all is closed again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from adapters.logs import open_logs
from adapters.memory.hot import MemoryHot
from adapters.settings import Settings, load
from app.clock import WallClock
from app.demo import DemoOptions, Watch, run_demo
from app.importer import Imported, import_history, read_file
from app.installation import Logs
from app.run import RunOptions, conditions_of, make_data_folder, open_store, run
from app.workspace import CONFIG, ROOT
from bot.capture import Arrival, CaptureRules, capture
from core.errors import ContentError
from core.flow.capture import CaptureDeps, Read
from core.identity import Captured
from core.ports import InboxRow
from core.text import opts_out, topics


def run_installation(config: Path | None, roles: Sequence[str]) -> None:
    """Run production until SIGTERM or Ctrl-C. Raises the KairosError that made it impossible."""
    settings = load(config or CONFIG, os.environ)
    with _logs(settings.logs_dir, settings.logs.level, settings.logs.keep_days) as logs:
        asyncio.run(run(settings, RunOptions(ROOT, roles), logs))


def start_demo(options: DemoOptions, watch: Watch) -> dict[str, Any]:
    """Run the demo to its end; its closing document. Its logs lie with its data."""
    with _logs(options.folder / "logs", "info", 1) as logs:
        return run_demo(options, logs, watch)


async def import_file(
    config: Path | None, file: Path, *, dry_run: bool, progress: Callable[[int], None]
) -> Imported:
    """Import history. A running installation shows it in Redis with its next look."""
    settings = load(config or CONFIG, os.environ)
    make_data_folder(settings)
    store = await open_store(settings)
    try:
        deps = CaptureDeps(store, MemoryHot(), _reader(settings))
        now_ms = WallClock().now_ms()
        return await import_history(deps, read_file(file), now_ms, dry_run=dry_run, progress=progress)
    finally:
        await store.close()


def _reader(settings: Settings) -> Read:
    """What updates mean under these settings."""
    conditions = conditions_of(settings)
    rules = CaptureRules(topics, opts_out, conditions.granted_on_start, conditions.text_version)

    def read(row: InboxRow) -> Captured:
        update = orjson.loads(row.body)
        if not isinstance(update, dict):
            raise ContentError("the update is no object")
        return capture(update, Arrival(row.bot_id, row.update_id, row.received_ms), rules)

    return read


@contextmanager
def _logs(folder: Path, level: str, keep_days: int) -> Iterator[Logs]:
    files = open_logs(folder, WallClock().now_ms, level=level, keep_days=keep_days)
    try:
        yield Logs(files.get("delivery_optimizer"), files.get("segmentation"), files.get("crm_analytics"))
    finally:
        files.close()
