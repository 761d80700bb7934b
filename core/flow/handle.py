"""Handlers run after their update took effect, and again after a crash.

Running one twice is harmless: its answers are known to the ledger by the update that asked for them. People
take turns: a round runs one update of each, oldest first, so somebody who writes without pause, and whose
answers must keep Telegram's second per chat, delays nobody else by more than one answer. Of what one person
has waiting only the newest few are answered; all of it has taken effect already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from core.ports import InboxRow, Store

Handle = Callable[[InboxRow], Awaitable[None]]
"""Runs one update's handlers. Raises only what stops all of them (StoreError): a handler's fault is logged by
whoever made it."""

WINDOW = 500
"""Updates looked at for a round."""
NEWEST = 3
"""So many of one person's waiting updates are answered; nobody reads the answers to those before."""


def by_itself(row: InboxRow) -> object:
    """Every update is somebody else's."""
    return row.id


@dataclass(frozen=True, slots=True)
class HandleDeps:
    """`who`: names the person (and bot) behind an update, for taking turns."""

    store: Store
    handle: Handle
    workers: int = 16
    who: Callable[[InboxRow], object] = by_itself


@dataclass(frozen=True, slots=True)
class Handled:
    """Updates done with in this round, and those of the window that are left."""

    rows: int
    left: int


async def handle_pending(deps: HandleDeps) -> Handled:
    """Run one round of handlers."""
    async with deps.store.transaction(write=False) as tx:
        rows = await tx.inbox.unhandled(WINDOW)
    if not rows:
        return Handled(0, 0)
    chosen, passed = _round(deps, rows)
    await _run(deps, chosen)
    async with deps.store.transaction() as tx:
        await tx.inbox.handled([row.id for row in (*passed, *chosen)])
    done = len(chosen) + len(passed)
    return Handled(done, len(rows) - done)


def _round(deps: HandleDeps, rows: Sequence[InboxRow]) -> tuple[list[InboxRow], list[InboxRow]]:
    """(the oldest update to answer of each of the first people, those that nobody waits for any more)."""
    waiting: dict[object, list[InboxRow]] = {}
    for row in rows:
        waiting.setdefault(deps.who(row), []).append(row)
    passed = [row for own in waiting.values() for row in own[:-NEWEST]]
    firsts = [own[-NEWEST:][0] for own in waiting.values()]
    return sorted(firsts, key=lambda row: row.id)[: deps.workers], passed


async def _run(deps: HandleDeps, rows: Sequence[InboxRow]) -> None:
    if len(rows) == 1:
        await deps.handle(rows[0])
        return
    ended = await asyncio.gather(*(deps.handle(row) for row in rows), return_exceptions=True)
    for error in ended:
        if error is not None:
            raise error  # only now: none is still under way, and all run again
