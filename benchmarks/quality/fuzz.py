"""Whatever comes from Telegram, in whatever order and however often: nothing stops, nothing counts twice.

A server hands out generated updates of every kind, a fifth of them with something wrong, one in a hundred
poisonous, some of them no updates at all, doubled and shuffled, with faulty answers in between
(`_stream`). They take the way of production: poller, durable inbox, capture, record, Redis, handlers, as
`run bot` joins them. Then the record is judged: every number is in the inbox once, only what can't be read
was kept aside, events are exactly what the updates mean, every record is the fold of its events and Redis
shows it, and everything taken in a second time changes nothing.

Made for the run, and said so: a mark on updates whose meaning breaks the transaction, because no update that
can be read does. `--updates N` sets how many.
"""

from __future__ import annotations

import asyncio
import os
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import orjson

from adapters.settings import Settings, load
from app.collector import suit_to_batches
from app.installation import Installation
from app.parts import Logs, Reading
from app.run import RunOptions, opened
from benchmarks.quality._ending import to_the_end
from benchmarks.quality._pass import Held, again, effects, held, rows
from benchmarks.quality._record import Folded, folded, shown
from benchmarks.quality._stream import BOT_ID, MARK, HandedOut, Load, Sort, stream
from core.event import Event
from core.flow.capture import CaptureDeps, Read
from core.flow.compare import Compared
from core.identity import Captured
from core.ports import InboxRow

ROOT: Final = Path(__file__).resolve().parents[2]
UPDATES, QUICK_UPDATES = 100_000, 8_000
PEOPLE, CHATS = 200, 12
SEED: Final = 20_26
VIP: Final = -1_001_000_000_001
"""One of the generated supergroups."""
LOOK_S: Final = 0.1
LOOKING: Final = 50
"""A look counts the whole inbox: at most one fiftieth of the time goes into it."""
SAY_S: Final = 10.0
STUCK_S: Final = 180.0
"""Without any progress for so long the run is given up."""
TOKEN: Final = f"{BOT_ID}:SIMULATED-fuzz"
_MARK: Final = f'"{MARK}":true'.encode()
SETTINGS: Final = """
bots: [{{name: fuzz, token_file: token, api_base: "{api}"}}]
groups: {{vip: [{vip}]}}
"""


class Spoiling(Reading):
    """Reads as ever, but what bears the mark means something that no store can hold."""

    def reader(self, key: bytes) -> Read:
        read = super().reader(key)

        def spoiled(row: InboxRow) -> Captured:
            captured = read(row)
            if _MARK not in row.body:
                return captured
            broken: Any = object()
            event = Event(f"broken:{row.update_id}", row.received_ms, "unknown", row.bot_id, {"x": broken})
            return replace(captured, events=(event,), place=None, others=())

        return spoiled


@dataclass(slots=True)
class Heard:
    """The log of the installation: what was said, by name."""

    said: Counter[str] = field(default_factory=Counter)

    def info(self, event: str, **figures: Any) -> None:
        self.said[event] += 1

    def warning(self, event: str, **figures: Any) -> None:
        self.said[f"{event}:{figures.get('kind', '')}"] += 1


@dataclass(frozen=True, slots=True)
class Ran:
    """What the run came to. counts: the inbox by state; states: (number, state, reason) of every row of it;
    error: what ended the installation, empty if nothing did; changed: the second pass changed something."""

    handed: HandedOut
    offset: int
    counts: dict[str, int]
    states: list[tuple[int, str, str]]
    held: Held
    folded: Folded
    compared: Compared
    second_events: int
    changed: bool
    error: str
    log: Counter[str]
    receive_s: float
    handle_s: float


def main(arguments: list[str]) -> int:
    """The benchmark's document on stdout; 0 when every target is met."""
    import bot.answering  # noqa: F401 - so that it is there before the collector looks away, as in `run`

    suit_to_batches()
    began = time.monotonic()
    updates = _number(arguments, QUICK_UPDATES if "--quick" in arguments else UPDATES)
    with tempfile.TemporaryDirectory(prefix="kairos-fuzz-") as folder:
        ran = to_the_end(fuzz(Path(folder), updates, _say))
    document = document_of(ran, time.monotonic() - began)
    if "--json" in arguments:
        print(orjson.dumps(document).decode())
    else:
        _print(document)
    return 0 if all(target["ok"] for target in document["targets"].values()) else 1


def _number(arguments: list[str], default: int) -> int:
    return int(arguments[arguments.index("--updates") + 1]) if "--updates" in arguments else default


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


async def fuzz(folder: Path, updates: int, say: Callable[[str], None]) -> Ran:
    """The whole run in this folder."""
    load_of_all = Load(updates, PEOPLE, CHATS, SEED, int(time.time()))
    with stream(load_of_all) as (api, report):
        settings = _settings(folder, api)
        heard = Heard()
        async with opened(settings, RunOptions(ROOT, ("bot",)), Logs(heard, heard, heard)) as made:
            parts = made.parts
            spoiled = replace(made.conditions, reading=Spoiling(vip=frozenset({VIP})))
            installation = Installation(parts, spoiled, "fuzz")
            run = _Run(installation, report, say)
            await run.through()
            file = folder / "data" / "kairos.db"
            deps = installation.capture
            say("judging the record")
            whole, compared = await folded(parts.store), await shown(parts.store, parts.hot)
            found, before = held(file, deps.read), effects(file)
            states = [(row.update_id, row.state, row.reason) for page in rows(file) for row in page]
            say("everything once more")
            second = await again(file, CaptureDeps(deps.store, deps.hot, deps.read, deps.suppressed_as), SEED)
            return Ran(
                handed=run.handed,
                offset=run.offset,
                counts=run.counts,
                states=states,
                held=found,
                folded=whole,
                compared=compared,
                second_events=second,
                changed=effects(file) != before,
                error=run.error,
                log=heard.said,
                receive_s=run.receive_s,
                handle_s=run.handle_s,
            )


def _settings(folder: Path, api: str) -> Settings:
    (folder / "token").write_text(TOKEN)
    config = folder / "config.yaml"
    config.write_text(SETTINGS.format(api=api, vip=VIP))
    return load(config, {})


class _Run:
    """An installation at work, from its first update to its last answer."""

    def __init__(self, installation: Installation, report: Connection, say: Callable[[str], None]) -> None:
        self._installation = installation
        self._store = installation.parts.store
        self._report = report
        self._say = say
        self._said = self._moved = time.monotonic()
        self._former: object = None
        self.handed = HandedOut(0, b"", 0, 0, 0, 0)
        self.offset = 0
        self.counts: dict[str, int] = {}
        self.error = ""
        self.receive_s = self.handle_s = self._look_s = 0.0

    async def through(self) -> None:
        """Work until everything is confirmed, applied and answered, or nothing moves any more."""
        import bot.answering  # noqa: F401 - takes seconds, and `run` loads it before its work too

        await self._installation.start()
        stopping, began = asyncio.Event(), time.monotonic()
        task = asyncio.create_task(self._installation.run(stopping, ("bot",)))
        while not task.done() and await self._goes_on(began):
            await asyncio.wait({task}, timeout=max(LOOK_S, LOOKING * self._look_s))
        self.handle_s = time.monotonic() - began
        stopping.set()
        [ended] = await asyncio.gather(task, return_exceptions=True)
        if isinstance(ended, BaseException):
            self.error = f"{type(ended).__name__}: {ended}"
        await self._look()

    async def _goes_on(self, began: float) -> bool:
        if not self.handed.sorts and self._report.poll():
            self.handed = self._report.recv()
            self.receive_s = time.monotonic() - began
        await self._look()
        open_ = self.counts.get("received", 0) + self.counts.get("applied", 0)
        now = time.monotonic()
        if now - self._said > SAY_S:
            self._said = now
            self._say(f"{now - began:.0f} s: inbox {self.counts}")
        if (self.counts, self.offset) != self._former:
            self._former, self._moved = (self.counts, self.offset), now
        if now - self._moved > STUCK_S:
            self.error = self.error or "nothing moves any more"
            return False
        return bool(open_ or not self.handed.sorts)

    async def _look(self) -> None:
        began = time.monotonic()
        async with self._store.transaction(write=False) as tx:
            self.counts = await tx.inbox.counts()
            self.offset = await tx.inbox.offset(BOT_ID) or 0
        self._look_s = time.monotonic() - began


# ----------------------------------------------------------------------------------------------- the document
def document_of(ran: Ran, wall_s: float) -> dict[str, Any]:
    """DESIGN's document of a benchmark."""
    numbered = {number: (state, reason) for number, state, reason in ran.states if number >= 0}
    aside = {number for number, (state, _) in numbered.items() if state == "failed"}
    handed = ran.handed
    wanted = handed.numbers(Sort.GOOD, Sort.WRONG, Sort.NONSENSE, Sort.BREAKING)
    poison = handed.numbers(Sort.NONSENSE, Sort.BREAKING)
    nones = sum(1 for number, _, _ in ran.states if number < 0)
    readable = wanted - ran.held.unreadable - handed.numbers(Sort.BREAKING)
    handled = sum(1 for number in readable if numbered.get(number, ("", ""))[0] == "handled")
    got = {
        "crashes": int(bool(ran.error)),
        "handlers_that_failed": sum(n for said, n in ran.log.items() if said.startswith("handler_failed")),
        "offset_behind_the_last": handed.last + 1 - ran.offset,
        "confirmed_unseen": handed.skipped,
        "not_once_in_the_inbox": len(wanted ^ numbered.keys()) + len(ran.states) - nones - len(numbered),
        "no_updates_not_once_aside": abs(handed.nones - nones),
        "waiting": sum(1 for _, state, _ in ran.states if state not in {"handled", "failed"}),
        "good_ones_kept_aside": len(aside & handed.numbers(Sort.GOOD)),
        "readable_not_handled": len(readable) - handled,
        "poison_not_kept_aside": len(poison - aside),
        "aside_without_reason": sum(1 for _, state, why in ran.states if state == "failed" and not why),
        "events_missing": ran.held.missing,
        "events_too_many": ran.held.extra,
        "records_unlike_their_events": len(ran.folded.wrong_people) + len(ran.folded.wrong_groups),
        "redis_unlike_the_record": ran.compared.differing + ran.compared.missing,
        "second_pass_effects": ran.second_events + ran.changed,
    }
    reasons = Counter(reason for _, state, reason in ran.states if state == "failed")
    return {
        "name": "quality/fuzz",
        "machine": {
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "platform": f"{platform.system()} {platform.machine()}",
        },
        "ratios": {"handled_vs_readable": round(handled / max(1, len(readable)), 6)},
        "figures": {
            "updates": len(handed.sorts),
            "handed_out_again": handed.repeated,
            "faulty_answers": handed.faults,
            "wrong": len(handed.numbers(Sort.WRONG)),
            "poison": len(poison),
            "breaking": len(handed.numbers(Sort.BREAKING)),
            "no_updates": handed.nones,
            "updates_per_s": round(len(handed.sorts) / max(ran.receive_s, 0.001)),
            "all_answered_s": round(ran.handle_s, 1),
            "inbox": ran.counts,
            "aside_by_reason": dict(reasons.most_common()),
            "events": ran.held.events,
            "asked_to_be_forgotten": ran.held.asked,
            "events_by_kind": dict(ran.held.kinds.most_common()),
            "people": ran.folded.people,
            "groups": ran.folded.groups,
            "said": dict(ran.log.most_common()),
            "error": ran.error,
            "wall_s": round(wall_s, 1),
        },
        "targets": {what: {"want": 0, "got": n, "ok": n == 0} for what, n in got.items()},
    }


def _print(document: dict[str, Any]) -> None:
    for name, value in document["figures"].items():
        print(f"{name}\t{value}")
    for name, target in document["targets"].items():
        print(f"{name}\t{'ok' if target['ok'] else 'MISSED'}\twant {target['want']}\tgot {target['got']}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
