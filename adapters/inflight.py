"""How many calls to the world outside the event loop are open right now: SQL, Redis, HTTP, threads, children.

One object is shared by all adapters of a process. In simulation the town's clock moves only while nothing is
open, so an answer that takes long in reality takes no simulated time. Counted on the loop's own thread.
"""

from __future__ import annotations

from types import TracebackType


class InFlight:
    """A counter used as a context manager: `with inflight.track(): await driver.call()`."""

    __slots__ = ("open",)

    def __init__(self) -> None:
        self.open = 0

    def __call__(self) -> int:
        return self.open

    def track(self) -> InFlight:
        """Count one call until the block ends. May be nested, and used by many tasks at once."""
        return self

    def __enter__(self) -> None:
        self.open += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.open -= 1
