"""Answers to what a person just did: at most once, never against a block, never held up for ever."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from core.errors import (
    AmbiguousError,
    HotStoreError,
    RateLimitedError,
    RefusedError,
    RejectedError,
    TransportError,
)
from core.flow.reply import LIFETIME_MS, TRIES, TURN_MS, Reply, ReplyDeps, in_turn, reply
from core.identity import telegram
from core.ledger import Message, MessageClass, State
from core.ports import Receipt
from tests.core.flow.worlds import ANNA, BORA, BOT, MINUTE, World


def ask(step: str = "1:7:1", person: int = ANNA) -> Reply:
    return Reply(BOT, telegram(person), person, step, {"method": "sendMessage", "params": {"text": "hi"}})


async def spoken() -> World:
    """Anna has said something and waits for an answer."""
    world = World()
    await world.says(ANNA, "hello")
    await world.apply()
    return world


async def answer(world: World, one: Reply | None = None) -> Receipt | None:
    return await world.through(reply(world.replying, one or ask()))


async def rows(world: World) -> list[Message]:
    async with world.store.transaction(write=False) as tx:
        return await tx.ledger.latest(10)


async def test_an_answer_leaves_and_its_row_says_so() -> None:
    world = await spoken()
    receipt = await answer(world)
    (row,) = await rows(world)
    assert receipt is not None
    assert (row.state, row.telegram_id, row.sent_ms) == (State.SENT, receipt.telegram_id, receipt.at_ms)
    assert (row.cls, row.campaign) == ("interactive", f"reply:{BOT}")


async def test_a_handler_that_runs_again_sends_nothing_twice() -> None:
    world = await spoken()
    assert await answer(world) is not None
    assert await answer(world) is None
    assert await answer(world, ask("1:7:2")) is not None
    assert len(world.messenger.sent) == 2


async def test_people_without_campaign_consent_get_their_answers() -> None:
    world = await spoken()
    await world.says(ANNA, "/stop")
    await world.apply()
    assert await answer(world) is not None


async def test_somebody_who_blocked_the_bot_or_is_unknown_gets_nothing() -> None:
    world = await spoken()
    world.clock.advance(5)
    await world.blocks(ANNA)
    await world.apply()
    assert await answer(world) is None
    assert await answer(world, ask(person=BORA)) is None
    assert (world.messenger.sent, await rows(world)) == ([], [])


async def test_the_kill_switch_silences_answers_too() -> None:
    world = await spoken()
    await world.switch("kill", "stop everything")
    assert await answer(world) is None
    assert world.messenger.sent == []


async def test_an_answer_that_waits_for_another_try_is_silenced_too() -> None:
    world = await spoken()
    world.messenger.fail_next(RateLimitedError("slow down", retry_after_s=3))
    waiting = asyncio.ensure_future(answer(world))
    while not world.messenger.sent:
        await asyncio.sleep(0)
    await world.switch("kill", "stop everything")
    assert await waiting is None
    assert len(world.messenger.sent) == 1  # the one that was refused
    with pytest.raises(TransportError, match="stopped"):
        await world.through(in_turn(world.replying, BOT, ANNA, _nothing))


async def _nothing() -> object:
    raise AssertionError("made although everything was stopped")


async def test_a_429_is_waited_for_and_then_the_answer_leaves() -> None:
    world = await spoken()
    world.messenger.fail_next(RateLimitedError("slow down", retry_after_s=3))
    start_ms = world.clock.now_ms()
    receipt = await answer(world)
    assert receipt is not None
    assert receipt.at_ms - start_ms >= 3_000
    (row,) = await rows(world)
    assert row.state is State.SENT


@pytest.mark.parametrize("before", [True, False])
async def test_a_long_halt_costs_the_answer_and_holds_nobody_up(before: bool) -> None:
    """Telegram has asked for hours of silence: who awaited this answer awaits it no longer."""
    world = await spoken()
    if before:
        await world.pacer.limited(BOT, BORA, 7_728, world.clock.now_ms())
    else:
        world.messenger.fail_next(RateLimitedError("slow down", retry_after_s=7_728))
    start_ms = world.clock.now_ms()
    assert await answer(world) is None
    assert world.clock.now_ms() - start_ms <= LIFETIME_MS
    (row,) = await rows(world)
    assert (row.state, row.reason) == (State.FAILED, "rate limit")


async def test_a_request_that_never_left_is_tried_a_few_times() -> None:
    world = await spoken()
    for _ in range(TRIES - 1):
        world.messenger.fail_next(TransportError("no connection"))
    assert await answer(world) is not None
    for _ in range(TRIES):
        world.messenger.fail_next(TransportError("no connection"))
    assert await answer(world, ask("1:8:1")) is None
    assert [row.state for row in await rows(world)] == [State.FAILED, State.SENT]
    assert len(world.messenger.sent) == 2 * TRIES


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (AmbiguousError("no answer"), State.UNKNOWN),
        (RejectedError("Forbidden", code="blocked"), State.UNREACHABLE),
        (RejectedError("Bad Request", code="bad_content"), State.FAILED),
    ],
)
async def test_every_other_end_is_final(error: TransportError, state: State) -> None:
    world = await spoken()
    world.messenger.fail_next(error)
    assert await answer(world) is None
    assert await answer(world) is None
    (row,) = await rows(world)
    assert row.state is state
    assert len(world.messenger.sent) == 1


async def test_without_the_shared_pacer_people_are_answered_from_a_small_reserve() -> None:
    world = await spoken()

    class LostPacer(type(world.pacer)):  # type: ignore[misc]  # as the one in Redis when Redis is gone
        async def grant(self, *args: Any, **more: Any) -> Any:
            raise HotStoreError("Redis does not answer")

        async def limited(self, *args: Any) -> int:
            raise HotStoreError("Redis does not answer")

    deps = ReplyDeps(world.store, LostPacer(), world.messenger, world.clock)
    start_ms = world.clock.now_ms()
    assert await world.through(reply(deps, ask())) is not None
    assert world.clock.now_ms() - start_ms >= 1_000
    world.messenger.fail_next(RateLimitedError("slow down", retry_after_s=9_999))
    assert await world.through(reply(deps, ask("1:8:1"))) is None
    assert world.clock.now_ms() - start_ms <= 2 * MINUTE


async def test_a_campaign_message_does_not_leave_by_this_way() -> None:
    world = await spoken()
    with pytest.raises(RefusedError):
        await answer(world, replace(ask(), cls=MessageClass.CAMPAIGN))
    assert (world.messenger.sent, await rows(world)) == ([], [])


async def test_an_edit_takes_its_turn_and_is_made_once() -> None:
    world = await spoken()
    made: list[int] = []

    async def edit() -> object:
        made.append(world.clock.now_ms())
        return True

    await answer(world)
    answered_ms = world.clock.now_ms()
    assert await world.through(in_turn(world.replying, BOT, ANNA, edit)) is True
    assert len(made) == 1
    assert made[0] >= answered_ms
    assert ANNA in (await world.pacer.grant(BOT, [ANNA], world.clock.now_ms() + 60_000)).slots


async def test_an_edit_whose_turn_is_too_far_away_is_not_made() -> None:
    world = await spoken()
    await world.pacer.limited(BOT, ANNA, 2 * TURN_MS / 1000, world.clock.now_ms())

    async def edit() -> object:
        raise AssertionError("made although its moment had passed")

    with pytest.raises(TransportError, match="too late"):
        await world.through(in_turn(world.replying, BOT, ANNA, edit))


async def test_an_edit_that_is_refused_for_speed_slows_everybody_down() -> None:
    world = await spoken()

    async def edit() -> object:
        raise RateLimitedError("too many requests", retry_after_s=30)

    with pytest.raises(RateLimitedError):
        await world.through(in_turn(world.replying, BOT, ANNA, edit))
    status = await world.pacer.status(BOT, world.clock.now_ms())
    assert status["halt_until_ms"] >= world.clock.now_ms() + 20_000
