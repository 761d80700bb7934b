"""A campaign that harms stops itself, surely and once; only an operator lets it go on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.experiment import least_rate
from core.flow.guard import ALPHA, GuardDeps, harm, watch_harm
from core.ledger import Move, State
from core.ports import CampaignRow, HarmCount, Transaction
from tests.core.flow.worlds import DAY, HOUR, MINUTE, NOW, World

SPRING, SWITCH = "b:spring", "pause:campaign:b:spring"
BOUND = 0.02


def deps(world: World) -> GuardDeps:
    return GuardDeps(world.store, BOUND, 0.05)


async def harmful(
    world: World, sent: int, harmed: int, *, campaign: str = SPRING, how: str = "block"
) -> None:
    """So many messages of a campaign are sent now, and so many of their people block the bot or opt out."""
    now_ms = world.clock.now_ms()
    new = [
        replace(world.offer(9_000 + i, 9_000 + i), campaign=campaign, step=str(now_ms)) for i in range(sent)
    ]
    async with world.store.transaction() as tx:
        rows = [row for row in await tx.ledger.add(new, now_ms) if row is not None]
        await tx.ledger.move([Move(m.id, State.PLANNED, State.SENDING, permit_ms=now_ms) for m in rows])
        await tx.ledger.move([Move(m.id, State.SENDING, State.SENT, sent_ms=now_ms) for m in rows])
        await tx.ledger.harmed({m.id: (how, now_ms + MINUTE) for m in rows[:harmed]})


async def switches(world: World) -> dict[str, str]:
    return await world.within(lambda tx: tx.control.switches())


async def test_a_campaign_that_surely_harms_stops_itself_and_says_why() -> None:
    world = World()
    await harmful(world, 300, 24)
    done = await watch_harm(deps(world), NOW)
    why = "24 of 300 blocked (8.0 %, surely above 2 %)"
    assert done.stopped == {SPRING: why}
    assert (await switches(world))[SWITCH] == f"self-stop: {why}"
    [line] = await world.within(lambda tx: tx.control.audit_trail(10))
    assert (line.action, line.target, line.actor) == ("campaign.self-stop", SPRING, "kairos")


async def test_opt_outs_have_a_bound_of_their_own() -> None:
    world = World()
    await harmful(world, 300, 45, how="opt_out", campaign="opt")
    await harmful(world, 300, 15, how="opt_out", campaign="j:welcome")
    done = await watch_harm(deps(world), NOW)
    assert done.campaigns == 2
    assert list(done.stopped) == ["opt"]
    assert "45 of 300 opted out" in done.stopped["opt"]


async def test_a_harmless_campaign_and_one_of_few_messages_go_on() -> None:
    world = World()
    await harmful(world, 300, 6)
    await harmful(world, 29, 29, campaign="b:small")
    assert (await watch_harm(deps(world), NOW)).stopped == {}
    assert await switches(world) == {}


async def test_it_stops_once_and_leaves_one_line() -> None:
    world = World()
    await harmful(world, 300, 30)
    await watch_harm(deps(world), NOW)
    assert (await watch_harm(deps(world), NOW + MINUTE)).stopped == {}
    assert len(await world.within(lambda tx: tx.control.audit_trail(10))) == 1


async def test_after_an_operator_let_it_go_on_only_new_messages_count() -> None:
    world = World()
    await harmful(world, 300, 30)
    await watch_harm(deps(world), NOW)
    await world.switch(SWITCH, None)
    assert (await watch_harm(deps(world), NOW + HOUR)).stopped == {}
    world.clock.advance(2 * HOUR / 1000)
    await harmful(world, 200, 4)
    assert (await watch_harm(deps(world), NOW + 3 * HOUR)).stopped == {}
    world.clock.advance(HOUR / 1000)
    await harmful(world, 200, 30)
    assert list((await watch_harm(deps(world), NOW + 4 * HOUR)).stopped) == [SPRING]


async def test_what_is_longer_ago_than_seven_days_no_longer_counts() -> None:
    world = World()
    await harmful(world, 300, 30)
    await watch_harm(deps(world), NOW)
    await world.switch(SWITCH, None)
    await watch_harm(deps(world), NOW + HOUR)
    later = NOW + 8 * DAY
    assert (await watch_harm(deps(world), later)).campaigns == 0
    assert await world.within(lambda tx: tx.control.marks("guard:")) == {}


async def test_a_broadcast_of_which_nothing_is_left_is_not_stopped() -> None:
    world = World()
    await harmful(world, 300, 30)
    async with world.store.transaction() as tx:
        await tx.campaigns.add(CampaignRow("spring", "done", {}, "ayse", NOW, NOW))
    assert (await watch_harm(deps(world), NOW)).stopped == {}
    assert await switches(world) == {}


async def test_where_nothing_is_to_be_changed_nobody_waits_for_a_writing_transaction() -> None:
    world = World()
    await harmful(world, 300, 3)
    world.store.failing = True
    assert (await watch_harm(deps(world), NOW)).campaigns == 1


async def test_without_the_guards_leave_nothing_happens() -> None:
    world = World()
    await harmful(world, 300, 30)

    async def no(_: Transaction) -> bool:
        return False

    assert (await watch_harm(deps(world), NOW, no)).campaigns == 0
    assert await switches(world) == {}


# ------------------------------------------------------------------------------------------------ the bound
def stops(rng: np.random.Generator, rate: float, total: int) -> int:
    """The first of 100 looks at which a campaign of this true rate is stopped; 0 = never."""
    hits, deps = np.cumsum(rng.random(total) < rate), GuardDeps(World().store, BOUND)
    for sent in (total * look // 100 for look in range(1, 101)):
        if harm(HarmCount(sent, int(hits[sent - 1]), 0, 0), deps):
            return sent
    return 0


@pytest.mark.parametrize("total", [500, 5_000])
def test_a_campaign_at_the_bound_is_stopped_in_less_than_one_of_hundred_runs_of_100_looks(total: int) -> None:
    rng = np.random.default_rng(20_260_105)
    assert sum(stops(rng, BOUND, total) > 0 for _ in range(200)) <= 2


@pytest.mark.parametrize(("rate", "at_most"), [(0.2, 120), (0.1, 300), (0.04, 3_000)])
def test_real_harm_is_found_soon(rate: float, at_most: int) -> None:
    rng = np.random.default_rng(7)
    found = [stops(rng, rate, 5_000) for _ in range(100)]
    assert all(found)
    assert np.median(found) <= at_most


def test_the_lower_end_lies_below_what_was_seen_and_rises_with_evidence() -> None:
    ends = [least_rate(n // 20, n, ALPHA) for n in (20, 100, 1_000, 10_000, 1_000_000)]
    assert ends == sorted(ends)
    assert 0 < ends[0] < ends[-1] < 0.05
    assert ends[-1] == pytest.approx(0.05, abs=0.002)
    assert least_rate(0, 1_000) == 0.0
