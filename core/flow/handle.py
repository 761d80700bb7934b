"""Handlers run after their update took effect, and again after a crash.

Running one twice is harmless: its answers are known to the ledger by the update that asked for them. People
take turns: at most one update of each is under way, oldest first, and nobody waits for somebody else's slow
answer as long as a place is free. Of what one person has waiting only the newest few are answered; all of it
has taken effect already. Each lane of the inbox may have places of its own: a question about money waits
neither for places that taps hold nor behind those that wait for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from core.event import InboxLane
from core.ports import InboxRow, Store

Handle = Callable[[InboxRow], Awaitable[None]]
"""Runs one update's handlers. Raises only what stops all of them (StoreError): a handler's fault is logged by
whoever made it."""

Passed = Callable[[Sequence[InboxRow]], Awaitable[None]]
"""Told of updates whose handlers will not run, before they count as done."""

WINDOW = 500
"""Updates looked at at once."""
NEWEST = 3
"""So many of one person's waiting updates are answered; nobody reads the answers to those before."""


async def _no_matter(rows: Sequence[InboxRow]) -> None:
    """Passed over without further ado."""


def by_itself(row: InboxRow) -> object:
    """Every update is somebody else's."""
    return row.id


@dataclass(frozen=True, slots=True)
class HandleDeps:
    """`workers`: handlers under way at once. `who`: names the person (and bot) behind an update, for taking
    turns. `passed`: hears of those that are passed over."""

    store: Store
    handle: Handle
    workers: int = 16
    who: Callable[[InboxRow], object] = by_itself
    passed: Passed = _no_matter


@dataclass(frozen=True, slots=True)
class Handled:
    """Updates done with by this step, and those of the window that are left."""

    rows: int
    left: int


@dataclass(slots=True)
class _Waiting:
    """The window: updates whose handlers have not begun, by person, oldest first."""

    by_person: dict[object, list[InboxRow]] = field(default_factory=dict)
    names: dict[int, object] = field(default_factory=dict)
    """Who is behind a row: reading it costs more than all the rest here."""

    def __len__(self) -> int:
        return sum(len(rows) for rows in self.by_person.values())

    def fill(self, who: Callable[[InboxRow], object], rows: Sequence[InboxRow]) -> list[InboxRow]:
        """Take these for what waits; return those that nobody waits for any more."""
        self.names = {row.id: self.names[row.id] if row.id in self.names else who(row) for row in rows}
        self.by_person = {}
        for row in rows:
            self.by_person.setdefault(self.names[row.id], []).append(row)
        passed = [row for own in self.by_person.values() for row in own[:-NEWEST]]
        self.by_person = {person: own[-NEWEST:] for person, own in self.by_person.items()}
        return passed

    def take(self, places: int, busy: set[object]) -> list[tuple[object, InboxRow]]:
        """The oldest update of each person who is not being answered, for so many places."""
        firsts = [(own[0].id, person) for person, own in self.by_person.items() if person not in busy]
        chosen = []
        for _, person in sorted(firsts, key=lambda first: first[0])[:places]:
            own = self.by_person[person]
            chosen.append((person, own.pop(0)))
            if not own:
                del self.by_person[person]
        return chosen


class Handlers:
    """Keeps handlers running: for the updates of one lane of the inbox, or of all. `on_end` is called
    whenever a handler has ended, so that somebody calls `step` again."""

    def __init__(
        self,
        deps: HandleDeps,
        *,
        lane: InboxLane | None = None,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._deps = deps
        self._lane = lane
        self._on_end = on_end
        self._running: dict[asyncio.Task[None], tuple[object, InboxRow]] = {}
        self._waiting = _Waiting()

    async def step(self) -> Handled:
        """Mark what has ended and begin what may begin; never waits for a handler.

        Raises the StoreError of a handler whose answer could not be written down, after all under way have
        ended: what was not marked runs again."""
        done = await self._reap()
        if self._begin():
            done += await self._look()
            self._begin()
        return Handled(done, len(self._waiting) + len(self._running))

    async def finish(self) -> int:
        """Wait for those under way and mark them; how many they were."""
        await self._end()
        return await self._reap()

    async def _end(self) -> None:
        if not self._running:
            return
        try:
            await asyncio.wait(self._running)
        except asyncio.CancelledError:
            for task in self._running:
                task.cancel()
            raise

    def _begin(self) -> int:
        """Begin the oldest; how many places are left."""
        free = self._deps.workers - len(self._running)
        busy = {person for person, _ in self._running.values()}
        chosen = self._waiting.take(free, busy)
        for person, row in chosen:
            task = asyncio.ensure_future(self._deps.handle(row))
            self._running[task] = (person, row)
            task.add_done_callback(lambda _: self._on_end())
        return free - len(chosen)

    async def _look(self) -> int:
        """Read the window anew; mark those that nobody waits for. How many they were."""
        running = {row.id for _, row in self._running.values()}
        async with self._deps.store.transaction(write=False) as tx:
            rows = await tx.inbox.unhandled(WINDOW + len(running), lane=self._lane)
        passed = self._waiting.fill(self._deps.who, [row for row in rows if row.id not in running])
        if passed:
            await self._deps.passed(passed)
            await self._mark(passed)
        return len(passed)

    async def _reap(self) -> int:
        ended = [task for task in self._running if task.done()]
        failed = next((error for task in ended if (error := _error(task)) is not None), None)
        if failed is not None:
            await self._end()
            self._running = {}
            raise failed
        rows = [self._running[task][1] for task in ended]
        await self._mark(rows)
        for task in ended:
            del self._running[task]
        return len(rows)

    async def _mark(self, rows: Sequence[InboxRow]) -> None:
        if rows:
            async with self._deps.store.transaction() as tx:
                await tx.inbox.handled([row.id for row in rows])


def _error(task: asyncio.Task[None]) -> BaseException | None:
    return asyncio.CancelledError() if task.cancelled() else task.exception()


async def handle_pending(deps: HandleDeps, *, lane: InboxLane | None = None) -> Handled:
    """Run one round of handlers to its end."""
    handlers = Handlers(deps, lane=lane)
    begun = await handlers.step()
    ended = await handlers.finish()
    return Handled(begun.rows + ended, begun.left - ended)
