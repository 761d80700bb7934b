"""Files of our own that messages carry (`file:NAME` in the folder of media): sent as they are once a bot, and
by the id that Telegram gave them from then on.

Promises: nothing outside the folder is ever read; a file that changed is sent anew. What is known of ids is
kept in memory only: a restart costs one upload.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from adapters.telegram.calls import Piece, pieces_of
from adapters.telegram.client import File
from core.errors import RejectedError

MARK: Final = "file:"
LARGEST: Final = 50_000_000
"""Bytes; what bots may upload."""


@dataclass(frozen=True, slots=True)
class _Version:
    """One state of a file, as it was sent as media of this type by a bot."""

    bot_id: int
    kind: str
    name: str
    size: int
    changed_ns: int


@dataclass(frozen=True, slots=True)
class Carried:
    """A body whose files are named by ids or uploads. `files`: by the field that names each; `versions`: of
    its media, in order, None for what is no file of ours."""

    body: Mapping[str, object]
    files: Mapping[str, File]
    versions: Sequence[_Version | None]


class MediaFiles:
    """The folder of media, and what Telegram calls its files."""

    def __init__(self, folder: Path | None) -> None:
        """`folder` None: there is none, and nothing in it can be sent."""
        self._folder = folder.resolve() if folder is not None else None
        self._ids: dict[_Version, str] = {}

    def carried(self, bot_id: int, body: Mapping[str, object]) -> Carried | None:
        """The body with its files; None if it names none. Reads what is not known yet.

        Raises RejectedError for a file that is not there or can't be sent: nothing has left then."""
        pieces = pieces_of(body)
        if not any(one["source"].startswith(MARK) for one in pieces):
            return None
        versions = [self._version(bot_id, one) for one in pieces]
        files: dict[str, File] = {}
        media = [
            {"type": one["type"], "source": self._source(number, version, files, len(pieces) > 1)}
            if version is not None
            else one
            for number, (one, version) in enumerate(zip(pieces, versions, strict=True))
        ]
        rest = {name: value for name, value in body.items() if name != "photo"}
        return Carried({**rest, "media": media}, files, versions)

    def learn(self, carried: Carried, result: object) -> None:
        """Note the ids that Telegram's answer gives to what was uploaded."""
        messages = result if isinstance(result, list) else [result]
        for version, message in zip(carried.versions, messages, strict=False):
            if version is not None and (file_id := _file_id(version.kind, message)):
                self._ids[version] = file_id

    def _source(self, number: int, version: _Version, files: dict[str, File], album: bool) -> str:
        known = self._ids.get(version)
        if known is not None:
            return known
        field = f"file{number}" if album else version.kind
        files[field] = (version.name, self._path(version.name).read_bytes())
        return f"attach://{field}"

    def _version(self, bot_id: int, piece: Piece) -> _Version | None:
        if not piece["source"].startswith(MARK):
            return None
        name = piece["source"].removeprefix(MARK)
        try:
            about = self._path(name).stat()
        except OSError:
            raise _unfit(f"the file {name} is not in the folder of media") from None
        if not 0 < about.st_size <= LARGEST:
            raise _unfit(f"the file {name} has {about.st_size} bytes; at most {LARGEST} can be sent")
        return _Version(bot_id, piece["type"], name, about.st_size, about.st_mtime_ns)

    def _path(self, name: str) -> Path:
        if self._folder is None:
            raise _unfit("there is no folder of media")
        path = (self._folder / name).resolve()
        if path.parent != self._folder or not path.is_file():
            raise _unfit(f"the file {name} is not in the folder of media")
        return path


def _file_id(kind: str, message: object) -> str | None:
    """What Telegram calls the file that this message carries; of a photo the largest size."""
    found: Any = cast("dict[str, Any]", message).get(kind) if isinstance(message, dict) else None
    if isinstance(found, list):
        found = found[-1] if found else None
    return str(found["file_id"]) if isinstance(found, dict) and "file_id" in found else None


def _unfit(says: str) -> RejectedError:
    return RejectedError(says, code="bad_content")
