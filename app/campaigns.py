"""What campaigns are made with: the steps of broadcasts, journeys, texts and self-stop, joined once.

Their contents, journeys and addresses come from one place, so that a link is written alike whoever sends it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from adapters.broadcasts import next_slot
from app.parts import Conditions, Parts
from app.tracking import follower, link_of, links_of
from core.catalog import take_files
from core.content import Link, Links
from core.flow import journey
from core.flow.broadcast import BroadcastDeps, expand_due
from core.flow.click import ClickDeps
from core.flow.deliver import expire_left_behind
from core.flow.guard import GuardDeps, watch_harm
from core.flow.journey import AdvanceDeps, EnrolDeps, Says, advance_due, enrol_due
from core.flow.write import WriteDeps, write_due
from core.ports import Guard, Transaction

TEXTS: Final = 20
"""Texts asked for in one run."""


class Campaigns:
    """Everything that sends on an operator's word. `planned` is told when there are new messages."""

    def __init__(self, parts: Parts, conditions: Conditions, planned: Callable[[], None]) -> None:
        self._parts = parts
        self._conditions = conditions
        self._planned = planned
        bounds = conditions.bounds
        self._names = {face.bot_id: face.name for face in parts.faces}
        self._usernames = {face.bot_id: face.username for face in parts.faces}
        self.broadcasts = BroadcastDeps(
            parts.store,
            parts.specs,
            self._names,
            next_slot,
            caps=bounds.caps,
            plain=bounds.plain,
            posts=bounds.posts,
            vip=conditions.reading.vip,
            language=conditions.language,
            links=self.links,
        )
        says = Says(parts.specs, self._names, self.links, conditions.language)
        self._advance = AdvanceDeps(parts.store, parts.hot, says)
        self._enrol = EnrolDeps(parts.store, parts.hot)
        self._guard = GuardDeps(parts.store, bounds.stop_blocks, bounds.stop_opt_outs)
        self._write = WriteDeps(parts.store, parts.specs, parts.writer, conditions.budget, clock=parts.clock)

    def links(self, bot_id: int, now_ms: int) -> Links:
        """How addresses are written now in what this bot sends."""
        key, track = self._conditions.key, bool(self._conditions.listen.public_url)
        return links_of(key, self._usernames.get(bot_id, ""), now_ms, track=track)

    @property
    def link(self) -> Link | None:
        """How a tracked address is written once its message has a number."""
        return link_of(self._conditions.key, self._conditions.listen.public_url)

    @property
    def follow(self) -> Callable[[str, bool], Awaitable[str | None]]:
        """Answers whoever opens a tracked link."""
        parts = self._parts
        return follower(ClickDeps(parts.store, parts.hot), self._conditions.key, parts.clock)

    async def take_files(self, tx: Transaction, now_ms: int) -> None:
        """Contents and journeys of files that the store does not know yet."""
        await take_files(tx, self._parts.specs, self._parts.contents, now_ms)
        await journey.take_files(tx, self._parts.journeys, now_ms)

    async def go_on(self, guard: Guard) -> None:
        """Whose turn it is in broadcasts and journeys; campaigns that do harm are stopped first."""
        await self._close_left_behind(guard)
        messages = await self._stop_harm(guard)
        messages += await self._enrol_all(guard)
        messages += await self._advance_all(guard)
        messages += await self._expand_all(guard)
        if messages:
            self._planned()

    async def write(self, guard: Guard) -> None:
        """Texts that are missing, within the budget."""
        if self._write.writer is None:
            return
        done = await write_due(self._write, self._parts.clock.now_ms(), TEXTS, guard)
        if done.asked or done.why:
            self._parts.logs.analytics.info(
                "wrote",
                asked=done.asked,
                approved=done.approved,
                waiting=done.waiting,
                left=done.left,
                why=done.why,
            )

    async def _close_left_behind(self, guard: Guard) -> None:
        parts, closed, more = self._parts, 0, bool(self._names)
        while more:
            gone = await expire_left_behind(parts.store, list(self._names), parts.clock.now_ms(), guard)
            closed, more = closed + gone, gone > 0
        if closed:
            parts.logs.delivery.warning("messages_of_bots_not_served", expired=closed)

    async def _stop_harm(self, guard: Guard) -> int:
        done = await watch_harm(self._guard, self._parts.clock.now_ms(), guard)
        for campaign in done.stopped:
            self._parts.logs.delivery.warning("campaign_stopped_itself", campaign=campaign)
        return 0

    async def _enrol_all(self, guard: Guard) -> int:
        people, entered, more = 0, 0, True
        while more:
            done = await enrol_due(self._enrol, self._parts.clock.now_ms(), guard=guard)
            people, entered, more = people + done.people, entered + done.entered, done.people > 0
        if entered:
            self._parts.logs.delivery.info("journeys_entered", people=people, entered=entered)
        return 0

    async def _advance_all(self, guard: Guard) -> int:
        people, messages, more = 0, 0, True
        while more:
            done = await advance_due(self._advance, self._parts.clock.now_ms(), guard=guard)
            people, messages, more = people + done.people, messages + done.messages, done.people > 0
            if done.unsaid or done.broken:
                self._parts.logs.delivery.warning(
                    "journeys_lack", contents=list(done.unsaid), versions=list(done.broken)
                )
        if messages:
            self._parts.logs.delivery.info("journeys_advanced", people=people, messages=messages)
        return messages

    async def _expand_all(self, guard: Guard) -> int:
        messages, more = 0, True
        step = partial(expand_due, self.broadcasts, guard=guard)
        while more:
            done = await step(self._parts.clock.now_ms())
            messages, more = messages + done.messages, done.more
            if done.people or done.done:
                self._parts.logs.delivery.info(
                    "broadcast",
                    people=done.people,
                    messages=done.messages,
                    done=list(done.done),
                    **{f"skipped_{reason}": n for reason, n in done.skipped.items()},
                )
        return messages
