"""Planning beside a capture that withdraws what it needs: people who left are left out."""

from __future__ import annotations

import asyncio

import asyncpg
import numpy as np

from core.flow.plan import PlanDeps, plan_due
from core.ports import Reach
from tests.core.flow.test_segment_step import SPECS
from tests.ports.conftest import opened
from tests.ports.worlds import BOT, NOW, consent, reachable
from tests.postgres import PostgresForTests

_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


async def test_a_block_that_commits_while_the_planner_waits_for_the_row_is_seen(
    postgres: PostgresForTests,
) -> None:
    url = await postgres.fresh_database()
    async with opened(url) as store:
        (anna,) = await reachable(store, 1)
        async with store.transaction() as tx:
            await tx.people.change_consent([consent(anna)])
            for spec in SPECS:
                await tx.knowledge.put_strategy(spec.strategy, NOW, live=True, author="file")
        deps = PlanDeps(store, SPECS, np.random.default_rng, {})
        watch = await asyncpg.connect(url.replace("+asyncpg", ""))
        async with store.transaction() as tx:
            await tx.people.set_reach([Reach(anna, BOT, 1, "blocked", NOW + 1, 0)])
            planning = asyncio.create_task(plan_due(deps, NOW))
            while not (await watch.fetchval(_WAITING) or planning.done()):
                pass
        await watch.close()
        assert (await planning).messages == 0
