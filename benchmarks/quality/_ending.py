"""Runs a benchmark's work so that it leaves nothing behind, however it ends.

A SIGTERM or Ctrl-C cancels the work: every `finally` of it runs, and with it the end of each process that it
has started. The program then ends as one that was told to.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
_SIGNALLED = 128


def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """What the work returns. Raises SystemExit (128 + signal) when it was told to stop."""
    told: list[signal.Signals] = []

    async def watched() -> T:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None

        def stop(sign: signal.Signals) -> None:
            if not told:  # a second one would cut the tidying short
                task.cancel()
            told.append(sign)

        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, stop, sign)
        return await work

    try:
        return asyncio.run(watched())
    except asyncio.CancelledError:
        raise SystemExit(_SIGNALLED + told[0] if told else 1) from None
