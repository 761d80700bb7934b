"""People withdraw while their message is about to leave: who was first, and was the other one obeyed?

The real sender (`core.flow.deliver`) works through a line of messages against a messenger that only counts.
Several tasks, and a process of its own, withdraw the permission of people whose message is next in line: by a
"no", by a block, or by putting them on an excluding list. A withdrawal looks, in its own transaction and
after it has written, whether the permit was there already: both stores let only one of the two in at a time,
so what it sees is what was committed. Without a permit then there must never be one.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

import orjson

from adapters.memory import MemoryHot
from adapters.sql.store import SqlStore
from app.clock import WallClock
from core.consent import CAMPAIGNS, ConsentChange
from core.errors import KairosError
from core.flow.deliver import DeliverDeps, Delivery
from core.identity import telegram
from core.ledger import Message, MessageClass, NewMessage
from core.ports import Grant, Lease, PeopleList, Reach, Receipt, Store, Transaction

BOT: Final = 42
FIRST_CHAT: Final = 1_000
NO_QUIET: Final = (0, 0)
OUT: Final = "out"
DAY_MS: Final = 86_400_000
BATCH: Final = 2_000
NEXT: Final = 40
"""So many of those next in line are looked at; withdrawn are a few of them at once."""
AT_ONCE: Final = 8
ROOT: Final = Path(__file__).resolve().parents[2]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """races: withdrawals of people whose message was in line when they were chosen; tasks: that withdraw
    here, beside one process; per_s: pace of the sender; seed: of the dice."""

    races: int = 100_000
    tasks: int = 3
    per_s: float = 400.0
    seed: int = 7


QUICK: Final = Options(races=5_000)


@dataclass(frozen=True, slots=True)
class Found:
    """How the races ended. wrong: messages with a permit, or sent, though the withdrawal had been committed
    before; unpermitted: sent without any permit; oldest_ms: the oldest permit with which a request left."""

    races: int
    permit_first: int
    withdrawal_first: int
    sent: int
    wrong: int
    unpermitted: int
    oldest_ms: int


@dataclass(slots=True)
class Counting:
    """`core.ports.Messenger`: notes who was sent a message and when it left; each takes a moment."""

    dice: Random
    left: dict[int, list[int]] = field(default_factory=dict)

    async def send(self, bot_id: int, chat_id: int, body: Mapping[str, object]) -> Receipt:
        """Count and wait a little."""
        self.left.setdefault(chat_id, []).append(WallClock().now_ms())
        await asyncio.sleep(self.dice.random() * 0.05)
        return Receipt(chat_id, WallClock().now_ms())


class Even:
    """`core.ports.Pacer`: even slots at one pace, booked up to 0.3 s ahead."""

    def __init__(self, per_s: float) -> None:
        self._gap_ms = 1000 / per_s
        self._next_ms = 0.0

    async def grant(
        self,
        bot_id: int,
        chat_ids: Sequence[int],
        now_ms: int,
        *,
        interactive: bool = False,
        paid: bool = False,
    ) -> Grant:
        slots: dict[int, int] = {}
        for chat_id in chat_ids:
            slot = max(float(now_ms), self._next_ms)
            if slot > now_ms + 300:
                return Grant(slots, int(slot) - 300)
            slots[chat_id] = int(slot)
            self._next_ms = slot + self._gap_ms
        return Grant(slots)

    async def limited(self, bot_id: int, chat_id: int, retry_after_s: float, now_ms: int) -> int:
        return now_ms

    async def status(self, bot_id: int, now_ms: int) -> Mapping[str, float]:
        return {"rate_per_s": 1000 / self._gap_ms, "halt_until_ms": 0.0, "granted": 0.0}


@dataclass(slots=True)
class Revoker:
    """Withdraws permissions of people whose number leaves `mine` when divided by `of`, until `wanted` were
    withdrawn in a race. `permitted`: message -> whether it had its permit then."""

    store: Store
    dice: Random
    mine: int
    of: int
    wanted: int
    permitted: dict[int, bool] = field(default_factory=dict)

    async def run(self) -> None:
        """Until there are enough, or nobody is in line any more."""
        while len(self.permitted) < self.wanted:
            async with self.store.transaction(write=False) as tx:
                line = await tx.ledger.line(BOT, NEXT)
                if not line and await tx.ledger.next_due_ms(BOT) is None:
                    return
            chosen = [m for m in line if m.person_no % self.of == self.mine and m.id not in self.permitted]
            if not chosen:
                await asyncio.sleep(0.005)
                continue
            await self._withdraw(chosen[: self.dice.randint(1, AT_ONCE)])

    async def _withdraw(self, chosen: Sequence[Message]) -> None:
        people = sorted(m.person_no for m in chosen)
        how = self.dice.choice((_say_no, _block, _exclude))
        async with self.store.transaction() as tx:
            await how(tx, people, WallClock().now_ms())
            rows = await tx.ledger.get([m.id for m in chosen])
        self.permitted |= {row.id: row.permit_ms > 0 for row in rows.values()}


async def _say_no(tx: Transaction, people: Sequence[int], now_ms: int) -> None:
    await tx.people.change_consent([ConsentChange(no, CAMPAIGNS, False, now_ms, "race") for no in people])


async def _block(tx: Transaction, people: Sequence[int], now_ms: int) -> None:
    await tx.people.set_reach([Reach(no, BOT, FIRST_CHAT + no, "blocked", now_ms, 0) for no in people])


async def _exclude(tx: Transaction, people: Sequence[int], now_ms: int) -> None:
    await tx.lists.add(OUT, people, now_ms, author="race")


async def race(url: str, options: Options, say: Say) -> Found:
    """Run the races on an empty database."""
    store = await SqlStore(url, quiet=NO_QUIET).open()
    try:
        await _settle(store, 3 * options.races, say)
        parts = options.tasks + 1
        each = -(-options.races // parts)
        here = [
            Revoker(store, Random(f"{options.seed}:{n}"), n, parts, each)  # noqa: S311 - no secret: seeded dice
            for n in range(options.tasks)
        ]
        messenger = Counting(Random(options.seed))  # noqa: S311 - no secret: seeded dice
        deps = DeliverDeps(store, MemoryHot(), Even(options.per_s), messenger, WallClock())
        done = asyncio.Event()
        other = await _elsewhere(url, options, parts)
        sender = asyncio.create_task(_send(deps, done))
        elsewhere = asyncio.create_task(_rest(other))
        await asyncio.gather(*(one.run() for one in here))
        say(f"{sum(len(one.permitted) for one in here)} withdrawals here have ended")
        permitted = await elsewhere
        done.set()
        await sender
        for one in here:
            permitted |= one.permitted
        return await _judge(store, permitted, messenger)
    finally:
        await store.close()


async def _settle(store: Store, people: int, say: Say) -> None:
    """People who said yes, each with a message in line."""
    now_ms = WallClock().now_ms()
    async with store.transaction() as tx:
        await tx.lists.put(PeopleList(OUT, excludes=True))
    for start in range(1, people + 1, BATCH):
        async with store.transaction() as tx:
            someone = [telegram(number) for number in range(start, min(start + BATCH, people + 1))]
            numbers = sorted((await tx.people.resolve(someone, now_ms)).values())
            await tx.people.set_reach(
                [Reach(no, BOT, FIRST_CHAT + no, "open", now_ms - DAY_MS, 0) for no in numbers]
            )
            await tx.people.change_consent(
                [ConsentChange(no, CAMPAIGNS, True, now_ms - DAY_MS, "race") for no in numbers]
            )
            await tx.ledger.add([_message(no, now_ms) for no in numbers], now_ms)
    say(f"{people} people said yes")


def _message(person_no: int, now_ms: int) -> NewMessage:
    return NewMessage(
        cls=MessageClass.CAMPAIGN,
        campaign="b:race",
        step="1",
        person_no=person_no,
        bot_id=BOT,
        chat_id=FIRST_CHAT + person_no,
        due_ms=now_ms,
        expires_ms=now_ms + DAY_MS,
        body={"text": "SIMULATED"},
    )


async def _send(deps: DeliverDeps, done: asyncio.Event) -> None:
    """The lane of the bot, until the races are over."""
    async with deps.store.transaction() as tx:
        lease = await tx.control.acquire(f"lane:{BOT}", "races", deps.clock.now_ms(), DAY_MS)
    if lease is None:
        raise KairosError("somebody else holds the lane")
    bell = asyncio.Event()
    delivery = Delivery(deps, BOT, bell.set)
    while not done.is_set():
        await _step(delivery, lease, bell)
    await delivery.finish()


async def _step(delivery: Delivery, lease: Lease, bell: asyncio.Event) -> None:
    rest_s = min((await delivery.step(lease)).wait_ms / 1000, 0.2)
    with suppress(TimeoutError):
        async with asyncio.timeout(rest_s):
            await bell.wait()
    bell.clear()


async def _elsewhere(url: str, options: Options, parts: int) -> Process:
    """A process of its own that withdraws, as soon as it is told to."""
    each = -(-options.races // parts)
    words = (url, str(options.tasks), str(parts), str(each), str(options.seed))
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.quality._races", *words),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    if child.stdout is None or not await child.stdout.readline():
        raise KairosError("the other process did not start")
    return child


async def _rest(child: Process) -> dict[int, bool]:
    """Let it begin, and wait for what it saw."""
    told, _ = await child.communicate(b"go\n")
    if child.returncode:
        raise KairosError(f"the other process ended with {child.returncode}")
    return {int(no): had for no, had in orjson.loads(told).items()}


async def _withdraw_here(url: str, mine: int, of: int, wanted: int, seed: str) -> dict[int, bool]:
    store = SqlStore(url, quiet=NO_QUIET)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    try:
        revoker = Revoker(store, Random(f"{seed}:{mine}"), mine, of, wanted)  # noqa: S311 - seeded dice
        await revoker.run()
        return revoker.permitted
    finally:
        await store.close()


async def _judge(store: Store, permitted: Mapping[int, bool], messenger: Counting) -> Found:
    rows: list[Message] = []
    async with store.transaction(write=False) as tx:
        while page := await tx.ledger.export(rows[-1].id if rows else 0, 10_000):
            rows += page
    wrong = unpermitted = oldest_ms = 0
    for row in rows:
        left = messenger.left.get(row.chat_id, [])
        oldest_ms = max([oldest_ms, *(at_ms - row.permit_ms for at_ms in left if row.permit_ms)])
        unpermitted += bool(left) and not row.permit_ms
        if row.id in permitted and not permitted[row.id]:
            wrong += row.permit_ms > 0 or bool(left)
    first = sum(permitted.values())
    sent = sum(map(len, messenger.left.values()))
    return Found(len(permitted), first, len(permitted) - first, sent, wrong, unpermitted, oldest_ms)


if __name__ == "__main__":
    address, part, parts_, number, salt = sys.argv[1:]
    withdrawn = asyncio.run(_withdraw_here(address, int(part), int(parts_), int(number), salt))
    sys.stdout.buffer.write(orjson.dumps({str(no): had for no, had in withdrawn.items()}))
