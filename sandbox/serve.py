"""The sandbox as a process of its own, in real time: a Bot API server that any bot can be pointed at.

Prints one line of JSON with the base URL and the tokens as soon as it listens, then serves until SIGTERM
or SIGINT, and stops cleanly. People come from `populate`, which lives as long as the server.
"""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import orjson

from sandbox.botapi.faults import Faults
from sandbox.botapi.latency import Travel
from sandbox.botapi.limits import Limits
from sandbox.botapi.server import BotApiServer
from sandbox.log import SandboxLog
from sandbox.world import World

Populate = Callable[[World], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class BotSpec:
    """A bot to register."""

    token: str
    username: str
    name: str


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """How to serve. `log_path` None keeps the evidence in memory; `latency_ms` is the round trip."""

    host: str = "127.0.0.1"
    port: int = 0
    log_path: Path | None = None
    limits: Limits = field(default_factory=Limits)
    latency_ms: float | Travel = 0.0
    seed: int = 0


def wall_clock_ms() -> int:
    """Milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000


async def serve(
    bots: Sequence[BotSpec],
    options: ServeOptions | None = None,
    populate: Populate | None = None,
    announce: TextIO | None = None,
) -> None:
    """Serve until a signal to stop, or until `populate` fails; its error is raised then."""
    options = options or ServeOptions()
    log = SandboxLog(options.log_path)
    world = World(wall_clock_ms, log, seed=options.seed)
    for bot in bots:
        world.add_bot(bot.token, bot.username, bot.name)
    server = BotApiServer(world, options.limits, Faults(options.seed), options.latency_ms)
    base_url = await server.start(options.host, options.port)
    with contextlib.closing(log), _stop_on_signals() as stopping:
        out = announce if announce is not None else sys.stdout
        line = {"base_url": base_url, "tokens": [bot.token for bot in bots]}
        out.write(orjson.dumps(line).decode() + "\n")
        out.flush()
        try:
            await _live(world, populate, stopping)
        finally:
            await server.stop()


async def _live(world: World, populate: Populate | None, stopping: asyncio.Event) -> None:
    """Let people live until the signal. Who ends early leaves the server serving; who fails stops it."""
    stop = asyncio.ensure_future(stopping.wait())
    people = asyncio.ensure_future(populate(world)) if populate is not None else None
    try:
        if people is not None:
            await asyncio.wait({stop, people}, return_when=asyncio.FIRST_COMPLETED)
            if people.done():
                people.result()
        await stop
    finally:
        for task in (stop, people):
            if task is not None and not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task


@contextlib.contextmanager
def _stop_on_signals() -> Iterator[asyncio.Event]:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    try:
        yield stopping
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
