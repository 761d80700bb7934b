"""Texts for one person that nobody will be sent any more are deleted, a page in a transaction.

What was written from a brief that is not in force (edited, or its content retired) can't be sent, nor what
was followed by a newer one for the same person. Both are kept for a while: a brief that is put back, or a
person of whom the same is said again, then costs nothing. Texts for everybody stay, and so do refused and
rejected ones of a brief in force: they count as tries.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from core.catalog import load_catalog
from core.flow.write.budget import DAY_MS
from core.ports import Guard, Store, Transaction
from core.segment import SegmentSpec
from core.writing import brief_marks

KEPT_MS: Final = 30 * DAY_MS
"""After so long a text that can't be sent is deleted."""
PRUNED: Final = 1_000
"""Texts deleted in one transaction."""


async def prune_texts(
    store: Store, specs: Sequence[SegmentSpec], now_ms: int, guard: Guard | None = None
) -> int:
    """Delete what can't be sent any more; how many. What is to go is looked up where nobody waits for it."""
    gone, more = 0, True
    while more:
        async with store.transaction(write=False) as tx:
            marks = await _in_force(tx, specs)
            found = await tx.writings.useless(marks, now_ms - KEPT_MS, PRUNED)
        if not found:
            return gone
        async with store.transaction() as tx:
            if guard is not None and not await guard(tx):
                return gone
            if await _in_force(tx, specs) != marks:  # what is to go may be of use again
                return gone
            gone += await tx.writings.delete(found)
        more = len(found) == PRUNED
    return gone


async def _in_force(tx: Transaction, specs: Sequence[SegmentSpec]) -> frozenset[str]:
    """The marks of the briefs in force."""
    catalog = await load_catalog(tx, specs)
    return brief_marks(catalog.contents.values())
