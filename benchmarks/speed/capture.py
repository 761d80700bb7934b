"""What capture costs: from Telegram's server over HTTP into durable updates, events, folded people and
groups, and hot profiles in SQL and Redis; and how soon a tap is answered while very much waits.

Real SQLite file (WAL, FULL), real embedded Redis, real HTTP in batches of 100; the sandbox's server is
another process. The measuring process is pinned to one core. Ours and the baseline (aiogram's dispatcher with
one Redis pipeline an update: nothing durable, no profile) take turns in the same process, on the same loop,
with the same settings of Python, and the ratio is the median of the rounds.
"""

from __future__ import annotations

import asyncio
import os
import platform
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from adapters.inflight import InFlight
from adapters.redis.hot import RedisHot
from adapters.redis.keys import Keys
from adapters.redis.link import Link
from adapters.redis.server import EmbeddedRedis
from adapters.sql.store import SqlStore
from adapters.telegram.client import TelegramClient
from app.collector import suit_to_batches
from benchmarks.speed import _capture as capture
from benchmarks.speed._backlog import taps_under_backlog
from benchmarks.speed._capture import Pace
from benchmarks.speed._mixed import Crowd, Line, Server, serving

WANTED_RATIO, WANTED_TAP_S = 2.0, 1.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured. `updates` of each bot and round; `taps` under the backlog."""

    people: int
    updates: int
    rounds: int
    backlog: int
    taps: int

    def tokens(self, name: str) -> list[str]:
        """One bot a round."""
        base = {"measured": 7100, "baseline": 7200}[name]
        return [f"{base + number}:SIMULATED-{name}" for number in range(self.rounds)]


FULL = Size(people=1_000, updates=20_000, rounds=3, backlog=50_000, taps=20)
QUICK = Size(people=500, updates=10_000, rounds=1, backlog=50_000, taps=10)
BACKLOG_TOKEN = "7300:SIMULATED-backlog"  # noqa: S105 - a simulated bot's


@dataclass(frozen=True, slots=True)
class Measured:
    """The rounds, and the seconds until each tap was acknowledged."""

    ours: Sequence[Pace]
    baseline: Sequence[Pace]
    taps: Sequence[float]


def main(arguments: list[str]) -> int:
    """The benchmark's document on stdout; 0 when every target is met."""
    size = QUICK if "--quick" in arguments else FULL
    lines = [Line(token, size.updates) for name in ("measured", "baseline") for token in size.tokens(name)]
    crowd = Crowd(size.people, (*lines, Line(BACKLOG_TOKEN, size.backlog, taps=False)))
    with tempfile.TemporaryDirectory(prefix="kairos-capture-") as folder, serving(crowd) as server:
        measured = asyncio.run(measure(Path(folder), server, size))
    document = document_of(measured, size)
    if "--json" in arguments:
        print(orjson.dumps(document).decode())
    else:
        _print(document)
    return 0 if all(target["ok"] for target in document["targets"].values()) else 1


async def measure(folder: Path, server: Server, size: Size) -> Measured:
    """Measure all of it in this folder against this server."""
    inflight = InFlight()
    ours: list[Pace] = []
    baseline: list[Pace] = []
    async with EmbeddedRedis(folder / "redis", inflight=inflight) as url:
        link = Link(url, inflight)
        pin_to_one_core()
        suit_to_batches()
        store = await SqlStore(f"sqlite:///{folder / 'bench.db'}", inflight=inflight).open()
        hot = RedisHot(link, Keys("bench"))
        for mine, other in zip(size.tokens("measured"), size.tokens("baseline"), strict=True):
            client = TelegramClient(other, server.base, inflight)
            async with link.use() as redis:
                baseline.append(await capture.aiogram_and_redis(other, client, redis, size.updates))
            await client.close()
            client = TelegramClient(mine, server.base, inflight)
            ours.append(await capture.as_in_production(store, hot, client, size.updates))
            await client.close()
        await capture.check(store, size.updates * size.rounds)
        await store.close()
        taps = await taps_under_backlog(folder, link, server, (BACKLOG_TOKEN, size.backlog, size.taps))
        await link.close()
    return Measured(ours, baseline, taps)


def pin_to_one_core() -> None:
    """This process and the threads it will start; Redis and Telegram have the other cores."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def document_of(measured: Measured, size: Size) -> dict[str, Any]:
    """What `--json` prints."""
    pairs = list(zip(measured.ours, measured.baseline, strict=True))
    ratio = round(statistics.median(mine.per_s / other.per_s for mine, other in pairs), 2)
    cpu = round(statistics.median(other.cpu_us / mine.cpu_us for mine, other in pairs), 2)
    slowest = round(max(measured.taps), 3)
    return {
        "name": "speed/capture",
        "machine": {
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "platform": f"{platform.system()} {platform.machine()}",
        },
        "ratios": {
            "updates_vs_aiogram_and_redis_pipeline": ratio,
            "cpu_of_aiogram_and_redis_pipeline_vs_ours": cpu,
        },
        "figures": {
            "people": size.people,
            "updates": size.updates,
            "rounds": size.rounds,
            "updates_per_s": statistics.median(one.per_s for one in measured.ours),
            "update_cpu_us": statistics.median(one.cpu_us for one in measured.ours),
            "baseline_updates_per_s": statistics.median(one.per_s for one in measured.baseline),
            "baseline_update_cpu_us": statistics.median(one.cpu_us for one in measured.baseline),
            "backlog": size.backlog,
            "tap_acknowledged_median_s": round(statistics.median(measured.taps), 3),
            "tap_acknowledged_slowest_s": slowest,
        },
        "targets": {
            "updates_vs_aiogram_and_redis_pipeline": _target(WANTED_RATIO, ratio, ok=ratio >= WANTED_RATIO),
            "tap_acknowledged_slowest_s": _target(WANTED_TAP_S, slowest, ok=slowest <= WANTED_TAP_S),
        },
    }


def _target(want: float, got: float, *, ok: bool) -> dict[str, object]:
    return {"want": want, "got": got, "ok": ok}


def _print(document: dict[str, Any]) -> None:
    for part in ("ratios", "figures", "targets"):
        for name, value in document[part].items():
            inner = value if isinstance(value, dict) else {"": value}
            for key, figure in inner.items():
                print(f"{name}{' ' if key else ''}{key}\t{figure}")
