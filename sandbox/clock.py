"""The town's clock: an asyncio loop whose time moves only when nothing else can.

Promises: `loop.time()` starts at 0.0 and jumps to the next timer only when no callback is ready, no
file descriptor has news and nothing is in flight outside the loop (`busy()` is 0). However long a
query, a child process or a request takes on the wall clock, it takes no time in the town. Two timers
never share an instant, so all that one of them sets off has ended before the next one fires; that
makes runs repeatable.

Leaves to others: counting what is in flight (`busy` is given by whoever does the I/O). Work handed to
the loop's own executor is counted here, because asyncio itself uses it unasked.
"""

import asyncio
import selectors
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

TICKS_PER_SECOND = 10_000_000
"""Resolution of the town's time: 1e-7 s, fine enough to tell timers apart, exact in milliseconds."""

_LOOK_AGAIN_S = 0.2
_PRUNE_FLOOR = 1024


class TownDeadlockError(RuntimeError):
    """The town stands still: no timer, nothing in flight, nothing ready, and somebody still waits."""


class TownStalledError(RuntimeError):
    """Something in flight outside the loop has not come back for far too long."""


@dataclass(slots=True)
class Patience:
    """How long, in real seconds, the town waits before it calls a silence a fault."""

    deadlock_s: float = 5.0
    stall_s: float = 120.0


class Parking:
    """Counts requests that are open on the wire but merely wait for the town's time to pass.

    A client counts a request as in flight while it is open. When the server holds it on purpose (a
    long poll, simulated latency, an injected time-out), time must be allowed to move, so what blocks
    the clock is `in flight - parked`.
    """

    __slots__ = ("parked",)

    def __init__(self) -> None:
        self.parked = 0

    @contextmanager
    def park(self) -> Iterator[None]:
        """Mark the current request as waiting for time; leave it before the answer is written."""
        self.parked += 1
        try:
            yield
        finally:
            self.parked -= 1

    @contextmanager
    def carry(self) -> Iterator[None]:
        """The opposite: the server itself has a request open (a webhook's), so time must not move."""
        self.parked -= 1
        try:
            yield
        finally:
            self.parked += 1


class _TownSelector(selectors.BaseSelector):
    """Waits for the town instead of for the wall clock; all else is the system's own selector."""

    def __init__(self, inner: selectors.BaseSelector) -> None:
        self._inner = inner
        self.loop: TownLoop | None = None

    def register(self, fileobj: "FileDescriptorLike", events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.register(fileobj, events, data)

    def unregister(self, fileobj: "FileDescriptorLike") -> selectors.SelectorKey:
        return self._inner.unregister(fileobj)

    def modify(self, fileobj: "FileDescriptorLike", events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.modify(fileobj, events, data)

    def get_map(self) -> Any:
        return self._inner.get_map()

    def get_key(self, fileobj: "FileDescriptorLike") -> selectors.SelectorKey:
        return self._inner.get_key(fileobj)

    def close(self) -> None:
        self._inner.close()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.loop is None or (timeout is not None and timeout <= 0):
            return self._inner.select(0)
        return self.loop.wait_in_town(timeout, self._inner.select)


_Select = Callable[[float], list[tuple[selectors.SelectorKey, int]]]


class TownLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop on virtual time, in seconds since the loop was made.

    `busy` returns how many things are in flight outside the loop. `pace` is how many virtual seconds
    may pass in a real one (None: as fast as possible); it delays what happens and changes nothing of it.
    """

    def __init__(
        self,
        busy: Callable[[], int],
        *,
        pace: float | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._ticks = 0
        self._busy = busy
        self._patience = patience or Patience()
        self._executing = 0
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._next_free: dict[int, int] = {}
        self._prune_at = _PRUNE_FLOOR
        self._not_before = time.monotonic()
        self.pace = pace
        selector = _TownSelector(selectors.DefaultSelector())
        super().__init__(selector)
        # One timer a tick: asyncio fires all that lie below time() + resolution together.
        self._clock_resolution = 0.5 / TICKS_PER_SECOND
        selector.loop = self

    @property
    def ticks(self) -> int:
        """Virtual time as whole ticks; the exact form of `time()`."""
        return self._ticks

    def time(self) -> float:
        return self._ticks / TICKS_PER_SECOND

    def in_flight(self) -> int:
        """What holds the clock: the given count and the loop's own executor jobs."""
        return self._busy() + self._executing

    # -- timers, one an instant ------------------------------------------------------------------

    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        tick = self._free_tick(max(round(when * TICKS_PER_SECOND), self._ticks))
        handle = super().call_at(tick / TICKS_PER_SECOND, callback, *args, context=context)
        self._timers[tick] = handle
        return handle

    def call_later(
        self,
        delay: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def _free_tick(self, wanted: int) -> int:
        """The first instant from `wanted` on that no timer has, in the order of asking."""
        if len(self._timers) >= self._prune_at:
            self._prune()
        if wanted not in self._timers:
            return wanted
        tick = self._next_free.get(wanted, wanted + 1)
        while tick in self._timers:
            tick = self._next_free.get(tick, tick + 1)
        self._next_free[wanted] = tick + 1
        return tick

    def _prune(self) -> None:
        self._timers = {
            tick: handle
            for tick, handle in self._timers.items()
            if tick > self._ticks and not handle.cancelled()
        }
        self._next_free.clear()
        self._prune_at = max(_PRUNE_FLOOR, 2 * len(self._timers))

    # -- threads ---------------------------------------------------------------------------------

    def run_in_executor(self, executor: Any, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        future: asyncio.Future[T] = super().run_in_executor(executor, func, *args)
        self._executing += 1
        future.add_done_callback(self._executed)
        return future

    def _executed(self, _future: asyncio.Future[T]) -> None:
        self._executing -= 1

    # -- waiting ---------------------------------------------------------------------------------

    def wait_in_town(self, timeout: float | None, select: _Select) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for real I/O while anything is in flight; else move time by `timeout` virtual seconds."""
        waiting_since = time.monotonic()
        while True:
            flying = self.in_flight()
            if flying <= 0 and timeout is not None:
                return select(0) or self._move(timeout, select)
            events = select(_LOOK_AGAIN_S)
            if events:
                return events
            waited = time.monotonic() - waiting_since
            if flying <= 0 and waited >= self._patience.deadlock_s:
                raise TownDeadlockError(self._who_waits("nothing is in flight and no timer is set"))
            if flying > 0 and waited >= self._patience.stall_s:
                raise TownStalledError(self._who_waits(f"{flying} in flight have not come back"))

    def _move(self, timeout: float, select: _Select) -> list[tuple[selectors.SelectorKey, int]]:
        if self.pace is not None:
            may_move_at = self._not_before + timeout / self.pace
            while (left := may_move_at - time.monotonic()) > 0:
                if events := select(min(left, _LOOK_AGAIN_S)):
                    return events
            # Real time lost to work is caught up, but no more than a second of it.
            self._not_before = max(may_move_at, time.monotonic() - 1.0)
        self._ticks += max(1, round(timeout * TICKS_PER_SECOND))
        return []

    def _who_waits(self, why: str) -> str:
        names = sorted(f"{task.get_name()} ({task.get_coro()!r})" for task in asyncio.all_tasks(self))
        shown = "; ".join(names[:10])
        return f"the town stands still at {self.time():.3f} s: {why}; {len(names)} task(s) wait: {shown}"


@dataclass(frozen=True, slots=True)
class Town:
    """The town's calendar: a loop's virtual seconds read as aware UTC time."""

    start: datetime
    loop: TownLoop

    def now_ms(self) -> int:
        """Milliseconds since the epoch, UTC."""
        ticks_per_ms = TICKS_PER_SECOND // 1000
        return _epoch_ms(self.start) + self.loop.ticks // ticks_per_ms

    def now(self) -> datetime:
        return self.start + timedelta(milliseconds=self.now_ms() - _epoch_ms(self.start))


def run_town(
    main: Callable[[Town], Awaitable[T]],
    start: datetime,
    busy: Callable[[], int],
    pace: float | None = None,
) -> T:
    """Run `main(town)` to its end on a fresh town whose calendar begins at `start` (aware)."""
    if start.utcoffset() is None:
        raise ValueError("the town's start needs a time zone; give an aware datetime in UTC")

    async def live() -> T:
        loop = asyncio.get_running_loop()
        if not isinstance(loop, TownLoop):
            raise TypeError("the town runs on a TownLoop only")
        return await main(Town(start, loop))

    with asyncio.Runner(loop_factory=lambda: TownLoop(busy, pace=pace)) as runner:
        return runner.run(live())


def _epoch_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
