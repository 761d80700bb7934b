"""What operators may change: each change commits together with its line in the audit trail.

Promises: a change that is none (paused already) changes nothing and leaves no line; a strategy beyond its
ceiling is refused. Switches live in SQL and are read by the door in the transaction that marks a message, so
a pause holds for every message that has not been marked yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.memory.hot import MemoryHot
from app.desk.views import StrategyVersion
from core.errors import NotFoundError, RefusedError
from core.flow.learn import LearnDeps, Learned, learn
from core.flow.plan import CAMPAIGN as OPTIMIZER
from core.flow.segment import SegmentDeps, Segmented, assess_due
from core.ledger import BROADCAST, JOURNEY
from core.ports import AuditEntry, Transaction

if TYPE_CHECKING:
    from app.desk.workspace import Workspace

KILL = "kill"


@dataclass(frozen=True, slots=True)
class Scope:
    """What is paused: everything, one bot, one campaign, or what is sent on account of one segment."""

    bot_id: int = 0
    campaign: str = ""
    segment: str = ""

    @property
    def switch(self) -> str:
        """The name of the switch in the store."""
        if self.bot_id:
            return f"pause:bot:{self.bot_id}"
        if self.segment:
            return f"pause:segment:{self.segment}"
        return f"pause:campaign:{self.campaign}" if self.campaign else KILL

    @property
    def words(self) -> str:
        """For a sentence."""
        if self.bot_id:
            return f"bot {self.bot_id}"
        if self.segment:
            return f"segment {self.segment}"
        return f"campaign {self.campaign}" if self.campaign else "all delivery"


class Commands:
    """Changes to one workspace by one operator."""

    def __init__(self, workspace: Workspace, actor: str) -> None:
        self._space = workspace
        self._actor = actor

    async def known_campaign(self, campaign: str) -> str:
        """The campaign; NotFoundError if nothing is sent under this name."""
        async with self._space.store.transaction(write=False) as tx:
            known = {OPTIMIZER, *(f"{JOURNEY}{name}" for name in await tx.journeys.newest())}
            known |= {f"{BROADCAST}{row.name}" for row in await tx.campaigns.by_state(())}
        if campaign not in known:
            raise NotFoundError(
                f"there is no campaign {campaign}; there are opt (the optimizer), b:BROADCAST and j:JOURNEY",
                next_step="manage_crm.py broadcast list, or manage_crm.py journey list",
            )
        return campaign

    async def pause(self, scope: Scope, reason: str = "") -> bool:
        """Stop campaigns of the scope; False if they are stopped already."""
        async with self._space.store.transaction() as tx:
            if scope.switch in await tx.control.switches():
                return False
            await tx.control.set_switch(scope.switch, reason or f"paused by {self._actor}")
            await self._audit(tx, "delivery.pause", scope.switch, {"reason": reason})
        return True

    async def resume(self, scope: Scope) -> bool:
        """Let campaigns of the scope go on; False if they were not stopped."""
        async with self._space.store.transaction() as tx:
            if scope.switch not in await tx.control.switches():
                return False
            await tx.control.set_switch(scope.switch, None)
            await self._audit(tx, "delivery.resume", scope.switch, {})
        return True

    async def make_live(self, segment: str, version: int, action: str) -> StrategyVersion:
        """Put a stored version of a strategy in force; RefusedError beyond its ceiling or if it is so."""
        async with self._space.store.transaction() as tx:
            history = await tx.knowledge.strategy_history(segment)
            known = {item[0].version: StrategyVersion(*item) for item in history}
            if version not in known:
                raise NotFoundError(
                    f"{segment} has no version {version}",
                    next_step=f"manage_crm.py strategy history {segment}",
                )
            wanted = known[version]
            check_version(wanted)
            await tx.knowledge.make_live(segment, version)
            live = next((one.strategy.version for one in known.values() if one.live), 0)
            await self._audit(tx, f"strategy.{action}", segment, {"from": live, "to": version})
        return wanted

    async def compute_segments(self) -> Segmented:
        """Assess everybody who is due. A running installation shows it in Redis with its next look."""
        deps = SegmentDeps(self._space.store, MemoryHot(), self._space.specs)
        people = entered = left = 0
        while (done := await assess_due(deps, self._space.clock.now_ms())).people:
            people, entered, left = people + done.people, entered + done.entered, left + done.left
        await self._note("segments.compute", "all", {"people": people})
        return Segmented(people, entered, left)

    async def learn_now(self) -> Learned:
        """Fit the model on what came back, as the periodic step does."""
        done = await learn(LearnDeps(self._space.store, self._space.specs), self._space.clock.now_ms())
        await self._note("learn.now", "response", {"version": done.model.version if done.model else 0})
        return done

    async def _note(self, action: str, target: str, detail: dict[str, object]) -> None:
        async with self._space.store.transaction() as tx:
            await self._audit(tx, action, target, detail)

    async def _audit(self, tx: Transaction, action: str, target: str, detail: dict[str, object]) -> None:
        now_ms = self._space.clock.now_ms()
        await tx.control.audit([AuditEntry(now_ms, self._actor, action, target, detail)])


def check_version(wanted: StrategyVersion) -> None:
    """RefusedError unless the version may be put in force."""
    strategy = wanted.strategy
    if wanted.live:
        raise RefusedError(f"version {strategy.version} of {strategy.segment} is in force already")
    if not strategy.pace.within(strategy.ceiling):
        raise RefusedError(
            f"version {strategy.version} of {strategy.segment} asks for more than its ceiling allows",
            next_step=f"manage_crm.py strategy diff {strategy.segment}",
        )
