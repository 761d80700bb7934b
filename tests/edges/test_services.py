"""The loops of an installation: they rest, wake, bear a store that is away for a moment, and end in order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from adapters.memory import MemoryHot
from app.hot import WatchedHot
from app.services import (
    HOT_LOST_S,
    PAUSES_S,
    READY_S,
    Bell,
    Lane,
    Rhythm,
    Service,
    capture_service,
    handler_service,
    news_service,
    run_services,
    steady,
    watch_service,
)
from core.errors import HotStoreError, StoreError
from core.flow.handle import HandleDeps
from core.ledger import Move, State
from core.ports import Grant, InboxRow
from tests.core.flow.test_deliver_step import ready
from tests.core.flow.worlds import ANNA, BOT, World

RHYTHM = Rhythm()
A_LONG_TIME_S = 3_600.0


# ----------------------------------------------------------------------------------------------------- loops
async def test_a_bell_that_was_rung_before_wakes_at_once_and_only_once() -> None:
    bell = Bell()
    bell.ring()
    bell.ring()
    await bell.wait(A_LONG_TIME_S)
    waiting = asyncio.create_task(bell.wait(A_LONG_TIME_S))
    await asyncio.sleep(0)
    assert not waiting.done()
    bell.ring()
    await waiting


async def test_a_stop_lets_every_step_under_way_end_by_itself() -> None:
    world, stopping, ends, done = World(), asyncio.Event(), asyncio.Event(), []
    begun = asyncio.Event()

    async def step() -> float:
        begun.set()
        await ends.wait()
        done.append("ended")
        return 0.0

    running = asyncio.create_task(run_services([Service("slow", step)], world.clock, stopping))
    await begun.wait()
    stopping.set()
    for _ in range(10):
        await asyncio.sleep(0)
    assert not running.done()
    ends.set()
    await running
    assert done == ["ended"]


async def test_a_stop_wakes_loops_that_rest() -> None:
    world, stopping, steps = World(), asyncio.Event(), []
    rested = asyncio.Event()

    async def step() -> float:
        steps.append(1)
        rested.set()
        return A_LONG_TIME_S

    running = asyncio.create_task(run_services([Service("idle", step)], world.clock, stopping))
    await rested.wait()
    stopping.set()
    await running
    assert len(steps) == 1


async def test_one_loop_that_fails_ends_all_and_is_named() -> None:
    world, stopping = World(), asyncio.Event()

    async def fine() -> float:
        return A_LONG_TIME_S

    async def broken() -> float:
        raise HotStoreError("no Redis")

    with pytest.raises(HotStoreError, match="no Redis"):
        await run_services([Service("fine", fine), Service("broken", broken)], world.clock, stopping)
    assert stopping.is_set()


async def test_a_store_that_is_away_for_a_moment_is_tried_again_with_growing_pauses() -> None:
    world, tries = World(), []

    async def step() -> float:
        tries.append(world.clock.now_ms())
        if len(tries) <= len(PAUSES_S):
            raise StoreError("busy")
        return 7.0

    assert await world.through(steady(world.clock, step)) == 7.0
    waits = [(later - earlier) / 1000 for earlier, later in zip(tries, tries[1:], strict=False)]
    assert waits == pytest.approx(PAUSES_S, abs=0.11)


async def test_a_store_that_stays_away_ends_the_process_with_its_sentence() -> None:
    world, tries = World(), []

    async def step() -> float:
        tries.append(1)
        raise StoreError("the disk is full")

    with pytest.raises(StoreError, match="the disk is full"):
        await world.through(steady(world.clock, step))
    assert len(tries) == len(PAUSES_S) + 1


async def test_a_store_that_can_never_do_it_is_not_tried_again() -> None:
    world, tries = World(), []

    async def step() -> float:
        tries.append(1)
        error = StoreError("made by a newer program")
        error.permanent = True
        raise error

    with pytest.raises(StoreError):
        await steady(world.clock, step)
    assert len(tries) == 1


# ------------------------------------------------------------------------------------------- updates, answers
async def test_the_capture_loop_takes_effect_and_rings_for_the_handlers() -> None:
    world, answer = World(), Bell()
    service = capture_service(world.capture, world.clock, RHYTHM, Bell(), [answer])
    assert await service.step() == RHYTHM.idle_s
    await world.says(ANNA, "hello")
    await service.step()
    await answer.wait(A_LONG_TIME_S)
    assert await world.inbox() == {"applied": 1}


async def test_the_handler_loop_rests_when_nobody_waits_for_an_answer() -> None:
    world, ran = World(), []

    async def handle(row: InboxRow) -> None:
        ran.append(row.update_id)

    bell = Bell()
    service = handler_service("handlers", HandleDeps(world.store, handle), RHYTHM, bell)
    await world.says(ANNA, "hello")
    await world.apply()
    assert await service.step() == RHYTHM.idle_s
    await bell.wait(A_LONG_TIME_S)
    assert ran == [1]
    assert await service.step() == 0.0
    assert await service.step() == RHYTHM.idle_s
    assert await world.inbox() == {"handled": 1}


# ------------------------------------------------------------------------------------------------------ watch
@dataclass
class Heard:
    """A log that is listened to."""

    said: list[str] = field(default_factory=list)

    def info(self, event: str, **figures: Any) -> None:
        self.said.append(" ".join([event, *([figures["state"]] if "state" in figures else [])]))

    def warning(self, event: str, **figures: Any) -> None:
        self.info(event, **figures)


async def test_the_watch_has_a_lost_redis_revived_and_makes_it_whole_again() -> None:
    world = World()
    hot = WatchedHot(world.hot)
    revived = []

    async def revive() -> None:
        revived.append(1)
        world.hot.absent = False

    await world.says(ANNA, "hello")
    await world.apply()
    heard = Heard()
    service = watch_service((world.store, hot), revive, heard, RHYTHM)
    assert await service.step() == RHYTHM.watch_s
    await hot.clear()
    world.hot.absent = True
    assert await service.step() == HOT_LOST_S
    assert await service.step() == RHYTHM.watch_s
    assert revived == [1]
    assert heard.said == ["redis_lost", "redis_back"]
    assert await hot.read([await world.number(ANNA)])


async def test_the_watch_outlives_a_redis_that_can_t_be_revived_yet() -> None:
    world = World()
    world.hot.absent = True

    async def fails() -> None:
        raise HotStoreError("it does not start")

    heard = Heard()
    service = watch_service((world.store, WatchedHot(world.hot)), fails, heard, RHYTHM)
    assert await service.step() == HOT_LOST_S
    assert await service.step() == HOT_LOST_S
    assert heard.said == ["redis_lost"]


@dataclass
class Ear:
    """A bot's updates."""

    bot_id: int
    status: dict[str, object]


async def test_news_of_updates_that_stop_and_come_again_is_told_once() -> None:
    heard, ear = Heard(), Ear(BOT, {"state": "polling", "error": ""})
    service = news_service([ear], heard, RHYTHM)
    for state, error in (("polling", ""), ("conflict", "another"), ("conflict", "another"), ("polling", "")):
        ear.status = {"state": state, "error": error}
        await service.step()
    assert heard.said == ["updates conflict", "updates polling"]


# ------------------------------------------------------------------------------------------------------- lane
async def yes() -> bool:
    return True


async def no() -> bool:
    return False


async def test_a_lane_waits_until_what_people_did_meanwhile_has_taken_effect() -> None:
    """A /stop that came while nobody was there counts before the first message leaves."""
    world = await ready(ANNA)
    await world.offers(ANNA)
    lane = Lane(world.sending, BOT, "one", RHYTHM, no)
    assert await world.through(lane.service.step()) == READY_S
    assert world.messenger.sent == []
    await world.through(Lane(world.sending, BOT, "one", RHYTHM, yes).service.step())
    assert len(world.messenger.sent) == 1


async def test_one_process_holds_a_lane_and_another_stands_by_until_it_leaves() -> None:
    world = await ready(ANNA)
    first, second = [Lane(world.sending, BOT, name, RHYTHM, yes) for name in ("one", "two")]
    await world.through(first.service.step())
    await world.offers(ANNA)
    assert await world.through(second.service.step()) == RHYTHM.lease_ms / 4000
    assert world.messenger.sent == []
    await first.release()
    await world.through(second.service.step())
    assert len(world.messenger.sent) == 1


async def test_a_lane_taken_over_closes_what_the_former_holder_left_in_between() -> None:
    world = await ready(ANNA)
    dead = Lane(world.sending, BOT, "dead", RHYTHM, yes)
    await world.through(dead.service.step())
    (offer,) = await world.offers(ANNA)
    move = Move(offer.id, State.PLANNED, State.SENDING, permit_ms=world.clock.now_ms())
    await world.within(lambda tx: tx.ledger.move([move]))
    world.clock.advance(RHYTHM.lease_ms / 1000 + 1)
    await world.through(Lane(world.sending, BOT, "heir", RHYTHM, yes).service.step())
    assert (await world.row(offer.id)).state is State.UNKNOWN
    assert world.messenger.sent == []


async def test_a_lane_that_is_prolonged_leaves_its_own_requests_alone() -> None:
    world = await ready(ANNA)
    lane = Lane(world.sending, BOT, "one", RHYTHM, yes)
    await world.through(lane.service.step())
    (offer,) = await world.offers(ANNA)
    move = Move(offer.id, State.PLANNED, State.SENDING, permit_ms=world.clock.now_ms())
    await world.within(lambda tx: tx.ledger.move([move]))
    for _ in range(8):
        world.clock.advance(RHYTHM.lease_ms / 4000)
        await world.through(lane.service.step())
    assert (await world.row(offer.id)).state is State.SENDING


async def test_a_lane_keeps_its_lease_as_long_as_it_works() -> None:
    world = await ready(ANNA)
    mine, other = [Lane(world.sending, BOT, name, RHYTHM, yes) for name in ("one", "two")]
    for _ in range(12):
        await world.through(mine.service.step())
        assert await world.through(other.service.step()) == RHYTHM.lease_ms / 4000
        world.clock.advance(RHYTHM.lease_ms / 4000)


async def test_campaigns_halt_without_redis_and_go_on_with_it() -> None:
    world = await ready(ANNA)
    (offer,) = await world.offers(ANNA)

    class LostPacer(type(world.pacer)):  # type: ignore[misc]  # as the one in Redis, which comes and goes
        lost = True

        async def grant(self, *args: object, **more: object) -> Grant:
            if self.lost:
                raise HotStoreError("Redis does not answer")
            return await world.pacer.grant(*args, **more)  # type: ignore[arg-type]  # passed on as it came

    pacer = LostPacer()
    lane = Lane(replace(world.sending, pacer=pacer), BOT, "one", RHYTHM, yes)
    assert await world.through(lane.service.step()) == HOT_LOST_S
    assert (await world.row(offer.id)).state is State.QUEUED
    pacer.lost = False
    await world.through(lane.service.step())
    await world.through(lane.service.end())
    assert (await world.row(offer.id)).state is State.SENT


async def test_a_lane_looks_again_no_later_than_its_rhythm_says() -> None:
    world = await ready(ANNA)
    lane = Lane(replace(world.sending, hot=MemoryHot()), BOT, "one", RHYTHM, yes)
    assert await world.through(lane.service.step()) == RHYTHM.idle_s
    await world.offers(ANNA, due_ms=world.clock.now_ms() + 200)
    assert await world.through(lane.service.step()) == pytest.approx(0.2)
