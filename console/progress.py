"""How far long work has come, on stderr: a bar with the time left on a terminal, nothing elsewhere."""

from __future__ import annotations

import time

from console.output import Output

BAR = 30
EVERY_S = 0.2


class Bar:
    """Call it with (done, total); it draws at most a few times a second. Total 0: only what is done."""

    def __init__(self, out: Output, what: str) -> None:
        self._out, self._what = out, what
        self._shown = out.stderr.isatty()
        self._began, self._drawn = time.monotonic(), 0.0

    def __call__(self, done: int, total: int = 0) -> None:
        """Draw when it is time."""
        now = time.monotonic()
        if self._shown and (now - self._drawn >= EVERY_S or done == total):
            self._drawn = now
            self._out.stderr.write(f"\r{self._line(done, total, now - self._began)}\x1b[K")
            self._out.stderr.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._shown and self._drawn:
            self._out.stderr.write("\n")

    def _line(self, done: int, total: int, spent: float) -> str:
        if not total:
            return f"{self._what}: {done}, {spent:.0f} s"
        share = min(done / total, 1.0)
        left = f", about {spent / share - spent:.0f} s left" if share else ""
        return f"{self._what}: [{'#' * round(share * BAR):<{BAR}}] {done} of {total}{left}"
