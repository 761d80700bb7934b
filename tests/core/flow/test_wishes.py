"""What a person set for themselves holds from the plan to the permit, whatever strategy or operator wants."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.content import KINDS
from core.flow.plan import plan_due
from core.ledger import Move, State
from tests.core.flow.test_deliver_step import deliver, ready
from tests.core.flow.test_plan_step import CROWD, deps, queue, town
from tests.core.flow.worlds import ANNA, DAY, HOUR, World


async def wish(world: World, person: int, **values: str) -> None:
    """The registers that the fold of `preference_set` fills."""
    record = await world.record(person)
    latest = dict(record.state.latest) | {name: (1, value) for name, value in values.items()}
    async with world.store.transaction() as tx:
        await tx.people.save([replace(record, state=replace(record.state, latest=latest))])


async def test_kinds_that_people_do_not_want_are_not_planned() -> None:
    world = await town(*CROWD)
    for person in CROWD:
        await wish(world, person, muted="offer.reminder")
    await plan_due(deps(world), world.clock.now_ms())
    kinds = {row.kind for row in await queue(world)}
    assert kinds
    assert not kinds & {"offer", "reminder"}


async def test_who_wants_no_kind_at_all_gets_no_message() -> None:
    world = await town(*CROWD)
    for person in CROWD:
        await wish(world, person, muted=".".join(KINDS))
    done = await plan_due(deps(world), world.clock.now_ms())
    assert (done.messages, done.why["no_open_hour"]) == (0, len(CROWD))


async def test_plans_keep_to_the_hours_that_people_chose() -> None:
    world = await town(*CROWD)
    for person in CROWD:
        await wish(world, person, quiet="15-12")
    await plan_due(deps(world), world.clock.now_ms())
    rows = await queue(world)
    assert rows
    assert {(row.due_ms // HOUR + 3) % 24 for row in rows} <= {12, 13, 14}


@pytest.mark.parametrize(("days", "planned"), [("", True), ("1", True), ("7", False), ("30", False)])
async def test_plans_keep_to_the_pace_that_people_chose(days: str, planned: bool) -> None:
    world = await town(*CROWD)
    for person in CROWD:
        offer = (await world.offers(person, step="earlier"))[0]
        at_ms = world.clock.now_ms() - 3 * DAY
        async with world.store.transaction() as tx:
            await tx.ledger.move([Move(offer.id, State.PLANNED, State.SENDING, permit_ms=at_ms)])
            await tx.ledger.move([Move(offer.id, State.SENDING, State.SENT, sent_ms=at_ms)])
        await wish(world, person, frequency=days)
    done = await plan_due(deps(world), world.clock.now_ms())
    assert (done.messages > 0) is planned


async def test_a_message_planned_before_the_wish_is_suppressed_by_it() -> None:
    world = await ready(ANNA)
    (offer,) = await world.offers(ANNA)
    await wish(world, ANNA, muted="offer")
    await deliver(world)
    kept = await world.row(offer.id)
    assert (kept.state, kept.reason) == (State.SUPPRESSED, "topic")
    assert world.messenger.sent == []


async def test_a_message_planned_before_the_wish_waits_for_the_hours_of_it() -> None:
    world = await ready(ANNA)
    (offer,) = await world.offers(ANNA)
    await wish(world, ANNA, quiet="08-15")
    await deliver(world)
    kept = await world.row(offer.id)
    assert (kept.state, kept.due_ms % DAY) == (State.PLANNED, 12 * HOUR)
    assert kept.reason.endswith("quiet_hours")
    assert world.messenger.sent == []


async def test_one_message_a_day_means_one_even_where_the_strategy_allows_two() -> None:
    world = await ready(ANNA)
    await wish(world, ANNA, frequency="1")
    await world.offers(ANNA)
    await deliver(world)
    assert len(world.messenger.sent) == 1
    world.clock.advance(7 * HOUR / 1000)
    (second,) = await world.offers(ANNA, expires_ms=world.clock.now_ms() + 2 * DAY)
    await deliver(world)
    kept = await world.row(second.id)
    assert (kept.state, len(world.messenger.sent)) == (State.PLANNED, 1)
    assert kept.reason.endswith("frequency, after message 1 (opt)")
    world.clock.advance((kept.due_ms - world.clock.now_ms()) / 1000)
    assert await deliver(world) == 1
