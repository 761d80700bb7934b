"""The hot store as a running process sees it: what could not be written is remembered and repaired."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from core.errors import HotStoreError
from core.ports import HotRow, HotStore


class WatchedHot:
    """Passes everything on. The mark it reports never claims a write that failed here, and counts those that
    succeeded here, so catching up costs nothing while all is well."""

    def __init__(self, inner: HotStore) -> None:
        self._inner = inner
        self._top = 0
        self._missed: int | None = None

    async def write(self, rows: Sequence[HotRow]) -> None:
        await self._watched(self._inner.write, rows)

    async def write_groups(self, rows: Sequence[HotRow]) -> None:
        await self._watched(self._inner.write_groups, rows)

    async def _watched(
        self, write: Callable[[Sequence[HotRow]], Awaitable[None]], rows: Sequence[HotRow]
    ) -> None:
        if not rows:
            return
        seqs = [row.seq for row in rows]
        try:
            await write(rows)
        except HotStoreError:
            self._missed = min(seqs) if self._missed is None else min(self._missed, *seqs)
            raise
        self._top = max(self._top, *seqs)

    async def mark(self) -> int | None:
        """None when Redis was flushed, 0 while it is being filled; else up to where everything is shown, as
        far as this process knows."""
        mark = await self._inner.mark()
        if not mark:
            return mark
        return max(mark, self._top) if self._missed is None else min(mark, self._missed - 1)

    async def set_mark(self, seq: int, *, if_marked: bool = False) -> None:
        await self._inner.set_mark(seq, if_marked=if_marked)
        self._missed = None

    async def clear(self) -> None:
        self._top, self._missed = 0, None
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
