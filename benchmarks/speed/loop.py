"""The loop's speed in real time: updates a second through the whole capture path, messages a second from
plan to sent, and where the CPU time goes.

Real SQLite file (WAL, FULL), real embedded Redis, real HTTP; the sandbox's server is another process. Each
figure stands beside a baseline measured in the same run:

- capture: aiogram's dispatcher with one Redis pipeline an update (nothing durable, no profile);
- sending: aiohttp posting `sendMessage`, as many at once as a lane (no door, no ledger, no outcomes).
"""

from __future__ import annotations

import asyncio
import os
import platform
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from adapters.inflight import InFlight
from adapters.redis.hot import RedisHot
from adapters.redis.keys import Keys
from adapters.redis.link import Link
from adapters.redis.pacer import PacerLimits, RedisPacer
from adapters.redis.server import EmbeddedRedis
from adapters.sql.store import SqlStore
from adapters.strategies import load_strategies
from adapters.telegram.client import TelegramClient
from adapters.telegram.messenger import TelegramMessenger
from app.clock import WallClock
from benchmarks.speed import _capture as capture
from benchmarks.speed import _sending as sending
from benchmarks.speed._capture import Pace
from benchmarks.speed._sandbox import FIRST_PERSON, TOKENS, Crowd, sandbox

ROOT = Path(__file__).resolve().parents[2]
FULL, QUICK = Crowd(people=1_000, updates_each=20), Crowd(people=200, updates_each=20)
UNPACED = PacerLimits(start=100_000.0, ceiling=100_000.0, silence_ms=0, chat_gap_ms=1)
WANTED_UPDATES_PER_S, WANTED_MESSAGES_PER_S = 1_000, 120
"""Ten bots' worth of lively chat; four bots at Telegram's 30 messages a second."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that was measured, and the CPU shares by step."""

    capture: Pace
    capture_by_step: Pace
    capture_shares: dict[str, float]
    aiogram: Pace
    assess: Pace
    plan: Pace
    sending: Pace
    sending_shares: dict[str, float]
    bare: Pace


def main(arguments: list[str]) -> int:
    """The benchmark's document on stdout; 0 when every target is met."""
    crowd = QUICK if "--quick" in arguments else FULL
    with tempfile.TemporaryDirectory(prefix="kairos-loop-") as folder, sandbox(crowd) as base:
        measured = asyncio.run(measure(Path(folder), base, crowd))
    document = document_of(measured, crowd)
    if "--json" in arguments:
        print(orjson.dumps(document).decode())
    else:
        _print(document)
    return 0 if all(target["ok"] for target in document["targets"].values()) else 1


async def measure(folder: Path, base: str, crowd: Crowd) -> Measured:
    """Measure all of it in this folder against the sandbox at this address."""
    inflight = InFlight()
    ours, other, third = (TelegramClient(token, base, inflight) for token in TOKENS)
    store = SqlStore(f"sqlite:///{folder / 'bench.db'}", inflight=inflight)
    specs = load_strategies(ROOT / "strategies")
    try:
        async with EmbeddedRedis(folder / "redis", inflight=inflight) as url:
            link = Link(url, inflight)
            hot, pacer = RedisHot(link, Keys("bench")), RedisPacer(link, Keys("bench"), UNPACED)
            await store.open()
            async with link.use() as redis:
                baseline = await capture.aiogram_and_redis(TOKENS[1], other, redis, crowd.updates)
            captured = await capture.as_in_production(store, hot, ours, crowd.updates)
            by_step, capture_shares = await capture.step_by_step(store, hot, third, crowd.updates)
            await capture.check(store, 2 * crowd.updates)
            await sending.put_strategies(store, specs)
            assessed = await sending.assess(store, hot, specs)
            rows = await sending.write_rows(store, ours.bot_id)
            outside = (pacer, TelegramMessenger([ours], WallClock()))
            sent, shares = await sending.plan_to_sent(store, hot, outside, ours.bot_id, rows)
            chats = [FIRST_PERSON + number for number in range(crowd.people)]
            bare = await sending.bare_loop(base, TOKENS[1], chats)
            planned = await sending.plan_all(store, specs, ours.bot_id)
            await link.close()
    finally:
        for client in (ours, other, third):
            await client.close()
        await store.close()
    return Measured(captured, by_step, capture_shares, baseline, assessed, planned, sent, shares, bare)


def document_of(measured: Measured, crowd: Crowd) -> dict[str, Any]:
    """What `--json` prints."""
    updates, messages = measured.capture.per_s, measured.sending.per_s
    return {
        "name": "speed/loop",
        "machine": {
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "platform": f"{platform.system()} {platform.machine()}",
        },
        "ratios": {
            "capture_vs_aiogram_and_redis_pipeline": round(updates / measured.aiogram.per_s, 2),
            "sending_vs_bare_aiohttp_loop": round(messages / measured.bare.per_s, 2),
        },
        "figures": {
            **asdict(crowd),
            "updates_per_s": updates,
            "update_cpu_us": measured.capture.cpu_us,
            "capture_cpu_shares": measured.capture_shares,
            "baseline_updates_per_s": measured.aiogram.per_s,
            "baseline_update_cpu_us": measured.aiogram.cpu_us,
            "assessed_people_per_s": measured.assess.per_s,
            "planned_people_per_s": measured.plan.per_s,
            "messages_per_s": messages,
            "message_cpu_us": measured.sending.cpu_us,
            "sending_cpu_shares": measured.sending_shares,
            "baseline_messages_per_s": measured.bare.per_s,
            "baseline_message_cpu_us": measured.bare.cpu_us,
        },
        "targets": {
            "updates_per_s": _target(WANTED_UPDATES_PER_S, updates),
            "messages_per_s": _target(WANTED_MESSAGES_PER_S, messages),
        },
    }


def _target(want: float, got: float) -> dict[str, object]:
    return {"want": want, "got": got, "ok": got >= want}


def _print(document: dict[str, Any]) -> None:
    for part in ("ratios", "figures", "targets"):
        for name, value in document[part].items():
            inner = value if isinstance(value, dict) else {"": value}
            for key, figure in inner.items():
                print(f"{name}{' ' if key else ''}{key}\t{figure}")
