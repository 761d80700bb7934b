"""A clock that stands still until it is told to go on."""

from __future__ import annotations

import asyncio
import heapq


class ManualClock:
    """Fulfils `core.ports.Clock`. Sleepers wake in the order of their moments, as `advance` reaches them."""

    def __init__(self, now_ms: int = 0) -> None:
        self._now_ms = now_ms
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._count = 0

    def now_ms(self) -> int:
        return self._now_ms

    async def sleep(self, seconds: float) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (self._now_ms + round(seconds * 1000), self._count, waiter))
        await waiter

    def advance(self, seconds: float) -> None:
        """Move on; who slept until then is woken."""
        self._now_ms += round(seconds * 1000)
        while self._sleepers and self._sleepers[0][0] <= self._now_ms:
            _, _, waiter = heapq.heappop(self._sleepers)
            if not waiter.done():
                waiter.set_result(None)
