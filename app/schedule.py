"""The periodic steps: cron times, one run per slot over all processes, and catch-up after downtime.

APScheduler's triggers calculate the times. Who runs is decided in SQL: the scheduler's lease with its epoch,
and one row per (job, slot) written inside the transaction of the step's own effect. So a crash before the
commit leaves the slot free, and neither a second process nor a leader that comes back runs it twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from apscheduler.triggers.cron import CronTrigger

from core.ports import Clock, Guard, Lease, Store, Transaction

LEASE = "scheduler"
LEASE_MS = 20_000


@dataclass(frozen=True, slots=True)
class Job:
    """A periodic step. `run(guard)`: must ask the guard first in each of its writing transactions."""

    name: str
    cron: str
    run: Callable[[Guard], Awaitable[None]]


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
            self._next.clear()
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
            await job.run(self._guard(job.name, slot_ms))
            self._next[job.name] = following_ms  # a job that failed keeps its slot and is tried again
            ran.append(job.name)
        return ran

    async def release(self) -> None:
        """Let a stand-by take over at once."""
        if self._lease is not None:
            async with self._store.transaction() as tx:
                await tx.control.release(self._lease)
            self._lease = None

    async def _lead(self) -> bool:
        now_ms = self._clock.now_ms()
        if self._lease is not None and self._lease.until_ms - now_ms > self._lease_ms // 2:
            return True
        async with self._store.transaction() as tx:
            self._lease = await tx.control.acquire(LEASE, self._holder, now_ms, self._lease_ms)
        return self._lease is not None

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
