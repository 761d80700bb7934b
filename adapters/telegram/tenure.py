"""The right to take a bot's updates: one process has it, the others stand by.

It is a lease in SQL. Whoever holds it prolongs it while a long poll is open, and proves it inside each
transaction that stores what was fetched: a holder that was frozen and has lost it writes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from core.errors import StoreError
from core.ports import Clock, Lease, Store, Transaction

T = TypeVar("T")
LEASE_MS: Final = 20_000
"""A holder that died is followed after so long."""
SETTLE_S: Final = 60.0
"""Processes that are started together are up within this time, in seconds."""


class LeaseLostError(Exception):
    """Somebody else takes this bot's updates now."""


@dataclass(frozen=True, slots=True)
class PollLease:
    """How a process takes part. holder: its own name, different from every other process's. settle_s: after
    taking a bot over, so long others hear every few seconds that nothing waits; they may just be starting."""

    holder: str
    lease_ms: int = LEASE_MS
    settle_s: float = SETTLE_S


class Tenure:
    """The lease `poll:<bot>`; with `terms` None there is nobody else and it is always held."""

    def __init__(self, store: Store, clock: Clock, bot_id: int, terms: PollLease | None) -> None:
        self._store = store
        self._clock = clock
        self._name = f"poll:{bot_id}"
        self._terms = terms
        self._lease: Lease | None = None

    @property
    def pause_s(self) -> float:
        """How long whoever stands by waits before asking again."""
        return self._terms.lease_ms / 4000 if self._terms else 0.0

    async def take(self) -> bool:
        """Take or prolong it, unless it is good for half its time anyway; False while another holds it."""
        if self._terms is None:
            return True
        now_ms = self._clock.now_ms()
        if self._lease is not None and self._lease.until_ms - now_ms > self._terms.lease_ms // 2:
            return True
        return await self._acquire(self._terms, now_ms)

    async def _acquire(self, terms: PollLease, now_ms: int) -> bool:
        had = self._lease
        async with self._store.transaction() as tx:
            self._lease = await tx.control.acquire(self._name, terms.holder, now_ms, terms.lease_ms)
        if had is not None and (self._lease is None or self._lease.epoch != had.epoch):
            raise LeaseLostError  # even if it is ours again: somebody had it in between
        return self._lease is not None

    async def prove(self, tx: Transaction) -> None:
        """Raises LeaseLostError, which undoes the transaction, when it is no longer held."""
        if self._lease is not None and not await tx.control.check(self._lease, self._clock.now_ms()):
            raise LeaseLostError

    async def during(self, call: Coroutine[Any, Any, T]) -> T:
        """Wait for a call and prolong meanwhile. Raises LeaseLostError, which ends the call."""
        if self._terms is None:
            return await call
        task = asyncio.create_task(call)
        try:
            while not (await asyncio.wait({task}, timeout=self._terms.lease_ms / 3000))[0]:
                await self._acquire(self._terms, self._clock.now_ms())
            return task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})

    def forget(self) -> None:
        """It was lost: ask anew."""
        self._lease = None

    async def release(self) -> None:
        """Let another process take over at once. If the store is away, the lease runs out by itself."""
        lease, self._lease = self._lease, None
        if lease is None:
            return
        try:
            async with self._store.transaction() as tx:
                await tx.control.release(lease)
        except StoreError:
            pass
