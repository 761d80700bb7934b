"""The hot store is brought level with the record: at start, after a loss, and on demand.

Redis may be flushed or killed at any moment; everything in it can be made again from SQL, exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.ports import HotStore, Store
from core.profile import view

BATCH = 1_000
OVERLAP = 1_000
"""Changes before the mark are shown again: of two writers at once, the later may have been faster."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    people: int
    whole: bool


Progress = Callable[[int, int], None]
"""Called after each batch with (people done, people in all)."""


def _silent(done: int, total: int) -> None:
    """No progress wanted."""


async def catch_up(
    store: Store, hot: HotStore, now_ms: int, *, overlap: int = OVERLAP, progress: Progress = _silent
) -> Rebuilt:
    """Show every record changed since the hot store's mark; all of them when it has none. While it is being
    filled the mark is 0; one that is flushed meanwhile ends without a mark, so the next call begins anew.

    Raises HotStoreError when Redis is not there."""
    mark = await hot.mark()
    async with store.transaction(write=False) as tx:
        last, total = await tx.people.last_seq(), await tx.people.count()
    if mark is not None and mark == last and not overlap:
        await hot.set_mark(last, if_marked=True)
        return Rebuilt(0, whole=False)
    if mark is not None and mark > last:
        await hot.clear()  # it belongs to another database, or the database was restored to an earlier day
        mark = None
    if mark is None:
        await hot.set_mark(0)
    after, done = max(0, (mark or 0) - overlap), 0
    while True:
        async with store.transaction(write=False) as tx:
            records = await tx.people.changed_after(after, BATCH)
        if not records:
            break
        await hot.write([(view(r.person_no, r.state, now_ms), r.segments, r.seq) for r in records])
        after, done = records[-1].seq, done + len(records)
        progress(done, total)
    await hot.set_mark(max(after, last), if_marked=True)
    return Rebuilt(done, whole=mark is None)


async def rebuild(store: Store, hot: HotStore, now_ms: int, progress: Progress = _silent) -> Rebuilt:
    """Forget everything hot and make it again from the record."""
    await hot.clear()
    return await catch_up(store, hot, now_ms, progress=progress)
