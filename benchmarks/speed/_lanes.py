"""The real lane against the strict server, and what the server's own list says of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from adapters.redis.hot import RedisHot
from adapters.redis.keys import Keys
from adapters.redis.link import Link
from adapters.redis.pacer import PacerLimits, RedisPacer
from adapters.sql.store import SqlStore
from adapters.telegram.client import FREE_PER_S, TelegramClient
from adapters.telegram.messenger import TelegramMessenger
from app.clock import WallClock
from app.services import Lane, Rhythm, run_services
from benchmarks.speed._audience import BODY, address, invite
from benchmarks.speed._capture import Pace, Watch
from benchmarks.speed._strict import REFUSED, STARS, TAKEN, Call, Line, Strict
from core.flow.deliver import DeliverDeps

HOUR_MS = 3_600_000
SECOND_MS = 1_000
KEYS = Keys("bench")


@dataclass(frozen=True, slots=True)
class House:
    """What all lanes share: a real SQLite file, a real Redis, the server. `used`: the pacers have been in use
    for an hour, else they begin as after a flush."""

    store: SqlStore
    link: Link
    server: Strict
    used: bool


async def _ready() -> bool:
    return True


async def run_lanes(
    house: House, lines: Sequence[Line], seconds: float, *, limits: PacerLimits | None = None
) -> Pace:
    """The lanes of these bots for so long; CPU and wall time of all that left."""
    clock, pacer = WallClock(), RedisPacer(house.link, KEYS, limits)
    paid = limits is not None and limits.paid_rate > 0
    clients = [TelegramClient(line.token, house.server.base, most_per_s=FREE_PER_S) for line in lines]
    deps = DeliverDeps(
        house.store,
        RedisHot(house.link, KEYS),
        pacer,
        TelegramMessenger(clients, clock),
        clock,
        stars_a_day=STARS if paid else 0,
    )
    if house.used:
        for line in lines:
            for kind in {False, paid}:
                await pacer.grant(line.bot_id, [line.askers[-1]], clock.now_ms() - HOUR_MS, paid=kind)
    lanes = [Lane(deps, line.bot_id, "bench", Rhythm(), _ready) for line in lines]
    stopping, watch = asyncio.Event(), Watch()
    running = asyncio.create_task(run_services([lane.service for lane in lanes], clock, stopping))
    await asyncio.wait([running], timeout=seconds)
    stopping.set()
    await running
    spent = watch.pace(1)
    sent = sum(len(taken(house.server.calls(line))) for line in lines)
    for lane in lanes:
        await lane.release()
    for client in clients:
        await client.close()
    return replace(spent, items=max(1, sent))


async def fill(house: House, line: Line, people: int, body: Mapping[str, object] = BODY) -> None:
    """So many people of this bot, and a message for each."""
    now_ms = WallClock().now_ms()
    await invite(house.store, line.bot_id, line.chats[:people], now_ms)
    await address(house.store, line.bot_id, line.chats[:people], now_ms, body)


def taken(calls: Sequence[Call]) -> list[int]:
    """When each accepted call came."""
    return [call.at_ms for call in calls if call.ended == TAKEN]


def refused(calls: Sequence[Call]) -> list[int]:
    """When each call came that was told to wait."""
    return [call.at_ms for call in calls if call.ended == REFUSED]


def rate(moments: Sequence[int], begin_ms: int, end_ms: int) -> float:
    """A second, within this span."""
    return sum(begin_ms <= at < end_ms for at in moments) / max(1, end_ms - begin_ms) * SECOND_MS


def events(moments: Sequence[int]) -> int:
    """How often refusals came anew: those within two seconds are of messages under way together."""
    return sum(now - before > 2 * SECOND_MS for before, now in zip([0, *moments], moments, strict=False))


def slowest(moments: Sequence[int], begin_ms: int, end_ms: int, window_ms: int) -> float:
    """The least rate of any window that begins a whole second after the begin."""
    starts = range(begin_ms, end_ms - window_ms + 1, SECOND_MS)
    return min((rate(moments, at, at + window_ms) for at in starts), default=0.0)


def back_after_s(moments: Sequence[int], begin_ms: int, wanted: float, window_ms: int) -> float:
    """Seconds until a window begins that has the wanted rate; infinite if none does."""
    last = moments[-1] if moments else begin_ms
    for at in range(begin_ms, last - window_ms + 1, 100):
        if rate(moments, at, at + window_ms) >= wanted:
            return (at - begin_ms) / SECOND_MS
    return float("inf")
