"""What the pacer in Redis keeps beyond the common behaviour: start, reserve, cuts, earning, sharing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.redis.hot import RedisHot
from adapters.redis.keys import Keys
from adapters.redis.link import Link
from adapters.redis.pacer import PacerLimits, RedisPacer
from adapters.redis.server import EmbeddedRedis
from core.errors import HotStoreError

BOT = 42
T0 = 1_767_600_000_000
HOUR = 3_600_000


@pytest.fixture
async def link(tmp_path: Path) -> AsyncIterator[Link]:
    async with EmbeddedRedis(tmp_path) as url:
        link = Link(url)
        yield link
        await link.close()


async def warm(pacer: RedisPacer, now: int = T0) -> int:
    """A pacer that has been in use for an hour: at its starting rate."""
    await pacer.grant(BOT, [1], now)
    return now + HOUR


async def test_an_empty_pacer_begins_with_a_silent_second_and_slowly(link: Link) -> None:
    pacer = RedisPacer(link)
    assert await pacer.status(BOT, T0) == {
        "rate_per_s": 13.5,
        "paid_rate_per_s": 0,
        "halt_until_ms": 0,
        "granted": 0,
    }
    grant = await pacer.grant(BOT, [1, 2], T0, interactive=True)
    assert list(grant.slots.values()) == [T0 + 1_000, T0 + 1_075]
    assert (await pacer.status(BOT, T0 + HOUR))["rate_per_s"] == 27


async def test_after_a_flush_it_begins_again(link: Link) -> None:
    pacer = RedisPacer(link)
    now = await warm(pacer)
    assert (await pacer.grant(BOT, [1], now)).slots == {1: now}
    await RedisHot(link).clear()
    grant = await pacer.grant(BOT, [2], now + 50)
    assert not grant.slots
    assert grant.retry_ms == now + 50 + 1_000 - 300
    assert (await pacer.grant(BOT, [2], grant.retry_ms)).slots == {2: now + 1_050}


async def test_two_processes_share_one_pace(link: Link) -> None:
    one, two = RedisPacer(link), RedisPacer(link)
    now = await warm(one)
    a = await one.grant(BOT, [1, 2], now)
    b = await two.grant(BOT, [3, 1], now)
    assert sorted([*a.slots.values(), *b.slots.values()]) == [now, now + 38, now + 75]
    assert 1 not in b.slots


async def test_answers_wait_at_most_the_campaigns_horizon_and_go_first(link: Link) -> None:
    pacer = RedisPacer(link)
    now = await warm(pacer)
    campaign = await pacer.grant(BOT, range(100, 200), now)
    assert max(campaign.slots.values()) <= now + 300
    answer = await pacer.grant(BOT, [1], now, interactive=True)
    assert answer.slots[1] <= now + 300 + 38
    flood = await pacer.grant(BOT, range(2, 90), now, interactive=True)
    assert now + 1_900 < max(flood.slots.values()) <= now + 2_000
    assert not (await pacer.grant(BOT, [300], now + 1_000)).slots


async def test_one_event_cuts_once_the_next_event_again_and_never_below_the_floor(link: Link) -> None:
    pacer = RedisPacer(link)
    now = await warm(pacer)
    for chat in range(5):
        await pacer.limited(BOT, chat, 3, now + 40 * chat)
    assert (await pacer.status(BOT, now + 200))["rate_per_s"] == pytest.approx(27 * 0.7)
    for again in range(1, 30):
        await pacer.limited(BOT, 1, 1, now + again * 4_000)
    assert (await pacer.status(BOT, now + 29 * 4_000 + 1))["rate_per_s"] >= 1


async def test_a_rate_does_not_heal_while_the_bot_is_silent(link: Link) -> None:
    pacer = RedisPacer(link)
    now = await warm(pacer)
    until = await pacer.limited(BOT, 1, 100, now)
    assert (await pacer.status(BOT, until))["rate_per_s"] == pytest.approx(27 * 0.7)
    assert (await pacer.status(BOT, until + 3_000))["rate_per_s"] == pytest.approx(27 * 0.7 + 3)


async def test_above_the_start_only_messages_that_went_well_earn_more(link: Link) -> None:
    pacer = RedisPacer(link, limits=PacerLimits(start=27, ceiling=27.001))
    now = await warm(pacer)
    assert (await pacer.status(BOT, now + HOUR))["rate_per_s"] == 27
    for n in range(20):
        await pacer.grant(BOT, [n], now + n * 100)
    assert (await pacer.status(BOT, now + HOUR))["rate_per_s"] == 27.001


async def test_a_clock_that_was_far_ahead_does_not_silence_the_bot_for_ever(link: Link) -> None:
    pacer = RedisPacer(link)
    await warm(pacer, T0 + 24 * HOUR)
    assert (await pacer.grant(BOT, [2], T0, interactive=True)).slots == {2: T0 + 1_000}


async def test_the_script_survives_a_server_that_forgot_it(link: Link) -> None:
    pacer = RedisPacer(link)
    now = await warm(pacer)
    async with link.use() as redis:
        await redis.script_flush()
    assert (await pacer.grant(BOT, [1], now)).slots == {1: now}


async def test_its_keys_never_expire_and_stay_few(link: Link) -> None:
    pacer = RedisPacer(link)
    now = await warm(pacer)
    for n in range(300):
        await pacer.grant(BOT, [n], now + n * 100)
    async with link.use() as redis:
        assert await redis.zcard(Keys().chats(BOT)) <= 12
        assert await redis.ttl(Keys().pacer(BOT)) == -1
        assert await redis.ttl(Keys().chats(BOT)) == -1


async def test_without_redis_nothing_is_granted(tmp_path: Path) -> None:
    link = Link(f"unix://{tmp_path}/none.sock")
    with pytest.raises(HotStoreError):
        await RedisPacer(link).grant(BOT, [1], T0)
    await link.close()


async def test_two_hundred_chats_are_one_call(link: Link) -> None:
    pacer = RedisPacer(link, limits=PacerLimits(paid_rate=1_000))
    now = await warm(pacer)
    await pacer.grant(BOT, [1], now, paid=True)
    async with link.use() as redis:
        before = (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"]
        grant = await pacer.grant(BOT, range(200, 400), now + HOUR, paid=True)
        after = (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"]
    assert len(grant.slots) == 200
    assert after - before == 1
