"""Servers that take Telegram's webhooks, each in a process of its own on one core: ours, and aiogram's.

A server answers on a pipe: its port at first, then what it has taken and its CPU seconds whenever asked.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import orjson

BOT = 7001
TOKEN = f"{BOT}:SIMULATED-webhook"
SECRET = "a-secret_of-the-benchmark-0123456789abcdefg"  # noqa: S105 - opens nothing but this run
PATH = f"/telegram/{BOT}"
SERVER_CORE = 0
KINDS = ("kairos", "aiogram_and_redis_pipeline", "aiogram_empty_handler")

Taken = Callable[[], Awaitable[int]]
"""How many updates have taken effect in this server."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a server says of itself."""

    taken: int
    cpu_s: float


class Server:
    """One server from outside."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.port = int(pipe.recv())

    def ask(self) -> Asked:
        """What it has taken so far, and its CPU."""
        self._pipe.send("ask")
        taken, cpu_s = self._pipe.recv()
        return Asked(taken, cpu_s)


@contextmanager
def server(kind: str, folder: Path, redis_url: str) -> Iterator[Server]:
    """A server of this kind, until the block ends."""
    here, there = multiprocessing.Pipe()
    arguments = (kind, folder, redis_url, there)
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=arguments, daemon=True)
    process.start()
    try:
        yield Server(here)
    finally:
        here.send("stop")
        process.join()


def pin(core: int) -> None:
    """Stay on this core, where the system can do that."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {core})


def _serve(kind: str, folder: Path, redis_url: str, parent: Connection) -> None:
    pin(SERVER_CORE)
    logging.disable()  # aiogram writes a line for each update
    asyncio.run(_live(kind, folder, redis_url, parent))


async def _live(kind: str, folder: Path, redis_url: str, parent: Connection) -> None:
    running = _ours(folder) if kind == "kairos" else _aiograms(kind, redis_url)
    async with running as (port, taken):
        parent.send(port)
        while await asyncio.to_thread(parent.recv) == "ask":
            parent.send((await taken(), time.process_time()))


@asynccontextmanager
async def _ours(folder: Path) -> AsyncIterator[tuple[int, Taken]]:
    from adapters.sql.store import SqlStore
    from adapters.web.receiver import Receiver
    from app.clock import WallClock

    store = await SqlStore(f"sqlite:///{folder / 'webhook.db'}").open()
    receiver = Receiver(store, WallClock(), {BOT: SECRET})

    async def taken() -> int:
        async with store.transaction(write=False) as tx:
            return sum((await tx.inbox.counts()).values())

    yield await receiver.start("127.0.0.1", 0), taken
    await receiver.stop()
    await store.close()


@asynccontextmanager
async def _aiograms(kind: str, redis_url: str) -> AsyncIterator[tuple[int, Taken]]:
    """aiogram as its documentation says: web.Application, SimpleRequestHandler, one handler."""
    from aiogram import Bot, Dispatcher
    from aiogram.webhook.aiohttp_server import SimpleRequestHandler
    from aiohttp import web
    from redis.asyncio import Redis

    redis = Redis.from_url(redis_url)
    seen = 0

    async def empty(event: Any) -> None:
        nonlocal seen
        seen += 1

    async def pipeline(event: Any) -> None:
        key = f"baseline:{event.from_user.id}"
        async with redis.pipeline(transaction=False) as pipe:
            pipe.hincrby(key, "seen", 1)
            pipe.hset(key, "last", orjson.dumps({"kind": type(event).__name__}).decode())
            pipe.expire(key, 86_400)
            await pipe.execute()
        await empty(event)

    async def taken() -> int:
        return seen

    bot, dispatcher = Bot(TOKEN), Dispatcher(disable_fsm=True)
    handler = pipeline if kind == "aiogram_and_redis_pipeline" else empty
    dispatcher.message.register(handler)
    dispatcher.callback_query.register(handler)
    application = web.Application()
    # Its other way, answering before it handles, promises less and was slower: tasks pile up, and redis-py's
    # pool refuses the 101st of them.
    answering = SimpleRequestHandler(dispatcher, bot, handle_in_background=False, secret_token=SECRET)
    answering.register(application, path=PATH)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield runner.addresses[0][1], taken
    await runner.cleanup()
    await redis.aclose()
    await bot.session.close()
