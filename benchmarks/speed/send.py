"""How fast, how evenly and how obediently messages go out, against the sandbox's strict server (30 in any
second, one a second to a chat, 60 ms round trip), which runs in another process and whose own list is the
evidence. SIMULATED; real SQLite file (WAL, FULL), real embedded Redis, real HTTP.

- free: the share of 30 a second and the refusals of Kairos' real lane (line, door, permits, pacer, outcomes)
  from an empty pacer on, of python-telegram-bot's AIORateLimiter, and of a serial loop with sleep;
- hidden: the server takes only 24 a second and tells nobody;
- injected: one 429 with a time to wait in the middle of a broadcast;
- paid: 1000 paid messages a second at 100 ms round trip, and bare aiohttp with the same messages, loop and
  JSON library. The server bounds paid messages at 1,200 here (the baseline's not at all): what is asked
  is what one process can do;
- interactive: people ask while a broadcast to 100,000 is under way, which is stopped and started anew.

`--only PART`; `--quick` is everything within a minute (the pacers have been in use then).
"""

from __future__ import annotations

import asyncio
import math
import os
import platform
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import uvloop

from adapters.redis.link import Link
from adapters.redis.pacer import PacerLimits
from adapters.redis.server import EmbeddedRedis
from adapters.sql.store import SqlStore
from app.collector import suit_to_batches
from benchmarks.speed import _lanes as lanes
from benchmarks.speed import _rivals as rivals
from benchmarks.speed._answering import Place, answers_while_sending
from benchmarks.speed._audience import BODY
from benchmarks.speed._lanes import House
from benchmarks.speed._strict import ROUND_TRIP_MS, STRICT, Line, Strict, strict
from sandbox.botapi.limits import Limits

HIDDEN: Final = 24
PAID_RATE, PAID_TRIP_MS = 1_000, 100.0
PARTS: Final = ("free", "hidden", "injected", "paid", "interactive")
PICTURE: Final = {**BODY, "photo": "https://example.org/simulated.jpg"}
"""What the lane sends that gets the injected 429: so the fault finds it and no other."""
ON_ITS_WAY_MS: Final = 150
"""After a refusal: what had left before its answer could arrive, and what this machine does late."""


@dataclass(frozen=True, slots=True)
class Size:
    """Seconds of each part, and people of the large broadcast. `settle_s`: so long the hidden limit may be
    looked for; `wait_s`: of the injected refusal; `window_s`: over which rates are taken."""

    free_s: float = 300
    rival_s: float = 60
    settle_s: float = 60
    inject_s: float = 60
    wait_s: int = 5
    window_s: float = 10
    paid_s: float = 60
    bare_s: float = 20
    answer_s: float = 60
    people: int = 100_000
    used: bool = False


FULL: Final = Size()
QUICK: Final = Size(14, 4, 7, 2, 3, 3, 5, 3, 8, 3_000, used=True)


def line_of(name: str, size: Size) -> Line:
    """The bot of a part."""
    free = round(size.free_s * 31)
    at_all = round(size.rival_s * 31)
    paid, unbound = Limits(paid_per_second=1_200), Limits(paid_per_second=1_000_000)
    made = {
        "free": (7001, free, STRICT),
        "hidden": (7002, free, Limits(per_second=HIDDEN)),
        "injected": (7003, free, STRICT),
        "ptb": (7004, at_all, STRICT),
        "serial": (7005, at_all, STRICT),
        "paid": (7006, round(size.paid_s * PAID_RATE), paid),
        "bare": (7007, round(size.bare_s * PAID_RATE) + 200, unbound),
        "interactive": (7008, size.people, STRICT),
    }
    bot_id, people, limits = made[name]
    return Line(f"{bot_id}:SIMULATED-{name}", people, limits)


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a run takes place."""

    folder: Path
    link: Link
    server: Strict
    size: Size

    def line(self, name: str) -> Line:
        return line_of(name, self.size)


Targets = dict[str, dict[str, object]]


@dataclass(slots=True)
class Found:
    """The document while it grows."""

    figures: dict[str, Any]
    ratios: dict[str, float]
    targets: Targets

    def at_least(self, name: str, want: float, got: float) -> None:
        self.targets[name] = {"want": want, "got": _short(got), "ok": got >= want}

    def at_most(self, name: str, want: float, got: float) -> None:
        self.targets[name] = {"want": want, "got": _short(got), "ok": got <= want}


def main(arguments: list[str]) -> int:
    """The benchmark's document on stdout; 0 when every target is met."""
    size = QUICK if "--quick" in arguments else FULL
    parts = [arguments[arguments.index("--only") + 1]] if "--only" in arguments else list(PARTS)
    unknown = set(parts) - set(PARTS)
    if unknown:
        print(f"there is no part {unknown.pop()}; there are {', '.join(PARTS)}")
        return 2
    found = Found({"seconds": size.free_s, "parts": parts}, {}, {})
    names = list(_bots(parts))
    lines = [line_of(name, size) for name in names]
    with tempfile.TemporaryDirectory(prefix="kairos-send-") as folder, strict(lines) as server:
        uvloop.run(_measure(Path(folder), server, size, parts, found))
    document = document_of(found)
    if "--json" in arguments:
        print(orjson.dumps(document).decode())
    else:
        _print(document)
    return 0 if all(target["ok"] for target in found.targets.values()) else 1


def _bots(parts: Sequence[str]) -> Iterator[str]:
    for part in parts:
        yield part
        yield from {"free": ("ptb", "serial"), "paid": ("bare",)}.get(part, ())


async def _measure(folder: Path, server: Strict, size: Size, parts: Sequence[str], found: Found) -> None:
    async with EmbeddedRedis(folder / "redis") as url:
        link = Link(url)
        setting = Setting(folder, link, server, size)
        together = [part for part in PARTS[:3] if part in parts]
        if together:
            await _lanes(setting, together, found)
        if "free" in parts:
            await _rivals(setting, found)
        if "paid" in parts:
            await _paid(setting, found)
        if "interactive" in parts:
            await _interactive(setting, found)
        await link.close()


async def _lanes(setting: Setting, together: Sequence[str], found: Found) -> None:
    """Three lanes of one process, each to a bot with another server behind it."""
    size, server = setting.size, setting.server
    store = await SqlStore(f"sqlite:///{setting.folder / 'lanes.db'}").open()
    house = House(store, setting.link, server, size.used)
    lines = [setting.line(name) for name in together]
    for name, line in zip(together, lines, strict=True):
        await lanes.fill(house, line, len(line.chats), PICTURE if name == "injected" else BODY)
    suit_to_batches()
    running = asyncio.create_task(lanes.run_lanes(house, lines, size.free_s))
    if "injected" in together:
        await asyncio.wait([running], timeout=size.inject_s)
        server.refuse_next("sendPhoto", size.wait_s)
    await running
    await store.close()
    judges = {"free": _free, "hidden": _hidden, "injected": _injected}
    for name in together:
        judges[name](setting, found)


def _free(setting: Setting, found: Found) -> None:
    calls = setting.server.calls(setting.line("free"))
    taken, refused = lanes.taken(calls), lanes.refused(calls)
    share = lanes.rate(taken, taken[0], taken[0] + round(setting.size.free_s * 1000) - 1000) / 30
    found.figures["kairos"] = {"share_of_limit": _short(share), "refused": len(refused), "sent": len(taken)}
    found.at_least("share_of_limit", 0.85, share)
    found.at_most("refused_429", 0, len(refused))


def _hidden(setting: Setting, found: Found) -> None:
    size, calls = setting.size, setting.server.calls(setting.line("hidden"))
    taken, refused = lanes.taken(calls), lanes.refused(calls)
    settled, end = taken[0] + round(size.settle_s * 1000), taken[-1]
    share = lanes.rate(taken, settled, end) / HIDDEN
    late = [at for at in refused if at >= settled]
    found.figures["hidden"] = {
        "share_of_24": _short(share),
        "slowest_window": _short(lanes.slowest(taken, settled, end, round(size.window_s * 1000)) / HIDDEN),
        "refused": len(refused),
        "refused_after_settling": len(late),
        "times_refused_anew": lanes.events(refused),
    }
    found.at_least("hidden_share_of_24", 0.8, share)
    found.at_most("hidden_times_refused_after_settling", max(1, size.free_s / 120), lanes.events(late))


def _injected(setting: Setting, found: Found) -> None:
    size, calls = setting.size, setting.server.calls(setting.line("injected"))
    taken, (at, *more) = lanes.taken(calls), lanes.refused(calls)
    ends = at + size.wait_s * 1000
    before = lanes.rate(taken, at - round(size.window_s * 500), at)
    early = [call for call in calls if at + ON_ITS_WAY_MS < call.at_ms < ends]
    window_ms = round(size.window_s * 1000)
    after = [moment for moment in taken if moment >= ends]
    back_s = lanes.back_after_s(taken, ends, 0.8 * before, window_ms)
    herd = max((lanes.rate(after, moment, moment + 1000) for moment in after[:200]), default=0.0)
    found.figures["injected"] = {
        "rate_before": _short(before),
        "silent_s": _short((after[0] - at) / 1000 if after else math.inf),
        "most_in_a_second_afterwards": _short(herd),
        "refused_again": len(more),
    }
    found.at_most("injected_sent_too_early", 0, len(early))
    found.at_most("injected_herd_a_second", 30, herd)
    found.at_most("injected_80_percent_back_after_s", 60, back_s)


async def _rivals(setting: Setting, found: Found) -> None:
    size, server = setting.size, setting.server
    ways = {"ptb": rivals.python_telegram_bot, "serial": rivals.serial_loop}
    for name, way in ways.items():
        line = setting.line(name)
        await way(server.base, line, size.rival_s)
        calls = server.calls(line)
        share = len(lanes.taken(calls)) / (30 * size.rival_s)
        found.figures[name] = {"share_of_limit": _short(share), "refused": len(lanes.refused(calls))}
        ours = found.figures["kairos"]["share_of_limit"]
        found.ratios[f"share_vs_{name}"] = _short(ours / share) if share else math.inf


async def _paid(setting: Setting, found: Found) -> None:
    size, server, line = setting.size, setting.server, setting.line("paid")
    store = await SqlStore(f"sqlite:///{setting.folder / 'paid.db'}").open()
    house = House(store, setting.link, server, used=True)
    await lanes.fill(house, line, len(line.chats))
    suit_to_batches()
    server.round_trip(PAID_TRIP_MS)
    pace = await lanes.run_lanes(house, [line], size.paid_s, limits=PacerLimits(paid_rate=PAID_RATE))
    await store.close()
    bare = await rivals.bare_aiohttp(server.base, setting.line("bare"), PAID_RATE, size.bare_s)
    server.round_trip(ROUND_TRIP_MS)
    calls = server.calls(line)
    taken = lanes.taken(calls)
    per_s = lanes.rate(taken, taken[0], taken[-1])
    ratio = pace.cpu_us / bare.cpu_us
    found.figures["paid"] = {
        "messages_per_s": _short(per_s),
        "slowest_window": _short(lanes.slowest(taken, taken[0], taken[-1], 2_000)),
        "cpu_us": pace.cpu_us,
        "refused": len(lanes.refused(calls)),
        "bare_messages_per_s": bare.per_s,
        "bare_cpu_us": bare.cpu_us,
    }
    found.ratios["paid_cpu_vs_bare_aiohttp"] = _short(ratio)
    found.at_least("paid_messages_per_s", 990, per_s)
    found.at_most("paid_cpu_vs_bare_aiohttp", 2, ratio)


async def _interactive(setting: Setting, found: Found) -> None:
    place = Place(setting.folder, setting.link, setting.server, setting.line("interactive"))
    talk = await answers_while_sending(place, setting.size.answer_s)
    found.figures["interactive"] = {
        "people": setting.size.people,
        "questions": len(talk.waits),
        "median_s": _short(talk.quantile(0.5)),
        "slowest_s": _short(max(talk.waits)),
        "broadcast_before_restart": talk.before,
        "broadcast_sent": talk.sent,
    }
    found.at_most("interactive_p99_s", 1.0, talk.quantile(0.99))
    found.at_most("broadcast_doubled", 0, talk.doubled)
    found.at_most("broadcast_lost", 0, talk.lost)
    found.at_most("broadcast_goes_on_so_far_from_its_place", 50, talk.jumped)


def document_of(found: Found) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "name": "speed/send",
        "machine": {
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "platform": f"{platform.system()} {platform.machine()}",
        },
        "ratios": found.ratios,
        "figures": found.figures,
        "targets": found.targets,
    }


def _short(value: float) -> float:
    return round(value, 3) if math.isfinite(value) else 1e9


def _print(document: dict[str, Any]) -> None:
    for part in ("ratios", "figures", "targets"):
        for name, value in document[part].items():
            inner = value if isinstance(value, dict) else {"": value}
            for key, figure in inner.items():
                print(f"{name}{' ' if key else ''}{key}\t{figure}")
