"""What operators change takes effect at the door at once and leaves a line in the audit trail."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.desk.commands import Commands, Scope
from app.desk.queries import Queries
from app.desk.workspace import Workspace
from core.errors import NotFoundError, RefusedError
from core.ports import Store
from core.strategy import Pace
from tests.edges.console.town import NOW


async def trail(store: Store) -> list[tuple[str, str]]:
    async with store.transaction(write=False) as tx:
        return [
            (one.action, one.target) for one in await tx.control.audit_trail(10) if one.actor == "terminal"
        ]


@pytest.mark.parametrize(
    ("scope", "switch", "words"),
    [
        (Scope(), "kill", "all campaigns are stopped"),
        (Scope(bot_id=42), "pause:bot:42", "bot is paused"),
        (Scope(campaign="opt"), "pause:campaign:opt", "campaign is paused"),
    ],
)
async def test_a_pause_closes_the_door_until_it_is_resumed(
    store: Store, space: Workspace, scope: Scope, switch: str, words: str
) -> None:
    commands = Commands(space, "terminal")
    assert await commands.pause(scope, "maintenance")
    assert not await commands.pause(scope)
    door = (await Queries(space).why("1")).door
    assert not door.allowed and words in " ".join(door.reasons)
    assert await commands.resume(scope)
    assert not await commands.resume(scope)
    assert words not in " ".join((await Queries(space).why("1")).door.reasons)
    assert sorted(await trail(store)) == [("delivery.pause", switch), ("delivery.resume", switch)]


async def test_an_earlier_strategy_comes_back_and_one_beyond_the_ceiling_never(
    store: Store, space: Workspace
) -> None:
    seed = next(spec.strategy for spec in space.specs if spec.name == "HOT_LEAD")
    greedy = replace(seed, pace=Pace(1, 9, 0.0))
    async with store.transaction() as tx:
        for one, live in ((seed, False), (seed, True), (greedy, False)):
            await tx.knowledge.put_strategy(one, NOW, live=live, author="test")
    commands = Commands(space, "terminal")
    await commands.make_live("HOT_LEAD", 1, "rollback")
    history = await Queries(space).strategy_history("HOT_LEAD")
    assert [one.strategy.version for one in history if one.live] == [1]
    with pytest.raises(RefusedError, match="in force already"):
        await commands.make_live("HOT_LEAD", 1, "approve")
    with pytest.raises(RefusedError, match="ceiling"):
        await commands.make_live("HOT_LEAD", 3, "approve")
    with pytest.raises(NotFoundError):
        await commands.make_live("HOT_LEAD", 9, "approve")
    assert await trail(store) == [("strategy.rollback", "HOT_LEAD")]


async def test_segments_are_computed_and_the_model_learns_on_demand(store: Store, space: Workspace) -> None:
    commands = Commands(space, "terminal")
    done = await commands.compute_segments()
    assert done.people == 4 and done.entered > 0
    assert (await commands.compute_segments()).people == 0
    sizes = await Queries(space).segment_sizes()
    assert sizes["HOT_LEAD"] == 1 and sizes["COLD_LEAD"] >= 2
    learned = await commands.learn_now()
    assert learned.outcomes == 1 and learned.model is not None and learned.model.version == 2
    assert ("learn.now", "response") in await trail(store)
