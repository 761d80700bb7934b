"""A scheduler as a process of its own, on a clock that runs faster: `python -m benchmarks.quality._leader`.

Two jobs a minute: `one` takes effect in a single transaction, `parts` in three with time between them, so
that a leader can die or stand still in the middle. Each effect is a line of the audit trail with the slot.
What a leader that came back was refused it says on stdout. Leaves to others: who lives, dies and is frozen.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from dataclasses import dataclass
from typing import Final

from adapters.sql.store import SqlStore
from app.schedule import LEASE_MS, Job, Schedule
from core.errors import StoreError
from core.ports import AuditEntry, Guard

EVERY_MINUTE: Final = "* * * * *"
PARTS: Final = 3
BETWEEN_S: Final = 4.0
"""Between two parts, on the fast clock."""


@dataclass(frozen=True, slots=True)
class FastClock:
    """Fulfils `core.ports.Clock`: `factor` times faster than the wall clock since `origin_ms`, in every
    process alike."""

    origin_ms: int
    factor: float

    def now_ms(self) -> int:
        since = time.time_ns() / 1e6 - self.origin_ms
        return self.origin_ms + int(since * self.factor)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.factor)


class Leader:
    """The jobs of one process."""

    def __init__(self, store: SqlStore, clock: FastClock, name: str) -> None:
        self._store = store
        self._clock = clock
        self._name = name

    def schedule(self) -> Schedule:
        jobs = [Job("one", EVERY_MINUTE, self._one), Job("parts", EVERY_MINUTE, self._parts)]
        return Schedule(jobs, self._store, self._clock, self._name, LEASE_MS)

    async def _one(self, guard: Guard) -> None:
        await self._effect(guard, "one", "one")

    async def _parts(self, guard: Guard) -> None:
        for number in range(PARTS):
            if number:
                await self._clock.sleep(BETWEEN_S)
            await self._effect(guard, "parts", f"part {number + 1}")

    async def _effect(self, guard: Guard, job: str, what: str) -> None:
        async with self._store.transaction() as tx:
            if not await guard(tx):
                print(f"refused {what}", flush=True)
                return
            slot_ms = await tx.control.last_slot(job)
            await tx.control.audit([AuditEntry(self._clock.now_ms(), self._name, what, str(slot_ms))])


async def lead(url: str, clock: FastClock) -> None:
    """Until it is killed."""
    store = await SqlStore(url).open()
    schedule = Leader(store, clock, f"{os.getpid()}").schedule()
    print("ready", flush=True)
    while True:
        wait_s = 0.0
        with contextlib.suppress(
            StoreError
        ):  # somebody was frozen inside a transaction: the next look is soon
            wait_s = await schedule.step()
        await clock.sleep(max(wait_s, 1.0))


if __name__ == "__main__":
    asyncio.run(lead(sys.argv[1], FastClock(int(sys.argv[2]), float(sys.argv[3]))))
