"""The hot store is brought level with the record: at start, after a loss, and on demand.

Redis may be flushed or killed at any moment. Each record carries its hot profile as it was packed with its
last change, so a rebuild copies, without thinking: afterwards Redis holds what it held before, byte for byte.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from core.ports import HotRow, HotStore, Store, Transaction

BATCH = 1_000
OVERLAP = 1_000
"""Changes before the mark are shown again: of two writers at once, the later may have been faster."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many people and groups were shown, and whether all of them."""

    people: int
    whole: bool
    groups: int = 0


Progress = Callable[[int, int], None]
"""Called after each batch with (people and groups done, people and groups in all)."""


def _silent(done: int, total: int) -> None:
    """No progress wanted."""


async def catch_up(
    store: Store, hot: HotStore, *, overlap: int = OVERLAP, progress: Progress = _silent
) -> Rebuilt:
    """Show every record changed since the hot store's mark; all of them when it has none. While it is being
    filled the mark is 0; one that is flushed meanwhile ends without a mark, so the next call begins anew.

    Raises HotStoreError when Redis is not there."""
    mark = await hot.mark()
    async with store.transaction(write=False) as tx:
        last, total = await tx.people.last_seq(), await tx.people.count() + await tx.groups.count()
    if mark is not None and mark == last and not overlap:
        await hot.set_mark(last, if_marked=True)
        return Rebuilt(0, whole=False)
    if mark is not None and mark > last:
        await hot.clear()  # it belongs to another database, or the database was restored to an earlier day
        mark = None
    if mark is None:
        await hot.set_mark(0)
    copy = _Copy(store, max(0, (mark or 0) - overlap), total, progress)
    people = await copy.run(lambda tx, after: tx.people.hot_after(after, BATCH), hot.write)
    groups = await copy.run(lambda tx, after: tx.groups.hot_after(after, BATCH), hot.write_groups)
    await hot.set_mark(last, if_marked=True)
    return Rebuilt(people, mark is None, groups)


@dataclass(slots=True)
class _Copy:
    """Hot profiles on their way from the record to the hot store."""

    store: Store
    since: int
    total: int
    progress: Progress
    done: int = 0

    async def run(
        self,
        read: Callable[[Transaction, int], Awaitable[Sequence[HotRow]]],
        write: Callable[[Sequence[HotRow]], Awaitable[None]],
    ) -> int:
        """Copy all that changed since then; how many. While Redis writes a page the next one is read."""
        began = self.done
        rows = await self._page(read, self.since)
        while rows:
            ahead = asyncio.ensure_future(self._page(read, rows[-1].seq))
            try:
                await write(rows)
            finally:
                following = await ahead
            self.done += len(rows)
            self.progress(self.done, self.total)
            rows = following
        return self.done - began

    async def _page(
        self, read: Callable[[Transaction, int], Awaitable[Sequence[HotRow]]], after: int
    ) -> Sequence[HotRow]:
        async with self.store.transaction(write=False) as tx:
            return await read(tx, after)


async def rebuild(store: Store, hot: HotStore, progress: Progress = _silent) -> Rebuilt:
    """Forget everything hot and make it again from the record."""
    await hot.clear()
    return await catch_up(store, hot, progress=progress)
