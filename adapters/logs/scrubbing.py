"""Makes words unreadable in log files that may be open elsewhere.

By design no line holds a person's words, names or keys (`adapters.logs.privacy`); this is for what slips
through all the same, such as a number inside an error's sentence. Bytes are overwritten where they stand by
as many others, so whoever appends meanwhile, in this process or another, loses nothing; a number stays a
number, so a line stays JSON.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

LEAST: Final = 5
"""Shorter words are everywhere and mean nobody."""


def scrub_files(paths: Iterable[Path], words: Sequence[str]) -> int:
    """Overwrite the words, where they stand alone, in these files; how many places. Keys of a line are ours
    and stay, whatever somebody calls themselves. Raises OSError."""
    told = sorted({word.encode() for word in words if len(word) >= LEAST}, key=len, reverse=True)
    if not told:
        return 0
    pattern = re.compile(rb'(?<![0-9A-Za-z_])(?:%s)(?![0-9A-Za-z_]|":)' % b"|".join(map(re.escape, told)))
    return sum(_scrub(path, pattern) for path in sorted(paths))


def _scrub(path: Path, pattern: re.Pattern[bytes]) -> int:
    places = 0
    with path.open("rb") as lines:
        target, at = os.open(path, os.O_WRONLY | os.O_CLOEXEC), 0
        try:
            for line in lines:
                for found in pattern.finditer(line):
                    os.pwrite(target, _masked(found[0]), at + found.start())
                    places += 1
                at += len(line)
            if places:
                os.fsync(target)
        finally:
            os.close(target)
    return places


def _masked(word: bytes) -> bytes:
    """As long as the word: nines for digits, so that a bare number stays one; else asterisks."""
    return bytes(_NINE if _ZERO <= byte <= _NINE else _STAR for byte in word)


_ZERO, _NINE, _STAR = b"09*"
