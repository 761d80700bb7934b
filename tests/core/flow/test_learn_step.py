"""Outcomes become a new version of the model, and nothing new becomes none."""

from __future__ import annotations

import pytest

from core.errors import StoreError
from core.flow.learn import MODEL, LearnDeps, learn
from core.flow.plan import plan_due
from core.learning.delay import HORIZON_MS
from core.learning.model import Model
from core.ledger import Message, Move, State
from core.ports import ModelVersion, Transaction
from tests.core.flow.test_plan_step import CROWD, deps, queue, town
from tests.core.flow.test_segment_step import SPECS
from tests.core.flow.worlds import DAY, HOUR, World


async def written_to() -> tuple[World, list[Message]]:
    """A crowd that has got its first messages by now."""
    world = await town(*CROWD)
    await plan_due(deps(world), world.clock.now_ms())
    rows = await queue(world)
    world.clock.advance((max(row.due_ms for row in rows) - world.clock.now_ms()) / 1000)
    async with world.store.transaction() as tx:
        for row in rows:
            await tx.ledger.move([Move(row.id, State.PLANNED, State.SENDING, permit_ms=row.due_ms)])
            await tx.ledger.move([Move(row.id, State.SENDING, State.SENT, sent_ms=row.due_ms)])
    return world, rows


def learning(world: World) -> LearnDeps:
    return LearnDeps(world.store, SPECS)


async def kept(world: World) -> ModelVersion | None:
    async with world.store.transaction(write=False) as tx:
        return await tx.knowledge.model(MODEL)


async def test_without_outcomes_there_is_nothing_to_learn() -> None:
    world = await town(*CROWD)
    done = await learn(learning(world), world.clock.now_ms())
    assert (done.model, done.outcomes) == (None, 0)
    assert await kept(world) is None


async def test_outcomes_become_a_version_that_counts_them() -> None:
    world, rows = await written_to()
    await world.taps(rows[0].chat_id, f"c:{rows[0].id}:{rows[0].kind}:more")
    await world.apply()
    done = await learn(learning(world), world.clock.now_ms() + HORIZON_MS)
    assert done.model is not None
    assert (done.model.version, done.outcomes) == (1, len(rows))
    counted = Model.from_body(done.model.body).counted
    assert counted.answers / counted.sends == pytest.approx(1 / len(rows), rel=0.05)


async def test_answers_raise_what_is_expected_and_silence_lowers_it() -> None:
    silent, rows = await written_to()
    eager, _ = await written_to()
    for row in rows:
        await eager.taps(row.chat_id, f"c:{row.id}:{row.kind}:more")
    await eager.apply()
    later_ms = silent.clock.now_ms() + HORIZON_MS
    for world in (silent, eager):
        await learn(learning(world), later_ms)
    low, high = await kept(silent), await kept(eager)
    assert low is not None
    assert high is not None
    assert Model.from_body(low.body).describe()["one"] < Model.from_body(high.body).describe()["one"]


async def test_nothing_new_makes_no_version() -> None:
    world, _ = await written_to()
    now_ms = world.clock.now_ms()
    assert (await learn(learning(world), now_ms)).model is not None
    aged = await learn(learning(world), now_ms + 3 * HOUR)
    assert aged.model is not None, "silence has grown older, which is news"
    over_ms = now_ms + HORIZON_MS + HOUR
    assert (await learn(learning(world), over_ms)).model is not None
    for hours in (1, 30):
        assert (await learn(learning(world), over_ms + hours * HOUR)).model is None
    found = await kept(world)
    assert found is not None
    assert found.version == 3


async def test_a_model_of_other_segments_is_replaced_although_nothing_happened() -> None:
    world, _ = await written_to()
    over_ms = world.clock.now_ms() + HORIZON_MS + HOUR
    await learn(learning(world), over_ms)
    assert (await learn(learning(world), over_ms)).model is None
    fewer = LearnDeps(world.store, SPECS[1:])
    done = await learn(fewer, over_ms)
    assert done.model is not None
    assert done.model.body["segments"] == [spec.name for spec in SPECS[1:]]


async def test_a_message_of_unknown_fate_is_an_outcome_and_one_that_never_left_is_none() -> None:
    world = await town(*CROWD)
    await plan_due(deps(world), world.clock.now_ms())
    first, second, *_ = await queue(world)
    async with world.store.transaction() as tx:
        for row in (first, second):
            await tx.ledger.move([Move(row.id, State.PLANNED, State.SENDING, permit_ms=row.due_ms)])
        await tx.ledger.move(
            [
                Move(first.id, State.SENDING, State.UNKNOWN),
                Move(second.id, State.SENDING, State.FAILED),
            ]
        )
    assert (await learn(learning(world), first.due_ms + HOUR)).outcomes == 1


async def test_a_run_that_may_not_take_effect_stores_no_version() -> None:
    world, _ = await written_to()

    async def refused(_: Transaction) -> bool:
        return False

    assert (await learn(learning(world), world.clock.now_ms(), guard=refused)).model is None
    assert await kept(world) is None


async def test_a_run_that_finds_nothing_new_still_takes_its_slot() -> None:
    """Else the same slot would be tried again and again until something happens."""
    world = await town(*CROWD)
    asked = []

    async def taken(_: Transaction) -> bool:
        asked.append(True)
        return True

    await learn(learning(world), world.clock.now_ms(), guard=taken)
    assert asked == [True]


async def test_a_database_that_fails_keeps_the_model_in_force() -> None:
    world, _ = await written_to()
    await learn(learning(world), world.clock.now_ms())
    before = await kept(world)
    world.store.failing = True
    with pytest.raises(StoreError):
        await learn(learning(world), world.clock.now_ms() + HOUR)
    world.store.failing = False
    assert await kept(world) == before


async def test_the_next_plan_is_made_with_the_newest_version() -> None:
    world, rows = await written_to()
    await learn(learning(world), world.clock.now_ms())
    async with world.store.transaction() as tx:
        await tx.people.postpone({row.person_no: 0 for row in rows})
    world.clock.advance(3 * DAY / 1000)
    await plan_due(deps(world), world.clock.now_ms())
    async with world.store.transaction(write=False) as tx:
        newest = (await tx.decisions.latest(1))[0]
    assert newest.model_version == 1
