"""The loops of a running installation: each step does a batch of work and says how long it may rest.

A store that is busy or out of reach for a moment is tried again with growing pauses; one that stays away, or
is full, ends the process with its sentence. What was not committed then is simply still waiting. A stop is
asked for, never forced: every step under way ends by itself, so no request is cut off after it has left.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from adapters.telegram.tenure import SETTLE_S
from core.errors import HotStoreError, StoreError
from core.event import InboxLane
from core.flow.capture import CaptureDeps, apply_pending
from core.flow.deliver import DeliverDeps, Delivered, Delivery, recover
from core.flow.forget import ForgetDeps, erase_asked
from core.flow.handle import HandleDeps, Handlers
from core.flow.rebuild import catch_up
from core.ports import Clock, HotStore, Lease, Store

PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0)
HOT_LOST_S = 2.0
READY_S = 0.5
STOP_S = 20.0
"""How long a stop waits for steps under way before it gives up on them."""

Step = Callable[[], Awaitable[float]]
"""Does a batch of work; returns the seconds that it may rest, 0 = there is more to do at once."""


class Log(Protocol):
    """What is used of a structured logger."""

    def info(self, event: str, **figures: Any) -> Any: ...
    def warning(self, event: str, **figures: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often idle loops look up; a simulation takes longer steps, because nobody else shares its store.
    `lanes`: each lane of the inbox has handlers of its own. settle_s: so long after taking a bot over, other
    processes hear every few seconds that nothing waits at Telegram."""

    lease_ms: int = 20_000
    idle_s: float = 1.0
    watch_s: float = 5.0
    poll_timeout_s: int = 25
    handler_workers: int = 16
    lanes: bool = True
    settle_s: float = SETTLE_S


@dataclass(slots=True)
class Bell:
    """Wakes one loop; rung any number of times, heard once."""

    _event: asyncio.Event = field(default_factory=asyncio.Event)

    def ring(self) -> None:
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Until rung, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()
        self._event.clear()


async def _nothing() -> None:
    """Nothing is left to end."""


@dataclass(frozen=True, slots=True)
class Service:
    """One loop: a name for errors, its step, the bell that wakes it, and what ends what it has begun."""

    name: str
    step: Step
    bell: Bell = field(default_factory=Bell)
    end: Callable[[], Awaitable[object]] = _nothing


async def run_services(services: Sequence[Service], clock: Clock, stopping: asyncio.Event) -> None:
    """Run all loops until `stopping` is set or one of them fails; then let all end what they are doing.

    Raises the first failure."""
    tasks = [asyncio.create_task(_loop(one, clock, stopping), name=one.name) for one in services]
    stop = asyncio.create_task(stopping.wait(), name="stop")
    try:
        await asyncio.wait({stop, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.set()
        stop.cancel()
        for one in services:
            one.bell.ring()
        _, late = await asyncio.wait(tasks, timeout=STOP_S)
        for task in late:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    failed = [one for one in ended if isinstance(one, Exception)]
    if failed:
        raise failed[0]


async def _loop(service: Service, clock: Clock, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        rest_s = await steady(clock, service.step)
        if rest_s > 0 and not stopping.is_set():
            await service.bell.wait(rest_s)
    await service.end()


async def steady(clock: Clock, step: Step) -> float:
    """Run one step; try again while the store is away for a moment. Raises the last StoreError."""
    for pause_s in PAUSES_S:
        try:
            return await step()
        except StoreError as error:
            if error.permanent:
                raise
        await clock.sleep(pause_s)
    return await step()


def capture_service(
    deps: CaptureDeps, clock: Clock, rhythm: Rhythm, arrived: Bell, answers: Sequence[Bell]
) -> Service:
    """Applies what was stored (whoever stores rings `arrived`), and rings for the handlers."""

    async def step() -> float:
        done = await apply_pending(deps, clock.now_ms())
        if done.rows:
            for bell in answers:
                bell.ring()
        if not done.flooded:
            return rhythm.idle_s
        if done.gather_s:
            await clock.sleep(done.gather_s)
        return 0.0

    return Service("capture", step, arrived)


def handler_service(
    name: str, deps: HandleDeps, rhythm: Rhythm, bell: Bell, lane: InboxLane | None = None
) -> Service:
    """Runs the handlers of what took effect: of the updates of one lane, or of all."""
    handlers = Handlers(deps, lane=lane, on_end=bell.ring)

    async def step() -> float:
        return 0.0 if (await handlers.step()).rows else rhythm.idle_s

    return Service(name, step, bell, handlers.finish)


def erasure_service(deps: ForgetDeps, clock: Clock, log: Log, rhythm: Rhythm, bell: Bell) -> Service:
    """Erases those who asked for it from the record and Redis; housekeeping finishes the files."""

    async def step() -> float:
        done = await erase_asked(deps, clock.now_ms())
        if done.erased:
            log.info("erased", people=done.erased, waiting=done.waiting)
        return HOT_LOST_S if done.left else rhythm.watch_s

    return Service("erasures", step, bell)


def watch_service(
    stores: tuple[Store, HotStore], revive: Callable[[], Awaitable[None]], log: Log, rhythm: Rhythm
) -> Service:
    """Notices a flushed, restarted or lagging Redis and makes it whole again from the record. Says when it is
    lost and when it is back."""
    store, hot = stores
    lost = False

    async def step() -> float:
        nonlocal lost
        try:
            await catch_up(store, hot, overlap=0)
        except HotStoreError:
            if not lost:
                log.warning("redis_lost")
            lost = True
            with contextlib.suppress(HotStoreError):
                await revive()
            return HOT_LOST_S
        if lost:
            log.info("redis_back")
        lost = False
        return rhythm.watch_s

    return Service("watch", step)


class Listener(Protocol):
    """Whatever brings a bot's updates: `status` has its `state` and `error`."""

    @property
    def bot_id(self) -> int: ...
    @property
    def status(self) -> Mapping[str, object]: ...


def news_service(listeners: Sequence[Listener], log: Log, rhythm: Rhythm) -> Service:
    """Says when a bot's updates stop coming in, and when they come again."""
    known: dict[int, str] = {}

    async def step() -> float:
        for one in listeners:
            state = str(one.status["state"])
            if state != known.get(one.bot_id, state) or (one.status["error"] and one.bot_id not in known):
                tell = log.warning if one.status["error"] else log.info
                tell("updates", bot=one.bot_id, state=state)
            known[one.bot_id] = state
        return rhythm.watch_s

    return Service("news", step)


class Lane:
    """Campaign delivery of one bot, by whichever process holds the bot's lane.

    `ready` holds it back at start until what people did meanwhile (a /stop, a block) has taken effect."""

    def __init__(
        self,
        deps: DeliverDeps,
        bot_id: int,
        holder: str,
        rhythm: Rhythm,
        ready: Callable[[], Awaitable[bool]],
    ) -> None:
        self._deps = deps
        self._ready = ready
        self._bot_id = bot_id
        self._holder = holder
        self._rhythm = rhythm
        self._lease: Lease | None = None
        self._epoch = 0
        bell = Bell()
        self._delivery = Delivery(deps, bot_id, bell.ring)
        self.service = Service(f"lane:{bot_id}", self._step, bell, self._delivery.finish)

    async def _step(self) -> float:
        lease = await self._hold()
        if lease is None:
            return self._rest(await self._delivery.step(None), self._rhythm.lease_ms / 4000)
        if not await self._ready():
            return self._rest(await self._delivery.step(None), READY_S)
        try:
            done = await self._delivery.step(lease)
        except HotStoreError:
            return HOT_LOST_S  # without the shared pacer campaigns halt; the watch brings Redis back
        if done.lost:
            self._lease = None
        return self._rest(done, self._rhythm.idle_s)

    @staticmethod
    def _rest(done: Delivered, at_most_s: float) -> float:
        return min(done.wait_ms / 1000, at_most_s)

    async def _hold(self) -> Lease | None:
        """Take or keep the lane; on taking over, close what the former holder left in between. Our own rows
        that are under way are left alone: nobody can have had them while the epoch is the same."""
        now_ms = self._deps.clock.now_ms()
        had = self._lease
        if had is not None and had.until_ms - now_ms > self._rhythm.lease_ms // 2:
            return had
        name = f"lane:{self._bot_id}"
        async with self._deps.store.transaction() as tx:
            lease = await tx.control.acquire(name, self._holder, now_ms, self._rhythm.lease_ms)
        if lease is not None:
            taken_over = lease.epoch != self._epoch
            await recover(self._deps.store, self._bot_id, now_ms, taken_over=taken_over)
            self._epoch = lease.epoch
        self._lease = lease
        return lease

    async def release(self) -> None:
        """Let another process take over at once."""
        if self._lease is not None:
            async with self._deps.store.transaction() as tx:
                await tx.control.release(self._lease)
            self._lease = None
