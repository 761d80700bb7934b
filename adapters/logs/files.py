"""Three files a day, written by one system call a line, so that several processes may share them."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import sys
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self, cast

import orjson
import structlog
from structlog.typing import FilteringBoundLogger

from adapters.logs.privacy import clean, masked, told
from adapters.logs.scrubbing import scrub_files
from core.errors import SettingsError

AREAS: Final = ("delivery_optimizer", "segmentation", "crm_analytics")
FOREIGN: Final = "crm_analytics"
"""Where warnings of the libraries go."""

_LEVELS: Final[Mapping[str, int]] = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_NAME = re.compile(rf"(?:{'|'.join(AREAS)})_(\d{{8}})\.log")
_MODE = 0o640


def open_logs(
    folder: Path, now_ms: Callable[[], int], *, level: str = "info", keep_days: int = 14
) -> LogFiles:
    """Open today's files and write a first line to each, so that what can't be written shows now.

    Raises SettingsError with one sentence."""
    files = LogFiles(folder, now_ms, level, keep_days)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files.begin()
    except OSError as error:
        files.close()
        raise SettingsError(
            f"the logs can't be written to {folder}: {error.strerror}",
            next_step="free the disk, or name another folder in workspace.logs_dir",
        ) from None
    return files


def scrub_folder(folder: Path, words: Sequence[str]) -> int:
    """The same for a folder whose files are not open here; none where there is no folder."""
    if not folder.is_dir():
        return 0
    return scrub_files((path for path in folder.iterdir() if _NAME.fullmatch(path.name)), words)


class LogFiles:
    """The open log files. Use as a context, or call `close`."""

    def __init__(self, folder: Path, now_ms: Callable[[], int], level: str, keep_days: int) -> None:
        self._folder = folder
        self._now_ms = now_ms
        self._level = _LEVELS[level]
        self._files = {area: _DayFile(folder, area, now_ms, keep_days) for area in AREAS}
        self._bridge = _Bridge(self)

    @property
    def lost(self) -> int:
        """How many lines the disk did not take."""
        return sum(file.lost for file in self._files.values())

    def get(self, area: str) -> FilteringBoundLogger:
        """The logger of an area: `log.info("batch_sent", bot=42, messages=17)`."""
        logger = structlog.wrap_logger(
            structlog.BytesLogger(cast("BinaryIO", self._files[area])),
            processors=[self._line],
            wrapper_class=structlog.make_filtering_bound_logger(self._level),
            context_class=dict,
            cache_logger_on_first_use=True,
        )
        return cast("FilteringBoundLogger", logger)

    def begin(self) -> None:
        """Write the first line of each file. Raises OSError."""
        for file in self._files.values():
            file.append(self._line(None, "info", {"event": "log_opened", "process": os.getpid()}) + b"\n")

    def scrub(self, words: Sequence[str]) -> int:
        """Make these words unreadable in all files of the folder, of today and before; how many places.
        Blocks: to be called in a thread. Raises OSError."""
        return scrub_folder(self._folder, words)

    def take_over_logging(self) -> None:
        """From now on warnings of the libraries come here too, without what they filled in."""
        logging.getLogger().addHandler(self._bridge)

    def close(self) -> None:
        """Close the files and give logging back. Safe to call twice."""
        logging.getLogger().removeHandler(self._bridge)
        for file in self._files.values():
            file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _line(self, _: Any, level: str, fields: MutableMapping[str, Any]) -> bytes:
        """The last step of structlog: fields -> one line of JSON."""
        error = _error_of(fields.pop("exc_info", None))
        at = _moment(self._now_ms()).isoformat(timespec="milliseconds")
        line: dict[str, object] = {"at": at, "level": level, "event": masked(str(fields.pop("event", "")))}
        if error is not None:
            line["error"] = told(error)
        return orjson.dumps(line | clean(fields))


class _DayFile:
    """One area's file of today; another one when the clock's day changes. What structlog writes to."""

    def __init__(self, folder: Path, area: str, now_ms: Callable[[], int], keep_days: int) -> None:
        self._folder = folder
        self._area = area
        self._now_ms = now_ms
        self._keep_days = keep_days
        self._day = ""
        self._handle = -1
        self.lost = 0

    def write(self, line: bytes) -> None:
        """Append a line; one that the disk does not take is counted."""
        try:
            self.append(line)
        except OSError:
            self.lost += 1

    def flush(self) -> None:
        """Nothing is held back."""

    def append(self, line: bytes) -> None:
        """Append a line to the file of today. Raises OSError."""
        moment = _moment(self._now_ms())
        day = f"{moment:%Y%m%d}"
        if day != self._day or self._handle < 0:
            self.close()
            path = self._folder / f"{self._area}_{day}.log"
            self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
            self._day = day
            self._prune(moment)
        if os.write(self._handle, line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _prune(self, moment: datetime) -> None:
        """Delete files of days that are over for longer than is kept."""
        oldest = f"{moment - timedelta(days=self._keep_days):%Y%m%d}"
        for path in self._folder.iterdir():
            found = _NAME.fullmatch(path.name)
            if found is not None and found[1] < oldest:
                with contextlib.suppress(OSError):
                    path.unlink()


class _Bridge(logging.Handler):
    """Brings the libraries' warnings: the pattern of their message, not what it was filled with."""

    def __init__(self, files: LogFiles) -> None:
        super().__init__(logging.WARNING)
        self._files = files

    def emit(self, record: logging.LogRecord) -> None:
        log = self._files.get(FOREIGN)
        says = str(record.msg).partition("\n")[0]
        error = record.exc_info[1] if record.exc_info else None
        log.warning("library", logger=record.name, says=says, severity=record.levelname, exc_info=error)


def _moment(now_ms: int) -> datetime:
    return datetime.fromtimestamp(now_ms / 1000, UTC)


def _error_of(given: object) -> BaseException | None:
    """`exc_info=` has three forms: an exception, a triple, or True for the current one."""
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return cast("BaseException | None", given[1])
    return sys.exc_info()[1] if given else None
