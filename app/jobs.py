"""The periodic steps of an installation, as the schedule runs them: each is one flow step, again and again
until nobody is due, with its figures for the logs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from app.campaigns import Campaigns
from app.memory import Bounds, MemoryWatch, Watched, watch_memory
from app.parts import Conditions, Parts
from app.schedule import Job
from core.errors import HotStoreError
from core.flow.compare import compare_sample
from core.flow.forget import ForgetDeps, finish_erased
from core.flow.learn import LearnDeps, learn
from core.flow.plan import PlanDeps, plan_due
from core.flow.segment import SegmentDeps, assess_due
from core.flow.write import prune_texts
from core.plan import PlanParams
from core.ports import Guard

PEOPLE = 500
"""People assessed or planned for in one transaction; fewer were the last of those who are due."""


PRUNED = 5_000
"""Updates deleted in one transaction, so that nobody waits long for the database."""


class Jobs:
    """The steps; `planned` is told when there are new messages. `watched`: the last look at Redis' memory."""

    def __init__(
        self,
        parts: Parts,
        conditions: Conditions,
        forget: ForgetDeps,
        campaigns: Campaigns,
        planned: Callable[[], None],
    ) -> None:
        self._campaigns = campaigns
        self._parts = parts
        self._conditions = conditions
        self._forget = forget
        self._planned = planned
        self.watched: Watched | None = None
        bounds = Bounds(conditions.warn_share, conditions.act_share)
        self._memory = (
            MemoryWatch(parts.memory, parts.store, parts.logs.analytics, bounds) if parts.memory else None
        )
        self._names = {face.bot_id: face.name for face in parts.faces}

    def all(self) -> list[Job]:
        """In the order in which those of the same minute run."""
        crons = self._conditions.crons
        return [
            Job("segments", crons.segments, self._assess),
            Job("learn", crons.learn, self._learn),
            Job("plan", crons.plan, self._plan),
            Job("campaigns", crons.campaigns, self._campaigns.go_on),
            *([Job("write", crons.write, self._campaigns.write)] if self._parts.writer else []),
            Job("housekeeping", crons.housekeeping, self._keep_house),
            Job("compare", crons.compare, self._compare),
            *([Job("memory", crons.memory, self._look_at_memory)] if self._memory else []),
        ]

    async def assess_all(self, guard: Guard | None = None) -> int:
        """Assess everybody who is due; return how many."""
        parts = self._parts
        deps = SegmentDeps(parts.store, parts.hot, parts.specs)
        people, more = 0, True
        while more:
            done = await assess_due(deps, parts.clock.now_ms(), PEOPLE, guard)
            people, more = people + done.people, done.people == PEOPLE
            if done.people:
                parts.logs.segmentation.info(
                    "assessed", people=done.people, entered=done.entered, left=done.left
                )
        return people

    async def _assess(self, guard: Guard) -> None:
        await self.assess_all(guard)

    async def _learn(self, guard: Guard) -> None:
        parts = self._parts
        done = await learn(LearnDeps(parts.store, parts.specs), parts.clock.now_ms(), guard)
        version = done.model.version if done.model else 0
        parts.logs.analytics.info("learned", outcomes=done.outcomes, version=version)

    async def _plan(self, guard: Guard) -> None:
        parts, conditions = self._parts, self._conditions
        params = PlanParams(worth=conditions.worth, clear_share=1.0)
        deps = PlanDeps(
            parts.store,
            parts.specs,
            self._dice,
            self._names,
            conditions.bounds.caps,
            params,
            self._campaigns.links,
            conditions.language,
        )
        messages, more = 0, True
        while more:
            done = await plan_due(deps, parts.clock.now_ms(), PEOPLE, guard)
            messages, more = messages + done.messages, done.people == PEOPLE
            if done.people:
                parts.logs.delivery.info("planned", people=done.people, messages=done.messages, **done.why)
        if messages:
            self._planned()

    async def _keep_house(self, guard: Guard) -> None:
        """Delete updates that nobody can repeat any more and texts that nobody will be sent; make the files
        forget who was erased."""
        parts, now_ms = self._parts, self._parts.clock.now_ms()
        pruned, more = 0, True
        while more:
            async with parts.store.transaction() as tx:
                if not await guard(tx):
                    return
                gone = await tx.inbox.prune(now_ms - self._conditions.keep_ms, PRUNED)
            pruned, more = pruned + gone, gone == PRUNED
        texts = await prune_texts(parts.store, parts.specs, now_ms, guard)
        done = await finish_erased(self._forget, now_ms, guard)
        parts.logs.analytics.info(
            "kept_house", pruned=pruned, texts=texts, forgotten=done.done, left=list(done.left)
        )

    async def _compare(self, guard: Guard) -> None:
        """Hold a sample of what is hot against the record."""
        parts = self._parts
        async with parts.store.transaction() as tx:
            if not await guard(tx):
                return
        try:
            found = await compare_sample(parts.store, parts.hot, self._dice(parts.clock.now_ms()))
        except HotStoreError:
            return  # the watch brings Redis back, and fills it
        tell = (
            parts.logs.analytics.warning if found.differing or found.misfolded else parts.logs.analytics.info
        )
        tell(
            "compared",
            looked=found.looked,
            differing=found.differing,
            missing=found.missing,
            repaired=found.repaired,
            refolded=found.refolded,
            misfolded=len(found.misfolded) + len(found.misfolded_groups),
        )

    async def _look_at_memory(self, guard: Guard) -> None:
        if self._memory is not None:
            self.watched = await watch_memory(self._memory, self._parts.clock.now_ms(), guard) or self.watched

    def _dice(self, now_ms: int) -> np.random.Generator:
        seed = self._conditions.seed
        return np.random.default_rng(None if seed is None else [seed, now_ms])
