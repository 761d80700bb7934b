"""A store that knows how often something was to be written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.memory import MemoryStore
from core.ports import Transaction
from tests.core.flow.worlds import held_out


class Counting(MemoryStore):
    """Counts its writing transactions."""

    def __init__(self) -> None:
        super().__init__(holdout=held_out)
        self.writes = 0

    @asynccontextmanager
    async def transaction(self, *, write: bool = True) -> AsyncIterator[Transaction]:
        self.writes += write
        async with super().transaction(write=write) as tx:
            yield tx
