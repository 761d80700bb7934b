"""A running installation: adapters and flow steps joined to services.

The same object runs production (`app.run`) and the demo (`app.demo`); they differ in clock, rhythm and where
Telegram is. Leaves to others: the periodic steps (`app.jobs`), what handlers ask (`app.visitors`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from adapters.telegram.poller import Poller, drained_mark
from adapters.telegram.tenure import PollLease
from adapters.telegram.webhook import WebhookWatch
from adapters.web.http import HttpLimits
from adapters.web.receiver import Probes, Receiver, ReceiverLimits
from app.broadcasting import TelegramBroadcasts
from app.campaigns import Campaigns
from app.desk.broadcasts import Broadcasts, Place
from app.jobs import Jobs
from app.metrics import Metrics
from app.parts import Conditions, Parts
from app.schedule import Schedule
from app.services import (
    Bell,
    Lane,
    Rhythm,
    Service,
    capture_service,
    erasure_service,
    handler_service,
    news_service,
    run_services,
    watch_service,
)
from app.visitors import Visitors, asks_to_be_forgotten, never_passed_over
from core.errors import ContentError, HotStoreError, KairosError, StoreError, TransportError
from core.event import InboxLane
from core.flow.capture import CaptureDeps, apply_pending
from core.flow.deliver import DeliverDeps
from core.flow.forget import ForgetDeps, request_erasure
from core.flow.handle import Handle, HandleDeps, by_itself
from core.flow.plan import INSTALLED
from core.flow.rebuild import Rebuilt, catch_up
from core.flow.reply import ReplyDeps
from core.identity import Identity
from core.keyed import suppression_hash
from core.ports import InboxRow, Transaction
from core.segment import SegmentSpec

if TYPE_CHECKING:
    from bot.answering import Answers

ROLES = ("bot", "sender", "scheduler")
FILE = "file"
"""Author of strategies that come from `strategies/*.yaml`."""
DAY_S, SOON_S = 86_400.0, 600.0
MANY = 8
"""As many times more handlers of taps and questions: each acknowledges at once, then mostly waits."""
BLIND_S = 120
"""Without news from Telegram for so much longer than a poll takes, campaigns wait."""


class Installation:
    """All services of one process. `start` once, then `run` until `stopping` is set."""

    def __init__(self, parts: Parts, conditions: Conditions, holder: str) -> None:
        self.parts = parts
        self.conditions = conditions
        self._holder = holder
        self._read = conditions.reading.reader(conditions.key)
        suppressed_as = partial(suppression_hash, conditions.key)
        self.capture = CaptureDeps(parts.store, parts.hot, self._read, suppressed_as)
        self._forget = ForgetDeps(parts.store, parts.hot, suppressed_as, parts.logs.scrub)
        reply = ReplyDeps(parts.store, parts.pacer, parts.messenger, parts.clock)
        self._visitors = Visitors(reply, parts.clients, conditions.language, self._wants_to_be_forgotten)
        self._arrived, self._erase = Bell(), Bell()
        self.pollers: list[Poller | WebhookWatch] = []
        self.receiver: Receiver | None = None
        self._lanes: list[Lane] = []
        self.campaigns = Campaigns(parts, conditions, self._planned)
        bounds = conditions.bounds
        desk = Place(self.campaigns.broadcasts, parts.clock, {}, bounds.rate_per_s)
        self.desk = Broadcasts(desk, "kairos")
        self._telegram = TelegramBroadcasts(desk, reply, conditions.operators, self._visitors.call)
        self.jobs = Jobs(parts, conditions, self._forget, self.campaigns, self._planned)
        self._schedule: Schedule | None = None
        self._ready = False
        self._started_ms = 0

    async def start(self) -> None:
        """Seed what an empty store lacks and bring the hot store level. HotStoreError without Redis."""
        now_ms = self.parts.clock.now_ms()
        async with self.parts.store.transaction() as tx:
            known = await tx.knowledge.strategies()
            for spec in self.parts.specs:
                await self._seed(tx, spec, live=spec.name not in known)
            await self.campaigns.take_files(tx, now_ms)
            if INSTALLED not in await tx.control.switches():
                await tx.control.set_switch(INSTALLED, str(now_ms))
        done = await self._level()
        self.parts.logs.analytics.info(
            "hot_store_level", people=done.people, groups=done.groups, whole=done.whole
        )

    async def _level(self) -> Rebuilt:
        try:
            return await catch_up(self.parts.store, self.parts.hot)
        except HotStoreError:  # an embedded one ends with the process that had it, perhaps just now
            await self.parts.revive()
            return await catch_up(self.parts.store, self.parts.hot)

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
        self._started_ms = parts.clock.now_ms()
        services = [watch_service((parts.store, parts.hot), parts.revive, parts.logs.analytics, self._rhythm)]
        of_roles = {
            "bot": self._bot_services,
            "sender": self._sender_services,
            "scheduler": self._scheduler_services,
        }
        for role in ROLES:
            services += of_roles[role]() if role in roles else []
        if "bot" in roles:
            await self.listen()
        polling = [asyncio.create_task(one.run(), name=f"updates:{one.bot_id}") for one in self.pollers]
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
        """What came in while all was ending takes effect as well: a clean stop leaves nothing."""
        while self.pollers and (await apply_pending(self.capture, self.parts.clock.now_ms())).rows:
            pass

    @property
    def _rhythm(self) -> Rhythm:
        return self.conditions.rhythm

    # ------------------------------------------------------------------ updates
    def _bot_services(self) -> list[Service]:
        parts, rhythm = self.parts, self._rhythm
        hooks = self.conditions.hooks
        self.pollers = [
            WebhookWatch(client, parts.store, parts.clock, hooks[client.bot_id])
            if client.bot_id in hooks
            else Poller(
                client,
                parts.store,
                parts.clock,
                self._arrived.ring,
                poll_s=rhythm.poll_timeout_s,
                lease=PollLease(self._holder, rhythm.lease_ms, rhythm.settle_s),
            )
            for client in parts.clients
        ]
        passed = partial(self._visitors.leave_nothing, self._read)
        deps = HandleDeps(parts.store, self._handler(), rhythm.handler_workers, self._who, passed)
        commands = Service("commands", self._offer_commands)
        told = [Service("broadcasts", self._telegram.watch)] if self.conditions.operators else []
        news = news_service(self.pollers, parts.logs.delivery, rhythm)
        if rhythm.lanes:
            many = replace(deps, workers=MANY * deps.workers)
            by_lane = {InboxLane.QUESTION: replace(many, who=by_itself), InboxLane.TAP: many}
            handlers = [
                handler_service(lane.name.lower(), by_lane.get(lane, deps), rhythm, Bell(), lane)
                for lane in InboxLane
            ]
        else:
            handlers = [handler_service("handlers", deps, rhythm, Bell())]
        bells = [one.bell for one in handlers]
        applied = capture_service(self.capture, parts.clock, rhythm, self._arrived, bells)
        return [applied, commands, news, *told, *handlers]

    async def listen(self) -> None:
        """Open the door for webhooks, health and metrics, if there is one; once. Raises SettingsError."""
        listen, parts = self.conditions.listen, self.parts
        if not listen.port or self.receiver is not None:
            return
        secrets = {bot_id: hook.secret for bot_id, hook in self.conditions.hooks.items()}
        limits = ReceiverLimits(HttpLimits(body=listen.max_body))
        metrics = Metrics(parts, self.jobs, lambda: self.pollers, lambda: receiver.status)
        probes = Probes(self._missing, metrics.figures, self.campaigns.follow)
        receiver = Receiver(parts.store, parts.clock, secrets, self._arrived.ring, limits, probes)
        await receiver.start(listen.host, listen.port)
        self.receiver = receiver

    async def _offer_commands(self) -> float:
        """Tell Telegram which commands there are; once a day, or soon again."""
        from bot.commands import command_lists

        try:
            for client in self.parts.clients:
                for asked in command_lists():
                    await client.call("setMyCommands", asked)
        except TransportError as error:
            self.parts.logs.analytics.warning("commands_not_set", kind=type(error).__name__)
            return SOON_S
        return DAY_S

    async def _missing(self) -> Sequence[str]:
        """What does not work now, by name."""
        missing = []
        try:
            async with self.parts.store.transaction(write=False) as tx:
                await tx.people.last_seq()
        except StoreError:
            missing.append("database")
        try:
            await self.parts.hot.ping()
        except HotStoreError:
            missing.append("redis")
        return missing + [f"updates of bot {one.bot_id}" for one in self.pollers if one.status["error"]]

    # ------------------------------------------------------------------ campaigns
    def _sender_services(self) -> list[Service]:
        parts = self.parts
        bounds = self.conditions.bounds
        deps = DeliverDeps(
            parts.store,
            parts.hot,
            parts.pacer,
            parts.messenger,
            parts.clock,
            caps=bounds.caps,
            plain=bounds.plain,
            posts=bounds.posts,
            stars_a_day=bounds.stars_a_day,
            link=self.campaigns.link,
        )
        self._lanes = [
            Lane(deps, face.bot_id, self._holder, self._rhythm, partial(self._caught_up, face.bot_id))
            for face in parts.faces
        ]
        return [lane.service for lane in self._lanes]

    def _planned(self) -> None:
        for lane in self._lanes:
            lane.service.bell.ring()

    async def _caught_up(self, bot_id: int) -> bool:
        """True when everything that waited at Telegram while nobody listened is stored and has taken effect,
        and nobody has been deaf for long: a /stop that we can't hear must hold campaigns too. All bots count,
        because a /stop to one covers all."""
        if not await self._hears():
            self._ready = False
            return False
        if self._ready:
            return True
        async with self.parts.store.transaction(write=False) as tx:
            self._ready = not await tx.inbox.pending(1)
        return self._ready

    async def _hears(self) -> bool:
        """Whether the updates of every bot have come in lately, here or in another process."""
        deaf_ms = self.parts.clock.now_ms() - (self._rhythm.poll_timeout_s + BLIND_S) * 1000
        deaf_ms = max(deaf_ms, self._started_ms)
        here = {one.bot_id: one for one in self.pollers if one.status["state"] != "standby"}
        elsewhere = [face.bot_id for face in self.parts.faces if face.bot_id not in here]
        if not all(one.drained and one.last_ok_ms >= deaf_ms for one in here.values()):
            return False
        if not elsewhere:
            return True
        async with self.parts.store.transaction(write=False) as tx:
            marks = await tx.control.marks("drained:")
        return all(int(marks.get(drained_mark(bot), "0")) >= deaf_ms for bot in elsewhere)

    def _scheduler_services(self) -> list[Service]:
        parts = self.parts
        self._schedule = Schedule(
            self.jobs.all(), parts.store, parts.clock, self._holder, self._rhythm.lease_ms
        )
        erasures = erasure_service(self._forget, parts.clock, parts.logs.analytics, self._rhythm, self._erase)
        return [Service("scheduler", self._schedule.step), erasures]

    async def _release(self) -> None:
        """Take no more, and give back what others may be waiting for."""
        if self.receiver is not None:
            await self.receiver.stop()
        for lane in self._lanes:
            await lane.release()
        if self._schedule is not None:
            await self._schedule.release()

    # ------------------------------------------------------------------ answers
    def _who(self, row: InboxRow) -> object:
        """The chat in which an update is answered: people take turns. What must not be passed over, however
        much else the same person has waiting, is alone."""
        try:
            captured = self._read(row)
        except ContentError:
            return row.id
        if captured.sender is None or never_passed_over(captured):
            return row.id
        return (row.bot_id, captured.sender.identity)

    def _handler(self) -> Handle:
        from bot.answering import Answers
        from bot.visitor import Terms

        conditions = self.conditions
        words, chats = conditions.reading.words, tuple(sorted(conditions.reading.vip))
        terms = Terms(conditions.accept_payments, conditions.vip_stars, words, chats)
        answers = Answers(
            self.parts.faces, self._visitors, self._visitors.find, terms, broadcaster=self._telegram
        )

        async def handle(row: InboxRow) -> None:
            if not await self._answered(answers, row):
                await self._visitors.leave_nothing(self._read, [row])

        return handle

    async def _answered(self, answers: Answers, row: InboxRow) -> bool:
        """Answer an update; whether its person is known, False also where the answer failed."""
        log = self.parts.logs.analytics
        try:
            captured = self._read(row)
            if captured.sender is None:
                return True
            if asks_to_be_forgotten(captured):  # noted whatever becomes of the answer
                await self._visitors.forget(captured.sender.identity)
            return await answers.handle(row, captured.sender)
        except StoreError:
            raise  # the answer could not be written down, so it was not given: it will be
        except KairosError as error:
            log.warning("answer_failed", kind=type(error).__name__, inbox=row.id)
        except Exception as error:  # noqa: BLE001 - a fault of one handler must not stop the others
            log.warning("handler_failed", kind=type(error).__name__, inbox=row.id)
        return False

    async def _wants_to_be_forgotten(self, identity: Identity) -> bool:
        known = await request_erasure(self.parts.store, identity, self.parts.clock.now_ms())
        self._erase.ring()
        return known
