"""Hot profiles in Redis: compact, never older than they were, bounded, and forgotten with their workspace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.inflight import InFlight
from adapters.redis.fields import MAX_BYTES, pack_hours, segments_of, to_fields, unpack_hours
from adapters.redis.hot import FEED_LENGTH, LIFE_S, RedisHot
from adapters.redis.keys import Keys
from adapters.redis.link import Link
from adapters.redis.server import EmbeddedRedis
from core.errors import HotStoreError, SettingsError
from core.profile import Profile
from tests.ports.profiles import profile

EIGHT = (
    "HOT_LEAD",
    "PREMIUM_POTENTIAL",
    "ENGAGED",
    "WARM_LEAD",
    "NEW_USER",
    "NIGHT_OWL",
    "BOT_LOVER",
    "COLD_LEAD",
)


@pytest.fixture
async def link(tmp_path: Path) -> AsyncIterator[Link]:
    async with EmbeddedRedis(tmp_path) as url:
        link = Link(url)
        yield link
        await link.close()


async def test_what_was_written_is_read(link: Link) -> None:
    hot = RedisHot(link)
    await hot.write([(profile(1), {"ENGAGED": 0.75}, 10), (profile(2), {}, 11)])
    found = await hot.read([2, 3, 1])
    assert list(found) == [2, 1]
    assert found[1] == to_fields(profile(1), {"ENGAGED": 0.75}, 10)
    assert found[1]["language"] == "tr"
    assert segments_of(found[1]) == {"ENGAGED": 0.75}
    assert segments_of(found[2]) == {}


async def test_an_older_profile_never_overwrites_a_newer_one(link: Link) -> None:
    hot = RedisHot(link)
    await hot.write([(profile(1, commands_7d=5), {"ENGAGED": 0.9, "NIGHT_OWL": 0.6}, 10)])
    await hot.write([(profile(1, commands_7d=4), {"COLD_LEAD": 1.0}, 9)])
    assert (await hot.read([1]))[1]["commands_7d"] == "5"
    await hot.write([(profile(1, commands_7d=6), {"ENGAGED": 0.8}, 11)])
    newest = (await hot.read([1]))[1]
    assert newest["commands_7d"] == "6"
    assert segments_of(newest) == {"ENGAGED": 0.8}


async def test_a_profile_is_stored_compactly_and_lives_long(link: Link) -> None:
    hot = RedisHot(link)
    full = profile(
        1, campaign_first="a" * 64, campaign_last="b" * 64, zone="America/Argentina/ComodRivadavia"
    )
    await hot.write([(full, dict.fromkeys(EIGHT, 0.5), 10)])
    async with link.use() as redis:
        assert await redis.object("ENCODING", Keys().profile(1)) in {"listpack", "ziplist"}
        assert LIFE_S - 60 < await redis.ttl(Keys().profile(1)) <= LIFE_S


async def test_a_full_redis_gives_up_profiles_and_keeps_what_steers(link: Link) -> None:
    hot = RedisHot(link)
    await hot.set_mark(1)
    await hot.publish([{"what": "started"}])
    async with link.use() as redis:
        await redis.config_set("maxmemory", (await redis.info())["used_memory"] + 300_000)
    for start in range(0, 1500, 100):
        await hot.write([(profile(no), {}, no) for no in range(start, start + 100)])
    kept = await hot.read(range(1500))
    assert 0 < len(kept) < 1500
    assert await hot.mark() == 1
    assert await hot.feed(1) == [{"what": "started"}]


async def test_the_mark_is_none_until_set(link: Link) -> None:
    hot = RedisHot(link)
    assert await hot.mark() is None
    await hot.set_mark(42)
    assert await hot.mark() == 42


async def test_clear_forgets_this_workspace_and_no_other(link: Link) -> None:
    mine, other = RedisHot(link), RedisHot(link, Keys("kairos-shop"))
    for hot in (mine, other):
        await hot.write([(profile(no), {}, 1) for no in range(50)])
        await hot.set_mark(1)
        await hot.publish([{"n": 1}])
    await mine.clear()
    assert await mine.read(range(50)) == {}
    assert await mine.mark() is None
    assert await mine.feed(5) == []
    assert len(await other.read(range(50))) == 50
    assert await other.mark() == 1


async def test_the_feed_is_bounded_and_newest_first(link: Link) -> None:
    hot = RedisHot(link)
    await hot.publish({"n": n} for n in range(FEED_LENGTH + 10))
    assert await hot.feed(2) == [{"n": FEED_LENGTH + 9}, {"n": FEED_LENGTH + 8}]
    assert len(await hot.feed(10_000)) == FEED_LENGTH
    assert await hot.feed(0) == []
    await hot.publish([])


async def test_ping_tells_version_memory_and_keys(link: Link) -> None:
    await RedisHot(link).set_mark(1)
    told = await RedisHot(link).ping()
    assert told["keys"] == 1
    assert cast("int", told["used_bytes"]) > 0
    assert told["policy"] == "volatile-lfu"
    assert str(told["version"]).split(".")[0].isdigit()


async def test_a_redis_that_is_gone_is_one_error_and_nothing_stays_in_flight(tmp_path: Path) -> None:
    inflight = InFlight()
    link = Link(f"unix://{tmp_path}/none.sock", inflight)
    hot = RedisHot(link)
    with pytest.raises(HotStoreError, match="does not answer") as caught:
        await hot.write([(profile(1), {}, 1)])
    assert not caught.value.permanent
    assert inflight.open == 0
    await link.close()


def test_an_address_or_prefix_that_can_not_be_read_is_a_settings_error() -> None:
    with pytest.raises(SettingsError, match=r"redis\.url http://host"):
        Link("http://host")
    with pytest.raises(SettingsError, match="prefix"):
        Keys("kairos*")


@given(st.lists(st.floats(0, 1e6), min_size=24, max_size=24))
def test_packed_hours_are_exact_to_one_255th_of_the_peak(activity: list[float]) -> None:
    peak, hours = pack_hours(activity)
    assert len(hours) <= MAX_BYTES
    unpacked = unpack_hours({"hour_peak": peak, "hours": hours}) or (0.0,) * 24
    allowed = max(activity) / 255 + 1e-3
    assert all(abs(a - b) <= allowed for a, b in zip(activity, unpacked, strict=True))


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_field_is_above_64_bytes(campaign: str, segment: str) -> None:
    fields = to_fields(profile(1, campaign_first=campaign), {segment: 0.5}, 1)
    assert all(len(part.encode()) <= MAX_BYTES for pair in fields.items() for part in pair)


def test_every_field_of_a_profile_is_in_the_hash() -> None:
    fields = to_fields(profile(1), {}, 1)
    assert set(Profile.__dataclass_fields__) - {"hour_activity"} <= set(fields)
