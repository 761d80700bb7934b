"""Where the CPU time of a process goes, step by step, without touching what is measured.

The measured steps get their stores and messengers in wrappers that start and stop the meter. Exact while only
one thing is under way at a time; sends of one batch overlap and count as one step.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from core.ports import Grant, HotStore, Messenger, Pacer, Receipt, Store, Transaction


@dataclass(slots=True)
class Meter:
    """CPU seconds of the whole process (its threads too) by step."""

    spent: dict[str, float] = field(default_factory=dict)
    _open: int = 0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Charge the block to this step; of overlapping blocks the outermost counts."""
        began, self._open = time.process_time(), self._open + 1
        try:
            yield
        finally:
            self._open -= 1
            if not self._open:
                self.spent[name] = self.spent.get(name, 0.0) + time.process_time() - began
            elif self._open < 0:
                raise RuntimeError("a step ended twice")

    def shares(self, total_s: float) -> dict[str, float]:
        """Each step's share of the total, and of what belongs to none."""
        named = sum(self.spent.values())
        steps = {**self.spent, "the rest": max(0.0, total_s - named)}
        return {name: round(spent / total_s, 3) for name, spent in steps.items()}


class MeteredStore:
    """A store whose transactions are charged to the given steps in turn, reading and writing ones apart."""

    def __init__(self, store: Store, meter: Meter, reads: Sequence[str], writes: Sequence[str]) -> None:
        self._store = store
        self._meter = meter
        self._reads, self._writes = cycle(reads), cycle(writes)

    @asynccontextmanager
    async def transaction(self, *, write: bool = True) -> AsyncIterator[Transaction]:
        name = next(self._writes if write else self._reads)
        with self._meter.step(name):
            async with self._store.transaction(write=write) as tx:
                yield tx

    async def compact(self) -> None:
        """Nothing is deleted here."""

    async def close(self) -> None:
        """The store belongs to whoever opened it."""


class MeteredHot:
    """A hot store of which only writing is used."""

    def __init__(self, hot: HotStore, meter: Meter) -> None:
        self._hot = hot
        self._meter = meter

    async def write(self, profiles: Sequence[Any]) -> None:
        with self._meter.step("hot profile in Redis"):
            await self._hot.write(profiles)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hot, name)


class MeteredPacer:
    """A pacer that is only asked for slots."""

    def __init__(self, pacer: Pacer, meter: Meter) -> None:
        self._pacer = pacer
        self._meter = meter

    async def grant(
        self,
        bot_id: int,
        chat_ids: Sequence[int],
        now_ms: int,
        *,
        interactive: bool = False,
        paid: bool = False,
    ) -> Grant:
        with self._meter.step("pacer"):
            return await self._pacer.grant(bot_id, chat_ids, now_ms, interactive=interactive, paid=paid)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pacer, name)


class MeteredMessenger:
    """A messenger whose overlapping sends are one step."""

    def __init__(self, messenger: Messenger, meter: Meter) -> None:
        self._messenger = messenger
        self._meter = meter

    async def send(self, bot_id: int, chat_id: int, body: Mapping[str, object]) -> Receipt:
        with self._meter.step("HTTP"):
            return await self._messenger.send(bot_id, chat_id, body)
