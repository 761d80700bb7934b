"""A campaign message leaves with a committed permit or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from adapters.memory import MemoryMessenger
from core.errors import HotStoreError
from core.flow.deliver import IDLE_MS, DeliverDeps
from core.ledger import COUNTED, Message, Move, State
from core.ports import Receipt
from core.profile import moment_of, pack, view
from tests.core.flow.worlds import ANNA, BORA, BOT, CEM, DAY, HOUR, MINUTE, SECOND, World


async def ready(*people: int, zone: str = "Europe/Istanbul") -> World:
    """People who may be written to at noon of their time, and a pacer past its silent second."""
    world = World()
    await world.settle(*people, zone=zone)
    await world.engage()
    await world.pacer.grant(BOT, [], world.clock.now_ms())
    world.clock.advance(2)
    return world


async def deliver(world: World, deps: DeliverDeps | None = None) -> int:
    """One round; how many were sent."""
    return (await world.deliver(deps=deps)).sent


class WatchingMessenger(MemoryMessenger):
    """Looks into the store at the very moment of sending."""

    def __init__(self, world: World) -> None:
        super().__init__(world.clock.now_ms)
        self.world = world
        self.seen: list[tuple[Message, int]] = []

    async def send(self, bot_id: int, chat_id: int, body: Mapping[str, object]) -> Receipt:
        async with self.world.store.transaction(write=False) as tx:
            number = await self.world.number(chat_id)
            self.seen += [(m, self.world.clock.now_ms()) for m in await tx.ledger.of_person(number, 1)]
        return await super().send(bot_id, chat_id, body)


async def test_the_permit_is_committed_before_the_request_leaves_and_younger_than_five_seconds() -> None:
    world = await ready(ANNA, BORA, CEM)
    await world.offers(ANNA, BORA, CEM)
    messenger = WatchingMessenger(world)
    assert await deliver(world, replace(world.sending, messenger=messenger)) == 3
    assert [row.state for row, _ in messenger.seen] == [State.SENDING] * 3
    assert all(0 <= at_ms - row.permit_ms < 5 * SECOND for row, at_ms in messenger.seen)
    assert [row.attempts for row, _ in messenger.seen] == [1, 1, 1]


async def test_a_sent_message_is_closed_and_an_event_of_its_person() -> None:
    world = await ready(ANNA)
    (offer,) = await world.offers(ANNA)
    assert await deliver(world) == 1
    row = await world.row(offer.id)
    assert (row.state, row.telegram_id, row.sent_ms > 0) == (State.SENT, 1, True)
    assert (await world.kinds(ANNA))[-1] == "campaign_sent"
    record = await world.record(ANNA)
    assert record.state.sends == (row.sent_ms,)
    assert record.segment_after_ms == 0  # at once the person's segments are looked at, and shown, again
    shown = view(record.person_no, record.state, moment_of(record.hot))
    assert pack(shown, record.segments) == record.hot
    buttons = world.messenger.sent[0].body["buttons"]
    assert buttons == [[{"text": "VIP", "data": f"c:{offer.id}:offer:more"}]]


@pytest.mark.parametrize("no", ["/stop", "DUR", "consent:none"])
async def test_a_no_between_planning_and_sending_is_honoured(no: str) -> None:
    world = await ready(ANNA)
    (offer,) = await world.offers(ANNA)
    await (world.taps(ANNA, no) if ":" in no else world.says(ANNA, no))
    await world.apply()
    assert await deliver(world) == 0
    row = await world.row(offer.id)
    assert (row.state, row.reason, row.permit_ms) == (State.SUPPRESSED, "no_consent", 0)
    assert world.messenger.sent == []


async def test_a_block_between_planning_and_sending_is_honoured() -> None:
    world = await ready(ANNA)
    (offer,) = await world.offers(ANNA)
    await world.blocks(ANNA)
    await world.apply()
    assert await deliver(world) == 0
    assert (await world.row(offer.id)).reason == "blocked"


async def test_a_no_that_commits_while_the_pacer_is_asked_still_stops_the_message() -> None:
    """The door is asked in the marking transaction, after the slot was granted and not before."""
    world = await ready(ANNA)
    (offer,) = await world.offers(ANNA)

    class SlowPacer(type(world.pacer)):  # type: ignore[misc]  # the world's own pacer, with a pause
        async def grant(self, *args: object, **more: object) -> object:
            await world.says(ANNA, "/stop")
            await world.apply()
            return await world.pacer.grant(*args, **more)  # type: ignore[arg-type]  # passed on as it came

    assert await deliver(world, replace(world.sending, pacer=SlowPacer())) == 0
    assert (await world.row(offer.id)).state is State.SUPPRESSED
    assert world.messenger.sent == []


async def test_a_row_closed_while_the_pacer_is_asked_stays_closed() -> None:
    """An operator cancels it between the look into the queue and the permit."""
    world = await ready(ANNA)
    (offer,) = await world.offers(ANNA)

    class SlowPacer(type(world.pacer)):  # type: ignore[misc]  # the world's own pacer, with a pause
        async def grant(self, *args: object, **more: object) -> object:
            cancel = Move(offer.id, State.QUEUED, State.SUPPRESSED, reason="cancelled")
            await world.within(lambda tx: tx.ledger.move([cancel]))
            return await world.pacer.grant(*args, **more)  # type: ignore[arg-type]  # passed on as it came

    assert await deliver(world, replace(world.sending, pacer=SlowPacer())) == 0
    assert (await world.row(offer.id)).reason == "cancelled"
    assert world.messenger.sent == []


async def test_the_holdout_gets_nothing_even_if_somebody_planned_it() -> None:
    world = await ready(1009)
    (offer,) = await world.offers(1009)
    assert await deliver(world) == 0
    assert (await world.row(offer.id)).reason == "holdout"


async def test_two_messages_to_one_person_never_leave_within_the_cooldown() -> None:
    world = await ready(ANNA)
    first, second = [(await world.offers(ANNA, step=step))[0] for step in ("1", "2")]
    assert await deliver(world) == 1
    world.clock.advance(5)
    assert await deliver(world) == 0
    held = await world.row(second.id)
    assert (held.state, "cooldown" in held.reason) == (State.PLANNED, True)
    sent_ms = (await world.row(first.id)).sent_ms
    assert held.due_ms >= sent_ms + 6 * HOUR


async def test_a_held_message_leaves_as_soon_as_the_door_opens_and_counts_what_came_before() -> None:
    world = await ready(ANNA)
    await world.offers(ANNA, step="1")
    assert await deliver(world) == 1
    (later,) = await world.offers(ANNA, step="2", expires_ms=world.clock.now_ms() + DAY)
    world.clock.advance(5)
    assert await deliver(world) == 0
    held = await world.row(later.id)
    world.clock.advance((held.due_ms - world.clock.now_ms() - SECOND) / 1000)
    assert await deliver(world) == 0
    world.clock.advance(2)
    assert await deliver(world) == 1


async def test_quiet_hours_hold_a_message_until_morning_or_let_it_expire() -> None:
    world = await ready(ANNA, BORA, zone="Asia/Tokyo")
    world.clock.advance(6 * HOUR / 1000)
    now_ms = world.clock.now_ms()
    (long,) = await world.offers(ANNA, expires_ms=now_ms + DAY)
    (short,) = await world.offers(BORA, expires_ms=now_ms + HOUR)
    assert await deliver(world) == 0
    held, expired = await world.row(long.id), await world.row(short.id)
    assert (held.state, held.reason.endswith("; held by quiet_hours")) == (State.PLANNED, True)
    assert held.due_ms // HOUR * HOUR == held.due_ms
    assert held.due_ms // HOUR % 24 == 23  # 08:00 in Tokyo
    assert (expired.state, expired.reason) == (State.EXPIRED, "quiet_hours")


async def test_a_message_whose_time_is_over_expires_even_when_the_door_is_open() -> None:
    world = await ready(ANNA)
    (offer,) = await world.offers(ANNA, expires_ms=world.clock.now_ms())
    assert await deliver(world) == 0
    row = await world.row(offer.id)
    assert (row.state, row.reason) == (State.EXPIRED, "its time was over")


@pytest.mark.parametrize("switch", ["kill", f"pause:bot:{BOT}", "pause:campaign:opt"])
async def test_a_switch_holds_everything_until_it_is_turned_back(switch: str) -> None:
    world = await ready(ANNA)
    (offer,) = await world.offers(ANNA)
    await world.switch(switch, "by an operator")
    assert await deliver(world) == 0
    assert (await world.row(offer.id)).state is State.PLANNED
    await world.switch(switch, None)
    world.clock.advance(MINUTE / 1000)
    assert await deliver(world) == 1


async def test_a_lost_lease_sends_nothing_and_leaves_the_rows_to_the_new_holder() -> None:
    world = await ready(ANNA)
    (offer,) = await world.offers(ANNA)
    mine = await world.lease("one", ttl_ms=SECOND)
    world.clock.advance(2)
    theirs = await world.lease("two")
    assert theirs.epoch == mine.epoch + 1
    assert (await world.deliver(mine)).sent == 0
    assert world.messenger.sent == []
    assert (await world.row(offer.id)).state is State.QUEUED
    world.clock.advance(2)
    assert (await world.deliver(theirs)).sent == 1


async def test_without_the_shared_pacer_campaigns_halt() -> None:
    world = await ready(ANNA)
    (offer,) = await world.offers(ANNA)

    class LostPacer(type(world.pacer)):  # type: ignore[misc]  # as the one in Redis when Redis is gone
        async def grant(self, *args: object, **more: object) -> object:
            raise HotStoreError("Redis does not answer")

    with pytest.raises(HotStoreError):
        await deliver(world, replace(world.sending, pacer=LostPacer()))
    assert (await world.row(offer.id)).state is State.QUEUED
    assert world.messenger.sent == []


async def test_many_leave_evenly_and_each_once() -> None:
    people = tuple(range(2001, 2056))
    world = await ready(*people)
    await world.offers(*people)
    lease = await world.lease(ttl_ms=DAY)
    rounds = 0
    while (done := await world.deliver(lease)).wait_ms < IDLE_MS:
        rounds += 1
        world.clock.advance(done.wait_ms / 1000)
    assert rounds > 1
    assert sorted(one.chat_id for one in world.messenger.sent) == sorted(people)
    moments = sorted(one.at_ms for one in world.messenger.sent)
    assert all(later - earlier >= 1000 / 31 for earlier, later in zip(moments, moments[1:], strict=False))


async def test_an_empty_queue_rests_until_the_next_message_is_due() -> None:
    world = await ready(ANNA)
    lease = await world.lease()
    assert (await world.deliver(lease)).wait_ms == 300 * SECOND
    await world.offers(ANNA, due_ms=world.clock.now_ms() + 90 * SECOND)
    assert (await world.deliver(lease)).wait_ms == 90 * SECOND


async def test_every_counted_row_has_its_permit() -> None:
    people = tuple(range(2001, 2009))
    world = await ready(*people)
    offers = await world.offers(*people)
    await deliver(world)
    rows = [await world.row(offer.id) for offer in offers]
    assert all(row.permit_ms > 0 for row in rows if row.state in COUNTED)
    assert {row.state for row in rows} <= {State.SENT, State.QUEUED}
