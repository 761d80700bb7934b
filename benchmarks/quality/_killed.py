"""A real installation that is killed under a stream of updates, until all of them are delivered.

Leaves to others: the sender and its list (`_sender`, `_crowd`), the accounts (`_accounts`), the document.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from adapters.redis.hot import RedisHot
from adapters.redis.keys import Keys
from adapters.redis.link import Link
from adapters.redis.place import Place
from adapters.sql.store import SqlStore
from benchmarks.quality._accounts import Accounts, accounts
from benchmarks.quality._crowd import VIP, Crowd
from benchmarks.quality._databases import database_of
from benchmarks.quality._record import Folded, folded, shown
from benchmarks.quality._sender import Sender
from benchmarks.quality._site import BOTS, TOKENS, Ended, People, Site, Started, ledger_of, until
from core.flow.compare import Compared
from core.flow.deliver import ABANDONED_MS
from core.ledger import State

POLLED, HOOKED = (int(token.partition(":")[0]) for token in TOKENS.values())
LIFE_S: Final = 1.2
"""A life ends at some moment of this time after its first update."""
EARLY, REDIS_KILLED, REDIS_FLUSHED, LEFT_LEASES = 0.1, 0.2, 0.2, 0.05
"""Chances of a round: killed while it starts; Redis killed, flushed; leases left to run out by themselves."""
EARLY_S: Final = 4.0
SOON_MS: Final = 20_000
LAST_S: Final = 900.0
"""How long the last life may take: thousands of answers wait for the pacer by then."""
CHUNKS: Final = 40
"""In so many pieces comes what people do in one life."""
AIM_S, DELAY_S = 0.3, 0.02
"""A kill waits so long for something to be on its way, and then a moment of at most so long."""
PREFIX: Final = "kairos"
SETTINGS: Final = """
bots:
  - {{name: boutique, token_env: {0}, api_base: "{api}"}}
  - {{name: club, token_env: {1}, api_base: "{api}", updates: webhook, webhook_url: "http://127.0.0.1:{port}"}}
listen: {{port: {port}}}
groups: {{vip: [{vip}]}}
store: {{url: "{url}"}}
"""


@dataclass(frozen=True, slots=True)
class Options:
    """How long and how hard."""

    kills: int = 50
    updates: int = 20_000
    people: int = 100
    seed: int = 7
    doctor: bool = True


@dataclass(slots=True)
class Tally:
    """What was done, and what it came to. lost_at_kills: acknowledged updates that were not in the inbox
    right after a kill; not_in_inbox: at the end, with those in it twice or never sent."""

    kills: int = 0
    while_starting: int = 0
    redis_killed: int = 0
    redis_flushed: int = 0
    waited_at_kills: int = 0
    lost_at_kills: int = 0
    updates: int = 0
    repeated: int = 0
    refused: int = 0
    not_in_inbox: int = 0
    inbox: dict[str, int] = field(default_factory=dict)
    stop_code: int = -1
    doctor_code: int | None = None
    said: list[str] = field(default_factory=list)
    wall_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Found:
    """A run on one database, and its judgement."""

    tally: Tally
    accounts: Accounts
    folded: Folded
    compared: Compared


async def suffer(folder: Path, options: Options, database: str, say: Callable[[str], None]) -> Found:
    """The whole run in this folder, on this kind of database."""
    began = time.monotonic()
    async with database_of(folder, database) as url:
        run = _Run(folder, options, url)
        async with run.sender.listening() as api:
            run.configure(api)
            try:
                for number in range(options.kills):
                    await run.round(number)
                    say(f"{database}: {number + 1} of {options.kills} kills, {run.so_far()}")
                found = await run.end()
            finally:
                await run.site.end_all()
    found.tally.wall_s = time.monotonic() - began
    return found


def free_port() -> int:
    """A port that nobody listens at now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class _Run:
    """An installation that is killed, and its sender."""

    def __init__(self, folder: Path, options: Options, url: str) -> None:
        self._options = options
        self._url = url
        self._dice = random.Random(options.seed)
        start_s = int(time.time()) - options.updates
        self._crowd = Crowd((POLLED, HOOKED), options.people, options.seed, start_s)
        self.sender = Sender(POLLED, HOOKED, options.seed)
        self.site = Site(folder, People(options.people, 1.0, options.seed))
        self.tally = Tally()

    def configure(self, api: str) -> None:
        self.site.base_url = api
        words = SETTINGS.format(*BOTS.values(), api=api, port=free_port(), vip=VIP["id"], url=self._url)
        self.site.config.write_text(words)

    def so_far(self) -> str:
        return f"{len(self.sender.put_in)} updates, {len(self.sender.acknowledged)} acknowledged"

    # ------------------------------------------------------------------ lives and deaths
    async def round(self, number: int) -> None:
        """A start, updates, perhaps no Redis, and `kill -9`."""
        self.sender.heard.clear()
        flow = asyncio.create_task(self._act(self._options.kills + 1 - number))
        run = await self.site.start("run", "bot")
        if number > 1 and self._dice.random() < EARLY:
            self.tally.while_starting += 1
            await asyncio.sleep(self._dice.random() * EARLY_S)
        else:
            await self._first_update(run)
            await self._hurt(number)
            await asyncio.sleep(self._dice.random() * LIFE_S)
            await self._aim()
        if not run.alive:
            raise RuntimeError(f"`run` did not survive: {run.err.read_text()}")
        acknowledged = set(self.sender.acknowledged)
        ended = await run.end(signal.SIGKILL)
        self.tally.said.append(ended.said)
        self.tally.kills += 1
        self.tally.waited_at_kills += len(self.sender.put_in) - len(acknowledged)
        flow.cancel()
        await asyncio.gather(flow, return_exceptions=True)
        await self._look_after(run, acknowledged)

    async def _act(self, lives: int) -> None:
        """The updates of one life in small pieces, once the process has been heard of. What is left of all is
        shared among so many lives; people go on until the process dies, or in the last life until all is
        said."""
        left = max(0, self._options.updates - len(self.sender.put_in))
        most = max(1, 2 * left // lives // CHUNKS)
        await self.sender.heard.wait()
        while lives > 1 or len(self.sender.put_in) < self._options.updates:
            for _ in range(self._dice.randint(1, most)):
                for update in self._crowd.act():
                    self.sender.put(update)
            await asyncio.sleep(LIFE_S / CHUNKS)

    async def _aim(self) -> None:
        """Wait until something is on its way, and a little longer."""
        self.sender.heard.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(AIM_S):
                await self.sender.heard.wait()
        await asyncio.sleep(self._dice.random() * DELAY_S)

    async def _first_update(self, run: Started) -> None:
        await until(lambda: self.sender.heard.is_set() or not run.alive, "the process asks for updates")

    async def _hurt(self, number: int) -> None:
        """Perhaps Redis is killed, perhaps it is flushed; in the first rounds surely."""
        if self._dice.random() < REDIS_KILLED or number == 0:
            await asyncio.sleep(self._dice.random() * LIFE_S / 2)
            self.tally.redis_killed += await asyncio.to_thread(self.site.kill_redis)
        if self._dice.random() < REDIS_FLUSHED or number == 1:
            await asyncio.sleep(self._dice.random() * LIFE_S / 2)
            self.tally.redis_flushed += await asyncio.to_thread(self.site.flush_redis)

    async def _look_after(self, run: Started, acknowledged: set[tuple[int, int]]) -> None:
        """What was acknowledged is durable; the lease of the dead mostly runs out now."""
        async with self._store() as store:
            async with store.transaction(write=False) as tx:
                stored = {(bot_id, number) for bot_id, number, _ in await tx.inbox.export()}
            self.tally.lost_at_kills += len(acknowledged - stored)
            if self._dice.random() >= LEFT_LEASES:
                async with store.transaction() as tx:
                    holder, now_ms = f"{socket.gethostname()}:{run.process.pid}", time.time_ns() // 1_000_000
                    lease = await tx.control.acquire(f"poll:{POLLED}", holder, now_ms, 1)
                    if lease is not None:
                        await tx.control.release(lease)

    # ------------------------------------------------------------------ the end
    async def end(self) -> Found:
        """One more start; all that is left is delivered; the judgement, a clean stop, and the doctor."""
        self.sender.heard.clear()
        flow = asyncio.create_task(self._act(1))
        run = await self.site.start("run", "bot")
        await flow
        await until(lambda: self.sender.done or not run.alive, "everything is acknowledged", LAST_S)
        await until(self._nothing_waits, "everything that waited has taken effect", LAST_S)
        helper = await self._close_the_dead() if self._options.doctor else None
        async with self._store() as store, self._hot() as hot:
            compared = await shown(store, hot)
        ended = await run.end()
        tally = self.tally
        tally.stop_code = ended.code | (helper.code if helper else 0)
        tally.said.append(ended.said)
        if self._options.doctor:
            tally.doctor_code, _ = await self.site.verb("doctor", "--json")
        async with self._store() as store:
            await self._count(store)
            sent = self.sender.api.sent
            return Found(tally, await accounts(store, self._crowd.of, sent), await folded(store), compared)

    async def _close_the_dead(self) -> Ended:
        """Answers that were on their way at a kill are closed by whoever holds the lane of the bot."""
        sender = await self.site.start("run", "sender")
        await until(self._nobody_is_lost, "what was on its way at a kill is closed")
        return await sender.end()

    async def _nobody_is_lost(self) -> bool:
        """None is old enough, or soon will be, for the doctor to call its sender lost."""
        before_ms = time.time_ns() // 1_000_000 - ABANDONED_MS + SOON_MS
        async with self._store() as store:
            rows = await ledger_of(store)
        return not any(row.state is State.SENDING and row.permit_ms < before_ms for row in rows)

    async def _nothing_waits(self) -> bool:
        async with self._store() as store, store.transaction(write=False) as tx:
            counts = await tx.inbox.counts()
        return not counts.get("received", 0) and not counts.get("applied", 0)

    async def _count(self, store: SqlStore) -> None:
        tally, sender = self.tally, self.sender
        async with store.transaction(write=False) as tx:
            rows, tally.inbox = await tx.inbox.export(), await tx.inbox.counts()
        stored = {(bot_id, number) for bot_id, number, _ in rows}
        tally.not_in_inbox = len(sender.put_in ^ stored) + len(rows) - len(stored)
        tally.updates, tally.repeated, tally.refused = len(sender.put_in), sender.repeated, sender.refused

    @asynccontextmanager
    async def _store(self) -> AsyncIterator[SqlStore]:
        store = SqlStore(self._url)
        try:
            yield store
        finally:
            await store.close()

    @asynccontextmanager
    async def _hot(self) -> AsyncIterator[RedisHot]:
        place = Place((self.site.folder / "data" / "redis").resolve())
        link = Link(f"unix://{place.socket}")
        try:
            yield RedisHot(link, Keys(PREFIX))
        finally:
            await link.close()
