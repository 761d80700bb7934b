"""The periodic steps: cron times, one run per slot over all processes, and catch-up after downtime.

APScheduler's triggers calculate the times. Who runs is decided in SQL: the scheduler's lease with its epoch,
and one row per (job, slot) written inside the transaction of the step's own effect. So a crash before the
commit leaves the slot free, and neither a second process nor a leader that comes back runs it twice. While a
long step runs the lease is prolonged beside it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from apscheduler.triggers.cron import CronTrigger

from core.errors import StoreError
from core.ports import Clock, Guard, Lease, Store, Transaction

LEASE = "scheduler"
LEASE_MS = 20_000


@dataclass(frozen=True, slots=True)
class Job:
    """A periodic step. `run(guard)`: must ask the guard first in each of its writing transactions."""

    name: str
    cron: str
    run: Callable[[Guard], Coroutine[Any, Any, None]]


class Schedule:
    """Runs the jobs one after the other, in their order, whenever their time has come."""

    def __init__(
        self, jobs: Sequence[Job], store: Store, clock: Clock, holder: str, lease_ms: int = LEASE_MS
    ) -> None:
        self._jobs = jobs
        self._lease_ms = lease_ms
        self._triggers = {job.name: CronTrigger.from_crontab(job.cron, timezone=UTC) for job in jobs}
        self._store = store
        self._clock = clock
        self._holder = holder
        self._next: dict[str, int] = {}
        self._lease: Lease | None = None

    async def step(self) -> float:
        """Run what is due; return the seconds to the next look. A stand-by waits for the lease."""
        if not await self._lead():
            return self._lease_ms / 4000
        await self.run_due()
        return min(self._wait_s(), self._lease_ms / 4000)

    async def run_due(self) -> list[str]:
        """Run every job whose slot has come (at the first call also missed ones); return their names."""
        ran = []
        for job in self._jobs:
            slot_ms = await self._slot(job)
            if slot_ms is None or slot_ms > self._clock.now_ms():
                continue
            following_ms = self._after(job, max(slot_ms, self._latest(job)))
            lease = self._lease
            await self._keeping_the_lease(job.run(self._guard(job.name, slot_ms)))
            if lease is None or self._lease is None or self._lease.epoch != lease.epoch:
                break  # somebody else leads or has led: which slots are left says their table
            self._next[job.name] = following_ms  # a job that failed keeps its slot and is tried again
            ran.append(job.name)
        return ran

    async def release(self) -> None:
        """Let a stand-by take over at once."""
        if self._lease is not None:
            async with self._store.transaction() as tx:
                await tx.control.release(self._lease)
            self._lease = None

    async def _keeping_the_lease(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a step, however long it takes; meanwhile the lease is prolonged in time."""
        task = asyncio.create_task(work)
        try:
            while not task.done():
                rest = asyncio.create_task(self._clock.sleep(self._lease_ms / 4000))
                await asyncio.wait({task, rest}, return_when=asyncio.FIRST_COMPLETED)
                rest.cancel()
                if not task.done():
                    await self._prolong()
        finally:
            task.cancel()  # it has ended, unless we were told to stop at once
            await asyncio.wait({task})
        await task

    async def _prolong(self) -> None:
        """A database that is busy says no more than the next look can mend: without the lease the step's own
        transactions take no effect."""
        with contextlib.suppress(StoreError):
            await self._lead()

    async def _lead(self) -> bool:
        now_ms = self._clock.now_ms()
        if self._lease is not None and self._lease.until_ms - now_ms > self._lease_ms // 2:
            return True
        async with self._store.transaction() as tx:
            lease = await tx.control.acquire(LEASE, self._holder, now_ms, self._lease_ms)
        if lease is None or self._lease is None or lease.epoch != self._lease.epoch:
            self._next.clear()  # somebody else may have led since: what is due says the table of slots alone
        self._lease = lease
        return lease is not None

    async def _slot(self, job: Job) -> int | None:
        """The slot to run next: a missed one at once, else the coming one."""
        if job.name not in self._next:
            async with self._store.transaction(write=False) as tx:
                last = await tx.control.last_slot(job.name)
            latest = self._latest(job)
            self._next[job.name] = latest if last is None or last < latest else self._after(job, latest)
        return self._next[job.name]

    def _latest(self, job: Job) -> int:
        """The newest slot that is not in the future."""
        now_ms = self._clock.now_ms()
        low, step = now_ms - now_ms % 60_000, 60_000
        while self._after(job, low - step) > now_ms:
            step *= 2
        slot = self._after(job, low - step)
        while (following := self._after(job, slot)) <= now_ms:
            slot = following
        return slot

    def _after(self, job: Job, moment_ms: int) -> int:
        moment = datetime.fromtimestamp((moment_ms + 1) / 1000, UTC)
        found = self._triggers[job.name].get_next_fire_time(None, moment)
        return int(found.timestamp() * 1000)

    def _wait_s(self) -> float:
        if not self._next:
            return 0.0
        wait_ms = max(0, min(self._next.values()) - self._clock.now_ms())
        return wait_ms / 1000

    def _guard(self, name: str, slot_ms: int) -> Guard:
        """Takes the slot in the run's first transaction; in all of them the lease must still be ours. One
        that ran out in a long run is taken again: while its epoch is the same, nobody has led in between."""
        lease, taken = self._lease, False

        async def guard(tx: Transaction) -> bool:
            nonlocal taken
            now_ms = self._clock.now_ms()
            if lease is None or not await self._still_leads(tx, lease, now_ms):
                return False
            taken = taken or await tx.control.take_slot(name, slot_ms, now_ms)
            return taken

        return guard

    async def _still_leads(self, tx: Transaction, lease: Lease, now_ms: int) -> bool:
        if await tx.control.check(lease, now_ms):
            return True
        again = await tx.control.acquire(lease.name, lease.holder, now_ms, self._lease_ms)
        return again is not None and again.epoch == lease.epoch
