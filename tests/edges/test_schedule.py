"""Periodic steps: each slot once over all processes, missed ones made up for, and never by a ghost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from adapters.memory import ManualClock, MemoryStore
from app.schedule import LEASE, LEASE_MS, Job, Schedule
from core.errors import StoreError
from core.ports import AuditEntry, Guard, Lease

NOON = 1_767_614_400_000
"""2026-01-05 12:00 UTC, a Monday."""
MINUTE, HOUR = 60_000, 3_600_000


async def at_once() -> None:
    """No pause."""


@dataclass(slots=True)
class House:
    """One store for several schedulers, each of which would write a line for each run."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(NOON))
    store: MemoryStore = field(default_factory=MemoryStore)
    before: Callable[[], Awaitable[None]] = at_once

    def scheduler(self, holder: str, cron: str = "*/5 * * * *", name: str = "plan") -> Schedule:
        return Schedule([self.job(holder, cron, name)], self.store, self.clock, holder)

    def job(self, holder: str, cron: str, name: str) -> Job:
        async def run(guard: Guard) -> None:
            await self.before()
            for part in (1, 2):
                async with self.store.transaction() as tx:
                    if not await guard(tx):
                        return
                    await tx.control.audit([AuditEntry(self.clock.now_ms(), holder, f"{name} {part}", "")])

        return Job(name, cron, run)

    async def written(self) -> list[str]:
        """Who wrote first parts of runs, oldest first."""
        return [entry.actor for entry in await self.trail() if entry.action.endswith("1")]

    async def trail(self) -> list[AuditEntry]:
        async with self.store.transaction(write=False) as tx:
            return (await tx.control.audit_trail(1000))[::-1]

    async def last_slot(self, name: str = "plan") -> int | None:
        async with self.store.transaction(write=False) as tx:
            return await tx.control.last_slot(name)


async def test_each_slot_runs_once_at_its_time() -> None:
    house = House()
    scheduler = house.scheduler("one")
    await scheduler.step()
    assert await house.written() == ["one"]
    for _ in range(31):
        await scheduler.step()
        house.clock.advance(20)
    times = [entry.at_ms - NOON for entry in await house.trail() if entry.action.endswith("1")]
    assert times == [0, 5 * MINUTE, 10 * MINUTE]
    assert [entry.action for entry in await house.trail()] == ["plan 1", "plan 2"] * 3


async def test_two_schedulers_on_one_store_run_each_slot_once() -> None:
    house = House()
    both = [house.scheduler("one"), house.scheduler("two")]
    for _ in range(91):
        await asyncio.gather(*(each.step() for each in both))
        house.clock.advance(10)
    assert await house.written() == ["one"] * 4
    assert await house.last_slot() == NOON + 15 * MINUTE


async def test_a_stand_by_takes_over_when_the_leader_is_gone_and_repeats_nothing() -> None:
    house = House()
    first, second = house.scheduler("one"), house.scheduler("two")
    await first.step()
    assert await second.step() == LEASE_MS / 4000
    house.clock.advance(LEASE_MS / 1000 + 1)
    await second.step()
    assert await house.written() == ["one"]
    house.clock.advance(5 * 60)
    await second.step()
    assert await house.written() == ["one", "two"]


async def test_a_leader_that_leaves_lets_the_stand_by_in_at_once() -> None:
    house = House()
    first, second = house.scheduler("one"), house.scheduler("two")
    await first.step()
    await first.release()
    house.clock.advance(1)
    await second.step()
    async with house.store.transaction() as tx:
        assert await tx.control.acquire(LEASE, "one", house.clock.now_ms(), LEASE_MS) is None


async def test_a_missed_slot_is_made_up_for_once_at_start_however_long_it_was_away() -> None:
    house = House()
    await house.scheduler("one", "0 */6 * * *").step()
    assert await house.last_slot() == NOON
    house.clock.advance(20 * HOUR / 1000)
    scheduler = house.scheduler("one", "0 */6 * * *")
    await scheduler.step()
    assert len(await house.written()) == 2
    assert await house.last_slot() == NOON + 18 * HOUR
    await scheduler.step()
    assert len(await house.written()) == 2


async def test_a_restart_within_a_slot_repeats_nothing_and_postpones_nothing() -> None:
    house = House()
    await house.scheduler("one").step()
    house.clock.advance(120)
    restarted = house.scheduler("one")
    await restarted.step()
    assert len(await house.written()) == 1
    house.clock.advance(180)
    await restarted.step()
    assert len(await house.written()) == 2


async def test_a_leader_that_was_frozen_writes_nothing_when_it_comes_back() -> None:
    """It had begun its run, then stood still beyond its lease; another one did the work meanwhile."""
    house = House()
    frozen, thawed = asyncio.Event(), asyncio.Event()

    async def freeze() -> None:
        frozen.set()
        await thawed.wait()

    house.before = freeze
    ghost = asyncio.create_task(house.scheduler("ghost").step())
    await frozen.wait()
    house.before = at_once
    house.clock.advance(LEASE_MS / 1000 + 1)
    await house.scheduler("heir").step()
    thawed.set()
    await ghost
    assert await house.written() == ["heir"]


async def test_a_leader_that_freezes_between_two_parts_of_a_run_does_not_write_the_second() -> None:
    house = House()

    async def run(guard: Guard) -> None:
        for part in (1, 2):
            async with house.store.transaction() as tx:
                if not await guard(tx):
                    return
                await tx.control.audit([AuditEntry(house.clock.now_ms(), "ghost", f"plan {part}", "")])
            if part == 1:
                house.clock.advance(LEASE_MS / 1000 + 1)
                await house.scheduler("heir").step()

    await Schedule([Job("plan", "*/5 * * * *", run)], house.store, house.clock, "ghost").step()
    assert [entry.action for entry in await house.trail()] == ["plan 1"]


async def test_a_job_that_fails_leaves_its_slot_free_and_is_tried_again() -> None:
    house = House()
    scheduler = house.scheduler("one")
    house.store.failing = False

    async def full() -> None:
        house.store.failing = True

    house.before = full
    with pytest.raises(StoreError):
        await scheduler.step()
    house.store.failing, house.before = False, at_once
    assert await house.last_slot() is None
    await scheduler.step()
    assert await house.written() == ["one"]
    assert await house.last_slot() == NOON


async def test_jobs_due_together_run_in_their_order() -> None:
    house = House()
    jobs = [house.job("one", "0 * * * *", name) for name in ("segments", "learn", "plan")]
    scheduler = Schedule(jobs, house.store, house.clock, "one")
    await scheduler.step()
    assert await scheduler.run_due() == []
    names = [entry.action.split()[0] for entry in await house.trail() if entry.action.endswith("1")]
    assert names == ["segments", "learn", "plan"]


async def test_it_rests_until_the_next_slot_but_never_longer_than_its_lease_bears() -> None:
    house = House()
    scheduler = house.scheduler("one")
    assert await scheduler.step() == LEASE_MS / 4000
    house.clock.advance(5 * 60 - 2)
    assert await scheduler.step() == 2


async def test_a_run_longer_than_the_lease_goes_on_and_does_not_starve_the_jobs_after_it() -> None:
    """Nobody else asked for the lease meanwhile, so nothing can have been done twice."""
    house = House()

    async def slow() -> None:
        house.clock.advance(LEASE_MS / 1000 + 5)

    house.before = slow
    jobs = [house.job("one", "*/5 * * * *", name) for name in ("segments", "plan")]
    await Schedule(jobs, house.store, house.clock, "one").step()
    assert [entry.action for entry in await house.trail()] == [
        *("segments 1", "segments 2"),
        *("plan 1", "plan 2"),
    ]


async def round_about() -> None:
    """Let everybody go on until all wait."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_while_a_long_step_runs_the_lease_is_prolonged_beside_it() -> None:
    house, ends = House(), asyncio.Event()

    async def long(guard: Guard) -> None:
        async with house.store.transaction() as tx:
            assert await guard(tx)
        await ends.wait()
        async with house.store.transaction() as tx:
            assert await guard(tx)

    leader = Schedule([Job("plan", "*/5 * * * *", long)], house.store, house.clock, "one")
    running = asyncio.create_task(leader.step())

    for _ in range(8):
        await round_about()
        assert await house.last_slot() == NOON
        house.clock.advance(LEASE_MS / 4000)
        await round_about()
        async with house.store.transaction(write=False) as tx:
            assert await tx.control.check(Lease(LEASE, "one", 1, 0), house.clock.now_ms() + LEASE_MS // 4)
        assert await house.scheduler("two").step() == LEASE_MS / 4000
    ends.set()
    await running
    assert await house.written() == []


async def test_a_leader_that_lost_its_lease_in_a_step_asks_the_table_which_slots_are_left() -> None:
    """The heir led for a moment and died before it had run anything: no slot may be passed over."""
    house = House()
    runs: list[str] = []

    async def run(guard: Guard) -> None:
        if not runs:
            house.clock.advance(LEASE_MS / 1000 + 1)
            async with house.store.transaction() as tx:
                heir = await tx.control.acquire(LEASE, "heir", house.clock.now_ms(), LEASE_MS)
                assert heir is not None
                await tx.control.release(heir)
        async with house.store.transaction() as tx:
            runs.append("done" if await guard(tx) else "refused")

    leader = Schedule([Job("plan", "*/5 * * * *", run)], house.store, house.clock, "one")
    await leader.step()
    await leader.step()
    assert runs == ["refused", "done"]
    assert await house.last_slot() == NOON


async def test_who_is_told_to_stop_at_once_leaves_no_step_behind() -> None:
    house, ended = House(), asyncio.Event()

    async def endless(guard: Guard) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    leader = Schedule([Job("plan", "*/5 * * * *", endless)], house.store, house.clock, "one")
    running = asyncio.create_task(leader.step())
    await round_about()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended.is_set()
