"""One bot's sender: a pipeline of requests on their way, fed from the line and emptied into the ledger.

A step never waits for a request. It commits how requests ended, many at once; takes from the line what there
is room for; asks the pacer; permits; and lets the requests leave at their slots, each by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from core.errors import (
    HotStoreError,
    KairosError,
    RateLimitedError,
    RejectedError,
    StoreError,
    TransportError,
)
from core.flow.deliver.outcomes import close
from core.flow.deliver.parking import parked, unpark
from core.flow.deliver.permits import Permitted, permit, sift
from core.flow.deliver.values import UNAUTHORIZED_MS, DeliverDeps, Delivered, Flight, Result, Withheld
from core.ledger import HANDED_MS, UNAUTHORIZED, Message
from core.ports import Lease, Receipt

MOST: Final = 500
"""So many may be on their way at once: a thousand a second for 0.3 s of slots and 0.1 s of answers."""
QUEUED_AT_ONCE: Final = 2_000
LINE: Final = 400
LEAST: Final = 8
GREED: Final = 200
"""Between so few and so many chats the pacer is asked for at once: about twice what it granted last."""
ASK_MS: Final = 150
"""The pacer is asked again after this time at the earliest, so that permits are given many at once."""
STALE_MS: Final = 500
"""What was read of the line is read again after this time: something more important may have come."""
GATHER_MS: Final = 100
"""Outcomes wait for others so long at most, and only while many are on their way."""
PAUSED_MS: Final = 1_000
IDLE_MS: Final = 300_000
"""With an empty queue the lane looks again after this time, unless it is woken."""
COMMIT_PAUSES_S: Final = (0.2, 1.0, 3.0)
_BUSY: Final = 0.25
"""From this share of refused messages on the line is sifted before slots are asked for."""


def _nobody() -> None:
    """Nobody listens."""


class Delivery:
    """Delivery of one bot, by the process that holds its lane. `on_end` is called when a step is worth while
    because requests have ended."""

    def __init__(self, deps: DeliverDeps, bot_id: int, on_end: Callable[[], None] = _nobody) -> None:
        self._deps = deps
        self._bot_id = bot_id
        self._on_end = on_end
        self._line: list[Message] = []
        self._read_ms = 0
        self._next_ms: int | None = None
        self._sifting = False
        self._appetite = LEAST
        self._ask_ms = 0
        self._broke_ms = 0
        self._halts: dict[int, int] = {}
        self._flying: dict[int, asyncio.Task[Result]] = {}
        self._ended: list[Result] = []
        self._failed: BaseException | None = None

    @property
    def flying(self) -> int:
        """How many requests are on their way."""
        return len(self._flying)

    async def step(self, lease: Lease | None) -> Delivered:
        """Commit what has ended; with a lease also let more leave. Raises HotStoreError without the shared
        pacer: what is on its way ends all the same."""
        if self._failed is not None:
            raise self._failed
        sent = await self._close() if self._ripe() else 0
        if lease is None:
            return Delivered(sent, wait_ms=self._wait(IDLE_MS))
        done, wait_ms = await self._launch(lease)
        if done.lost:
            self._line = []
        return Delivered(sent, done.held, done.closed, self._wait(wait_ms), done.lost)

    async def finish(self) -> int:
        """Let end what is on its way and commit it, also if the store is away for a moment: what was sent
        must not turn `unknown` because of that. How many were sent."""
        await asyncio.gather(*self._flying.values(), return_exceptions=True)
        for pause_s in COMMIT_PAUSES_S:
            try:
                return await self._close()
            except StoreError as error:
                if error.permanent:
                    raise
            await self._deps.clock.sleep(pause_s)
        return await self._close()

    # ------------------------------------------------------------------ outcomes
    def _ripe(self) -> bool:
        """Whether what has ended is worth a transaction."""
        if not self._ended:
            return False
        many = 4 * len(self._ended) >= len(self._flying)
        return many or self._deps.clock.now_ms() - self._ended[0].at_ms >= GATHER_MS

    def _wait(self, wait_ms: int) -> int:
        return min(wait_ms, GATHER_MS) if self._ended else wait_ms

    async def _close(self) -> int:
        ended, self._ended = self._ended, []
        if not ended:
            return 0
        try:
            return await close(self._deps, self._bot_id, ended)
        except StoreError:
            self._ended = ended + self._ended
            raise

    def _landed(self, task: asyncio.Task[Result], message_id: int) -> None:
        del self._flying[message_id]
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            self._failed = error
        else:
            self._ended.append(task.result())
        if len(self._ended) <= 1 or self._ripe():
            self._on_end()

    # ------------------------------------------------------------------ permits
    async def _launch(self, lease: Lease) -> tuple[Permitted, int]:
        """Let leave what may; and when to look again."""
        now_ms = self._deps.clock.now_ms()
        room = MOST - len(self._flying)
        if now_ms < self._ask_ms or not room:
            return Permitted(), max(self._ask_ms - now_ms, GATHER_MS if not room else 1)
        wait_ms = await self._look(now_ms, lease)
        if not self._line:
            return Permitted(), wait_ms
        if self._sifting:
            return await self._sift(lease), 0
        return await self._ask(lease, self._line[: min(room, self._appetite)], now_ms)

    async def _ask(self, lease: Lease, wanted: Sequence[Message], now_ms: int) -> tuple[Permitted, int]:
        paid = self._deps.stars_a_day > 0 and now_ms >= self._broke_ms
        chats = [message.chat_id for message in wanted]
        grant = await self._deps.pacer.grant(self._bot_id, chats, now_ms, paid=paid)
        first = {message.chat_id: message for message in reversed(wanted)}
        chosen = [m for m in wanted if m.chat_id in grant.slots and first[m.chat_id] is m]
        self._appetite = _appetite(self._appetite, len(wanted), len(chosen))
        if len(chosen) < len(wanted):
            self._ask_ms = max(grant.retry_ms, now_ms + ASK_MS)
        if not chosen:
            return Permitted(), self._ask_ms - now_ms
        done = await permit(self._deps, chosen, grant.slots, lease, paid=paid)
        taken = {message.id for message in chosen}
        self._line = [message for message in self._line if message.id not in taken]
        self._sifting = done.held + done.closed > _BUSY * len(chosen)
        if done.broke:
            self._broke_ms, self._read_ms = _tomorrow(now_ms), 0
        for flight in done.flights:
            self._leave(flight)
        return done, max(0, self._ask_ms - self._deps.clock.now_ms())

    async def _sift(self, lease: Lease) -> Permitted:
        rows = self._line
        self._line, done = await sift(self._deps, rows, lease)
        self._read_ms = self._deps.clock.now_ms() if self._line else 0
        self._sifting = done.held + done.closed > _BUSY * len(rows)
        return done

    async def _look(self, now_ms: int, lease: Lease) -> int:
        """Know the line; when it is empty, how long that will last."""
        if self._line and now_ms - self._read_ms < STALE_MS:
            return 0
        async with self._deps.store.transaction(write=False) as tx:
            switches = await tx.control.switches()
            stopped = _stopped(switches, self._bot_id, now_ms)
            pauses = await parked(tx, self._bot_id)
            self._line = [] if stopped else await tx.ledger.line(self._bot_id, self._reach())
            next_ms = await tx.ledger.next_due_ms(self._bot_id)
        self._read_ms = now_ms
        if stopped:
            return PAUSED_MS
        over = sorted(pauses - switches.keys())
        if over or (next_ms is not None and next_ms <= now_ms):
            return await self._refill(now_ms, lease, over[:1])
        wait_ms = IDLE_MS if next_ms is None else next_ms - now_ms
        return min(wait_ms, PAUSED_MS) if pauses else wait_ms

    async def _refill(self, now_ms: int, lease: Lease, over: Sequence[str]) -> int:
        """Let what is due stand in line; first what a pause has held that is over."""
        async with self._deps.store.transaction() as tx:
            if over and not await tx.control.check(lease, now_ms):
                self._line = []
                return PAUSED_MS
            for pause in over:
                await unpark(tx, self._bot_id, pause, now_ms)
            await tx.ledger.queue_due(self._bot_id, now_ms, QUEUED_AT_ONCE)
            self._line = await tx.ledger.line(self._bot_id, self._reach())
        return 0

    def _reach(self) -> int:
        """How much of the line is read: more than is asked for at once."""
        return min(max(LINE if self._sifting else 4 * self._appetite, 50), LINE)

    # ------------------------------------------------------------------ requests
    def _leave(self, flight: Flight) -> None:
        message_id = flight.message.id
        task = asyncio.create_task(self._fly(flight), name=f"message:{message_id}")
        self._flying[message_id] = task
        task.add_done_callback(lambda done: self._landed(done, message_id))

    async def _fly(self, flight: Flight) -> Result:
        clock = self._deps.clock
        wait_ms = flight.slot_ms - clock.now_ms()
        if wait_ms > 0:
            await clock.sleep(wait_ms / 1000)
        now_ms = clock.now_ms()
        ended = self._withheld(flight, now_ms) or await self._send(flight)
        halt_ms = 0 if isinstance(ended, Receipt) else await self._heed(flight, ended)
        return Result(flight, ended, clock.now_ms(), halt_ms)

    def _withheld(self, flight: Flight, now_ms: int) -> Withheld | None:
        """A request whose slot comes after a refusal of another one, or too late after its permit, does not
        leave."""
        halt_ms = max(self._halts.get(0, 0), self._halts.get(flight.chat_id, 0))
        if now_ms < halt_ms:
            return Withheld("rate limit", due_ms=halt_ms)
        if now_ms - flight.permit_ms > HANDED_MS:
            return Withheld("the permit ran out before the request left", due_ms=now_ms)
        return None

    async def _send(self, flight: Flight) -> Receipt | TransportError:
        try:
            return await self._deps.messenger.send(self._bot_id, flight.chat_id, flight.body)
        except TransportError as error:
            return error
        except KairosError as error:  # nothing left: the message itself or its bot is not fit to be sent
            return RejectedError(str(error), code="other")

    async def _heed(self, flight: Flight, error: TransportError) -> int:
        """Stop at once what Telegram wants stopped; until when that is the whole bot, 0 = not. Redis may be
        lost: the halt stands in the record too, and without the pacer nothing is sent anyway."""
        now_ms, chat_id = self._deps.clock.now_ms(), flight.chat_id
        if isinstance(error, RejectedError) and error.code == UNAUTHORIZED:
            self._halts[0] = now_ms + UNAUTHORIZED_MS
            return self._halts[0]
        if not isinstance(error, RateLimitedError):
            return 0
        until_ms = now_ms + int(error.retry_after_s * 1000)
        whom = chat_id if chat_id < 0 else 0
        self._halts[whom] = max(self._halts.get(whom, 0), until_ms)
        with suppress(HotStoreError):
            until_ms = await self._deps.pacer.limited(self._bot_id, chat_id, error.retry_after_s, now_ms)
        self._halts[whom] = max(self._halts[whom], until_ms)
        return 0 if whom else until_ms


def _appetite(appetite: int, wanted: int, granted: int) -> int:
    """For how many the pacer is asked next: more when all were granted, or when none was because others may
    go where these may not."""
    if granted == wanted or not granted:
        return min(GREED, 2 * appetite)
    return max(LEAST, min(GREED, 2 * granted))


def _stopped(switches: dict[str, str], bot_id: int, now_ms: int) -> bool:
    """Whether the whole bot is stopped: its messages keep their places in line."""
    halted = int(switches.get(f"halt:{bot_id}", "0")) > now_ms
    return halted or "kill" in switches or f"pause:bot:{bot_id}" in switches


def _tomorrow(now_ms: int) -> int:
    day_ms = 86_400_000
    return (now_ms // day_ms + 1) * day_ms
