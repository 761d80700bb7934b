"""The hot store as a running process sees it: up to where all is shown, and what has to be shown again.

Numbers of changes (`seq`) have no gaps, over people and groups, but other processes make changes too and may
not have shown theirs: an import writes to SQL only, a scheduler was killed between its commit and Redis. So
this process may count on what it has shown itself just as far as it follows on the stored mark without a gap;
the rest is kept in mind until the gap is closed, by a write that was under way or by a copy from the record.

Promises: the mark reported never claims what nobody has shown; while one process works alone and all is well,
catching up copies nothing. Leaves to others: the copying (`core.flow.rebuild`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from core.errors import HotStoreError
from core.ports import HotRow, HotStore

MOST_SPANS: Final = 1_000
"""So many pieces behind gaps are kept in mind; forgetting one costs a copy and loses nothing."""


class Shown:
    """Which numbers were shown here, as ascending spans (first, last) of which no two touch."""

    def __init__(self) -> None:
        self._spans: list[tuple[int, int]] = []

    def add(self, seqs: Iterable[int]) -> None:
        """Remember these, in any order."""
        for first, last in _runs(sorted(set(seqs))):
            self._add(first, last)
        del self._spans[: max(0, len(self._spans) - MOST_SPANS)]

    def _add(self, first: int, last: int) -> None:
        """Join a span with those that it touches."""
        start = end = bisect_left(self._spans, (first, first))
        if start and self._spans[start - 1][1] >= first - 1:
            start -= 1
        while end < len(self._spans) and self._spans[end][0] <= last + 1:
            end += 1
        if start < end:
            first = min(first, self._spans[start][0])
            last = max(last, *(span[1] for span in self._spans[start:end]))
        self._spans[start:end] = [(first, last)]

    def behind(self, mark: int) -> int:
        """How far all is shown when all up to the mark is."""
        for first, last in self._spans:
            if first > mark + 1:
                break
            mark = max(mark, last)
        return mark

    def drop(self, mark: int) -> None:
        """Forget what the mark covers by itself."""
        self._spans = [span for span in self._spans if span[1] > mark]

    def clear(self) -> None:
        self._spans.clear()


def _runs(seqs: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending numbers as spans."""
    if not seqs:
        return []
    if seqs[-1] - seqs[0] == len(seqs) - 1:
        return [(seqs[0], seqs[-1])]
    breaks = [place for place, (one, other) in enumerate(pairwise(seqs), 1) if other > one + 1]
    return [
        (seqs[start], seqs[end - 1]) for start, end in zip([0, *breaks], [*breaks, len(seqs)], strict=True)
    ]


class WatchedHot:
    """Passes everything on, and remembers what could not be written: that and all that Redis may have lost
    with it, which is all since the stored mark, is shown again."""

    def __init__(self, inner: HotStore) -> None:
        self._inner = inner
        self._shown = Shown()
        self._sure: int | None = None
        """Up to here Redis has everything, whatever it loses on a crash; None: not known yet."""
        self._missed: int | None = None
        self._missed_now: int | None = None
        """The same, since the mark was asked for last: a copy that began then may not have it."""

    async def write(self, rows: Sequence[HotRow]) -> None:
        await self._watched(self._inner.write, rows)

    async def write_groups(self, rows: Sequence[HotRow]) -> None:
        await self._watched(self._inner.write_groups, rows)

    async def _watched(
        self, write: Callable[[Sequence[HotRow]], Awaitable[None]], rows: Sequence[HotRow]
    ) -> None:
        if not rows:
            return
        try:
            await write(rows)
        except HotStoreError:
            self._failed(min(row.seq for row in rows))
            raise
        self._shown.add(row.seq for row in rows if row.packed)  # what is gone has no number of its own

    def _failed(self, seq: int) -> None:
        first = seq if self._sure is None else min(seq, self._sure + 1)
        self._missed = first if self._missed is None else min(self._missed, first)
        self._missed_now = first if self._missed_now is None else min(self._missed_now, first)
        self._shown.clear()

    async def mark(self) -> int | None:
        """None when Redis was flushed, 0 while it is being filled; else up to where everything is shown, as
        far as this process knows. Each copy begins with it."""
        self._missed_now = None
        mark = await self._inner.mark()
        if not mark:
            self._sure = mark
        elif self._missed is None:
            self._sure = mark
            return self._shown.behind(mark)
        else:
            self._sure = mark = min(mark, self._missed - 1)
        return mark

    async def set_mark(self, seq: int, *, if_marked: bool = False) -> None:
        """Everything up to `seq` was shown, as far as it did not fail since `mark` was asked for."""
        await self._inner.set_mark(seq, if_marked=if_marked)
        self._shown.drop(seq)
        self._missed = self._missed_now
        self._sure = seq if self._missed is None else min(seq, self._missed - 1)

    async def clear(self) -> None:
        self._shown.clear()
        self._sure = self._missed = self._missed_now = None
        await self._inner.clear()

    async def read(self, person_nos: Sequence[int]) -> dict[int, Mapping[str, str]]:
        return await self._inner.read(person_nos)

    async def read_groups(self, group_nos: Sequence[int]) -> dict[int, Mapping[str, str]]:
        return await self._inner.read_groups(group_nos)

    async def forget(self, person_nos: Sequence[int]) -> None:
        await self._inner.forget(person_nos)

    async def compact(self) -> None:
        await self._inner.compact()

    async def publish(self, feed: Iterable[Mapping[str, object]]) -> None:
        await self._inner.publish(feed)

    async def feed(self, limit: int) -> list[Mapping[str, object]]:
        return await self._inner.feed(limit)

    async def ping(self) -> Mapping[str, object]:
        return await self._inner.ping()
