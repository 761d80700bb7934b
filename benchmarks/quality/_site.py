"""An installation in a folder of its own and the sandbox it talks to: real processes, time and signals.

Promises: every process started here is ended here, by its id; `kill` is `kill -9` and says which messages
were on their way at that moment. Leaves to others: what is done to the installation, and the judgement.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from adapters.redis.place import Place
from adapters.sql.store import SqlStore
from core.ledger import Message, State

ROOT = Path(__file__).resolve().parents[2]
TOKENS = {"BOUTIQUE_TOKEN": "7001001:SIMULATED-boutique", "CLUB_TOKEN": "7001002:SIMULATED-club"}
BOTS = {"boutique": "BOUTIQUE_TOKEN", "club": "CLUB_TOKEN"}
WAIT_S = 150.0
"""How long anything may take before the run is given up: far beyond what a busy machine needs."""
LOOK_S = 0.2


async def until(condition: Callable[[], bool | Awaitable[bool]], what: str, within_s: float = WAIT_S) -> None:
    """Wait for a condition of the world outside. Raises TimeoutError that says what did not come."""
    deadline = time.monotonic() + within_s
    while True:
        found = condition()
        if found if isinstance(found, bool) else await found:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {within_s:.0f} s still not: {what}")
        await asyncio.sleep(LOOK_S)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its exit code, what it said on stderr, and how long it took after the signal."""

    code: int
    said: str
    seconds: float

    @property
    def error(self) -> str:
        """The sentence that says what was wrong; empty when nothing was, the whole stderr after a crash."""
        if "Traceback" in self.said:
            return self.said
        return next((line for line in self.said.splitlines() if line.startswith("error: ")), "")


@dataclass(slots=True)
class Started:
    """A process of ours. `err`: the file with its stderr."""

    process: asyncio.subprocess.Process
    err: Path

    @property
    def alive(self) -> bool:
        return self.process.returncode is None

    @property
    def at_work(self) -> bool:
        """Whether this `run` has said that it runs."""
        return b"Kairos runs" in self.err.read_bytes()

    async def end(self, sign: signal.Signals | None = signal.SIGTERM) -> Ended:
        """Send a signal (None: it ends by itself) and wait for the end."""
        began = time.monotonic()
        if sign is not None and self.alive:
            self.process.send_signal(sign)
        async with asyncio.timeout(WAIT_S):
            code = await self.process.wait()
        return Ended(code, self.err.read_text(), time.monotonic() - began)


@dataclass(frozen=True, slots=True)
class People:
    """Who lives in the sandbox, how many times faster than the clock, with how many days behind them."""

    count: int
    hurry: float
    seed: int
    days: int = 0


@dataclass(slots=True)
class Site:
    """A folder with settings, database, Redis and logs, and the processes that work on it. `url`: of a
    database elsewhere."""

    folder: Path
    people: People
    settings: str = ""
    base_url: str = ""
    url: str = ""
    processes: list[Started] = field(default_factory=list)

    # -- places ------------------------------------------------------------------------------------
    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    @property
    def evidence(self) -> Path:
        return self.folder / "sandbox.jsonl"

    @property
    def history(self) -> Path:
        return self.folder / "history.jsonl"

    def configure(self, settings: str | None = None) -> None:
        """Write the settings file; `settings` replaces what is set beside the bots."""
        self.settings = self.settings if settings is None else settings
        lines = ["bots:"]
        for name, variable in BOTS.items():
            lines.append(f"  - {{name: {name}, token_env: {variable}, api_base: '{self.base_url}'}}")
        self.config.write_text("\n".join([*lines, self.settings, ""]))

    # -- processes ---------------------------------------------------------------------------------
    async def start(self, *arguments: str, env: Mapping[str, str] | None = None) -> Started:
        """Start the program with these arguments, in this installation."""
        number = len(self.processes)
        err = self.folder / f"{number:03d}-{arguments[0]}.err"
        with err.open("wb") as errors, err.with_suffix(".out").open("wb") as said:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                str(ROOT / "manage_crm.py"),
                "--config",
                str(self.config),
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=said,
                stderr=errors,
                env=_environment() | dict(env or {}),
            )
        started = Started(process, err)
        self.processes.append(started)
        return started

    async def run(self, *roles: str) -> list[Started]:
        """Start `run` (or a part of it for each role), and wait until all of them do their work."""
        before = self.starts()
        processes = [await self.start("run", role) for role in roles] or [await self.start("run")]
        await self.working(processes, before)
        return processes

    async def working(self, processes: list[Started], before: int) -> None:
        """Wait until these processes say that they have started."""

        def all_started() -> bool:
            dead = [one for one in processes if not one.alive]
            if dead:
                raise RuntimeError(f"`run` ended instead of starting: {dead[0].err.read_text()}")
            return self.starts() >= before + len(processes)

        await until(all_started, "`run` has started")

    def starts(self) -> int:
        """How often the logs say that a process has started its work."""
        logs = (self.folder / "logs").glob("delivery_optimizer_*.log")
        return sum(log.read_bytes().count(b'"event":"started"') for log in logs)

    def emitted(self) -> int:
        """How many updates people have made so far, while the sandbox runs."""
        return self.evidence.read_bytes().count(b'"kind":"emitted"')

    async def effective(self) -> int:
        """How many updates have taken effect, whether or not they have been answered."""
        async with self.store() as store, store.transaction(write=False) as tx:
            counts = await tx.inbox.counts()
        return counts.get("applied", 0) + counts.get("handled", 0)

    async def kill(self, run: Started) -> list[Message]:
        """`kill -9`; returns the messages that were on their way. What it held is left as it is."""
        await run.end(signal.SIGKILL)
        async with self.store() as store:
            return [one for one in await ledger_of(store) if one.state is State.SENDING]

    async def bury(self, run: Started) -> None:
        """Let the leases of a dead process run out now instead of in 20 seconds."""
        holder = f"{socket.gethostname()}:{run.process.pid}"
        async with self.store() as store, store.transaction() as tx:
            now_ms = time.time_ns() // 1_000_000
            for name in ("scheduler", *(f"lane:{token.partition(':')[0]}" for token in TOKENS.values())):
                lease = await tx.control.acquire(name, holder, now_ms, 1)
                if lease is not None:
                    await tx.control.release(lease)

    async def end_all(self) -> None:
        """Nothing that was started here is left running."""
        for one in reversed(self.processes):
            if one.alive:
                await one.end(signal.SIGKILL)

    async def verb(self, *arguments: str) -> tuple[int, bytes]:
        """Run a verb to its end; exit code and stdout."""
        started = await self.start(*arguments)
        ended = await started.end(None)
        return ended.code, started.err.with_suffix(".out").read_bytes()

    async def open_sandbox(self) -> Started:
        arguments = ["sandbox", "serve", "--port", "0", "--log", str(self.evidence)]
        arguments += ["--people", str(self.people.count), "--hurry", str(self.people.hurry)]
        arguments += ["--seed", str(self.people.seed)]
        if self.people.days:
            arguments += ["--days", str(self.people.days), "--history", str(self.history)]
        for token in TOKENS.values():
            arguments += ["--token", token]
        self.config.write_text("")
        started = await self.start(*arguments)
        said = started.err.with_suffix(".out")
        await until(lambda: b"\n" in said.read_bytes(), "the sandbox says where it listens")
        self.base_url = str(orjson.loads(said.read_bytes())["base_url"])
        if self.people.days:
            await until(self.history.exists, "the sandbox has written its history")
        return started

    # -- stores ------------------------------------------------------------------------------------
    @asynccontextmanager
    async def store(self) -> AsyncIterator[SqlStore]:
        """The database, from outside."""
        store = SqlStore(self.url or f"sqlite:///{self.folder / 'data' / 'kairos.db'}")
        try:
            yield store
        finally:
            await store.close()

    def redis(self) -> redis.Redis:
        """The embedded Redis, from outside."""
        place = Place((self.folder / "data" / "redis").resolve())
        return redis.Redis(unix_socket_path=str(place.socket), retry=Retry(NoBackoff(), 0))

    def kill_redis(self) -> bool:
        """`kill -9` of the embedded Redis; False if there was none."""
        with suppress(redis.RedisError, OSError), self.redis() as link:
            os.kill(int(link.info("server")["process_id"]), signal.SIGKILL)
            return True
        return False

    def flush_redis(self) -> bool:
        """Forget everything that is in Redis; False if there was none."""
        with suppress(redis.RedisError, OSError), self.redis() as link:
            return bool(link.flushall())
        return False


@asynccontextmanager
async def site(folder: Path, people: People, settings: str = "") -> AsyncIterator[Site]:
    """A folder with its sandbox running and the settings written; at the end nothing of it is running."""
    place = Site(folder, people, settings)
    try:
        await place.open_sandbox()
        place.configure()
        yield place
    finally:
        await place.end_all()


async def ledger_of(store: SqlStore) -> list[Message]:
    """Every row of the ledger."""
    rows: list[Message] = []
    async with store.transaction(write=False) as tx:
        while page := await tx.ledger.export(rows[-1].id if rows else 0, 2_000):
            rows += page
    return rows


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KAIROS_")}
    return kept | TOKENS
