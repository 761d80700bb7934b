"""The demo: the whole real system against a simulated Telegram, on the town's clock. All of it SIMULATED.

A real Redis, SQLite, HTTP, aiogram, planner, door, ledger and model; only Telegram, the people and the time
are made. The same seed gives the same run. Its data stay in `data/demo`, for every other verb to look at.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import importlib
import os
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from adapters.contents import MEDIA_FOLDER, load_contents
from adapters.inflight import InFlight
from adapters.journeys import load_journeys
from adapters.redis.hot import RedisHot
from adapters.redis.link import Link
from adapters.redis.memory import RedisMemory
from adapters.redis.pacer import RedisPacer
from adapters.redis.server import EmbeddedRedis
from adapters.sql.store import SqlStore
from adapters.strategies import load_strategies
from adapters.telegram.client import TelegramClient
from adapters.telegram.messenger import TelegramMessenger
from app.cast import BROADCASTS
from app.desk.keys import DEMO_KEY
from app.hot import WatchedHot
from app.importing import Documents, ImportDeps, import_lines
from app.installation import Installation
from app.parts import Conditions, Crons, Logs, Parts, Reading
from app.services import Rhythm
from app.summary import Span, summarise
from app.town import POLL_S, START, Surroundings, TownClock, busy, plain_limits
from core.errors import RefusedError, SettingsError
from core.experiment import holdout
from core.segment import SegmentSpec
from core.strategy import Caps
from sandbox.clock import Parking, Town, run_town
from sandbox.log import SandboxLog

EVIDENCE = "evidence.jsonl"
"""What the sandbox's server received and emitted: in a file, so that memory stays flat."""
VIOLATIONS = "violations.json"
"""What the referee found, if it found anything."""
HOLDOUT_SHARE = 0.1
DAY_S = 86_400
VIP_STARS = 500
MAX_DAYS = 60
MAX_PEOPLE = 20_000
# Longer steps than production's, because nobody else shares this store; the learning step likewise runs every
# three hours (`Conditions`), where production's `schedule.learn` says every hour.
RHYTHM = Rhythm(
    lease_ms=3_600_000,
    idle_s=900.0,
    watch_s=900.0,
    poll_timeout_s=POLL_S,
    handler_workers=1,
    lanes=False,
    settle_s=0.0,
)


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """`speed`: simulated seconds per real second, None = as fast as it goes; it only delays the display."""

    root: Path
    folder: Path
    days: float = 3.0
    people: int = 300
    seed: int = 7
    speed: float | None = None


@dataclass(slots=True)
class Running:
    """What a screen may look at while the demo runs."""

    town: Town
    installation: Installation
    surroundings: Surroundings
    options: DemoOptions


Watch = Callable[[Running], Coroutine[Any, Any, None]]
"""Shows the running demo until it is cancelled."""


async def nobody_watches(_: Running) -> None:
    """For a demo without a screen."""


def run_demo(options: DemoOptions, logs: Logs, watch: Watch = nobody_watches) -> dict[str, Any]:
    """Run the demo to its end; the closing document."""
    _check(options)
    with _alone(options.folder):
        return _run(options, logs, watch)


def _run(options: DemoOptions, logs: Logs, watch: Watch) -> dict[str, Any]:
    started = time.monotonic()
    _fresh(options.folder)
    inflight, parking = InFlight(), Parking()
    importlib.import_module("bot.answering")  # aiogram; production imports it when all else is found well
    gc.freeze()  # what the imports made stays; collecting it again and again is a tenth of the run
    main = partial(_live, options, logs, watch, (inflight, parking))
    document = run_town(main, START, partial(busy, inflight, parking), options.speed)
    document["setup_s"] = round(float(os.environ.get("KAIROS_SETUP_S", "0")), 2)
    document["wall_s"] = round(time.monotonic() - started, 2)
    (options.folder / "summary.json").write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    return document


def _check(options: DemoOptions) -> None:
    if not 0 < options.days <= MAX_DAYS:
        raise SettingsError(f"--days must be more than 0 and at most {MAX_DAYS}")
    if not 1 <= options.people <= MAX_PEOPLE:
        raise SettingsError(f"--people must be between 1 and {MAX_PEOPLE}")
    if options.speed is not None and options.speed <= 0:
        raise SettingsError("--speed must be more than 0")


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One demo at a time in a folder: a second would take the database from under the first. The system
    frees the lock when the process ends, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RefusedError(
                f"another demo is running in {folder}", next_step="wait until it ends, or stop it with Ctrl-C"
            ) from None
        yield


def _fresh(folder: Path) -> None:
    """Every demo begins with an empty workspace. Its Redis is emptied when it has started."""
    for name in ("kairos.db", "kairos.db-wal", "kairos.db-shm", "summary.json", VIOLATIONS, EVIDENCE):
        (folder / name).unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)


async def _live(
    options: DemoOptions, logs: Logs, watch: Watch, counters: tuple[InFlight, Parking], town: Town
) -> dict[str, Any]:
    inflight, parking = counters
    specs = load_strategies(options.root / "strategies")
    with contextlib.closing(SandboxLog(options.folder / EVIDENCE)) as log:
        surroundings = Surroundings.create((town, parking), log, options.people, options.seed)
        start_ms = town.now_ms()
        async with _installation(options, logs, (town, surroundings, specs), inflight) as installation:
            await import_lines(ImportDeps(installation.capture), Documents(surroundings.past), start_ms)
            await installation.start()
            await installation.jobs.assess_all()
            for document in BROADCASTS:
                line = await installation.desk.create(document)
                await installation.desk.start(line.broadcast.name)
            gc.freeze()  # the past and the people stay too
            await _days(options, Running(town, installation, surroundings, options), watch)
            store = installation.parts.store
            verdict = await surroundings.judged(store, plain_limits(specs), Caps())
            updates = sum(int(str(one.status["updates"])) for one in installation.pollers)
            span = Span(options.seed, options.days, options.people, start_ms, updates)
            document = await summarise(store, span, verdict)
            document["calls"] = surroundings.server.calls.figures()
    if verdict.details:
        (options.folder / VIOLATIONS).write_bytes(orjson.dumps(verdict.details))
    return document


async def _days(options: DemoOptions, running: Running, watch: Watch) -> None:
    """Let the town live for so many days, then stop as a production process stops."""
    stopping = asyncio.Event()
    work = asyncio.create_task(running.installation.run(stopping), name="installation")
    people = asyncio.create_task(running.surroundings.people.run(), name="people")
    screen = asyncio.create_task(watch(running), name="screen")
    ending = asyncio.create_task(asyncio.sleep(options.days * DAY_S), name="days")
    await asyncio.wait({work, people, ending}, return_when=asyncio.FIRST_COMPLETED)
    for task in (people, screen, ending):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    stopping.set()
    await work


@contextlib.asynccontextmanager
async def _installation(
    options: DemoOptions,
    logs: Logs,
    place: tuple[Town, Surroundings, tuple[SegmentSpec, ...]],
    inflight: InFlight,
) -> AsyncIterator[Installation]:
    town, surroundings, specs = place
    clock = TownClock(town)
    held = partial(_held, f"demo-{options.seed}")
    store = SqlStore(f"sqlite:///{options.folder / 'kairos.db'}", inflight=inflight, holdout=held)
    base = await surroundings.server.start()
    clients = [TelegramClient(face.token, base, inflight) for face in surroundings.faces]
    try:
        redis = EmbeddedRedis(options.folder / "redis", inflight=inflight)
        async with redis as url:
            link = Link(url, inflight)
            await RedisHot(link).clear()
            parts = Parts(
                store=await store.open(),
                hot=WatchedHot(RedisHot(link)),
                pacer=RedisPacer(link),
                messenger=TelegramMessenger(clients, clock, options.root / "content" / MEDIA_FOLDER),
                clients=clients,
                faces=surroundings.faces,
                specs=specs,
                clock=clock,
                logs=logs,
                revive=redis.ensure,
                memory=RedisMemory(link),
                contents=load_contents(options.root / "content"),
                journeys=[file.document for file in load_journeys(options.root / "journeys")],
            )
            yield Installation(parts, _conditions(options, surroundings), "demo")
            await link.close()
    finally:
        for client in clients:
            await client.close()
        await surroundings.server.stop()
        await store.close()


def _conditions(options: DemoOptions, surroundings: Surroundings) -> Conditions:
    """As in production, but its key guards nothing, VIP is for sale, and the dice are repeatable."""
    return Conditions(
        key=DEMO_KEY,
        reading=Reading(vip=frozenset(surroundings.vip_chats)),
        vip_stars=VIP_STARS,
        crons=Crons(campaigns="*/10 * * * *"),
        seed=options.seed,
        rhythm=RHYTHM,
    )


def _held(salt: str, identity: Any) -> bool:
    return holdout(identity, HOLDOUT_SHARE, salt)
