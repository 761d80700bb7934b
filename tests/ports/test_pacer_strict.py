"""Every pacer against a server whose limit it does not know: it finds the limit, and stays below it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from adapters.memory import MemoryPacer
from adapters.redis.link import Link
from adapters.redis.pacer import RedisPacer
from adapters.redis.server import EmbeddedRedis
from core.ports import Pacer

BOT, T0 = 42, 1_767_600_000_000
ONE_WAY_MS = 30
MINUTE = 60_000


@pytest.fixture
def pacer() -> Pacer:
    return MemoryPacer()


@pytest.fixture
async def redis_pacer(tmp_path: Path) -> AsyncIterator[Pacer]:
    async with EmbeddedRedis(tmp_path) as url:
        link = Link(url)
        yield RedisPacer(link)
        await link.close()


@dataclass
class StrictServer:
    """Takes `limit` messages in any second; with a sender beside it that has endless work."""

    pacer: Pacer
    limit: int
    now: int = T0
    chat: int = 0
    accepted: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    halted: int = 0

    async def run(self, span_ms: int) -> None:
        """Send for so long, as the lane does: what has a slot within a halt is given back."""
        until = self.now + span_ms
        while self.now < until:
            self.chat += 50
            grant = await self.pacer.grant(BOT, range(self.chat, self.chat + 50), self.now)
            assert all(at >= self.halted for at in grant.slots.values()), "a slot within a halt"
            for at in sorted(grant.slots.values()):
                if at >= self.halted:
                    await self._arrives(at + ONE_WAY_MS)
            self.now = max(self.now + 1, grant.retry_ms)

    async def _arrives(self, at: int) -> None:
        if sum(moment > at - 1000 for moment in self.accepted[-self.limit :]) < self.limit:
            self.accepted.append(at)
            return
        self.refused.append(at)
        self.halted = await self.pacer.limited(BOT, 1, 1, at + ONE_WAY_MS)

    def rate(self, span_ms: int) -> float:
        """Messages a second that were taken within the last so many ms."""
        return sum(at > self.now - span_ms for at in self.accepted) / span_ms * 1000


async def test_a_hidden_limit_is_found_and_kept_with_few_refusals(pacer: Pacer) -> None:
    server = StrictServer(pacer, limit=24)
    await server.run(2 * MINUTE)
    assert server.rate(MINUTE) >= 0.8 * 24
    refused = len(server.refused)
    await server.run(10 * MINUTE)
    assert server.rate(10 * MINUTE) >= 0.9 * 24
    assert len(server.refused) - refused <= 2
    assert refused <= 12


async def test_a_limit_that_was_lifted_is_found_within_the_memory(pacer: Pacer) -> None:
    server = StrictServer(pacer, limit=20)
    await server.run(3 * MINUTE)
    server.limit = 30
    await server.run(20 * MINUTE)
    assert server.rate(MINUTE) >= 26.5


async def test_within_the_limit_of_telegram_nothing_is_ever_refused(pacer: Pacer) -> None:
    server = StrictServer(pacer, limit=30)
    await server.run(10 * MINUTE)
    assert not server.refused
    assert server.rate(MINUTE) >= 0.9 * 30


async def test_after_one_refusal_most_of_the_rate_is_back_within_a_minute(pacer: Pacer) -> None:
    server = StrictServer(pacer, limit=30)
    await server.run(MINUTE)
    server.halted = await pacer.limited(BOT, 1, 5, server.now)
    before = len(server.accepted)
    await server.run(MINUTE)
    assert min(server.accepted[before:]) >= server.halted
    assert server.rate(MINUTE // 3) >= 0.85 * 27


@pytest.mark.parametrize("limit", [2, 8, 15])
async def test_a_low_limit_is_found_too(pacer: Pacer, limit: int) -> None:
    server = StrictServer(pacer, limit=limit)
    await server.run(3 * MINUTE)
    assert server.rate(MINUTE) >= 0.7 * limit
    refused = len(server.refused)
    await server.run(8 * MINUTE)
    assert len(server.refused) - refused <= 2


async def test_the_pacer_in_redis_does_exactly_the_same(pacer: Pacer, redis_pacer: Pacer) -> None:
    one, other = StrictServer(pacer, limit=20), StrictServer(redis_pacer, limit=20)
    for server in (one, other):
        await server.run(MINUTE // 2)
    assert one.refused
    assert (one.accepted, one.refused) == (other.accepted, other.refused)
