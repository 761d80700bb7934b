"""The town's clock: time moves only when nothing else can, and each run is the same run."""

import asyncio
import random
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.clock import Parking, Patience, Town, TownDeadlockError, TownLoop, TownStalledError, run_town

START = datetime(2026, 1, 1, tzinfo=UTC)


def nothing() -> int:
    return 0


def run_impatiently(main: Callable[[], Awaitable[None]], busy: Callable[[], int]) -> None:
    async def live() -> None:
        await main()

    def loop() -> TownLoop:
        return TownLoop(busy, patience=Patience(deadlock_s=0.3, stall_s=0.3))

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(live())


def test_a_month_passes_and_the_calendar_is_exact_to_the_millisecond() -> None:
    async def main(town: Town) -> list[int]:
        seen: list[int] = []
        for _ in range(30 * 24):
            await asyncio.sleep(3600)
            seen.append(town.now_ms())
        return seen

    seen = run_town(main, START, nothing)

    first = int(START.timestamp() * 1000)
    assert seen == [first + hour * 3_600_000 for hour in range(1, 30 * 24 + 1)]


def test_now_is_aware_and_begins_at_the_start() -> None:
    async def main(town: Town) -> tuple[datetime, datetime]:
        before = town.now()
        await asyncio.sleep(0.25)
        return before, town.now()

    assert run_town(main, START, nothing) == (START, START + timedelta(milliseconds=250))


def test_a_start_without_zone_is_refused() -> None:
    async def main(town: Town) -> None:
        del town

    with pytest.raises(ValueError, match="time zone"):
        run_town(main, START.replace(tzinfo=None), nothing)


def test_a_stalled_query_takes_no_time_in_the_town() -> None:
    """A thread holds a query back for a real second; a timer that waits meanwhile must not fire."""
    flying = 0
    release = threading.Event()
    fired: list[str] = []

    async def main(town: Town) -> int:
        nonlocal flying
        before = town.now_ms()
        timer = asyncio.get_running_loop().call_later(0.001, fired.append, "timer")
        done = asyncio.Event()
        loop = asyncio.get_running_loop()

        def query() -> None:
            release.wait(1.0)
            loop.call_soon_threadsafe(done.set)

        thread = threading.Thread(target=query)
        flying = 1
        thread.start()
        await done.wait()
        flying = 0
        thread.join()
        assert not fired
        timer.cancel()
        return town.now_ms() - before

    assert run_town(main, START, lambda: flying) == 0


def test_work_in_the_loops_own_threads_takes_no_time_either() -> None:
    gate = threading.Event()

    async def main(town: Town) -> int:
        asyncio.get_running_loop().call_later(0.5, gate.set)
        await asyncio.to_thread(gate.wait, 0.3)
        assert not gate.is_set()
        return town.now_ms()

    assert run_town(main, START, nothing) == int(START.timestamp() * 1000)


def test_timers_of_one_instant_fire_one_by_one_in_the_order_of_asking() -> None:
    """Whatever the first sets off, here ten turns of the loop, has ended before the second fires."""
    trace: list[str] = []

    async def chain(name: str) -> None:
        await asyncio.sleep(60)
        for turn in range(10):
            trace.append(f"{name}{turn}")
            await asyncio.sleep(0)

    async def main(town: Town) -> int:
        await asyncio.gather(*(chain(name) for name in "abcde"))
        return town.now_ms()

    ended = run_town(main, START, nothing)

    assert trace == [f"{name}{turn}" for name in "abcde" for turn in range(10)]
    assert ended == int(START.timestamp() * 1000) + 60_000


def test_thousands_of_timers_at_one_instant_keep_their_order() -> None:
    order: list[int] = []

    async def main(town: Town) -> None:
        loop = asyncio.get_running_loop()
        handles = [loop.call_at(100.0, order.append, number) for number in range(6000)]
        for handle in handles[::2]:
            handle.cancel()
        await asyncio.sleep(101)
        assert town.now_ms() == int(START.timestamp() * 1000) + 101_000

    run_town(main, START, nothing)
    assert order == list(range(1, 6000, 2))


def test_the_same_seed_gives_the_same_trace() -> None:
    def trace(seed: int) -> list[tuple[int, int]]:
        lines: list[tuple[int, int]] = []

        async def walker(number: int, dice: random.Random, town: Town) -> None:
            for _ in range(20):
                await asyncio.sleep(dice.choice([0, 0.5, 1, 1, 2]))
                lines.append((town.now_ms(), number))

        async def main(town: Town) -> None:
            await asyncio.gather(*(walker(n, random.Random(seed * 100 + n), town) for n in range(20)))

        run_town(main, START, nothing)
        return lines

    assert trace(3) == trace(3)
    assert trace(3) != trace(4)


def test_a_parked_request_lets_time_pass_and_an_open_one_does_not() -> None:
    parking = Parking()
    open_requests = 1

    async def main(town: Town) -> int:
        nonlocal open_requests
        with parking.park():
            await asyncio.sleep(30)
        open_requests = 0
        return town.now_ms()

    ended = run_town(main, START, lambda: open_requests - parking.parked)
    assert ended == int(START.timestamp() * 1000) + 30_000
    assert parking.parked == 0


def test_a_deadlock_is_told_with_the_names_of_those_who_wait() -> None:
    async def main() -> None:
        waiting = asyncio.create_task(asyncio.Event().wait(), name="the-sleeper")
        await waiting

    with pytest.raises(TownDeadlockError, match="the-sleeper"):
        run_impatiently(main, nothing)


def test_something_in_flight_that_never_returns_is_told() -> None:
    with pytest.raises(TownStalledError, match="3 in flight"):
        run_impatiently(lambda: asyncio.sleep(1), lambda: 3)


def test_a_pace_delays_what_happens_and_changes_nothing_of_it() -> None:
    async def main(town: Town) -> list[int]:
        seen: list[int] = []
        for _ in range(5):
            await asyncio.sleep(60)
            seen.append(town.now_ms())
        return seen

    began = time.monotonic()
    paced = run_town(main, START, nothing, pace=3000.0)
    assert time.monotonic() - began >= 0.08
    assert paced == run_town(main, START, nothing)
