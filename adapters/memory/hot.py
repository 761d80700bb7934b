"""Hot state in memory, in the form that Redis holds: profiles by seq, the mark, the live feed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from adapters.memory.tables import plain
from adapters.redis.fields import to_fields
from core.errors import HotStoreError
from core.profile import Profile

FEED_LENGTH: Final = 1000


class MemoryHot:
    """Fulfils `core.ports.HotStore`. While `absent` is True every call raises HotStoreError."""

    def __init__(self) -> None:
        self.absent = False
        self._profiles: dict[int, tuple[int, dict[str, str]]] = {}
        self._mark: int | None = None
        self._feed: deque[Mapping[str, object]] = deque(maxlen=FEED_LENGTH)

    async def write(self, profiles: Sequence[tuple[Profile, Mapping[str, float], int]]) -> None:
        self._answer()
        for profile, segments, seq in profiles:
            known = self._profiles.get(profile.person_no)
            if known is None or seq >= known[0]:
                self._profiles[profile.person_no] = (seq, to_fields(profile, segments, seq))

    async def read(self, person_nos: Sequence[int]) -> dict[int, Mapping[str, str]]:
        self._answer()
        return {no: dict(self._profiles[no][1]) for no in person_nos if no in self._profiles}

    async def mark(self) -> int | None:
        self._answer()
        return self._mark

    async def set_mark(self, seq: int, *, if_marked: bool = False) -> None:
        self._answer()
        if self._mark is not None or not if_marked:
            self._mark = seq

    async def clear(self) -> None:
        self._answer()
        self._profiles.clear()
        self._feed.clear()
        self._mark = None

    async def publish(self, feed: Iterable[Mapping[str, object]]) -> None:
        self._answer()
        for line in feed:
            self._feed.appendleft(plain(line))

    async def feed(self, limit: int) -> list[Mapping[str, object]]:
        """Newest first."""
        self._answer()
        return list(self._feed)[:limit] if limit > 0 else []

    async def ping(self) -> Mapping[str, object]:
        self._answer()
        return {"version": "memory", "memory_bytes": 0, "keys": len(self._profiles)}

    def _answer(self) -> None:
        if self.absent:
            raise HotStoreError("The hot store does not answer.", next_step="start Redis, then try again")
