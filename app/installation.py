"""A running installation: adapters and flow steps joined to services.

The same object runs production (`app.run`) and the demo (`app.demo`); they differ in clock, rhythm and where
Telegram is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from adapters.telegram.client import TelegramClient
from adapters.telegram.poller import Poller
from app.hot import WatchedHot
from app.schedule import Job, Schedule
from app.services import (
    Bell,
    Lane,
    Rhythm,
    Service,
    capture_service,
    handler_service,
    run_services,
    watch_service,
)
from app.updates import reader
from bot.visitor import BotFace, Visitor
from core.errors import ContentError, KairosError, StoreError
from core.flow.capture import CaptureDeps, apply_pending
from core.flow.deliver import DeliverDeps
from core.flow.handle import HandleDeps
from core.flow.learn import LearnDeps, learn
from core.flow.plan import INSTALLED, PlanDeps, plan_due
from core.flow.rebuild import catch_up
from core.flow.reply import Reply, ReplyDeps, reply
from core.flow.segment import SegmentDeps, assess_due
from core.identity import Identity
from core.learning.pace import Worth
from core.plan import PlanParams
from core.ports import Clock, Guard, InboxRow, Messenger, Pacer, Receipt, Store, Transaction
from core.segment import SegmentSpec
from core.strategy import Caps

ROLES = ("bot", "sender", "scheduler")
PEOPLE = 500
"""People assessed or planned for in one transaction; fewer were the last of those who are due."""
FILE = "file"
"""Author of strategies that come from `strategies/*.yaml`."""
BLIND_S = 120
"""Without a successful poll for so much longer than one takes, campaigns wait."""


class Log(Protocol):
    """What is used of a structured logger: a name of what happened, and figures. Never words of people."""

    def info(self, event: str, **figures: Any) -> Any: ...
    def warning(self, event: str, **figures: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Logs:
    """One logger a log file."""

    delivery: Log
    segmentation: Log
    analytics: Log


@dataclass(frozen=True, slots=True)
class Parts:
    """The adapters of an installation. `revive`: has a lost Redis started again, where it is ours."""

    store: Store
    hot: WatchedHot
    pacer: Pacer
    messenger: Messenger
    clients: Sequence[TelegramClient]
    faces: Sequence[BotFace]
    specs: Sequence[SegmentSpec]
    clock: Clock
    logs: Logs
    revive: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What settings say about how it runs. `seed` makes the planner's dice repeatable, None draws them."""

    granted_on_start: bool = False
    text_version: str = "1"
    language: str = "en"
    caps: Caps = field(default_factory=Caps)
    plan_cron: str = "*/5 * * * *"
    segments_cron: str = "*/5 * * * *"
    learn_cron: str = "0 */3 * * *"
    worth: Worth = field(default_factory=Worth)
    seed: int | None = None
    rhythm: Rhythm = field(default_factory=Rhythm)


class Installation:
    """All services of one process. `start` once, then `run` until `stopping` is set."""

    def __init__(self, parts: Parts, conditions: Conditions, holder: str) -> None:
        self.parts = parts
        self.conditions = conditions
        self._holder = holder
        self._names = {face.bot_id: face.name for face in parts.faces}
        self._read = reader(
            granted_on_start=conditions.granted_on_start, text_version=conditions.text_version
        )
        self.capture = CaptureDeps(parts.store, parts.hot, self._read)
        self._reply = ReplyDeps(parts.store, parts.pacer, parts.messenger, parts.clock)
        self._arrived, self._answer = Bell(), Bell()
        self.pollers: list[Poller] = []
        self._lanes: list[Lane] = []
        self._schedule: Schedule | None = None
        self._ready = False

    async def start(self) -> None:
        """Seed what an empty store lacks and bring the hot store level. HotStoreError without Redis."""
        now_ms = self.parts.clock.now_ms()
        async with self.parts.store.transaction() as tx:
            known = await tx.knowledge.strategies()
            for spec in self.parts.specs:
                await self._seed(tx, spec, live=spec.name not in known)
            if INSTALLED not in await tx.control.switches():
                await tx.control.set_switch(INSTALLED, str(now_ms))
        done = await catch_up(self.parts.store, self.parts.hot)
        self.parts.logs.analytics.info("hot_store_level", people=done.people, whole=done.whole)

    async def _seed(self, tx: Transaction, spec: SegmentSpec, *, live: bool) -> None:
        """The file's strategy as version 1; later, if it was edited, as a proposal that awaits approval."""
        history = await tx.knowledge.strategy_history(spec.name)
        former = next((item[0] for item in history if item[3] == FILE), None)
        if former is None or replace(former, version=0) != replace(spec.strategy, version=0):
            now_ms = self.parts.clock.now_ms()
            await tx.knowledge.put_strategy(spec.strategy, now_ms, live=live, author=FILE)

    async def run(self, stopping: asyncio.Event, roles: Sequence[str] = ROLES) -> None:
        """Run the services of these roles; returns when all have ended after `stopping` was set."""
        parts = self.parts
        services = [watch_service((parts.store, parts.hot), parts.revive, parts.clock, self._rhythm)]
        if "bot" in roles:
            services += self._bot_services()
        if "sender" in roles:
            services += self._sender_services()
        if "scheduler" in roles:
            services.append(self._scheduler_service())
        polling = [asyncio.create_task(one.run(), name=f"poller:{one.bot_id}") for one in self.pollers]
        for task in polling:
            task.add_done_callback(lambda _: stopping.set())
        try:
            await run_services(services, parts.clock, stopping)
        finally:
            for task in polling:
                task.cancel()
            ended = await asyncio.gather(*polling, return_exceptions=True)
            await self._release()
        for error in ended:
            if isinstance(error, Exception):
                raise error
        await self._apply_rest()

    async def _apply_rest(self) -> None:
        """What the pollers stored while all was ending takes effect as well: a clean stop leaves nothing."""
        while self.pollers and (await apply_pending(self.capture, self.parts.clock.now_ms())).rows:
            pass

    @property
    def _rhythm(self) -> Rhythm:
        return self.conditions.rhythm

    def _bot_services(self) -> list[Service]:
        parts = self.parts
        self.pollers = [
            Poller(client, parts.store, parts.clock, self._arrived.ring, poll_s=self._rhythm.poll_timeout_s)
            for client in parts.clients
        ]
        handle = HandleDeps(parts.store, self._handler(), self._rhythm.handler_workers, self._who)
        return [
            capture_service(self.capture, parts.clock, self._rhythm, self._arrived, self._answer),
            handler_service(handle, self._rhythm, self._answer),
        ]

    def _sender_services(self) -> list[Service]:
        parts = self.parts
        deps = DeliverDeps(
            parts.store, parts.hot, parts.pacer, parts.messenger, parts.clock, self.conditions.caps
        )
        self._lanes = [
            Lane(deps, face.bot_id, self._holder, self._rhythm, self._caught_up) for face in parts.faces
        ]
        return [lane.service for lane in self._lanes]

    def _scheduler_service(self) -> Service:
        parts = self.parts
        jobs = [
            Job("segments", self.conditions.segments_cron, self._assess),
            Job("learn", self.conditions.learn_cron, self._learn),
            Job("plan", self.conditions.plan_cron, self._plan),
        ]
        self._schedule = Schedule(jobs, parts.store, parts.clock, self._holder, self._rhythm.lease_ms)
        return Service("scheduler", self._schedule.step)

    async def _release(self) -> None:
        """Give back what others may be waiting for."""
        for lane in self._lanes:
            await lane.release()
        if self._schedule is not None:
            await self._schedule.release()

    async def _caught_up(self) -> bool:
        """True when everything that waited at Telegram while we were away is stored and has taken effect, and
        none of our pollers has been blind for long: a /stop that we can't hear must hold campaigns too."""
        blind_ms = self.parts.clock.now_ms() - (self._rhythm.poll_timeout_s + BLIND_S) * 1000
        if not all(poller.drained and poller.last_ok_ms >= blind_ms for poller in self.pollers):
            self._ready = False
            return False
        if self._ready:
            return True
        async with self.parts.store.transaction(write=False) as tx:
            self._ready = not await tx.inbox.pending(1)
        return self._ready

    # ------------------------------------------------------------------ periodic steps
    async def assess_all(self, guard: Guard | None = None) -> int:
        """Assess everybody who is due; return how many."""
        deps = SegmentDeps(self.parts.store, self.parts.hot, self.parts.specs)
        people, more = 0, True
        while more:
            done = await assess_due(deps, self.parts.clock.now_ms(), PEOPLE, guard)
            people, more = people + done.people, done.people == PEOPLE
            if done.people:
                self.parts.logs.segmentation.info(
                    "assessed", people=done.people, entered=done.entered, left=done.left
                )
        return people

    async def _assess(self, guard: Guard) -> None:
        await self.assess_all(guard)

    async def _learn(self, guard: Guard) -> None:
        done = await learn(LearnDeps(self.parts.store, self.parts.specs), self.parts.clock.now_ms(), guard)
        version = done.model.version if done.model else 0
        self.parts.logs.analytics.info("learned", outcomes=done.outcomes, version=version)

    async def _plan(self, guard: Guard) -> None:
        conditions = self.conditions
        params = PlanParams(worth=conditions.worth, clear_share=1.0)
        deps = PlanDeps(self.parts.store, self.parts.specs, self._dice, self._names, conditions.caps, params)
        messages, more = 0, True
        while more:
            done = await plan_due(deps, self.parts.clock.now_ms(), PEOPLE, guard)
            messages, more = messages + done.messages, done.people == PEOPLE
            if done.people:
                self.parts.logs.delivery.info(
                    "planned", people=done.people, messages=done.messages, **done.why
                )
        if messages:
            for lane in self._lanes:
                lane.service.bell.ring()

    def _dice(self, now_ms: int) -> np.random.Generator:
        seed = self.conditions.seed
        return np.random.default_rng(None if seed is None else [seed, now_ms])

    # ------------------------------------------------------------------ updates and answers
    def _who(self, row: InboxRow) -> object:
        """The chat in which an update is answered: people take turns."""
        try:
            sender = self._read(row).sender
        except ContentError:
            return row.id
        return (row.bot_id, sender.identity) if sender is not None else row.id

    def _handler(self) -> Any:
        from bot.answering import Answers

        answers = Answers(self.parts.faces, self, self._find_visitor)

        async def handle(row: InboxRow) -> None:
            try:
                sender = self._read(row).sender
                if sender is not None:
                    await answers.handle(row, sender)
            except StoreError:
                raise  # the answer could not be written down, so it was not given: it will be
            except KairosError as error:
                self.parts.logs.analytics.warning("answer_failed", kind=type(error).__name__, inbox=row.id)
            except Exception as error:  # noqa: BLE001 - a fault of one handler must not stop the others
                self.parts.logs.analytics.warning("handler_failed", kind=type(error).__name__, inbox=row.id)

        return handle

    async def answer(self, ask: Reply) -> Receipt | None:
        """`bot.visitor.Outbox`: a message of a handler goes through the ledger."""
        return await reply(self._reply, ask)

    async def call(self, bot_id: int, method: str, params: Mapping[str, object]) -> object:
        """`bot.visitor.Outbox`: an acknowledgement goes straight to Telegram."""
        client = next(one for one in self.parts.clients if one.bot_id == bot_id)
        return await client.call(method, params)

    async def _find_visitor(self, identity: Identity, client_language: str) -> Visitor:
        from bot.texts import pick

        async with self.parts.store.transaction(write=False) as tx:
            person_no = await tx.people.find(identity)
            records = await tx.people.load([person_no]) if person_no is not None else {}
        if person_no is None:
            return Visitor(identity, pick(client_language, self.conditions.language), consented=False)
        latest = records[person_no].state.latest
        chosen = latest.get("language", (0, ""))[1]
        language = pick(chosen, client_language, self.conditions.language)
        return Visitor(identity, language, consented=latest.get("consent", (0, ""))[1] == "given")
