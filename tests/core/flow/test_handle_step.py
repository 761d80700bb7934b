"""Handlers run after their update took effect, in turn, and again after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from core.errors import StoreError
from core.event import InboxLane
from core.flow.handle import WINDOW, HandleDeps, Handlers, handle_pending
from core.ports import InboxRow
from tests.core.flow.worlds import ANNA, BORA, BOT, World


async def waiting(*texts: str, applied: bool = True) -> World:
    world = World()
    for number, text in enumerate(texts):
        await world.says(2000 + number, text)
    if applied:
        await world.apply()
    return world


async def drain(deps: HandleDeps) -> int:
    """Rounds until nothing waits; how many updates were done with."""
    total = 0
    while (done := await handle_pending(deps)).rows:
        total += done.rows
    return total


class Killed(BaseException):
    """The process ends here."""


class Handler:
    """Writes down what it was given, and how much of it at once."""

    def __init__(self) -> None:
        self.ran: list[int] = []

    async def __call__(self, row: InboxRow) -> None:
        self.ran.append(row.update_id)


async def test_handlers_run_once_oldest_first() -> None:
    world, handler = await waiting("a", "b", "c"), Handler()
    deps = HandleDeps(world.store, handler, workers=2)
    assert await drain(deps) == 3
    assert handler.ran == [1, 2, 3]
    assert await world.inbox() == {"handled": 3}
    assert await drain(deps) == 0


async def test_what_is_passed_over_is_told_before_it_counts_as_done() -> None:
    world, handler = await waiting("a", "b", "c", "d", "e"), Handler()
    told: list[tuple[int, dict[str, int]]] = []

    async def passed(rows: Sequence[InboxRow]) -> None:
        told.extend([(row.update_id, await world.inbox()) for row in rows])

    await drain(HandleDeps(world.store, handler, who=lambda _: "one", passed=passed))
    assert told == [(1, {"applied": 5}), (2, {"applied": 5})]
    assert handler.ran == [3, 4, 5]


async def test_nobody_is_answered_before_the_update_took_effect() -> None:
    world, handler = await waiting("a", applied=False), Handler()
    assert await drain(HandleDeps(world.store, handler)) == 0
    await world.apply()
    assert await drain(HandleDeps(world.store, handler)) == 1


async def test_after_a_crash_only_what_was_not_marked_runs_again() -> None:
    """The first two were marked together; the process ends within the third."""
    world = await waiting("a", "b", "c", "d")
    handler = Handler()

    async def dies(row: InboxRow) -> None:
        if row.update_id == 3:
            raise Killed
        await handler(row)

    with pytest.raises(Killed):
        await drain(HandleDeps(world.store, dies, workers=1))
    again = Handler()
    assert await drain(HandleDeps(world.store, again, workers=1)) == 2
    assert (handler.ran, again.ran) == ([1, 2], [3, 4])


async def test_a_mark_that_could_not_be_written_makes_the_handler_run_again() -> None:
    world, handler = await waiting("a"), Handler()
    world.store.failing = True
    with pytest.raises(StoreError):
        await handle_pending(HandleDeps(world.store, handler))
    world.store.failing = False
    await handle_pending(HandleDeps(world.store, handler))
    assert handler.ran == [1, 1]
    assert await world.inbox() == {"handled": 1}


async def test_a_store_that_takes_no_answer_stops_the_handlers_and_all_run_again() -> None:
    world, handler = await waiting("a", "b", "c"), Handler()

    async def full(row: InboxRow) -> None:
        if row.update_id == 1:
            raise StoreError("the database is full")
        await handler(row)

    with pytest.raises(StoreError):
        await handle_pending(HandleDeps(world.store, full))
    assert handler.ran == [2, 3], "those under way ended first"
    assert await world.inbox() == {"applied": 3}
    assert await drain(HandleDeps(world.store, handler)) == 3


async def test_who_writes_without_pause_delays_nobody_by_more_than_one_answer() -> None:
    world, handler = World(), Handler()
    for _ in range(64):
        await world.says(ANNA, "price?")
    await world.says(BORA, "price?")
    await world.apply()
    deps = HandleDeps(world.store, handler, who=lambda row: b'"id": 1001,' in row.body)
    assert (await handle_pending(deps)).left == 2
    assert handler.ran == [62, 65], "one of each, and Anna's first 61 are not answered any more"
    await drain(deps)
    assert handler.ran == [62, 65, 63, 64]
    assert await world.inbox() == {"handled": 65}


class Slow:
    """Answers that take until they are let go."""

    def __init__(self, *slow: int) -> None:
        self.ran: list[int] = []
        self._slow = slow
        self.go = asyncio.Event()

    async def __call__(self, row: InboxRow) -> None:
        if row.update_id in self._slow:
            await self.go.wait()
        self.ran.append(row.update_id)


async def turns(handlers: Handlers, rings: Sequence[None]) -> None:
    """Steps as long as something ends, as a service takes them."""
    heard = -1
    while heard != len(rings):
        heard = len(rings)
        await handlers.step()
        await asyncio.sleep(0)
        await asyncio.sleep(0)


async def test_a_slow_answer_delays_nobody_else() -> None:
    world, handler = await waiting("a", "b", "c", "d", "e"), Slow(1)
    rings: list[None] = []
    handlers = Handlers(HandleDeps(world.store, handler, workers=2), on_end=lambda: rings.append(None))
    await turns(handlers, rings)
    assert handler.ran == [2, 3, 4, 5]
    assert await world.inbox() == {"applied": 1, "handled": 4}
    handler.go.set()
    assert await handlers.finish() == 1
    assert await world.inbox() == {"handled": 5}


async def test_of_one_person_one_update_is_under_way_at_a_time() -> None:
    world, handler = World(), Slow(1)
    for _ in range(3):
        await world.says(ANNA, "price?")
    await world.apply()
    rings: list[None] = []
    deps = HandleDeps(world.store, handler, who=lambda row: row.bot_id)
    handlers = Handlers(deps, on_end=lambda: rings.append(None))
    await turns(handlers, rings)
    assert handler.ran == []
    handler.go.set()
    while (await handlers.step()).left:
        await asyncio.sleep(0)
    assert handler.ran == [1, 2, 3]


async def test_what_comes_meanwhile_begins_while_a_slow_answer_is_under_way() -> None:
    world, handler = await waiting("a"), Slow(1)
    rings: list[None] = []
    handlers = Handlers(HandleDeps(world.store, handler), on_end=lambda: rings.append(None))
    await turns(handlers, rings)
    await world.says(BORA, "hello")
    await world.apply()
    await turns(handlers, rings)
    assert handler.ran == [2]
    handler.go.set()
    await handlers.finish()


async def test_each_lane_has_places_of_its_own() -> None:
    world, handler = await waiting("a", "b", "c"), Slow(1, 2, 3)
    tap = await world.taps(ANNA, "menu:vip")
    async with world.store.transaction() as tx:
        await tx.inbox.add(BOT, [replace(tap, update_id=900, lane=InboxLane.TAP)])
    await world.apply()
    rings: list[None] = []
    deps = HandleDeps(world.store, handler, workers=2)
    ordinary = Handlers(deps, lane=InboxLane.ORDINARY, on_end=lambda: rings.append(None))
    taps = Handlers(deps, lane=InboxLane.TAP, on_end=lambda: rings.append(None))
    await turns(ordinary, rings)
    await turns(taps, rings)
    assert handler.ran == [900]
    handler.go.set()
    await asyncio.gather(ordinary.finish(), taps.finish())


async def test_a_question_about_money_waits_for_no_tap_however_many_there_are() -> None:
    world = World()
    tap = await world.taps(ANNA, "menu:vip")
    crowd = [replace(tap, update_id=900 + n, lane=InboxLane.TAP) for n in range(2 * WINDOW)]
    question = replace(tap, update_id=9_999, lane=InboxLane.QUESTION)
    async with world.store.transaction() as tx:
        await tx.inbox.add(BOT, [*crowd, question])
    await world.apply(3 * WINDOW)
    handler = Slow(*(row.update_id for row in crowd))
    deps = HandleDeps(world.store, handler, workers=2)
    taps, questions = Handlers(deps, lane=InboxLane.TAP), Handlers(deps, lane=InboxLane.QUESTION)
    await taps.step()
    await questions.step()
    await questions.finish()
    assert handler.ran == [9_999]
    handler.go.set()
    await taps.finish()


async def test_handlers_that_are_given_up_end_with_whoever_waits_for_them() -> None:
    world, handler = await waiting("a"), Slow(1)
    handlers = Handlers(HandleDeps(world.store, handler))
    await handlers.step()
    waits = asyncio.ensure_future(handlers.finish())
    await asyncio.sleep(0)
    waits.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waits
    await asyncio.sleep(0)
    handler.go.set()
    await asyncio.sleep(0)
    assert handler.ran == []
    assert await world.inbox() == {"applied": 1}
