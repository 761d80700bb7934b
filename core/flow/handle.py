"""Handlers run after their update took effect, oldest first, and again after a crash.

Running one twice is harmless: its answers are known to the ledger by the update that asked for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from core.ports import InboxRow, Store

Handle = Callable[[InboxRow], Awaitable[None]]
"""Runs one update's handlers. Raises only what stops all of them (StoreError): a handler's fault is logged by
whoever made it."""


@dataclass(frozen=True, slots=True)
class HandleDeps:
    store: Store
    handle: Handle
    workers: int = 16


async def handle_pending(deps: HandleDeps, limit: int = 100) -> int:
    """Run the handlers of the oldest applied updates; return how many were run."""
    async with deps.store.transaction(write=False) as tx:
        rows = await tx.inbox.unhandled(limit)
    for start in range(0, len(rows), deps.workers):
        await _run(deps, rows[start : start + deps.workers])
    return len(rows)


async def _run(deps: HandleDeps, rows: Sequence[InboxRow]) -> None:
    if len(rows) == 1:
        await deps.handle(rows[0])
    else:
        ended = await asyncio.gather(*(deps.handle(row) for row in rows), return_exceptions=True)
        for error in ended:
            if error is not None:
                raise error  # only now: none is still under way, and all run again
    async with deps.store.transaction() as tx:
        await tx.inbox.handled([row.id for row in rows])
