"""How a request ended decides what becomes of its message: each end is one visible state."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import pytest

from adapters.memory import MemoryMessenger
from core.errors import (
    AmbiguousError,
    HotStoreError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    StoreError,
    TransportError,
)
from core.flow.deliver import MAX_ATTEMPTS, DeliverDeps, Delivery, recover
from core.flow.reply import Reply, reply
from core.identity import telegram
from core.ledger import MessageClass, Move, State
from core.ports import Receipt
from tests.core.flow.test_deliver_step import deliver, ready
from tests.core.flow.worlds import ANNA, BORA, BOT, DAY, HOUR, MINUTE, SECOND, World


async def test_a_429_makes_the_message_wait_and_tells_the_pacer_and_the_record() -> None:
    world = await ready(ANNA, BORA)
    first, second = await world.offers(ANNA, BORA)
    world.messenger.fail_chat(ANNA, RateLimitedError("slow down", retry_after_s=40))
    await deliver(world)
    limited = await world.row(first.id)
    assert (limited.state, limited.reason, limited.attempts) == (State.RETRY, "rate limit", 1)
    until_ms = limited.due_ms
    status = await world.pacer.status(BOT, world.clock.now_ms())
    assert status["halt_until_ms"] == until_ms
    async with world.store.transaction(write=False) as tx:
        assert await tx.control.switches() == {f"halt:{BOT}": str(until_ms)}
    world.messenger.fail_chat(ANNA, None)
    await deliver(world)
    before = len(world.messenger.sent)
    world.clock.advance((until_ms - world.clock.now_ms()) / 1000 + 2)
    await deliver(world)
    assert len(world.messenger.sent) > before
    assert (await world.row(first.id)).state is State.SENT
    assert (await world.row(second.id)).state is State.SENT


async def test_a_429_of_a_moment_without_redis_loses_no_outcome() -> None:
    """The pacer can't be told any more: what was to follow stays here all the same, at no cost."""
    world = await ready(ANNA, BORA)
    first, second = await world.offers(ANNA, BORA)
    world.messenger.fail_chat(ANNA, RateLimitedError("slow down", retry_after_s=40))

    class DyingPacer(type(world.pacer)):  # type: ignore[misc]  # as the one in Redis when Redis dies meanwhile
        async def grant(self, *args: object, **more: object) -> object:
            return await world.pacer.grant(*args, **more)  # type: ignore[arg-type]  # passed on as it came

        async def limited(self, *args: object) -> int:
            raise HotStoreError("Redis does not answer")

    await deliver(world, replace(world.sending, pacer=DyingPacer()))
    rows = [await world.row(first.id), await world.row(second.id)]
    assert [row.state for row in rows] == [State.RETRY] * 2
    assert [row.attempts for row in rows] == [1, 0]
    assert [one.chat_id for one in world.messenger.sent] == [ANNA]
    async with world.store.transaction(write=False) as tx:
        assert list(await tx.control.switches()) == [f"halt:{BOT}"]


async def test_a_request_that_never_left_is_tried_again_later_and_later_and_then_given_up() -> None:
    world = await ready(ANNA)
    (offer,) = await world.offers(ANNA, expires_ms=world.clock.now_ms() + DAY)
    world.messenger.fail_chat(ANNA, TransportError("no connection"))
    waits = []
    for attempt in range(1, MAX_ATTEMPTS + 1):
        await deliver(world)
        row = await world.row(offer.id)
        assert row.attempts == attempt
        waits.append(row.due_ms - world.clock.now_ms())
        world.clock.advance(waits[-1] / 1000 + 1)
    assert waits == sorted(waits)
    assert (row.state, row.reason) == (State.FAILED, "Telegram not reached")
    world.messenger.fail_chat(ANNA, None)
    world.clock.advance(HOUR / 1000)
    assert await deliver(world) == 0


async def test_a_retry_needs_a_new_permit() -> None:
    world = await ready(ANNA)
    (offer,) = await world.offers(ANNA)
    world.messenger.fail_next(TransportError("no connection"))
    await deliver(world)
    assert (await world.row(offer.id)).state is State.RETRY
    await world.says(ANNA, "/stop")
    await world.apply()
    world.clock.advance(5)
    assert await deliver(world) == 0
    assert (await world.row(offer.id)).state is State.SUPPRESSED


@pytest.mark.parametrize("arrives", [True, False])
async def test_what_may_have_arrived_is_unknown_counted_and_never_sent_again(arrives: bool) -> None:
    world = await ready(ANNA)
    (offer,) = await world.offers(ANNA, expires_ms=world.clock.now_ms() + 5 * DAY)
    world.messenger.fail_next(AmbiguousError("no answer"), arrives=arrives)
    await deliver(world)
    row = await world.row(offer.id)
    assert (row.state, row.reason) == (State.UNKNOWN, "no answer came")
    assert "campaign_sent" not in await world.kinds(ANNA)
    for _ in range(4):
        world.clock.advance(20 * HOUR / 1000)
        await recover(world.store, BOT, world.clock.now_ms())
        assert await deliver(world) == 0
    assert len(world.messenger.sent) == 1
    world.clock.advance(-79 * HOUR / 1000)
    (second,) = await world.offers(ANNA, step="2")
    await deliver(world)
    assert "cooldown" in (await world.row(second.id)).reason


class AnsweringMessenger(MemoryMessenger):
    """The message arrives, its person taps at once, and only our answer from Telegram is lost."""

    def __init__(self, world: World, message_id: int) -> None:
        super().__init__(world.clock.now_ms)
        self.world, self.message_id = world, message_id

    async def send(self, bot_id: int, chat_id: int, body: Mapping[str, object]) -> Receipt:
        await self.world.taps(chat_id, f"c:{self.message_id}:offer:more")
        await self.world.apply()
        raise AmbiguousError("no answer")


async def test_a_message_answered_before_its_request_timed_out_did_arrive() -> None:
    world = await ready(ANNA)
    (offer,) = await world.offers(ANNA)
    messenger = AnsweringMessenger(world, offer.id)
    await deliver(world, replace(world.sending, messenger=messenger))
    row = await world.row(offer.id)
    assert (row.state, row.sent_ms) == (State.SENT, row.permit_ms)
    assert (await world.kinds(ANNA)).count("campaign_sent") == 1


@pytest.mark.parametrize(
    ("code", "event", "reach"),
    [("blocked", "bot_blocked", "blocked"), ("deactivated", "account_gone", "gone")],
)
async def test_a_refusal_for_good_closes_the_way_to_the_person(code: str, event: str, reach: str) -> None:
    world = await ready(ANNA)
    first, second = [(await world.offers(ANNA, step=step))[0] for step in ("1", "2")]
    world.messenger.fail_chat(ANNA, RejectedError("Forbidden", code=code))
    assert await deliver(world) == 0
    assert (await world.row(first.id)).state is State.UNREACHABLE
    assert (await world.kinds(ANNA))[-1] == event
    number = await world.number(ANNA)
    async with world.store.transaction(write=False) as tx:
        assert [one.state for one in (await tx.people.reach([number]))[number]] == [reach]
    assert "bots" not in (await world.hot.read([number]))[number]
    world.clock.advance(DAY / 1000)
    await deliver(world)
    assert len(world.messenger.sent) == 1
    assert (await world.row(second.id)).state in {State.SUPPRESSED, State.EXPIRED}


async def test_bad_content_fails_and_says_nothing_about_the_person() -> None:
    world = await ready(ANNA)
    (offer,) = await world.offers(ANNA)
    world.messenger.fail_chat(ANNA, RejectedError("can't parse entities", code="bad_content"))
    await deliver(world)
    assert (await world.row(offer.id)).state is State.FAILED
    assert "bot_blocked" not in await world.kinds(ANNA)


async def test_a_group_that_moved_is_written_to_under_its_new_number() -> None:
    world = await ready(ANNA)
    (offer,) = await world.offers(ANNA)
    world.messenger.fail_next(RejectedError("upgraded", code="other", migrate_to=-100500))
    await deliver(world)
    row = await world.row(offer.id)
    assert (row.state, row.chat_id) == (State.RETRY, -100500)


async def test_a_message_that_cannot_be_sent_at_all_fails_alone() -> None:
    """Its bot is not configured any more, say: the others of the round are closed as what they became."""
    world = await ready(ANNA, BORA)
    first, second = await world.offers(ANNA, BORA)

    class Picky(MemoryMessenger):
        async def send(self, bot_id: int, chat_id: int, body: Mapping[str, object]) -> Receipt:
            if chat_id == ANNA:
                raise NotFoundError("bot 42 is not configured")
            return await super().send(bot_id, chat_id, body)

    await deliver(world, replace(world.sending, messenger=Picky(world.clock.now_ms)))
    assert (await world.row(first.id)).state is State.FAILED
    assert (await world.row(second.id)).state is State.SENT


@pytest.mark.parametrize("late_s", [6, 1])
async def test_a_permit_that_would_run_out_before_the_request_leaves_is_not_used(late_s: int) -> None:
    """It may still wait a second for a connection, and two seconds after a stop nothing may leave."""
    world = await ready(ANNA)
    (offer,) = await world.offers(ANNA)
    lease = await world.lease()

    class FarAhead(type(world.pacer)):  # type: ignore[misc]  # a pacer that books later than it promises
        async def grant(self, *args: object, **more: object) -> object:
            grant = await world.pacer.grant(*args, **more)  # type: ignore[arg-type]  # passed on as it came
            return replace(
                grant, slots={chat: at_ms + late_s * SECOND for chat, at_ms in grant.slots.items()}
            )

    deps: DeliverDeps = replace(world.sending, pacer=FarAhead())
    assert (await world.deliver(lease, deps)).sent == 0
    assert (await world.row(offer.id)).state is State.RETRY
    assert world.messenger.sent == []


async def test_an_outcome_that_can_t_be_written_at_all_ends_the_round_and_is_unknown_later() -> None:
    world = await ready(ANNA)
    (offer,) = await world.offers(ANNA)
    lease = await world.lease()
    with pytest.raises(StoreError):
        await world.deliver(lease, replace(world.sending, messenger=LosesItsStore(world)))
    world.store.failing = False
    assert (await world.row(offer.id)).state is State.SENDING
    await recover(world.store, BOT, world.clock.now_ms())
    assert (await world.row(offer.id)).state is State.UNKNOWN


async def killed_between(world: World) -> int:
    """A sender that died after its permit was committed; the message's id."""
    (offer,) = await world.offers(ANNA)
    move = Move(offer.id, State.PLANNED, State.SENDING, permit_ms=world.clock.now_ms(), attempts=1)
    await world.within(lambda tx: tx.ledger.move([move]))
    return offer.id


async def test_after_a_kill_what_was_being_sent_is_unknown_and_stays_so() -> None:
    world = await ready(ANNA)
    message_id = await killed_between(world)
    assert await recover(world.store, BOT, world.clock.now_ms()) == 1
    assert await recover(world.store, BOT, world.clock.now_ms()) == 0
    row = await world.row(message_id)
    assert (row.state, row.reason) == (State.UNKNOWN, "the sender stopped in between")
    world.clock.advance(MINUTE / 1000)
    assert await deliver(world) == 0


async def test_after_a_kill_what_had_been_answered_already_was_sent() -> None:
    world = await ready(ANNA)
    message_id = await killed_between(world)
    await world.taps(ANNA, f"c:{message_id}:offer:more")
    await world.apply()
    await recover(world.store, BOT, world.clock.now_ms())
    assert (await world.row(message_id)).state is State.SENT
    assert (await world.kinds(ANNA)).count("campaign_sent") == 1


async def test_taking_over_a_lane_leaves_another_process_answers_under_way_alone() -> None:
    world = await ready(ANNA)
    ask = Reply(BOT, telegram(ANNA), ANNA, "1:1:1", {"text": "hello"})
    deps = replace(world.replying, messenger=StoppedMessenger(world))
    with pytest.raises(asyncio.CancelledError):
        await world.through(reply(deps, ask))
    assert await recover(world.store, BOT, world.clock.now_ms()) == 0
    world.clock.advance(2 * MINUTE / 1000)
    assert await recover(world.store, BOT, world.clock.now_ms()) == 1
    async with world.store.transaction(write=False) as tx:
        counts = await tx.ledger.counts(MessageClass.INTERACTIVE)
    assert counts == {"unknown": 1}


class StoppedMessenger(MemoryMessenger):
    """The process ends while the request is under way."""

    def __init__(self, world: World) -> None:
        super().__init__(world.clock.now_ms)

    async def send(self, bot_id: int, chat_id: int, body: Mapping[str, object]) -> Receipt:
        raise asyncio.CancelledError


class Overtaken(MemoryMessenger):
    """While the request is under way another process takes the lane over and gives the row up for lost."""

    def __init__(self, world: World) -> None:
        super().__init__(world.clock.now_ms)
        self._world = world

    async def send(self, bot_id: int, chat_id: int, body: Mapping[str, object]) -> Receipt:
        assert await recover(self._world.store, BOT, self._world.clock.now_ms()) == 1
        return await super().send(bot_id, chat_id, body)


async def test_a_receipt_proves_a_message_that_another_process_gave_up_for_lost() -> None:
    world = await ready(ANNA)
    [message] = await world.offers(ANNA)
    await deliver(world, replace(world.sending, messenger=Overtaken(world)))
    row = await world.row(message.id)
    assert row.state is State.SENT
    assert row.telegram_id > 0


class OvertakenAndTapped(Overtaken):
    """Its person taps a button before the answer of the request is here."""

    async def send(self, bot_id: int, chat_id: int, body: Mapping[str, object]) -> Receipt:
        receipt = await super().send(bot_id, chat_id, body)
        (row,) = cast("list[list[dict[str, str]]]", self.sent[-1].body["buttons"])
        await self._world.taps(ANNA, row[0]["data"])
        await self._world.apply()
        self._world.clock.advance(0.2)
        return replace(receipt, at_ms=self._world.clock.now_ms())


async def test_a_message_that_a_tap_has_proven_is_not_recorded_as_sent_once_more() -> None:
    world = await ready(ANNA)
    await world.offers(ANNA)
    await deliver(world, replace(world.sending, messenger=OvertakenAndTapped(world)))
    assert (await world.kinds(ANNA)).count("campaign_sent") == 1


class LosesItsStore(MemoryMessenger):
    """The message is out, and at that very moment the database goes away."""

    def __init__(self, world: World) -> None:
        super().__init__(world.clock.now_ms)
        self._world = world

    async def send(self, bot_id: int, chat_id: int, body: Mapping[str, object]) -> Receipt:
        receipt = await super().send(bot_id, chat_id, body)
        self._world.store.failing = True
        return receipt


async def test_a_store_that_is_away_for_a_moment_does_not_make_what_was_sent_unknown() -> None:
    world = await ready(ANNA)
    [message] = await world.offers(ANNA)
    deps = replace(world.sending, messenger=LosesItsStore(world))
    lease = await world.lease()
    delivery = Delivery(deps, BOT)
    await world.through(delivery.step(lease))
    while not world.store.failing:
        world.clock.advance(0.1)
        await asyncio.sleep(0)
    with pytest.raises(StoreError):
        await world.through(delivery.step(lease))
    world.store.failing = False
    assert (await world.through(delivery.step(lease))).sent == 1
    assert (await world.row(message.id)).state is State.SENT


async def test_a_refused_token_burns_no_message_and_halts_its_bot() -> None:
    world = await ready(ANNA, BORA)
    first, second = await world.offers(ANNA, BORA)
    world.messenger.fail_chat(ANNA, RejectedError("Unauthorized", code="unauthorized"))
    world.messenger.fail_chat(BORA, RejectedError("Unauthorized", code="unauthorized"))
    await deliver(world)
    async with world.store.transaction(write=False) as tx:
        halted_until = int((await tx.control.switches())[f"halt:{BOT}"])
    assert halted_until > world.clock.now_ms()
    assert (await world.row(first.id)).state in {State.RETRY, State.PLANNED}
    assert (await world.row(second.id)).state in {State.RETRY, State.PLANNED}
    for person in (ANNA, BORA):
        world.messenger.fail_chat(person, None)
    for _ in range(4):
        world.clock.advance(310)
        await deliver(world)
    assert (await world.row(first.id)).state is State.SENT
    assert (await world.row(second.id)).state is State.SENT
