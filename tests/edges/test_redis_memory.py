"""Redis' memory: what is read is what Redis says, what is oldest makes room, and growth is foreseen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.memory.store import MemoryStore
from adapters.redis.hot import RedisHot
from adapters.redis.keys import Keys
from adapters.redis.link import Link
from adapters.redis.memory import KEPT_LINES, MemoryUse, RedisMemory
from adapters.redis.server import EmbeddedRedis
from app.memory import (
    DAY_MS,
    HOUR_MS,
    KEEP_HOURS,
    MARKS,
    Bounds,
    MemoryWatch,
    advice,
    days_to_full,
    figures_of,
    look,
    metrics_of,
    sentence,
    watch_memory,
)
from core.ports import Transaction

KEYS = Keys("watched")
NOW = 20_000 * DAY_MS
MB = 1_048_576


class Told:
    """A log that remembers."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **figures: Any) -> None:
        self.lines.append(("info", figures))

    def warning(self, event: str, **figures: Any) -> None:
        self.lines.append(("warning", figures))


async def leads(_: Transaction) -> bool:
    return True


@pytest.fixture
async def link(tmp_path: Path) -> AsyncIterator[Link]:
    async with EmbeddedRedis(tmp_path, 64) as url:
        link = Link(url)
        yield link
        await link.close()


async def fill(link: Link, people: int, lines: int = 200) -> None:
    """Person n was written n seconds after person 0; the keys that steer have no end of life."""
    async with link.use() as redis, redis.pipeline(transaction=False) as pipe:
        for no in range(people):
            key = KEYS.profile(no)
            pipe.hset(key, mapping={"seq": str(no), "hours": "ff" * 24, "score": f"{no % 10_000}.500"})
            pipe.expire(key, 100_000 + no)
        for name in (KEYS.pacer(7), Keys("another").profile(1)):
            pipe.hset(name, "rate", "27")
        pipe.set(KEYS.mark, people)
        pipe.lpush(KEYS.feed, *(f"[{n}]" for n in range(lines)))
        await pipe.execute()


async def here(link: Link, people: int) -> list[int]:
    async with link.use() as redis, redis.pipeline(transaction=False) as pipe:
        for no in range(people):
            pipe.exists(KEYS.profile(no))
        found = await pipe.execute()
    return [no for no, exists in enumerate(found) if exists]


async def test_the_reading_counts_this_workspace_and_measures_its_profiles(link: Link) -> None:
    await fill(link, 500)
    use = await RedisMemory(link, KEYS).read()
    assert (use.profiles, use.max_bytes, use.bound) == (500, 64 * MB, "maxmemory")
    async with link.use() as redis:
        one = await redis.memory_usage(KEYS.profile(17), samples=0)
    assert use.bytes_per_profile == pytest.approx(one, abs=30)
    assert use.share is not None
    assert 0 < use.share < 0.2
    assert use.share == use.used_bytes / use.max_bytes
    assert use.fragmentation > 0


async def test_an_empty_redis_has_no_profiles_and_many_are_estimated(link: Link) -> None:
    empty = await RedisMemory(link, KEYS).read()
    assert (empty.profiles, empty.bytes_per_profile) == (0, 0)
    await fill(link, 12_000)
    many = await RedisMemory(link, KEYS).read()
    assert many.profiles == pytest.approx(12_000, rel=0.02)


async def test_a_redis_without_a_bound_is_judged_by_its_machine(link: Link) -> None:
    async with link.use() as redis:
        await redis.config_set("maxmemory", 0)
    use = await RedisMemory(link, KEYS).read()
    assert use.bound == "machine"
    assert use.max_bytes > 64 * MB
    assert "it has no maxmemory" in sentence(use)


@pytest.mark.parametrize("policy", ["volatile-lfu", "noeviction", "allkeys-lru"])
async def test_those_written_longest_ago_go_first_under_any_policy(link: Link, policy: str) -> None:
    async with link.use() as redis:
        await redis.config_set("maxmemory-policy", policy)
    await fill(link, 1_000)
    assert await RedisMemory(link, KEYS).shed(300, 1_000) == 300
    assert await here(link, 1_000) == list(range(300, 1_000))
    async with link.use() as redis:
        assert await redis.exists(KEYS.mark, KEYS.pacer(7), Keys("another").profile(1)) == 3


async def test_what_keeps_late_writers_from_the_forgotten_is_spared(link: Link) -> None:
    await fill(link, 20)
    await RedisHot(link, KEYS).forget([3])
    await RedisMemory(link, KEYS).shed(20, 20)
    assert await here(link, 20) == [3]


async def test_of_very_many_the_oldest_go_about(link: Link) -> None:
    await fill(link, 9_000)
    gone = await RedisMemory(link, KEYS).shed(3_000, 9_000)
    assert gone == pytest.approx(3_000, rel=0.1)
    left = await here(link, 9_000)
    assert len(left) == 9_000 - gone
    assert left[-5_500:] == list(range(3_500, 9_000))  # the sample is wrong by a little only
    assert await RedisMemory(link, KEYS).shed(0, 9_000) == 0
    assert await RedisMemory(link, KEYS).shed(20_000, 6_000) == 9_000 - gone


async def test_when_it_is_too_full_room_is_made_down_to_the_warning_and_said(link: Link) -> None:
    await fill(link, 3_000)
    memory, told = RedisMemory(link, KEYS), Told()
    full = (await memory.read()).share or 0.0
    watch = MemoryWatch(memory, MemoryStore(), told, Bounds(full * 0.9, full * 0.99))
    done = await watch_memory(watch, NOW, leads)
    assert done is not None
    assert (done.level, done.shed_lines) == ("act", 200 - KEPT_LINES)
    assert 0 < done.shed_profiles < 3_000
    assert done.use.share is not None
    assert done.use.share < full * 0.95
    assert (await here(link, 3_000))[0] == done.shed_profiles
    level, figures = told.lines[-1]
    assert (level, figures["shed_profiles"]) == ("warning", done.shed_profiles)


async def test_a_level_is_said_once_and_a_bad_one_every_hour(link: Link) -> None:
    await fill(link, 100)
    memory, told = RedisMemory(link, KEYS), Told()
    watch = MemoryWatch(memory, MemoryStore(), told, Bounds(0.0001, 0.99))
    for minute in range(0, 121, 10):
        await watch_memory(watch, NOW + minute * 60_000, leads)
    assert [level for level, _ in told.lines] == ["warning"] * 3
    watch.bounds = Bounds()
    await watch_memory(watch, NOW + 3 * HOUR_MS, leads)
    await watch_memory(watch, NOW + 5 * HOUR_MS, leads)
    assert [level for level, _ in told.lines[3:]] == ["info"]


async def test_readings_of_two_weeks_are_kept_one_an_hour_and_only_by_the_leader(link: Link) -> None:
    async def follows(_: Transaction) -> bool:
        return False

    async def kept() -> set[str]:
        async with store.transaction(write=False) as tx:
            return set(await tx.control.marks(MARKS))

    store = MemoryStore()
    watch = MemoryWatch(RedisMemory(link, KEYS), store, Told())
    await watch_memory(watch, NOW, follows)
    assert await kept() == set()
    hours = [NOW // HOUR_MS + hour for hour in (0, 1, KEEP_HOURS - 1, KEEP_HOURS, KEEP_HOURS + 1)]
    for hour in hours:
        for minute in (1, 30):
            await watch_memory(watch, hour * HOUR_MS + minute * 60_000, leads)
        assert f"{MARKS}{hour}" in await kept()
    assert await kept() == {f"{MARKS}{hour}" for hour in hours[2:]}


async def test_the_day_of_being_full_is_foreseen_from_the_marks(link: Link) -> None:
    memory, store = RedisMemory(link, KEYS), MemoryStore()
    now = await memory.read()
    async with store.transaction() as tx:
        for days in range(1, 8):
            mark = f"{MARKS}{(NOW - days * DAY_MS) // HOUR_MS}"
            await tx.control.set_mark(mark, str(now.used_bytes - days * MB))
    use = await look(memory, store, NOW)
    assert use.days_to_full == pytest.approx((now.max_bytes - now.used_bytes) / MB, rel=0.02)


async def test_a_redis_that_is_gone_is_no_failure_of_the_watch(tmp_path: Path) -> None:
    watch = MemoryWatch(RedisMemory(Link(f"unix://{tmp_path}/none.sock"), KEYS), MemoryStore(), Told())
    assert await watch_memory(watch, NOW, leads) is None


def use_of(share: float | None, used: int = 60 * MB) -> MemoryUse:
    most = 100 * MB if share is not None else 0
    return MemoryUse(used, most, share, 1.2, 1_000, 600, "maxmemory" if most else "unknown")


def test_growth_survives_a_flush_and_is_not_read_out_of_too_little() -> None:
    steady = [(NOW + hour * HOUR_MS, (10 + hour) * MB) for hour in range(48)]
    assert days_to_full(steady, use_of(0.6)) == pytest.approx(40 / 24)
    flushed = [(at, used - 5 * MB * (n > 40)) for n, (at, used) in enumerate(steady)]
    assert days_to_full(flushed, use_of(0.6)) == pytest.approx(40 / 24, rel=0.2)
    assert days_to_full(steady[:6], use_of(0.6)) is None
    assert days_to_full([(at, -used) for at, used in steady], use_of(0.6)) is None
    assert days_to_full([], use_of(0.6)) is None
    assert days_to_full(steady, use_of(None)) is None


def test_the_levels_and_what_is_said_of_them() -> None:
    bounds = Bounds(0.7, 0.85)
    assert [bounds.level(use_of(share)) for share in (0.69, 0.7, 0.85, None)] == [
        *("well", "warn", "act", "unknown")
    ]
    assert advice(use_of(0.6), bounds) == advice(use_of(None), bounds) == ""
    assert "redis.max_memory_mb" in advice(use_of(0.9), bounds)
    assert sentence(use_of(None)) == "60 MB used, no bound known, 1000 profiles"
    assert sentence(use_of(0.6)) == "60 MB used, 60% of its bound, 1000 profiles, 600 bytes each"
    assert figures_of(use_of(0.9), bounds)["level"] == "act"
    assert metrics_of(use_of(None)).keys().isdisjoint({"kairos_redis_used_share", "kairos_redis_max_bytes"})
    assert metrics_of(use_of(0.6))["kairos_redis_used_share"] == 0.6
