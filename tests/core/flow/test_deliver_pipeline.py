"""The pipeline under load: it stops at once, heeds refusals, leaves no one behind, and pays what it may."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from adapters.memory import MemoryMessenger, MemoryPacer, MemoryStore
from core.errors import RateLimitedError, RejectedError, TransportError
from core.flow.deliver import MOST, DeliverDeps, Delivery
from core.ledger import HANDED_MS, LEAVES_MS, Message, State
from core.paid import stars_mark
from core.ports import Lease, PeopleList, Receipt
from core.posting import PostLimits
from core.strategy import Pace, Strategy
from tests.core.flow.test_deliver_step import ready
from tests.core.flow.worlds import ANNA, BORA, BOT, CEM, DAY, GROUP, HOUR, SECOND, World

CROWD = tuple(range(2001, 2081))


class Slow(MemoryMessenger):
    """Each request waits for its line and leaves at the last moment at which it may."""

    def __init__(self, world: World) -> None:
        super().__init__(world.clock.now_ms)
        self._clock = world.clock

    async def send(self, bot_id: int, chat_id: int, body: Mapping[str, object]) -> Receipt:
        await self._clock.sleep(LEAVES_MS / 1000)
        return await super().send(bot_id, chat_id, body)


class Lane:
    """A sender that runs while the clock goes on in small steps."""

    def __init__(self, world: World, deps: DeliverDeps, lease: Lease) -> None:
        self.world, self.lease = world, lease
        self.delivery = Delivery(deps, BOT)

    async def run(self, seconds: float) -> None:
        """Steps every 50 ms."""
        for _ in range(round(seconds / 0.05)):
            await self.world.through(self.delivery.step(self.lease))
            self.world.clock.advance(0.05)
            for _ in range(8):
                await asyncio.sleep(0)


async def lane(world: World, deps: DeliverDeps | None = None) -> Lane:
    return Lane(world, deps or world.sending, await world.lease(ttl_ms=DAY))


def test_two_seconds_after_a_stop_nothing_can_be_on_its_way() -> None:
    assert HANDED_MS + LEAVES_MS < 2 * SECOND


@pytest.mark.parametrize(
    "switch", ["kill", f"pause:bot:{BOT}", "pause:campaign:opt", "pause:segment:ENGAGED"]
)
async def test_a_stop_under_load_lets_nothing_leave_two_seconds_later(switch: str) -> None:
    world = await ready(*CROWD)
    await world.offers(*CROWD)
    slow = Slow(world)
    running = await lane(world, replace(world.sending, messenger=slow))
    await running.run(2)
    assert running.delivery.flying > 10, "no load: this run proves nothing"
    await world.switch(switch, "stop")
    stopped_ms = world.clock.now_ms()
    await running.run(4)
    assert stopped_ms < max(one.at_ms for one in slow.sent) < stopped_ms + 2 * SECOND
    left = len(slow.sent)
    assert running.delivery.flying == 0
    assert left < len(CROWD)
    await world.switch(switch, None)
    world.clock.advance(60)
    await running.run(6)
    assert sorted(one.chat_id for one in slow.sent) == sorted(CROWD)


async def test_a_step_waits_for_no_request() -> None:
    world = await ready(*CROWD)
    await world.offers(*CROWD)
    running = await lane(world, replace(world.sending, messenger=Slow(world)))
    before_ms = world.clock.now_ms()
    await running.delivery.step(running.lease)
    assert world.clock.now_ms() == before_ms
    assert 0 < running.delivery.flying <= MOST
    assert await world.through(running.delivery.finish()) > 0
    assert running.delivery.flying == 0


async def test_after_a_refusal_for_haste_nothing_leaves_before_its_end() -> None:
    """Neither what waits for its slot already, nor what comes later; and what stayed costs no attempt."""
    world = await ready(*CROWD)
    offers = await world.offers(*CROWD)
    running = await lane(world)
    await running.run(1)
    world.messenger.fail_next(RateLimitedError("slow down", retry_after_s=7))
    before = len(world.messenger.sent)
    while len(world.messenger.sent) == before:
        await running.run(0.05)
    refused_ms = world.messenger.sent[before].at_ms
    await running.run(20)
    after = world.messenger.sent[before + 1 :]
    assert min(one.at_ms for one in after) >= refused_ms + 7 * SECOND
    assert len(after) > 20
    rows = [await world.row(offer.id) for offer in offers]
    assert {row.attempts for row in rows if row.state is State.SENT} <= {1, 2}


async def test_what_the_door_holds_keeps_nobody_waiting_behind_it() -> None:
    """A whole broadcast is paused and stands in front: the line is sifted, and others go on at once."""
    world = await ready(*CROWD, ANNA)
    await world.offers(*CROWD, campaign="b:spring", priority=90.0, expires_ms=world.clock.now_ms() + DAY)
    (mine,) = await world.offers(ANNA)
    await world.switch("pause:campaign:b:spring", "by an operator")
    running = await lane(world)
    await running.run(2)
    assert [one.chat_id for one in world.messenger.sent] == [ANNA]
    assert (await world.row(mine.id)).state is State.SENT


async def test_stars_are_spent_up_to_the_cap_and_then_it_goes_on_for_free() -> None:
    world = await ready(*CROWD)
    offers = await world.offers(*CROWD)
    pacer = MemoryPacer(paid_rate=1_000.0)
    await pacer.grant(BOT, [], world.clock.now_ms())
    world.clock.advance(2)
    running = await lane(world, replace(world.sending, pacer=pacer, stars_a_day=3))
    await running.run(5)
    assert all([(await world.row(offer.id)).state is State.SENT for offer in offers])
    paid = [one for one in world.messenger.sent if one.body.get("paid")]
    assert len(paid) == 30  # a tenth of a Star each
    async with world.store.transaction(write=False) as tx:
        name = stars_mark(BOT, world.clock.now_ms())
        assert await tx.control.marks(name) == {name: "30"}
    assert len({one.at_ms // SECOND for one in world.messenger.sent if not one.body.get("paid")}) > 1


# ------------------------------------------------------------------------------------------- whose pace
STRATEGY = Strategy("ENGAGED", 1, 8, Pace(1, 2, 6), Pace(1, 1, 72), ("offer",))


async def twice(world: World, campaign: str, segment: str = "ENGAGED") -> Message:
    """A message that was sent, and the row of one that came seven hours later."""
    until_ms = world.clock.now_ms() + 30 * DAY
    await world.offers(ANNA, campaign=campaign, segment=segment, expires_ms=until_ms)
    assert (await world.deliver()).sent == 1
    world.clock.advance(7 * HOUR / 1000)
    (second,) = await world.offers(
        ANNA, campaign=campaign, segment=segment, step="2", expires_ms=until_ms, due_ms=world.clock.now_ms()
    )
    await world.deliver()
    return await world.row(second.id)


@pytest.mark.parametrize(
    ("campaign", "segment", "reasons"),
    [
        ("opt", "ENGAGED", "daily_limit cooldown"),
        ("b:spring", "ENGAGED", ""),
        ("j:welcome", "ENGAGED", ""),
        ("b:spring", "", "daily_limit cooldown"),
        ("b:spring", "DROPPED", "daily_limit cooldown"),
    ],
)
async def test_operators_messages_are_judged_by_the_ceiling_and_people_in_no_segment_by_the_plain_pace(
    campaign: str, segment: str, reasons: str
) -> None:
    world = await ready(ANNA)
    learned = replace(STRATEGY, pace=Pace(1, 1, 72), ceiling=Pace(1, 2, 6))
    await world.within(
        lambda tx: tx.knowledge.put_strategy(learned, world.clock.now_ms(), live=True, author="learner")
    )
    row = await twice(world, campaign, segment)
    if not reasons:
        assert row.state is State.SENT
    else:
        assert (row.state, row.reason) == (
            State.PLANNED,
            f"; held by {reasons}, after message 1 ({campaign})",
        )


async def test_a_content_for_old_acquaintances_waits_and_one_for_new_ones_is_too_late() -> None:
    world = await ready(ANNA, BORA)
    until_ms = world.clock.now_ms() + 30 * DAY
    (later,) = await world.offers(ANNA, body={"text": "x", "ages": [10, 0]}, expires_ms=until_ms)
    (never,) = await world.offers(BORA, body={"text": "x", "ages": [0, 1]}, expires_ms=until_ms)
    await world.deliver()
    waits, gone = await world.row(later.id), await world.row(never.id)
    first_ms = (await world.record(ANNA)).state.first_ms
    assert (waits.state, waits.reason) == (State.PLANNED, "; held by relation")
    assert first_ms + 10 * DAY <= waits.due_ms <= first_ms + 11 * DAY
    assert (gone.state, gone.reason) == (State.SUPPRESSED, "relation")


async def test_whoever_is_put_on_an_excluding_list_gets_nothing_more() -> None:
    world = await ready(ANNA)
    (offer,) = await world.offers(ANNA)
    number = await world.number(ANNA)
    async with world.store.transaction() as tx:
        await tx.lists.put(PeopleList("staff", excludes=True))
        await tx.lists.add("staff", [number], world.clock.now_ms(), author="ayse")
    await world.deliver()
    assert (await world.row(offer.id)).reason == "excluded"


async def test_the_installation_s_own_quiet_hours_hold() -> None:
    world = World(store=MemoryStore(quiet=(12, 14)))
    await world.settle(ANNA)
    await world.engage()
    await world.pacer.grant(BOT, [], world.clock.now_ms())
    world.clock.advance(2)  # 13:00 in Istanbul
    (offer,) = await world.offers(ANNA)
    await world.deliver()
    held = await world.row(offer.id)
    assert (held.reason, held.due_ms // HOUR % 24) == ("; held by quiet_hours", 11)


# ---------------------------------------------------------------------------------------------- groups
async def club(world: World) -> int:
    """A group in which people talk at this hour, and in which the bot may write; its number."""
    member = {"status": "administrator", "user": {"id": BOT, "is_bot": True, "first_name": "Bot"}}
    world.clock.advance(-2 * DAY / 1000)
    await world.arrives(
        {
            "my_chat_member": {
                "date": world.clock.now_ms() // 1000,
                "from": {"id": ANNA, "is_bot": False, "first_name": "Anna"},
                "chat": {"id": GROUP, "type": "supergroup", "title": "Club"},
                "old_chat_member": {"status": "left", "user": member["user"]},
                "new_chat_member": member,
            }
        }
    )
    for _ in range(3):
        await world.says_in_group(ANNA, "hello")
    await world.apply()
    world.clock.advance(2 * DAY / 1000)
    async with world.store.transaction(write=False) as tx:
        found = await tx.groups.find(GROUP)
    assert found is not None
    return found


async def post(world: World, group_no: int, step: str = "1") -> Message:
    """A broadcast's message to the group, due now."""
    new = replace(
        world.offer(GROUP, 0), campaign="b:spring", step=f"g{group_no}:{step}", group_no=group_no, segment=""
    )
    async with world.store.transaction() as tx:
        (added,) = await tx.ledger.add([new], world.clock.now_ms())
    assert added is not None
    return added


async def group_kinds(world: World, group_no: int) -> list[str]:
    async with world.store.transaction(write=False) as tx:
        return [item.event.kind for item in await tx.events.all_of_group(group_no)]


async def test_a_group_is_written_to_within_its_own_limits_and_remembers_it() -> None:
    world = await ready(ANNA)
    group_no = await club(world)
    first = await post(world, group_no)
    assert (await world.deliver(deps=replace(world.sending, posts=PostLimits()))).sent == 1
    assert (await world.row(first.id)).state is State.SENT
    assert [one.chat_id for one in world.messenger.sent] == [GROUP]
    assert (await group_kinds(world, group_no))[-1] == "campaign_posted"
    second = await post(world, group_no, "2")
    world.clock.advance(10)
    await world.deliver()
    held = await world.row(second.id)
    assert (held.state, "group_limit" in held.reason) in {(State.PLANNED, True), (State.EXPIRED, True)}


async def test_a_group_that_threw_the_bot_out_gets_nothing_more() -> None:
    world = await ready(ANNA)
    group_no = await club(world)
    first = await post(world, group_no)
    world.messenger.fail_next(RejectedError("kicked", code="kicked"))
    await world.deliver()
    assert (await world.row(first.id)).state is State.UNREACHABLE
    assert (await group_kinds(world, group_no))[-1] == "bot_removed"
    second = await post(world, group_no, "2")
    world.clock.advance(10)
    await world.deliver()
    assert (await world.row(second.id)).reason == "no_rights"


async def test_a_permit_that_ran_out_costs_no_attempt() -> None:
    world = await ready(CEM)
    (offer,) = await world.offers(CEM)

    class Far(type(world.pacer)):  # type: ignore[misc]  # a pacer that books later than it promises
        async def grant(self, *args: object, **more: object) -> object:
            grant = await world.pacer.grant(*args, **more)  # type: ignore[arg-type]  # passed on as it came
            return replace(grant, slots={chat: at + 1_500 for chat, at in grant.slots.items()})

    await world.deliver(deps=replace(world.sending, pacer=Far()))
    row = await world.row(offer.id)
    assert (row.state, row.attempts) == (State.RETRY, 0)
    world.messenger.fail_next(TransportError("no connection"))
    world.clock.advance(2)
    await world.deliver()
    assert (await world.row(offer.id)).attempts == 1
