"""Three `run sender` processes of which one after the other is killed in the middle of sending.

Promises: rows wait all the time, so that every kill meets senders at work; requests fail in every way that
Telegram's can; a killed process is followed by another; what was on its way at a kill is written down before
the dead one's lanes are taken over. At the end all trouble is over, everything is closed, and the processes
are stopped cleanly. Leaves to others: the people and the Bot API (`_chats`), the judgement (`_judged`), the
document.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncpg
import orjson

from adapters.sql.store import SqlStore
from benchmarks.quality._chats import AMBIGUOUS, BOTS, TOKENS, Chats, now_ms, row_of
from benchmarks.quality._databases import database_of
from benchmarks.quality._judged import Judged, judged
from benchmarks.quality._made import campaign_to
from benchmarks.quality._site import Ended, People, Site, Started, ledger_of, until
from core.ledger import Message, MessageClass, State

SENDERS: Final = 3
RATE_PER_S: Final = 2
"""Of each bot: slow enough that the people last."""
WAITING: Final = 60
"""So many rows wait at least, as long as there are people who have none."""
PEOPLE_A_KILL, PEOPLE_BESIDES = 45, 250
OLDEST: Final = 0.7
"""Share of the kills that take the process that has run for longest; it has most lanes."""
AIM_S, DELAY_S = 30.0, 0.4
LEFT_LEASES: Final = 0.03
"""Share of the dead whose leases run out by themselves, after 20 s."""
CLOSE_S: Final = 240.0
SETTINGS: Final = """
store: {{url: "{url}"}}
delivery: {{rate_per_s: {rate}, rate_ceiling_per_s: {rate}}}
"""


@dataclass(slots=True)
class Tally:
    """What was done, and what was on its way when it was. ambiguous: rows whose request ended without an
    answer, by a fault of the server."""

    kills: int = 0
    kills_at_work: int = 0
    in_flight: set[int] = field(default_factory=set)
    ambiguous: set[int] = field(default_factory=set)
    struck: int = 0
    stop_codes: list[int] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    kill_s: float = 0.0
    wall_s: float = 0.0

    @property
    def exposed(self) -> int:
        """Messages that may end as `unknown`."""
        return len(self.in_flight | self.ambiguous)


@dataclass(frozen=True, slots=True)
class Found:
    """A run on one database, and its judgement. unknown: of the campaign's rows; strangers: those that
    were on their way at no kill and whose request had an answer."""

    tally: Tally
    judged: Judged
    unknown: int
    strangers: int


async def suffer(folder: Path, kills: int, database: str, seed: int, say: Callable[[str], None]) -> Found:
    """The whole run in this folder, on this kind of database."""
    began = time.monotonic()
    async with database_of(folder, database) as url:
        site = Site(folder, People(PEOPLE_BESIDES + kills * PEOPLE_A_KILL, 1.0, seed), url=url)
        chats = Chats(site.evidence, site.people.count, seed)
        run = _Run(site, chats, random.Random(seed))
        try:
            async with chats.living() as api:
                await run.open(api)
                killing = time.monotonic()
                for number in range(kills):
                    await run.round(number)
                    say(f"{database}: {number + 1} of {kills} kills, {len(run.tally.in_flight)} on their way")
                run.tally.kill_s = (time.monotonic() - killing) / max(1, kills)
                await run.close()
        finally:
            await site.end_all()
        for received in chats.received():
            if received.error in AMBIGUOUS:
                run.tally.ambiguous.add(row_of(received))
        verdict = await judged(site, run.tally.in_flight, chats.history)
        unknown = await _unknown(site)
        run.tally.wall_s = time.monotonic() - began
        strangers = unknown - run.tally.in_flight - run.tally.ambiguous
        return Found(run.tally, verdict, len(unknown), len(strangers))


async def _unknown(site: Site) -> set[int]:
    async with site.store() as store:
        rows = await ledger_of(store)
    return {row.id for row in rows if row.state is State.UNKNOWN and row.cls is MessageClass.CAMPAIGN}


class _Run:
    """The processes, and who dies next."""

    def __init__(self, site: Site, chats: Chats, dice: random.Random) -> None:
        self._site = site
        self._chats = chats
        self._dice = dice
        self._store = SqlStore(site.url)
        self._senders: list[Started] = []
        self._helper: Started | None = None
        self._next_person = 0
        self.tally = Tally()

    async def open(self, api: str) -> None:
        """Settings, people, and everybody at work."""
        lines = ["bots:"]
        for number, variable in enumerate(TOKENS):
            lines.append(f"  - {{name: bot{number + 1}, token_env: {variable}, api_base: '{api}'}}")
        words = SETTINGS.format(url=self._site.url, rate=RATE_PER_S)
        self._site.config.write_text("\n".join([*lines, words]))
        self._site.history.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in self._chats.history))
        imported = await self._start("import", str(self._site.history), "--json")
        if (await imported.end(None)).code:
            raise RuntimeError(f"the history was not imported: {imported.err.read_text()}")
        before = self._site.starts()
        self._helper = await self._start("run", "bot")
        await self._site.working([self._helper], before)
        self._senders = [await self._start("run", "sender") for _ in range(SENDERS)]
        await self._site.working(self._senders, before + 1)
        await self._feed()
        self._chats.trouble(on=True)

    async def round(self, number: int) -> None:
        """Wait until messages are on their way, kill a sender, and let another take its place."""
        await self._feed()
        await until(lambda: self._at_work(SENDERS - 1), "all senders but one are at work")
        await self._aim()
        victim = self._senders.pop(0 if self._dice.random() < OLDEST else 1)
        if not victim.alive:
            raise RuntimeError(f"a sender did not survive: {victim.err.read_text()}")
        self._heard(await victim.end(signal.SIGKILL), expected=-signal.SIGKILL)
        await until(lambda: self._let_go(victim), "the database has let go of the dead")
        left = await self._newly_under_way()
        self.tally.kills += 1
        self.tally.kills_at_work += bool(left)
        self.tally.in_flight |= {message.id for message in left}
        self._senders.append(await self._start("run", "sender"))
        if self._dice.random() >= LEFT_LEASES:
            await self._bury(victim)

    async def close(self) -> None:
        """All that waits goes out, still in trouble; all that is under way is closed; a clean stop of
        everybody."""
        await until(self._settled, "nothing is on its way, and nothing that is due waits", CLOSE_S)
        self._chats.trouble(on=False)
        self.tally.struck = self._chats.server.faults.struck
        await until(lambda: self._at_work(SENDERS), "all senders are at work")
        for one in self._senders:
            self._heard(await one.end())
        if self._helper is not None:
            self._heard(await self._helper.end())
        await self._store.close()

    def _heard(self, ended: Ended, expected: int = 0) -> None:
        self.tally.said.append(ended.said)
        if not expected:
            self.tally.stop_codes.append(ended.code)

    async def _start(self, *arguments: str) -> Started:
        return await self._site.start(*arguments, env=TOKENS)

    def _at_work(self, senders: int) -> bool:
        """Whether so many living ones have started."""
        return sum(one.at_work for one in self._senders) >= senders

    # ------------------------------------------------------------------ rows
    async def _feed(self) -> None:
        """Keep rows waiting, each for somebody who has none yet: the next would be held by the limits."""
        async with self._store.transaction() as tx:
            open_ = len(await tx.ledger.queue(WAITING))
            wanted = (
                range(self._next_person, self._next_person + 2 * WAITING) if open_ < WAITING else range(0)
            )
            people = await tx.people.numbers(wanted.start, len(wanted)) if wanted else []
            await campaign_to(tx, people, now_ms())
        self._next_person = people[-1] if people else self._next_person

    async def _aim(self) -> None:
        """Wait until living senders have messages on their way, and a moment longer; not for ever: all may
        just have been stopped by a 429."""

        async def under_way() -> bool:
            return bool(await self._newly_under_way())

        with contextlib.suppress(TimeoutError):
            await until(under_way, "a message is on its way", AIM_S)
        await asyncio.sleep(self._dice.random() * DELAY_S)

    async def _let_go(self, dead: Started) -> bool:
        """Whether the server is done with a dead process: a COMMIT that had reached it still happens."""
        if not self._site.url.startswith("postgresql"):
            return True
        server = await asyncpg.connect(self._site.url)
        try:
            name = f"kairos {dead.process.pid}"
            asked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1"
            return bool(await server.fetchval(asked, name) == 0)
        finally:
            await server.close()

    async def _newly_under_way(self) -> list[Message]:
        """Without those of the dead, which stay as they are until somebody has their lane."""
        async with self._store.transaction(write=False) as tx:
            rows = [one for bot_id in BOTS for one in await tx.ledger.interrupted(bot_id, now_ms() + 60_000)]
        known = self.tally.in_flight
        return [one for one in rows if one.cls is MessageClass.CAMPAIGN and one.id not in known]

    async def _settled(self) -> bool:
        async with self._store.transaction(write=False) as tx:
            counts = await tx.ledger.counts(MessageClass.CAMPAIGN)
            rows = await tx.ledger.queue(10_000)
            inbox = await tx.inbox.counts()
        soon_ms = now_ms() - 2_000
        due = [row for row in rows if row.due_ms < soon_ms]
        waits = inbox.get("received", 0) + inbox.get("applied", 0)
        return not counts.get("sending") and not due and not waits

    async def _bury(self, dead: Started) -> None:
        """Let the lanes of a dead process change hands now instead of in 20 seconds."""
        holder = f"{socket.gethostname()}:{dead.process.pid}"
        async with self._store.transaction() as tx:
            for bot_id in BOTS:
                lease = await tx.control.acquire(f"lane:{bot_id}", holder, now_ms(), 1)
                if lease is not None:
                    await tx.control.release(lease)


def faults_of(found: Found) -> dict[str, int]:
    """What must be 0: the referee's violations are what is doubled, lost in silence or said to be sent and
    was not, and who was bothered."""
    return {
        **found.judged.verdict.violations,
        "unknown_of_nowhere": found.strangers,
        "unknown_beyond_bound": max(0, found.unknown - found.tally.exposed),
        "tracebacks": sum("Traceback" in said for said in found.tally.said),
        "stops_not_clean": sum(code != 0 for code in found.tally.stop_codes),
    }


def figures_of(found: Found) -> dict[str, Any]:
    """What was done, and what it came to."""
    tally, verdict = found.tally, found.judged.verdict
    return {
        "kills": tally.kills,
        "kills_at_work": tally.kills_at_work,
        "in_flight_at_kills": len(tally.in_flight),
        "requests_without_an_answer": len(tally.ambiguous),
        "faults_struck": tally.struck,
        "unknown": found.unknown,
        "ledger": found.judged.ledger,
        "campaign_messages_received": verdict.campaign_messages,
        "seconds_a_kill": round(tally.kill_s, 2),
        "wall_s": round(tally.wall_s, 1),
        "violations": verdict.details[:10],
    }
