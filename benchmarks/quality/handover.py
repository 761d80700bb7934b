"""The scheduler's lease changes hands again and again: is any slot run twice, or by nobody?

Three real scheduler processes share one database; time runs ten times faster for them. The leader is
killed (`kill -9`) or frozen (SIGSTOP) at random moments, every other time in the middle of a run; a frozen
one is let go on when its lease is over, and must take no effect then. Judged by the trail of effects alone:
each minute's slot exactly once, the parts of a run each once and by one leader. On SQLite and on PostgreSQL.

`--times N` on each database (100), `--only sqlite|postgresql`, `--quick`: 5 on SQLite.
"""

from __future__ import annotations

import asyncio
import os
import platform
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from adapters.sql.store import SqlStore
from app.schedule import LEASE_MS
from benchmarks.quality._databases import chosen, database_of
from benchmarks.quality._ending import to_the_end
from benchmarks.quality._leader import PARTS
from benchmarks.quality._site import ROOT
from core.ports import AuditEntry

FACTOR: Final = 10.0
PROCESSES: Final = 3
MINUTE_MS: Final = 60_000
LEASE_S: Final = LEASE_MS / 1000 / FACTOR
MINUTE_S: Final = MINUTE_MS / 1000 / FACTOR
LONGEST_S: Final = 1.6 * LEASE_S
"""A frozen leader is let go on after this time at the latest: it may hold the database's lock."""
GIVE_UP_S: Final = 120.0
LOOK_S: Final = 0.05
TRAIL: Final = 1_000_000
HANDOVERS, QUICK_HANDOVERS = 100, 5


@dataclass(slots=True)
class Tally:
    """What was done. refused: effects that a leader which was one no more was not allowed; took_s: from the
    blow to the first effect of another leader."""

    handovers: int = 0
    killed: int = 0
    frozen: int = 0
    refused: int = 0
    took_s: list[float] = field(default_factory=list)
    trail: Sequence[AuditEntry] = ()


@dataclass(slots=True)
class _Process:
    """A scheduler; `said` grows while it lives."""

    process: asyncio.subprocess.Process
    said: list[str] = field(default_factory=list)
    reading: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        return str(self.process.pid)

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.said.append(line.decode().strip())


def main(arguments: list[str]) -> int:
    """The benchmark's document on stdout; 0 when every target is met."""
    began = time.monotonic()
    quick = "--quick" in arguments
    handovers = int(_of(arguments, "--times", str(QUICK_HANDOVERS if quick else HANDOVERS)))
    found = {}
    for database in chosen(_of(arguments, "--only", ""), quick=quick):
        with tempfile.TemporaryDirectory(prefix="kairos-handover-") as folder:
            found[database] = to_the_end(change_hands(Path(folder), handovers, database, _say))
    document = document_of(found, handovers, time.monotonic() - began)
    if "--json" in arguments:
        print(orjson.dumps(document).decode())
    else:
        _print(document)
    return 0 if all(target["ok"] for target in document["targets"].values()) else 1


def _of(arguments: list[str], name: str, default: str) -> str:
    return arguments[arguments.index(name) + 1] if name in arguments else default


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


async def change_hands(folder: Path, handovers: int, database: str, say: Callable[[str], None]) -> Tally:
    """The whole run in this folder, on this kind of database."""
    (folder / "data").mkdir()
    async with database_of(folder, database) as url:
        run = _Run(url, random.Random(handovers))
        try:
            await run.open()
            while run.tally.handovers < handovers:
                await run.round()
                say(f"{database}: {run.tally.handovers} of {handovers} hand-overs")
            await run.close()
        finally:
            await run.end_all()
        return run.tally


class _Run:
    """The processes, and who is hit next."""

    def __init__(self, url: str, dice: random.Random) -> None:
        self._url = url
        self._dice = dice
        self._store = SqlStore(url)
        self._origin_ms = time.time_ns() // 1_000_000
        self._living: list[_Process] = []
        self._all: list[_Process] = []
        self.tally = Tally()

    async def open(self) -> None:
        await self._store.open()
        for _ in range(PROCESSES):
            await self._start()
        await self._until(self._all_ready, "all are ready")

    async def round(self) -> None:
        """Hit the leader; wait until another one leads, or until it has turned out to lead still: frozen
        inside a transaction it held the database's lock."""
        await self._until(self._all_ready, "all are ready")
        in_the_middle = self._dice.random() < 1 / 2
        leader = await self._leader("part 1" if in_the_middle else "")
        await asyncio.sleep(self._dice.random() * (LEASE_S / 5 if in_the_middle else MINUTE_S))
        began = time.monotonic()
        if self._dice.random() < 1 / 2:
            await self._kill(leader)
        else:
            await self._freeze(leader)
        former = leader.name
        since_ms = await self._newest_slot()

        async def decided() -> bool:
            newest = await self._newest()
            return newest.actor != former or int(newest.target) > since_ms + MINUTE_MS

        await self._until(decided, "somebody leads")
        if (await self._newest()).actor != former:
            self.tally.handovers += 1
            self.tally.took_s.append(time.monotonic() - began)

    async def close(self) -> None:
        """One more slot for whoever leads now; then the trail."""
        last_ms = await self._newest_slot()

        async def through() -> bool:
            newest = await self._newest()
            return int(newest.target) > last_ms and newest.action == f"part {PARTS}"

        await self._until(through, "one more slot is through")
        await self.end_all()
        async with self._store.transaction(write=False) as tx:
            self.tally.trail = (await tx.control.audit_trail(TRAIL))[::-1]
        self.tally.refused = sum(line.startswith("refused") for one in self._all for line in one.said)
        await self._store.close()

    async def end_all(self) -> None:
        """Nothing that was started here is left running."""
        for one in self._all:
            if one.process.returncode is None:
                one.process.kill()
                await one.process.wait()
            if one.reading is not None:
                await one.reading

    # ------------------------------------------------------------------ blows
    async def _kill(self, leader: _Process) -> None:
        leader.process.kill()
        await leader.process.wait()
        self._living.remove(leader)
        await self._start()
        self.tally.killed += 1

    async def _freeze(self, leader: _Process) -> None:
        leader.process.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(LEASE_S + self._dice.random() * (LONGEST_S - LEASE_S))
        finally:
            leader.process.send_signal(signal.SIGCONT)
        self.tally.frozen += 1

    async def _start(self) -> None:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.quality._leader"),
            *(self._url, str(self._origin_ms), str(FACTOR)),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        one = _Process(process)
        one.reading = asyncio.create_task(one.read())
        self._living.append(one)
        self._all.append(one)

    # ------------------------------------------------------------------ who leads
    async def _leader(self, action: str) -> _Process:
        """Who takes the next effect (of this name, if one is given)."""
        former = await self._newest()
        found: list[_Process] = []

        async def acted() -> bool:
            newest = await self._newest()
            fits = newest != former and (not action or newest.action == action)
            found[:] = [one for one in self._living if fits and one.name == newest.actor]
            return bool(found)

        await self._until(acted, "somebody takes effect")
        return found[0]

    async def _all_ready(self) -> bool:
        return all("ready" in one.said for one in self._living)

    async def _newest(self) -> AuditEntry:
        async with self._store.transaction(write=False) as tx:
            trail = await tx.control.audit_trail(1)
        return trail[0] if trail else AuditEntry(0, "", "", "0")

    async def _newest_slot(self) -> int:
        return int((await self._newest()).target)

    async def _until(self, found: Callable[[], Awaitable[bool]], what: str) -> None:
        deadline = time.monotonic() + GIVE_UP_S
        while not await found():
            if time.monotonic() > deadline:
                raise TimeoutError(f"after {GIVE_UP_S:.0f} s still not: {what}")
            await asyncio.sleep(LOOK_S)


# ----------------------------------------------------------------------------------------------- the document
def faults_of(trail: Sequence[AuditEntry]) -> dict[str, int]:
    """What is wrong with a trail: slots run twice, slots that nobody ran, parts of one run by two leaders or
    out of their order."""
    ones = Counter(int(entry.target) for entry in trail if entry.action == "one")
    slots = range(min(ones, default=0), max(ones, default=-1) + 1, MINUTE_MS)
    parts: dict[str, list[AuditEntry]] = {}
    for entry in trail:
        if entry.action != "one":
            parts.setdefault(entry.target, []).append(entry)
    whole = [f"part {number + 1}" for number in range(PARTS)]
    return {
        "double": sum(n - 1 for n in ones.values()),
        "missing": sum(slot not in ones for slot in slots),
        "torn": sum(
            [one.action for one in run] != whole[: len(run)] or len({one.actor for one in run}) > 1
            for run in parts.values()
        ),
    }


def document_of(found: Mapping[str, Tally], handovers: int, wall_s: float) -> dict[str, Any]:
    """DESIGN's document of a benchmark."""
    targets: dict[str, Any] = {}
    for database, tally in found.items():
        for what, got in faults_of(tally.trail).items():
            targets[f"{what}_{database}"] = {"want": 0, "got": got, "ok": got == 0}
        enough = tally.handovers >= handovers
        targets[f"handovers_{database}"] = {"want": handovers, "got": tally.handovers, "ok": enough}
    took_s = [seconds for tally in found.values() for seconds in tally.took_s]
    mean_s = sum(took_s) / max(1, len(took_s))
    return {
        "name": "quality/handover",
        "machine": {
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "platform": f"{platform.system()} {platform.machine()}",
        },
        "ratios": {"handover_vs_lease": round(mean_s / LEASE_S, 2)},
        "figures": {
            **{database: _figures(tally) for database, tally in found.items()},
            "times_faster": FACTOR,
            "wall_s": round(wall_s, 1),
        },
        "targets": targets,
    }


def _figures(tally: Tally) -> dict[str, Any]:
    return {
        "handovers": tally.handovers,
        "killed": tally.killed,
        "frozen": tally.frozen,
        "refused": tally.refused,
        "slots": sum(entry.action == "one" for entry in tally.trail),
        "slowest_handover_s": round(max(tally.took_s, default=0.0), 2),
    }


def _print(document: dict[str, Any]) -> None:
    for name, value in document["figures"].items():
        print(f"{name}\t{value}")
    for name, target in document["targets"].items():
        print(f"{name}\t{'ok' if target['ok'] else 'MISSED'}\twant {target['want']}\tgot {target['got']}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
