"""Where a verb becomes running work: settings and logs are opened, the work runs, and all is closed again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.logs import open_logs
from adapters.memory.hot import MemoryHot
from adapters.settings import load
from app.clock import WallClock
from app.desk.workspace import CONFIG, ROOT
from app.importer import Imported, import_history, read_file
from app.installation import Logs
from app.run import RunOptions, make_data_folder, open_store, run
from app.updates import reader
from bot.visitor import BotFace
from core.flow.capture import CaptureDeps

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
        asyncio.run(run(settings, RunOptions(ROOT, roles, announce), logs))


def start_demo(options: DemoOptions, watch: Watch) -> dict[str, Any]:
    """Run the demo to its end; its closing document. Its logs lie with its data."""
    from app.demo import run_demo

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
        consent = settings.consent
        read = reader(granted_on_start=consent.on_start == "granted", text_version=consent.text_version)
        deps = CaptureDeps(store, MemoryHot(), read)
        now_ms = WallClock().now_ms()
        return await import_history(deps, read_file(file), now_ms, dry_run=dry_run, progress=progress)
    finally:
        await store.close()


@contextmanager
def _logs(folder: Path, level: str, keep_days: int) -> Iterator[Logs]:
    files = open_logs(folder, WallClock().now_ms, level=level, keep_days=keep_days)
    try:
        yield Logs(files.get("delivery_optimizer"), files.get("segmentation"), files.get("crm_analytics"))
    finally:
        files.close()
