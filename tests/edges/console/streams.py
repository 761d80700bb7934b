"""Streams that remember what was written and claim to be what a test needs."""

from __future__ import annotations

import io


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


class Narrow(io.TextIOWrapper):
    """A stream that can't say every character."""

    def __init__(self, encoding: str) -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding=encoding, write_through=True)

    def text(self) -> str:
        return self.bytes.getvalue().decode(self.encoding)
