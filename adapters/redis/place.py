"""Where the embedded Redis keeps its files, and with which configuration it starts."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import HotStoreError

SOCKET_PATH_BYTES: Final = 107
"""Longest path of a unix socket (Linux: 108 bytes with the closing zero)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the embedded server keeps its files."""

    folder: Path

    @property
    def socket(self) -> Path:
        """In the folder; if that path is too long for a socket, in a private temporary folder."""
        near = self.folder / "redis.sock"
        if len(os.fsencode(near)) <= SOCKET_PATH_BYTES:
            return near
        name = hashlib.blake2b(os.fsencode(self.folder), digest_size=8).hexdigest()
        return Path(tempfile.gettempdir()) / f"kairos-{os.getuid()}" / f"{name}.sock"

    @property
    def config(self) -> Path:
        return self.folder / "redis.conf"

    @property
    def pid(self) -> Path:
        return self.folder / "redis.pid"

    @property
    def log(self) -> Path:
        return self.folder / "redis.log"

    @property
    def owner(self) -> Path:
        """Locked by the process that runs the server, for as long as it lives."""
        return self.folder / "owner.lock"

    def prepare(self) -> None:
        """Make the folders, readable by us alone."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise HotStoreError(
                f"the folder of Redis {self.folder} can't be made: {error.strerror}"
            ) from error
        if self.socket.parent != self.folder and self.socket.parent.stat().st_uid != os.getuid():
            raise HotStoreError(f"{self.socket.parent} belongs to somebody else; Redis is not started there")

    def configuration(self, max_memory_mb: int) -> str:
        """redis.conf: a socket and no port, an append-only file, and a bound that spares what steers."""
        return "\n".join(
            (
                "port 0",
                f"unixsocket {_quoted(self.socket)}",
                "unixsocketperm 700",
                f"dir {_quoted(self.folder)}",
                f"pidfile {_quoted(self.pid)}",
                "daemonize no",
                'logfile ""',
                "databases 1",
                'save ""',
                "appendonly yes",
                "appendfsync everysec",
                f"maxmemory {max_memory_mb}mb",
                "maxmemory-policy volatile-lfu",
                "",
            )
        )


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
