"""Hot profiles in Redis: compact, never older than they were, bounded, and forgotten when they must be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import orjson
import pytest

from adapters.inflight import InFlight
from adapters.redis.hot import FEED_LENGTH, LATE_S, LIFE_S, RedisHot
from adapters.redis.keys import Keys
from adapters.redis.link import Link
from adapters.redis.server import EmbeddedRedis
from core.errors import HotStoreError, SettingsError
from core.ports import HotRow
from core.profile import pack
from tests.ports.profiles import profile


@pytest.fixture
async def link(tmp_path: Path) -> AsyncIterator[Link]:
    async with EmbeddedRedis(tmp_path) as url:
        link = Link(url)
        yield link
        await link.close()


def row(no: int, seq: int, **values: str) -> HotRow:
    """A packed profile of these fields."""
    return HotRow(no, seq, orjson.dumps([part for pair in values.items() for part in pair]).decode())


def typical(no: int) -> HotRow:
    return HotRow(no, no + 1, pack(profile(no), {"ENGAGED": 0.75, "WARM_LEAD": 0.5}))


async def test_what_was_packed_is_read(link: Link) -> None:
    hot = RedisHot(link)
    await hot.write([row(1, 10, lang="tr", note='"İ\u0131 {1}'), row(2, 11)])
    assert await hot.read([2, 3, 1]) == {
        2: {"seq": "11"},
        1: {"seq": "10", "lang": "tr", "note": '"İ\u0131 {1}'},
    }
    packed = orjson.loads(typical(7).packed)
    await hot.write([typical(7)])
    assert (await hot.read([7]))[7] == {"seq": "8", **dict(zip(packed[::2], packed[1::2], strict=True))}


async def test_people_and_groups_of_the_same_number_are_apart(link: Link) -> None:
    hot = RedisHot(link)
    await hot.write([row(1, 10, who="person")])
    await hot.write_groups([row(1, 11, who="group"), row(2, 12, who="other")])
    assert (await hot.read([1]))[1]["who"] == "person"
    assert {no: found["who"] for no, found in (await hot.read_groups([1, 2])).items()} == {
        1: "group",
        2: "other",
    }
    await hot.write_groups([HotRow(2, 13, "")])
    assert await hot.read_groups([2]) == {}, "a group that became part of another is gone"


async def test_an_older_profile_never_overwrites_a_newer_one(link: Link) -> None:
    hot = RedisHot(link)
    await hot.write([row(1, 10, cmds="5", night="1")])
    await hot.write([row(1, 9, cmds="4"), row(2, 3, cmds="1")])
    assert (await hot.read([1]))[1]["cmds"] == "5"
    await hot.write([row(1, 11, cmds="6"), row(1, 10, cmds="5")])
    assert (await hot.read([1]))[1] == {"seq": "11", "cmds": "6"}


async def test_a_profile_is_stored_compactly_and_lives_long(link: Link) -> None:
    hot = RedisHot(link)
    await hot.write([typical(1)])
    async with link.use() as redis:
        assert await redis.object("ENCODING", Keys().profile(1)) in {"listpack", "ziplist"}
        assert LIFE_S - 60 < await redis.ttl(Keys().profile(1)) <= LIFE_S


async def test_thousands_go_in_at_once_also_after_redis_forgot_the_script(link: Link) -> None:
    hot = RedisHot(link)
    many = [row(no, no, n=str(no)) for no in range(1, 5002)]
    await hot.write(many)
    async with link.use() as redis:
        await redis.script_flush()
    await hot.write(many[:3])
    found = await hot.read(range(1, 5002))
    assert all(found[no] == {"seq": str(no), "n": str(no)} for no in range(1, 5002))
    await hot.write([])
    assert await hot.read([]) == {}


async def test_a_full_redis_gives_up_profiles_and_keeps_what_steers(link: Link) -> None:
    hot = RedisHot(link)
    await hot.set_mark(1)
    await hot.publish([{"what": "started"}])
    async with link.use() as redis:
        await redis.config_set("maxmemory", (await redis.info())["used_memory"] + 400_000)
    for start in range(0, 3000, 100):
        await hot.write([typical(no) for no in range(start, start + 100)])
    kept = await hot.read(range(3000))
    assert 0 < len(kept) < 3000
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
        await hot.write([row(no, 1) for no in range(50)])
        await hot.write_groups([row(7, 1)])
        await hot.set_mark(1)
        await hot.publish([{"n": 1}])
    await mine.clear()
    assert await mine.read(range(50)) == {}
    assert await mine.read_groups([7]) == {}
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


# ------------------------------------------------------------------------------------------ forgetting
async def test_who_is_forgotten_is_gone_and_stays_so_for_late_writers(link: Link) -> None:
    hot = RedisHot(link)
    await hot.write([row(1, 10, lang="tr"), row(2, 11, lang="tr")])
    await hot.publish([{"what": "wrote", "person": 1}, {"what": "wrote", "person": 2}, {"person_no": 1}])
    await hot.forget([1])
    assert await hot.read([1, 2]) == {2: {"seq": "11", "lang": "tr"}}
    assert await hot.feed(9) == [{"what": "wrote", "person": 2}]
    await hot.write([row(1, 12, lang="tr"), row(2, 12, lang="en")])
    assert await hot.read([1, 2]) == {2: {"seq": "12", "lang": "en"}}
    async with link.use() as redis:
        assert 0 < await redis.ttl(Keys().profile(1)) <= LATE_S
    await hot.forget([1])
    await hot.forget([])
    assert await hot.read([1]) == {}


def written(folder: Path) -> bytes:
    """All bytes of the files that Redis keeps there."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


async def test_after_a_rewrite_nothing_forgotten_is_in_the_files(link: Link, tmp_path: Path) -> None:
    hot = RedisHot(link)
    async with link.use() as redis:
        await redis.config_set("appendfsync", "always")  # else a busy disk may have it written later
    await hot.write([row(1, 10, via="spring-of-anna"), row(2, 11, via="summer-of-ben")])
    await hot.forget([1])
    assert b"spring-of-anna" in written(tmp_path), "deleting alone leaves the old commands in the file"
    await hot.compact()
    assert b"spring-of-anna" not in written(tmp_path)
    await hot.write([row(3, 12, via="autumn-of-cem")])
    async with link.use() as redis:
        assert await redis.hget(Keys().profile(2), "via") == "summer-of-ben"
        await redis.set("last", 1)
    assert b"autumn-of-cem" in written(tmp_path), "it goes on writing"


async def test_a_snapshot_is_rewritten_too(link: Link, tmp_path: Path) -> None:
    hot = RedisHot(link)
    async with link.use() as redis:
        await redis.config_set("appendonly", "no")
        await redis.config_set("save", "3600 1")
        await redis.config_set("rdbcompression", "no")
    await hot.write([row(1, 10, via="spring-of-anna")])
    await hot.compact()
    assert b"spring-of-anna" in (tmp_path / "dump.rdb").read_bytes()
    await hot.forget([1])
    await hot.compact()
    assert b"spring-of-anna" not in (tmp_path / "dump.rdb").read_bytes()


async def test_several_may_ask_for_a_rewrite_at_once(link: Link) -> None:
    hot = RedisHot(link)
    await asyncio.gather(*(hot.compact() for _ in range(3)))
    async with link.use() as redis:
        assert (await redis.info("persistence"))["aof_last_bgrewrite_status"] == "ok"


async def test_where_a_rewrite_is_not_ours_to_ask_for_it_says_so(link: Link, tmp_path: Path) -> None:
    async with link.use() as redis:
        await redis.acl_setuser(
            "guest", enabled=True, nopass=True, keys=["*"], categories=["+@all"], commands=["-bgrewriteaof"]
        )
    guest = Link(f"unix://guest:any@{tmp_path}/redis.sock")
    with pytest.raises(HotStoreError, match="does not let us rewrite") as caught:
        await RedisHot(guest).compact()
    assert caught.value.permanent, "asking again does not help"
    assert "BGREWRITEAOF" in caught.value.next_step
    await guest.close()


# ------------------------------------------------------------------------------------------ around it
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
    for call in (hot.write([row(1, 1)]), hot.forget([1]), hot.compact()):
        with pytest.raises(HotStoreError, match="does not answer") as caught:
            await call
        assert not caught.value.permanent
    assert inflight.open == 0
    await link.close()


def test_an_address_or_prefix_that_can_not_be_read_is_a_settings_error() -> None:
    with pytest.raises(SettingsError, match=r"redis\.url http://host"):
        Link("http://host")
    with pytest.raises(SettingsError, match="prefix"):
        Keys("kairos*")
