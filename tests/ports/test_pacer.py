"""What every pacer keeps, in Redis and in memory: Telegram's limits, whatever is asked and in which order."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.memory import MemoryPacer
from adapters.redis.hot import RedisHot
from adapters.redis.link import Link
from adapters.redis.pacer import PacerLimits, RedisPacer
from adapters.redis.server import EmbeddedRedis
from core.ports import Pacer

BOT = 42
T0 = 1_767_600_000_000
GROUPS = (-1001, -1002)


@dataclass
class Trace:
    """What was granted, by chat, and which halts stood."""

    slots: list[tuple[int, int]] = field(default_factory=list)
    halts: list[tuple[int, int]] = field(default_factory=list)

    def check(self) -> None:
        moments = sorted(at for at, _ in self.slots)
        assert within(moments, 1000) <= 30
        by_chat: dict[int, list[int]] = defaultdict(list)
        for at, chat in self.slots:
            by_chat[chat].append(at)
        for chat, times in by_chat.items():
            if chat < 0:
                assert within(sorted(times), 60_000) <= 20
            else:
                assert within(sorted(times), 1000) <= 1


def within(moments: list[int], window_ms: int) -> int:
    """The most moments in any sliding window (a moment exactly one window later is outside)."""
    most = start = 0
    for end, moment in enumerate(moments):
        while moment - moments[start] >= window_ms:
            start += 1
        most = max(most, end - start + 1)
    return most


async def redis_pacer(folder: Path) -> AsyncIterator[Pacer]:
    async with EmbeddedRedis(folder) as url:
        link = Link(url)
        yield RedisPacer(link)
        await link.close()


@pytest.fixture(params=["redis", "memory"])
async def paying(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Pacer]:
    """A pacer that has a paid lane of 200 messages a second."""
    if request.param == "memory":
        yield MemoryPacer(paid_rate=200)
        return
    async with EmbeddedRedis(tmp_path) as url:
        link = Link(url)
        yield RedisPacer(link, limits=PacerLimits(paid_rate=200))
        await link.close()


@pytest.fixture(params=["redis", "memory"])
async def pacer(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Pacer]:
    if request.param == "memory":
        yield MemoryPacer()
        return
    async for found in redis_pacer(tmp_path):
        yield found


async def ask_until_granted(pacer: Pacer, chats: list[int], now: int, trace: Trace) -> int:
    """Ask as the sender does, waiting as told; return the moment when all were served."""
    left = list(chats)
    while left:
        grant = await pacer.grant(BOT, left, now)
        trace.slots += [(at, chat) for chat, at in grant.slots.items()]
        assert all(at >= now for at in grant.slots.values())
        left = [chat for chat in left if chat not in grant.slots]
        if left:
            assert grant.retry_ms > now, "a chat that got nothing is told a later moment"
            now = grant.retry_ms
    return now


async def test_many_chats_are_served_evenly_and_within_the_limit(pacer: Pacer) -> None:
    trace = Trace()
    await ask_until_granted(pacer, list(range(1, 301)), T0, trace)
    trace.check()
    moments = sorted(at for at, _ in trace.slots)
    gaps = [b - a for a, b in itertools.pairwise(moments)]
    assert len(moments) == 300
    assert min(gaps) >= 34


async def test_a_pause_is_not_made_up_for(pacer: Pacer) -> None:
    trace = Trace()
    now = await ask_until_granted(pacer, list(range(1, 60)), T0, trace)
    await ask_until_granted(pacer, list(range(100, 160)), now + 3_600_000, trace)
    trace.check()


async def test_a_chat_and_a_group_have_their_own_pace(pacer: Pacer) -> None:
    trace, now = Trace(), T0
    for _ in range(25):
        now = await ask_until_granted(pacer, [7, -1001], now, trace)
    trace.check()


async def test_nothing_is_granted_before_a_halt_is_over(pacer: Pacer) -> None:
    await pacer.grant(BOT, [1], T0)
    until = await pacer.limited(BOT, 1, 7, T0 + 5_000)
    assert until == T0 + 12_000
    assert (await pacer.status(BOT, T0 + 5_001))["halt_until_ms"] == until
    trace = Trace()
    await ask_until_granted(pacer, [1, 2, 3, -1001], T0 + 5_001, trace)
    assert min(at for at, _ in trace.slots) >= until
    trace.check()


async def test_a_429_slows_the_bot_once_and_time_heals(pacer: Pacer) -> None:
    await pacer.grant(BOT, [1], T0)
    now = T0 + 3_600_000  # long enough to be at full pace
    await pacer.grant(BOT, [1], now)
    before = (await pacer.status(BOT, now))["rate_per_s"]
    await pacer.limited(BOT, 1, 2, now)
    await pacer.limited(BOT, 2, 2, now + 50)
    after = (await pacer.status(BOT, now + 60))["rate_per_s"]
    assert after == pytest.approx(before * 0.7, rel=0.02)
    healed = (await pacer.status(BOT, now + 60_000))["rate_per_s"]
    assert before * 0.85 <= healed <= 29


async def test_a_group_429_halts_that_group_and_a_second_one_the_bot(pacer: Pacer) -> None:
    await pacer.grant(BOT, [1], T0)
    now = T0 + 5_000
    until = await pacer.limited(BOT, -1001, 30, now)
    assert until == now + 30_000
    grant = await pacer.grant(BOT, [-1001, 5, -1002], now + 100)
    assert set(grant.slots) == {5, -1002}
    until = await pacer.limited(BOT, -1002, 10, now + 3_000)
    grant = await pacer.grant(BOT, [6], now + 3_100)
    assert not grant.slots
    assert grant.retry_ms > now + 3_100
    trace = Trace()
    await ask_until_granted(pacer, [6, -1001], now + 3_100, trace)
    assert min(at for at, _ in trace.slots) >= until
    assert min(at for at, chat in trace.slots if chat == -1001) >= now + 30_000


async def test_bots_do_not_share_a_pace(pacer: Pacer) -> None:
    await pacer.grant(1, [5], T0)
    await pacer.grant(2, [5], T0)
    await pacer.limited(1, 5, 60, T0 + 5_000)
    assert (await pacer.grant(2, [5], T0 + 5_000)).slots
    assert not (await pacer.grant(1, [5], T0 + 5_000)).slots


async def test_a_campaign_is_granted_soon_enough_for_its_permit(pacer: Pacer) -> None:
    now = T0 + 10_000
    await pacer.grant(BOT, [1], T0)
    grant = await pacer.grant(BOT, list(range(100, 200)), now)
    assert 0 < len(grant.slots) < 100
    assert max(grant.slots.values()) <= now + 2_000


async def test_a_chat_asked_for_twice_gets_one_slot(pacer: Pacer) -> None:
    await pacer.grant(BOT, [9], T0)
    grant = await pacer.grant(BOT, [1, 1, 1], T0 + 5_000)
    assert list(grant.slots) == [1]
    assert (await pacer.grant(BOT, [], T0 + 6_000)).slots == {}


ASKS = st.lists(
    st.tuples(
        st.integers(0, 3_000),
        st.lists(st.one_of(st.integers(1, 40), st.sampled_from(GROUPS)), max_size=50),
        st.booleans(),
        st.sampled_from([0, 0, 0, 0, 1, 5]),
    ),
    min_size=1,
    max_size=25,
)
Asks = list[tuple[int, list[int], bool, int]]


async def live(pacer: Pacer, asks: Asks) -> Trace:
    """Any life of a bot: waits, batches of both classes, refusals of the last chat asked for."""
    trace, now, halt = Trace(), T0, 0
    for wait, chats, interactive, refused_s in asks:
        now += wait
        grant = await pacer.grant(BOT, chats, now, interactive=interactive)
        assert all(at >= max(now, halt) for at in grant.slots.values())
        trace.slots += [(at, chat) for chat, at in grant.slots.items()]
        private = [chat for chat in chats if chat > 0]
        if refused_s and private:
            halt = max(halt, now + refused_s * 1000)
            assert await pacer.limited(BOT, private[-1], refused_s, now) >= halt
    return trace


def any_life(make: Callable[[], Pacer], asks: Asks) -> None:
    first, again = asyncio.run(live(make(), asks)), asyncio.run(live(make(), asks))
    first.check()
    assert first.slots == again.slots


@given(ASKS)
@settings(max_examples=60, deadline=None)
def test_in_memory_the_limits_hold_in_any_life_and_it_can_be_repeated(asks: Asks) -> None:
    any_life(MemoryPacer, asks)


@pytest.fixture
def runner_and_link(tmp_path: Path) -> Iterator[tuple[asyncio.Runner, Link]]:
    server = EmbeddedRedis(tmp_path)
    with asyncio.Runner() as runner:
        link = Link(runner.run(server.__aenter__()))
        yield runner, link
        runner.run(link.close())
        runner.run(server.stop())


@given(ASKS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_redis_the_limits_hold_in_any_life_and_it_can_be_repeated(
    runner_and_link: tuple[asyncio.Runner, Link], asks: Asks
) -> None:
    runner, link = runner_and_link
    traces = []
    for _ in range(2):
        runner.run(RedisHot(link).clear())
        traces.append(runner.run(live(RedisPacer(link), asks)))
    traces[0].check()
    assert traces[0].slots == traces[1].slots


async def test_paid_messages_have_a_pace_of_their_own(paying: Pacer) -> None:
    await paying.grant(BOT, [1], T0)
    await paying.grant(BOT, [1], T0, paid=True)
    now = T0 + 3_600_000
    free = await paying.grant(BOT, range(100, 300), now)
    paid = await paying.grant(BOT, range(300, 500), now, paid=True)
    assert len(free.slots) < 12
    assert len(paid.slots) == 61, "evenly every 5 ms, 0.3 s ahead"
    assert max(paid.slots.values()) <= now + 300
    assert (await paying.status(BOT, now))["paid_rate_per_s"] == 200


async def test_paid_or_not_a_chat_is_one_chat(paying: Pacer) -> None:
    await paying.grant(BOT, [1], T0, paid=True)
    now = T0 + 60_000
    assert (await paying.grant(BOT, [7], now)).slots
    assert (await paying.grant(BOT, [7], now, paid=True)).retry_ms == now + 1_100


async def test_a_halt_holds_for_paid_messages_too_and_cuts_the_lane_in_use(paying: Pacer) -> None:
    await paying.grant(BOT, [1], T0)
    now = T0 + 3_600_000
    await paying.grant(BOT, [2], now, paid=True)
    await paying.grant(BOT, [2], now + 60_000, paid=True)
    until = await paying.limited(BOT, 2, 9, now + 60_100)
    for paid in (True, False):
        assert not (await paying.grant(BOT, [3], now + 61_000, paid=paid)).slots
    status = await paying.status(BOT, until)
    assert status["rate_per_s"] == pytest.approx(27), "the free lane stood still and was not to blame"
    assert status["paid_rate_per_s"] == pytest.approx(200 * 0.7)
    later = await paying.status(BOT, until + 60_000)
    assert later["paid_rate_per_s"] == pytest.approx(200 * 0.88)


async def test_without_a_paid_lane_paid_messages_go_as_all_others(pacer: Pacer) -> None:
    await pacer.grant(BOT, [1], T0)
    now = T0 + 3_600_000
    assert len((await pacer.grant(BOT, range(100, 300), now, paid=True)).slots) < 12
