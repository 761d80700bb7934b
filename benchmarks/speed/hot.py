"""Hot profiles in Redis: what a person costs there, and how fast all of them are made again after a loss.

A real SQLite file with 100,000 people and the real embedded Redis. The people are the sandbox's (SIMULATED):
some hundred pasts of five weeks, with campaigns sent and answered and the segments of `strategies/`, over and
over. Redis is flushed, then `core.flow.rebuild` fills it from the database. The baseline, in turn with it, is
what one would write by hand: redis-py's pipeline with `HSET` and `EXPIRE` for each person, the same fields, a
thousand people a pipeline, already in memory as dicts (it reads no database). Of three rounds each, the best
counts: other programs share the machine.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import orjson

from adapters.redis.hot import LIFE_S, RedisHot
from adapters.redis.keys import Keys
from adapters.redis.link import Link
from adapters.redis.memory import RedisMemory
from adapters.redis.server import EmbeddedRedis
from adapters.sql.store import SqlStore
from adapters.strategies import load_strategies
from benchmarks.quality._placed import Crowd, lives
from core.event import Event, Scalar
from core.flow.rebuild import rebuild
from core.identity import telegram
from core.profile import ProfileState, fold, pack, view
from core.scores import DAY_MS
from core.segment import SegmentSpec, assess

ROOT: Final = Path(__file__).resolve().parents[2]
NOW: Final = 1_768_910_400_000
KEYS: Final = Keys("bench")
BATCH: Final = 1_000
ROUNDS: Final = 3
WANTED_BYTES, WANTED_PER_S = 700, 30_000


@dataclass(frozen=True, slots=True)
class Size:
    """People in the database, and of how many different pasts."""

    people: int
    pasts: int


FULL, QUICK = Size(100_000, 400), Size(5_000, 100)


@dataclass(slots=True)
class Measured:
    """Bytes a person by Redis' own account and by the growth of its memory (the largest of the rounds);
    encodings of a sample; people a second of each round."""

    bytes_each: int = 0
    bytes_grown: int = 0
    fields: float = 0.0
    encodings: Counter[str] = field(default_factory=Counter)
    ours: list[float] = field(default_factory=list)
    baseline: list[float] = field(default_factory=list)


def main(arguments: list[str]) -> int:
    """The benchmark's document on stdout; 0 when every target is met."""
    size = QUICK if "--quick" in arguments else FULL
    with tempfile.TemporaryDirectory(prefix="kairos-hot-") as folder:
        measured = asyncio.run(measure(Path(folder), size))
    document = document_of(measured, size)
    if "--json" in arguments:
        print(orjson.dumps(document).decode())
    else:
        for part in ("ratios", "figures", "targets"):
            for name, value in document[part].items():
                print(f"{part:<8} {name:<40} {value}")
    return 0 if all(target["ok"] for target in document["targets"].values()) else 1


async def measure(folder: Path, size: Size) -> Measured:
    """Make the people, then lose and rebuild them in turn with the baseline."""
    store = SqlStore(f"sqlite:///{folder / 'bench.db'}")
    found = Measured()
    try:
        await store.open()
        shown = await _make(store, size)
        found.fields = sum(map(len, shown)) / len(shown)
        async with EmbeddedRedis(folder / "redis", 512) as url:
            link = Link(url)
            hot = RedisHot(link, KEYS)
            for _ in range(ROUNDS):
                found.ours.append(await _rebuilt(store, hot, link, size, found))
                found.baseline.append(await _by_hand(link, shown))
            await link.close()
    finally:
        await store.close()
    return found


async def _make(store: SqlStore, size: Size) -> list[dict[str, str]]:
    """People with records and packed profiles; the fields of each profile."""
    specs = load_strategies(ROOT / "strategies")
    past = [events for events in lives(Crowd(size.pasts, 7, NOW, 35)).values()]
    kinds = [_person(specs, events) for events in past]
    shown: list[dict[str, str]] = []
    for start in range(0, size.people, BATCH):
        numbers = range(start, min(start + BATCH, size.people))
        async with store.transaction() as tx:
            known = await tx.people.resolve([telegram(1_000_000 + number) for number in numbers], NOW)
            records = await tx.people.load(list(known.values()))
            saved = []
            for no, record in records.items():
                state, segments, packed = kinds[no % len(kinds)]
                saved.append(replace(record, state=state, segments=segments, hot=packed))
            shown += [{**_fields(one.hot), "seq": str(one.seq)} for one in await tx.people.save(saved)]
    return shown


def _person(
    specs: Sequence[SegmentSpec], events: Sequence[Event]
) -> tuple[ProfileState, Mapping[str, float], str]:
    """A past with a campaign every other day, every sixth of them answered."""
    campaigns = []
    for number in range(15):
        at_ms = NOW - (2 * number + 1) * DAY_MS + number * 777_000
        about: dict[str, Scalar] = {"message": number, "kind": "offer", "sent_ms": at_ms}
        campaigns.append(Event(f"sent:{number}", at_ms, "campaign_sent", 7_001_001, about))
        if number % 6 == 0:
            campaigns.append(
                Event(f"answered:{number}", at_ms + 60_000, "campaign_answered", 7_001_001, about)
            )
    state = fold(ProfileState(), [*events, *campaigns])
    profile = view(1, state, NOW)
    assessed = assess(specs, profile).items()
    segments = {name: round(one.confidence, 3) for name, one in assessed if one.member}
    return state, segments, pack(profile, segments)


def _fields(packed: str) -> dict[str, str]:
    parts = json.loads(packed)
    return dict(zip(parts[::2], parts[1::2], strict=True))


async def _rebuilt(store: SqlStore, hot: RedisHot, link: Link, size: Size, found: Measured) -> float:
    """People a second, all of them; and what they cost."""
    async with link.use() as redis:
        await redis.flushall()
        before = (await redis.info("memory"))["used_memory"]
    began = time.perf_counter()
    done = await rebuild(store, hot)
    took_s = time.perf_counter() - began
    assert done.people == size.people
    assert done.whole
    use = await RedisMemory(link, KEYS).read()
    found.bytes_each = use.bytes_per_profile
    found.bytes_grown = max(found.bytes_grown, round((use.used_bytes - before) / size.people))
    found.encodings = await _encodings(link, size.people)
    return size.people / took_s


async def _encodings(link: Link, people: int) -> Counter[str]:
    async with link.use() as redis, redis.pipeline(transaction=False) as pipe:
        for no in range(1, people + 1, max(1, people // 1_000)):
            pipe.object("ENCODING", KEYS.profile(no))
        return Counter(str(name) for name in await pipe.execute())


async def _by_hand(link: Link, shown: Sequence[dict[Any, Any]]) -> float:
    """The baseline."""
    async with link.use() as redis:
        await redis.flushall()
        began = time.perf_counter()
        for start in range(0, len(shown), BATCH):
            async with redis.pipeline(transaction=False) as pipe:
                for no, fields in enumerate(shown[start : start + BATCH], start + 1):
                    pipe.hset(KEYS.profile(no), mapping=fields)
                    pipe.expire(KEYS.profile(no), LIFE_S)
                await pipe.execute()
        return len(shown) / (time.perf_counter() - began)


def document_of(found: Measured, size: Size) -> dict[str, Any]:
    """What `--json` prints."""
    ours, baseline = max(found.ours), max(found.baseline)
    most = max(found.bytes_each, found.bytes_grown)
    compact = sum(found.encodings[name] for name in ("listpack", "ziplist"))
    return {
        "name": "speed/hot",
        "machine": {
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "platform": f"{platform.system()} {platform.machine()}",
        },
        "ratios": {"rebuild_vs_hset_pipeline": round(ours / baseline, 2)},
        "figures": {
            "simulated": True,
            "people": size.people,
            "bytes_per_person": found.bytes_each,
            "memory_grown_per_person": found.bytes_grown,
            "fields_per_person": round(found.fields, 1),
            "encodings": dict(found.encodings),
            "rebuilt_per_s": [round(each) for each in found.ours],
            "baseline_per_s": [round(each) for each in found.baseline],
        },
        "targets": {
            "bytes_per_person": {"want": WANTED_BYTES, "got": most, "ok": most <= WANTED_BYTES},
            "rebuilt_per_s": {"want": WANTED_PER_S, "got": round(ours), "ok": ours >= WANTED_PER_S},
            "compact": {
                "want": found.encodings.total(),
                "got": compact,
                "ok": compact == found.encodings.total(),
            },
        },
    }
