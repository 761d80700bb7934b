"""The embedded Redis: it starts, is shared, ends with its owner, and what was left behind is ended."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.inflight import InFlight
from adapters.redis.hot import RedisHot
from adapters.redis.link import Link
from adapters.redis.place import SOCKET_PATH_BYTES, Place
from adapters.redis.server import EmbeddedRedis, answers, find_program, reap
from core.errors import HotStoreError

OWNER = """
import asyncio, sys
from pathlib import Path
from adapters.redis.server import EmbeddedRedis

async def main() -> None:
    async with EmbeddedRedis(Path(sys.argv[1])):
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


def pid_of(folder: Path) -> int:
    return int((folder / "redis.pid").read_text())


async def gone(pid: int) -> None:
    """Return when the process has ended (a zombie has)."""
    while Path(f"/proc/{pid}/stat").exists():
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return
        await asyncio.to_thread(os.sched_yield)


async def test_it_is_bounded_durable_and_on_a_socket_only(tmp_path: Path) -> None:
    async with EmbeddedRedis(tmp_path / "redis", max_memory_mb=64) as url:
        link = Link(url)
        async with link.use() as redis:
            config = await redis.config_get("*")
        assert config["port"] == "0"
        assert config["appendonly"] == "yes"
        assert config["appendfsync"] == "everysec"
        assert config["maxmemory"] == str(64 * 1024 * 1024)
        assert config["maxmemory-policy"] == "volatile-lfu"
        assert (tmp_path / "redis" / "redis.sock").stat().st_mode & 0o077 == 0
        await link.close()


async def test_a_second_one_shares_the_first_and_takes_over_when_it_is_gone(tmp_path: Path) -> None:
    first, second = EmbeddedRedis(tmp_path), EmbeddedRedis(tmp_path)
    async with first as url, second as other_url:
        assert url == other_url
        assert [first.owned, second.owned] == [True, False]
        link = Link(other_url)
        hot = RedisHot(link)
        await hot.set_mark(7)
        await first.stop()
        with pytest.raises(HotStoreError):
            await hot.mark()
        await second.ensure()
        assert [first.owned, second.owned] == [False, True]
        assert await hot.mark() == 7
        await link.close()


async def test_a_clean_stop_keeps_what_was_written(tmp_path: Path) -> None:
    for expected in (None, 3):
        async with EmbeddedRedis(tmp_path) as url:
            link = Link(url)
            hot = RedisHot(link)
            assert await hot.mark() == expected
            await hot.set_mark(3)
            await link.close()


async def test_a_killed_server_comes_back_with_what_it_had(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    async with server as url:
        link = Link(url)
        hot = RedisHot(link)
        await hot.set_mark(3)
        old = pid_of(tmp_path)
        os.kill(old, signal.SIGKILL)
        await gone(old)
        await server.ensure()
        assert pid_of(tmp_path) != old
        assert await hot.mark() == 3
        await link.close()


class Restless:
    """A clock whose waits end at the next turn of the loop."""

    def now_ms(self) -> int:
        return 0

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


async def test_looked_after_it_comes_back_by_itself(tmp_path: Path) -> None:
    owner, sharer = EmbeddedRedis(tmp_path), EmbeddedRedis(tmp_path)
    async with owner as url, sharer:
        link = Link(url)
        hot = RedisHot(link)
        await hot.set_mark(5)
        keeping = [asyncio.create_task(server.keep(Restless())) for server in (owner, sharer)]
        for _ in range(3):
            old = pid_of(tmp_path)
            os.kill(old, signal.SIGKILL)
            await gone(old)
            while not await asyncio.to_thread(answers, tmp_path / "redis.sock"):
                assert not any(task.done() for task in keeping)
            assert pid_of(tmp_path) != old
            assert await hot.mark() == 5
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)
        assert owner.owned != sharer.owned
        await link.close()


async def test_it_ends_with_a_killed_owner(tmp_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with owner:
        assert owner.stdout is not None
        assert await asyncio.to_thread(owner.stdout.readline) == b"ready\n"
        pid = pid_of(tmp_path)
        sharer = EmbeddedRedis(tmp_path)
        async with sharer:
            assert not sharer.owned
            owner.kill()
            await asyncio.to_thread(owner.wait)
            await gone(pid)
            await sharer.ensure()
            assert sharer.owned


async def test_what_a_killed_owner_left_behind_is_ended(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.prepare()
    place.config.write_text(place.configuration(32))
    stale = subprocess.Popen([find_program(), str(place.config)], cwd=tmp_path, stdout=subprocess.DEVNULL)
    while not await asyncio.to_thread(answers, place.socket):
        assert stale.poll() is None
    async with EmbeddedRedis(tmp_path):
        assert stale.poll() is not None
        assert pid_of(tmp_path) != stale.pid


def test_a_pid_file_that_names_somebody_else_ends_nobody(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.pid.write_text(str(os.getpid()))
    reap(place)
    assert not place.pid.exists()


async def test_a_folder_too_deep_for_a_socket_gets_a_short_one(tmp_path: Path) -> None:
    deep = tmp_path / ("a b" * 30) / "redis"
    async with EmbeddedRedis(deep) as url:
        socket = Place(deep).socket
        assert len(os.fsencode(socket)) <= SOCKET_PATH_BYTES
        assert socket.stat().st_mode & 0o077 == 0
        link = Link(url)
        assert (await RedisHot(link).ping())["version"]
        await link.close()
    assert not socket.exists()


async def test_a_server_that_can_not_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "appendonly.aof").write_bytes(b"this is no append-only file" * 10)
    with pytest.raises(HotStoreError, match="ended at once: .*[Bb]ad file format"):
        await EmbeddedRedis(tmp_path).ensure()


async def test_a_folder_that_can_not_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(HotStoreError, match="can't be made"):
        await EmbeddedRedis(tmp_path / "file" / "redis").ensure()


def test_without_any_redis_the_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    with pytest.raises(HotStoreError, match="there is no redis-server") as caught:
        find_program()
    assert "redis.url" in caught.value.next_step


async def test_waiting_for_the_server_counts_as_in_flight(tmp_path: Path) -> None:
    inflight = InFlight()
    seen: list[int] = []
    server = EmbeddedRedis(tmp_path, inflight=inflight)
    starting = asyncio.create_task(server.ensure())
    while not starting.done():
        seen.append(inflight.open)
        await asyncio.sleep(0)
    assert max(seen) == 1
    assert inflight.open == 0
    await server.stop()


async def test_no_password_is_shown() -> None:
    link = Link("redis://kairos:secret@127.0.0.1:1/0")
    with pytest.raises(HotStoreError) as caught:
        await RedisHot(link).mark()
    assert "secret" not in f"{caught.value} {link!r}"
    assert "127.0.0.1:1" in str(caught.value)
    await link.close()
