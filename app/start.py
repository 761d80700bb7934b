"""Where a verb becomes running work: settings and logs are opened, the work runs, and all is closed again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvloop

from adapters.logs import LogFiles, open_logs
from adapters.memory import MemoryHot, MemoryStore
from adapters.settings import load
from adapters.settings.key import installation_key
from app.clock import WallClock
from app.desk.workspace import CONFIG, ROOT
from app.importing import ImportDeps, Imported, import_lines, open_source
from app.parts import Logs
from app.run import RunOptions, make_data_folder, open_store, reading_of, run
from bot.visitor import BotFace
from core.flow.capture import CaptureDeps
from core.keyed import suppression_hash

if TYPE_CHECKING:
    from app.demo import DemoOptions, Watch


def run_installation(config: Path | None, roles: Sequence[str], say: Callable[[str], None]) -> None:
    """Run production until SIGTERM or Ctrl-C; `say` is told once that it runs. Raises the KairosError that
    made it impossible."""
    settings = load(config or CONFIG, os.environ)

    def announce(faces: Sequence[BotFace]) -> None:
        names = ", ".join(f"@{face.username}" if face.username else face.name for face in faces)
        say(f"Kairos runs ({', '.join(roles)}) for {names}; logs in {settings.logs_dir}; Ctrl-C stops it")

    with _logs(settings.logs_dir, settings.logs.level, settings.logs.keep_days) as logs:
        uvloop.run(run(settings, RunOptions(ROOT, roles, announce), logs))


def start_demo(options: DemoOptions, watch: Watch) -> dict[str, Any]:
    """Run the demo to its end; its closing document. Its logs lie with its data."""
    from app.demo import run_demo

    with _logs(options.folder / "logs", "info", 1) as logs:
        return run_demo(options, logs, watch)


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What to import and how: see `app.importing`."""

    file: Path
    dry_run: bool = False
    again: bool = False


async def import_file(
    config: Path | None, options: ImportOptions, progress: Callable[[int], None]
) -> Imported:
    """Import history. A running installation shows it in Redis with its next look."""
    settings = load(config or CONFIG, os.environ)
    source = open_source(options.file)
    if options.dry_run:  # nothing is made, not even an empty database
        nowhere = CaptureDeps(MemoryStore(), MemoryHot(), reading_of(settings).reader(b""))
        return await import_lines(
            ImportDeps(nowhere), source, WallClock().now_ms(), dry_run=True, progress=progress
        )
    make_data_folder(settings)
    key = installation_key(settings, os.environ)
    store = await open_store(settings)
    try:
        suppressed_as = partial(suppression_hash, key)
        capture = CaptureDeps(store, MemoryHot(), reading_of(settings).reader(key), suppressed_as)
        deps = ImportDeps(capture, suppressed_as)
        now_ms = WallClock().now_ms()
        return await import_lines(deps, source, now_ms, again=options.again, progress=progress)
    finally:
        await store.close()


@contextmanager
def _logs(folder: Path, level: str, keep_days: int) -> Iterator[Logs]:
    files = open_logs(folder, WallClock().now_ms, level=level, keep_days=keep_days)
    try:
        yield Logs(
            files.get("delivery_optimizer"),
            files.get("segmentation"),
            files.get("crm_analytics"),
            partial(_scrub, files),
        )
    finally:
        files.close()


async def _scrub(files: LogFiles, words: Sequence[str]) -> None:
    """Rewriting files takes a while: not in the loop."""
    await asyncio.to_thread(files.scrub, words)
