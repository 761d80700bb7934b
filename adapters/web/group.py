"""Group commit: updates of all connections become durable together, in one transaction.

The first update begins a group; while a transaction is under way the next group collects. So under load one
commit carries many updates, and without load an update waits for its own commit only.
Promises: an update's `done` is called with True after the commit that holds it (also when it was known
already), with False when it could not be stored or there is no room to wait; never is one forgotten.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from core.errors import KairosError
from core.ports import RawUpdate, Store

AT_ONCE: Final = 500
"""Updates in one transaction."""

Done = Callable[[bool], None]


@dataclass(frozen=True, slots=True)
class Room:
    """How much may wait for its transaction: updates, and bytes of their bodies."""

    updates: int = 5_000
    size: int = 64 * 1024 * 1024


@dataclass(slots=True)
class Stored:
    """What the groups brought. error: why the last one could not be stored, empty if it was."""

    commits: int = 0
    new: int = 0
    failures: int = 0
    error: str = ""


class GroupCommit:
    """Takes updates of several bots; `close` waits until all of them are answered."""

    def __init__(self, store: Store, on_batch: Callable[[], None], room: Room) -> None:
        self._store = store
        self._on_batch = on_batch
        self._room = room
        self._waiting: deque[tuple[int, RawUpdate, Done]] = deque()
        self._size = 0
        self._task: asyncio.Task[None] | None = None
        self.stored = Stored()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, bot_id: int, update: RawUpdate, done: Done) -> None:
        """Store soon. Without room for it `done` is called with False at once."""
        if len(self._waiting) >= self._room.updates or self._size >= self._room.size:
            done(False)
            return
        self._waiting.append((bot_id, update, done))
        self._size += len(update.body)
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="group commit")

    async def close(self) -> None:
        """Wait until everything that was put is stored or refused."""
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        try:
            while self._waiting:
                group = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
                self._size -= sum(len(update.body) for _, update, _ in group)
                stored = await self._commit(group)
                for _, _, done in group:
                    done(stored)
        finally:
            self._task = None

    async def _commit(self, group: list[tuple[int, RawUpdate, Done]]) -> bool:
        by_bot: dict[int, list[RawUpdate]] = {}
        for bot_id, update, _ in group:
            by_bot.setdefault(bot_id, []).append(update)
        new = 0
        try:
            async with self._store.transaction() as tx:
                for bot_id in sorted(by_bot):  # one order, so that two processes can't wait for each other
                    new += await tx.inbox.add(bot_id, sorted(by_bot[bot_id], key=_number))
        except Exception as error:  # noqa: BLE001 - whatever it was: all of the group must be answered
            self.stored.failures += 1
            self.stored.error = str(error) if isinstance(error, KairosError) else type(error).__name__
            return False
        self.stored.error = ""
        self.stored.commits += 1
        self.stored.new += new
        self._on_batch()
        return True


def _number(update: RawUpdate) -> int:
    return update.update_id
