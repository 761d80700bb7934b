"""Hot state in memory, in the form that Redis holds: profiles by seq, the mark, the live feed."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from adapters.memory.tables import plain
from adapters.redis.agreed import LAST_SEQ, is_about
from core.errors import HotStoreError
from core.ports import HotRow

FEED_LENGTH: Final = 1000
Profiles = dict[int, tuple[int, dict[str, str]]]


class MemoryHot:
    """Fulfils `core.ports.HotStore`. While `absent` is True every call raises HotStoreError; while
    `refuses` is True its files can't be rewritten, as in a Redis whose user may not."""

    def __init__(self) -> None:
        self.absent = False
        self.refuses = False
        self.compacted = 0
        """How often the files were rewritten."""
        self._profiles: Profiles = {}
        self._groups: Profiles = {}
        self._mark: int | None = None
        self._feed: deque[Mapping[str, object]] = deque(maxlen=FEED_LENGTH)

    async def write(self, rows: Sequence[HotRow]) -> None:
        self._write(self._profiles, rows)

    async def write_groups(self, rows: Sequence[HotRow]) -> None:
        self._write(self._groups, rows)

    def _write(self, profiles: Profiles, rows: Sequence[HotRow]) -> None:
        self._answer()
        for row in rows:
            known = profiles.get(row.no)
            if known is not None and row.seq < known[0]:
                continue
            profiles.pop(row.no, None)
            if row.packed:
                parts = json.loads(row.packed)
                pairs = zip(parts[::2], parts[1::2], strict=True)
                profiles[row.no] = (row.seq, {"seq": str(row.seq), **dict(pairs)})

    async def read(self, person_nos: Sequence[int]) -> dict[int, Mapping[str, str]]:
        return self._read(self._profiles, person_nos)

    async def read_groups(self, group_nos: Sequence[int]) -> dict[int, Mapping[str, str]]:
        return self._read(self._groups, group_nos)

    def _read(self, profiles: Profiles, nos: Sequence[int]) -> dict[int, Mapping[str, str]]:
        self._answer()
        return {no: dict(profiles[no][1]) for no in nos if no in profiles and profiles[no][1]}

    async def forget(self, person_nos: Sequence[int]) -> None:
        self._answer()
        self._profiles.update(dict.fromkeys(person_nos, (LAST_SEQ, {})))
        left = [line for line in self._feed if not is_about(line, person_nos)]
        self._feed = deque(left, maxlen=FEED_LENGTH)

    async def compact(self) -> None:
        self._answer()
        if self.refuses:
            refused = HotStoreError(
                "Redis does not let us rewrite its files.", next_step="allow BGREWRITEAOF"
            )
            refused.permanent = True
            raise refused
        self.compacted += 1

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
        self._groups.clear()
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
        return {"version": "memory", "memory_bytes": 0, "keys": len(self._profiles) + len(self._groups)}

    def _answer(self) -> None:
        if self.absent:
            raise HotStoreError("The hot store does not answer.", next_step="start Redis, then try again")
