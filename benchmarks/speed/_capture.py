"""Updates a second: from Telegram's server over HTTP into durable events, folded people and hot profiles."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from aiogram import Bot, Dispatcher
from aiogram.types import Update
from redis.asyncio import Redis

from adapters.telegram.client import TelegramClient
from adapters.telegram.poller import ALLOWED_UPDATES, BATCH, Poller, raw_updates
from app.clock import WallClock
from app.services import Bell
from app.updates import reader
from benchmarks.speed._meter import Meter, MeteredHot, MeteredStore
from core.errors import KairosError
from core.flow.capture import CaptureDeps, apply_pending
from core.ports import HotStore, Store

READ = reader(granted_on_start=False, text_version="bench")
WAIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How long so many items took, and the CPU of this process."""

    items: int
    wall_s: float
    cpu_s: float

    @property
    def per_s(self) -> float:
        return round(self.items / self.wall_s, 1)

    @property
    def cpu_us(self) -> float:
        """CPU microseconds an item."""
        return round(self.cpu_s / self.items * 1e6, 1)


class Watch:
    """A stop watch for wall and CPU time."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def pace(self, items: int) -> Pace:
        """Since it was made."""
        return Pace(items, time.perf_counter() - self._wall, time.process_time() - self._cpu)


async def as_in_production(store: Store, hot: HotStore, client: TelegramClient, updates: int) -> Pace:
    """The real poller beside the real capture step, as `run` has them."""
    clock, bell = WallClock(), Bell()
    poller = Poller(client, store, clock, bell.ring)
    deps = CaptureDeps(store, hot, READ)
    watch, done = Watch(), 0
    polling = asyncio.create_task(poller.run())
    while done < updates:
        applied = await apply_pending(deps, clock.now_ms())
        done += applied.rows
        if applied.flooded:
            await asyncio.sleep(applied.gather_s)
        else:
            await bell.wait(WAIT_S)
    pace = watch.pace(done)
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
    return pace


async def step_by_step(
    store: Store, hot: HotStore, client: TelegramClient, updates: int
) -> tuple[Pace, dict[str, float]]:
    """The same steps one after the other, so that each one's CPU is known."""
    meter, clock = Meter(), WallClock()
    inbox = MeteredStore(store, meter, ["offset"], ["inbox durable"])
    applying = MeteredStore(store, meter, ["inbox read"], ["events, fold and responses durable"])
    deps = CaptureDeps(applying, MeteredHot(hot, meter), READ)
    watch, done, offset = Watch(), 0, 0
    while done < updates:
        with meter.step("HTTP"):
            result = await client.call("getUpdates", _asking(offset))
        batch = raw_updates(result, clock.now_ms())
        offset = batch[-1].update_id + 1
        async with inbox.transaction() as tx:
            await tx.inbox.add(client.bot_id, batch, next_offset=offset)
        done += (await apply_pending(deps, clock.now_ms())).rows
    pace = watch.pace(done)
    return pace, meter.shares(pace.cpu_s)


async def aiogram_and_redis(token: str, client: TelegramClient, redis: Redis, updates: int) -> Pace:
    """The baseline: aiogram's dispatcher, and for each update one pipeline that counts in Redis. What it has
    taken is lost when the process or Redis ends at the wrong moment."""
    bot, dispatcher = Bot(token), Dispatcher(disable_fsm=True)
    count = _counter(redis)
    dispatcher.message.register(count)
    dispatcher.callback_query.register(count)
    watch, done, offset = Watch(), 0, 0
    while done < updates:
        result: Any = await client.call("getUpdates", _asking(offset))
        for one in result:
            update = Update.model_validate(one, context={"bot": bot})
            await dispatcher.feed_update(bot, update)
        done, offset = done + len(result), result[-1]["update_id"] + 1
    pace = watch.pace(done)
    await bot.session.close()
    return pace


def _counter(redis: Redis) -> Callable[[Any], Any]:
    async def count(event: Any) -> None:
        key = f"baseline:{event.from_user.id}"
        async with redis.pipeline(transaction=False) as pipe:
            pipe.hincrby(key, "seen", 1)
            pipe.hset(key, "last", orjson.dumps({"kind": type(event).__name__}).decode())
            pipe.expire(key, 86_400)
            await pipe.execute()

    return count


def _asking(offset: int) -> dict[str, object]:
    return {"timeout": 0, "limit": BATCH, "allowed_updates": ALLOWED_UPDATES, "offset": offset}


async def check(store: Store, updates: int) -> None:
    """Raises KairosError unless so many updates have taken effect: a benchmark of what went wrong is none."""
    async with store.transaction(write=False) as tx:
        counts = await tx.inbox.counts()
    if counts.get("failed") or sum(counts.values()) != updates:
        raise KairosError(f"the inbox holds {counts} instead of {updates} good updates")
