"""How many updates a second a webhook accepts: our receiver, which answers after the commit, against
aiogram's own webhook handler in the same run.

Each server runs on one core, one at a time; the updates come from another process on the other core over 50
kept connections, so that the server is the bottleneck. Rounds of all servers alternate; figures are medians.
On a machine where other programs run the CPU ratios are the ones to trust.

- ours: durable in an SQLite file (WAL, synchronous=FULL) before the answer;
- aiogram: web.Application and SimpleRequestHandler, which answers when its handler is done: one Redis
  pipeline an update, nothing durable. And the same with a handler that does nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from adapters.redis.server import EmbeddedRedis
from benchmarks.speed._posting import CONNECTIONS, Posted, post, requests
from benchmarks.speed._webhook import KINDS, SERVER_CORE, Server, pin, server
from core.errors import KairosError

FULL, QUICK = (5, 10_000), (3, 2_000)
"""(rounds, updates in each)"""
WARM_UP = 500
WANTED = 3.0
OURS, WITH_REDIS, EMPTY = KINDS


@dataclass(frozen=True, slots=True)
class Round:
    """One round of one server."""

    per_s: float
    cpu_us: float
    posted: Posted


def main(arguments: list[str]) -> int:
    """The benchmark's document on stdout; 0 when every target is met."""
    rounds, updates = QUICK if "--quick" in arguments else FULL
    pin(SERVER_CORE + 1)
    with tempfile.TemporaryDirectory(prefix="kairos-webhook-") as folder:
        measured = asyncio.run(measure(Path(folder), rounds, updates))
    document = document_of(measured, updates)
    if "--json" in arguments:
        print(orjson.dumps(document).decode())
    else:
        _print(document)
    return 0 if all(target["ok"] for target in document["targets"].values()) else 1


async def measure(folder: Path, rounds: int, updates: int) -> dict[str, list[Round]]:
    """All rounds of all servers, by kind."""
    measured: dict[str, list[Round]] = {kind: [] for kind in KINDS}
    async with EmbeddedRedis(folder / "redis") as redis_url:
        with contextlib.ExitStack() as stack:
            servers = {kind: stack.enter_context(server(kind, folder, redis_url)) for kind in KINDS}
            for kind in KINDS:
                await _round(servers[kind], 0, WARM_UP)
            for number in range(rounds):
                for kind in KINDS:
                    done = WARM_UP + number * updates
                    measured[kind].append(await _round(servers[kind], done, updates))
    return measured


async def _round(one: Server, done: int, updates: int) -> Round:
    """Post so many more. Raises KairosError unless every update has taken effect: a fast loss is no speed."""
    documents = requests(done + 1, updates)
    before = one.ask()
    posted = await post(one.port, documents)
    after = one.ask()
    if after.taken != done + updates:
        raise KairosError(f"{after.taken} of {done + updates} updates took effect")
    return Round(updates / posted.wall_s, (after.cpu_s - before.cpu_s) / updates * 1e6, posted)


def document_of(measured: dict[str, list[Round]], updates: int) -> dict[str, Any]:
    """What `--json` prints."""
    figures: dict[str, Any] = {"updates_each_round": updates, "connections": CONNECTIONS}
    speed = {kind: statistics.median(one.per_s for one in rounds) for kind, rounds in measured.items()}
    cpu = {kind: statistics.median(one.cpu_us for one in rounds) for kind, rounds in measured.items()}
    for kind, rounds in measured.items():
        figures[kind] = {
            "updates_per_s": round(speed[kind], 1),
            "server_cpu_us": round(cpu[kind], 1),
            "median_ms": statistics.median(one.posted.median_ms for one in rounds),
            "p99_ms": statistics.median(one.posted.p99_ms for one in rounds),
            "all_rounds_per_s": [round(one.per_s) for one in rounds],
        }
    ratios = {f"accepted_vs_{kind}": round(speed[OURS] / speed[kind], 2) for kind in (WITH_REDIS, EMPTY)}
    return {
        "name": "speed/webhook",
        "machine": {
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "platform": f"{platform.system()} {platform.machine()}",
        },
        "ratios": {
            **ratios,
            "cpu_of_aiogram_and_redis_pipeline_vs_ours": round(cpu[WITH_REDIS] / cpu[OURS], 2),
            "cpu_of_aiogram_empty_handler_vs_ours": round(cpu[EMPTY] / cpu[OURS], 2),
        },
        "figures": figures,
        "targets": {name: {"want": WANTED, "got": got, "ok": got >= WANTED} for name, got in ratios.items()},
    }


def _print(document: dict[str, Any]) -> None:
    for part in ("ratios", "figures", "targets"):
        for name, value in document[part].items():
            inner = value if isinstance(value, dict) else {"": value}
            for key, figure in inner.items():
                print(f"{name}{' ' if key else ''}{key}\t{figure}")
