"""Plans keep to the door, are logged with their chances and made once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.consent import DoorAsk, may_contact
from core.content import with_id
from core.errors import StoreError
from core.flow.plan import INSTALLED, PlanDeps, Planned, plan_due
from core.flow.segment import SegmentDeps, assess_due
from core.ledger import Message, Move, State
from core.ports import Decision, Transaction
from core.strategy import Caps
from tests.core.flow.test_segment_step import SPECS
from tests.core.flow.worlds import BOT, DAY, HELD_OUT, HOUR, MINUTE, NOW, World

HELD = int(HELD_OUT.value)
CROWD = tuple(range(2001, 2025))


def deps(world: World, seed: int = 5) -> PlanDeps:
    return PlanDeps(
        world.store, SPECS, lambda now_ms: np.random.default_rng([seed, now_ms]), {BOT: "Kairos Boutique"}
    )


async def town(*people: int, agreed: bool = True, zone: str = "Europe/Istanbul") -> World:
    """Interested people of an installation that is older than a day, assessed."""
    world = World()
    async with world.store.transaction() as tx:
        for spec in SPECS:
            await tx.knowledge.put_strategy(spec.strategy, NOW, live=True, author="file")
        await tx.control.set_switch(INSTALLED, str(NOW - 9 * DAY))
    if agreed:
        await world.settle(*people, zone=zone)
    for person in people:
        for words in ("hello", "what is the price of VIP?", "I want to buy"):
            await world.says(person, words)
    await world.apply()
    await assess_due(SegmentDeps(world.store, world.hot, SPECS), world.clock.now_ms())
    return world


async def queue(world: World) -> list[Message]:
    async with world.store.transaction(write=False) as tx:
        return await tx.ledger.queue(1000)


async def decisions(world: World) -> list[Decision]:
    async with world.store.transaction(write=False) as tx:
        return await tx.decisions.latest(1000)


async def test_people_with_open_hours_get_a_message_in_one_of_them() -> None:
    world = await town(*CROWD)
    done = await plan_due(deps(world), world.clock.now_ms())
    rows = await queue(world)
    assert done.people == len(CROWD)
    assert done.messages == len(rows) == done.why["planned"] > 0
    for row in rows:
        strategy = next(spec.strategy for spec in SPECS if spec.name == row.segment)
        async with world.store.transaction(write=False) as tx:
            facts = await tx.door_facts([row.person_no], [row.bot_id], world.clock.now_ms())
        pace = strategy.pace
        ask = DoorAsk(
            ("opt",),
            np.array([pace.period_days]),
            np.array([pace.daily_limit]),
            np.array([int(pace.cooldown_h * HOUR)]),
            np.ones(1, np.bool_),
            Caps(),
        )
        assert may_contact(facts, ask, row.due_ms).allowed.all()
        assert row.due_ms // HOUR == int(row.step)
        assert world.clock.now_ms() <= row.due_ms < row.expires_ms
        assert row.kind in strategy.kinds
        assert (row.chat_id in CROWD, row.bot_id, row.strategy_version) == (True, BOT, 1)
        assert "{first_name}" not in str(with_id(row.body, row.id))


async def test_every_message_has_its_decision_with_candidates_and_propensities() -> None:
    world = await town(*CROWD)
    await plan_due(deps(world), world.clock.now_ms())
    rows = {row.id: row for row in await queue(world)}
    logged = await decisions(world)
    assert sorted(one.message_id for one in logged) == sorted(rows)
    for one in logged:
        row = rows[one.message_id]
        slot, kind, chance, p = one.candidates[one.chosen]
        assert (slot, kind) == (int(row.step), row.kind)
        assert isinstance(chance, float)
        assert 0 < chance <= 1
        assert row.predicted == p
        total = sum(float(str(each[2])) for each in one.candidates)
        assert total <= 1 + 1e-3
        assert one.features["one"] == 1
        assert (one.segment, one.at_ms) == (row.segment, world.clock.now_ms())


async def test_only_the_likeliest_choice_is_said_to_promise_most() -> None:
    world = await town(*CROWD)
    await plan_due(deps(world), world.clock.now_ms())
    said = []
    for one in await decisions(world):
        likeliest = max(float(str(each[2])) for each in one.candidates)
        said.append((one.candidates[one.chosen][2] == likeliest, one.reason.endswith("promise most")))
    assert {promised for _, promised in said} == {True, False}
    assert all(best == promised for best, promised in said)


async def test_the_holdout_and_who_did_not_agree_are_never_planned_for() -> None:
    world = await town(HELD, *CROWD[:4])
    done = await plan_due(deps(world), world.clock.now_ms())
    assert done.people == 4
    assert HELD not in {row.chat_id for row in await queue(world)}
    unasked = await town(*CROWD[:4], agreed=False)
    assert await plan_due(deps(unasked), unasked.clock.now_ms()) == Planned()


async def test_who_blocked_the_bot_or_opted_out_is_not_planned_for() -> None:
    world = await town(*CROWD[:3])
    world.clock.advance(MINUTE / 1000)
    await world.blocks(CROWD[0])
    await world.says(CROWD[1], "/stop")
    await world.apply()
    await plan_due(deps(world), world.clock.now_ms())
    assert {row.chat_id for row in await queue(world)} <= {CROWD[2]}


async def test_who_belongs_to_no_segment_is_not_planned_for() -> None:
    """Agreed and reachable, but nothing is known to say to them."""
    world = await town(*CROWD[:3])
    async with world.store.transaction() as tx:
        records = await tx.people.load([1, 2, 3])
        await tx.people.save([replace(record, segments={}) for record in records.values()])
    done = await plan_due(deps(world), world.clock.now_ms())
    assert (done.people, done.messages) == (3, 0)


async def test_a_paused_campaign_plans_nothing() -> None:
    world = await town(*CROWD[:4])
    await world.switch("pause:campaign:opt", "by an operator")
    done = await plan_due(deps(world), world.clock.now_ms())
    assert (done.messages, done.why["no_open_hour"]) == (0, 4)


async def test_planning_again_adds_nothing_while_messages_wait() -> None:
    world = await town(*CROWD)
    first = await plan_due(deps(world), world.clock.now_ms())
    again = await plan_due(deps(world, seed=6), world.clock.now_ms())
    assert again == Planned()
    assert len(await queue(world)) == first.messages


async def test_a_slot_is_used_once_even_when_its_message_is_gone() -> None:
    """An expired row keeps its (campaign, person, step): the same hour is never planned twice."""
    world = await town(*CROWD)
    await plan_due(deps(world), world.clock.now_ms())
    rows = await queue(world)
    async with world.store.transaction() as tx:
        await tx.ledger.move([Move(row.id, State.PLANNED, State.EXPIRED) for row in rows])
        await tx.people.postpone({row.person_no: 0 for row in rows})
    await plan_due(deps(world), world.clock.now_ms())
    taken = {(row.person_no, row.step) for row in rows}
    assert not taken & {(row.person_no, row.step) for row in await queue(world)}
    assert len(await decisions(world)) == len(rows) + len(await queue(world))


async def test_the_same_dice_make_the_same_plan() -> None:
    first, second = await town(*CROWD), await town(*CROWD)
    for world in (first, second):
        await plan_due(deps(world), world.clock.now_ms())
    assert await queue(first) == await queue(second)


async def test_who_got_nothing_is_looked_at_later_and_a_sign_of_interest_brings_that_forward() -> None:
    world = await town(CROWD[0], zone="Europe/Istanbul")
    await world.switch("kill", "for now")
    assert (await plan_due(deps(world), world.clock.now_ms())).people == 1
    record = await world.record(CROWD[0])
    assert record.plan_after_ms > world.clock.now_ms()
    assert await plan_due(deps(world), world.clock.now_ms()) == Planned()
    await world.switch("kill", None)
    await world.pays(CROWD[0])
    await world.apply()
    assert (await plan_due(deps(world), world.clock.now_ms())).people == 1


async def test_a_new_installation_begins_with_fewer_messages() -> None:
    old, new = await town(*CROWD), await town(*CROWD)
    await new.switch(INSTALLED, str(new.clock.now_ms() - HOUR))
    many = await plan_due(deps(old), old.clock.now_ms())
    few = await plan_due(deps(new), new.clock.now_ms())
    assert few.messages <= many.messages
    assert few.why["learning_period"] > 0


async def test_a_plan_and_its_reasons_are_stored_together_or_not_at_all() -> None:
    world = await town(*CROWD)
    world.store.failing = True
    with pytest.raises(StoreError):
        await plan_due(deps(world), world.clock.now_ms())
    world.store.failing = False
    assert (await queue(world), await decisions(world)) == ([], [])


async def test_a_run_that_may_not_take_effect_plans_nothing() -> None:
    world = await town(*CROWD)

    async def refused(_: Transaction) -> bool:
        return False

    assert await plan_due(deps(world), world.clock.now_ms(), guard=refused) == Planned()
    assert await queue(world) == []


async def test_the_strategy_in_force_decides_not_the_file() -> None:
    """An operator made offers of hot leads as rare as can be: the planner keeps to the stored version."""
    world = await town(*CROWD)
    async with world.store.transaction() as tx:
        live = await tx.knowledge.strategies()
        for strategy in live.values():
            slow = replace(strategy, pace=replace(strategy.pace, period_days=30))
            await tx.knowledge.put_strategy(slow, NOW, live=True, author="operator")
    for person in CROWD:
        offer = (await world.offers(person, step="earlier"))[0]
        at_ms = world.clock.now_ms() - 3 * DAY
        async with world.store.transaction() as tx:
            await tx.ledger.move([Move(offer.id, State.PLANNED, State.SENDING, permit_ms=at_ms)])
            await tx.ledger.move([Move(offer.id, State.SENDING, State.SENT, sent_ms=at_ms)])
    done = await plan_due(deps(world), world.clock.now_ms())
    assert (done.people, done.messages) == (len(CROWD), 0)


async def test_a_bot_that_was_taken_out_of_the_settings_is_not_chosen() -> None:
    world = await town(*CROWD)
    world.clock.advance(MINUTE / 1000)
    for person in CROWD:
        await world.says(person, "/start", bot=77)
    await world.apply()
    assert (await plan_due(deps(world), world.clock.now_ms())).messages
    assert {row.bot_id for row in await queue(world)} == {BOT}
