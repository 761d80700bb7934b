"""Messages a second: from rows of the ledger through the door, its permit and the pacer over HTTP to their
outcomes, folded into people. Beside it assessing and planning, in people a second."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import aiohttp
import numpy as np

from app.clock import WallClock
from benchmarks.speed._capture import Pace, Watch
from benchmarks.speed._meter import Meter, MeteredHot, MeteredMessenger, MeteredPacer, MeteredStore
from core.errors import KairosError
from core.flow.deliver import MOST, DeliverDeps, Delivery
from core.flow.plan import PlanDeps, plan_due
from core.flow.segment import SegmentDeps, assess_due
from core.ledger import MessageClass, NewMessage, State
from core.ports import HotStore, Lease, Messenger, Pacer, PersonRecord, Reach, Store
from core.segment import SegmentSpec
from core.strategy import Caps

CAMPAIGN = "bench"
HOUR_MS = 3_600_000
TEXT = "SIMULATED: something new for you"
BODY = {"text": TEXT, "buttons": [[{"text": "OK", "data": "c:{id}:ok"}]]}


async def put_strategies(store: Store, specs: Sequence[SegmentSpec]) -> None:
    """What an installation does at its first start."""
    async with store.transaction() as tx:
        for spec in specs:
            await tx.knowledge.put_strategy(spec.strategy, WallClock().now_ms(), live=True, author="file")


async def write_rows(store: Store, bot_id: int) -> int:
    """A message for everybody whom the bot can reach, due now; how many."""
    now_ms = WallClock().now_ms()
    async with store.transaction() as tx:
        numbers = await tx.people.numbers(0, 1_000_000)
        records, reaches = await tx.people.load(numbers), await tx.people.reach(numbers)
        rows = [
            _row(records[no], reach, now_ms)
            for no in numbers
            for reach in reaches.get(no, ())
            if reach.bot_id == bot_id
        ]
        await tx.ledger.add(rows, now_ms)
    return len(rows)


def _row(record: PersonRecord, reach: Reach, now_ms: int) -> NewMessage:
    return NewMessage(
        cls=MessageClass.CAMPAIGN,
        campaign=CAMPAIGN,
        step="1",
        person_no=record.person_no,
        bot_id=reach.bot_id,
        chat_id=reach.chat_id,
        due_ms=now_ms,
        expires_ms=now_ms + HOUR_MS,
        body=BODY,
        segment=max(record.segments, key=lambda name: record.segments[name], default=""),
        content="bench",
        kind="news",
    )


async def plan_to_sent(
    store: Store, hot: HotStore, outside: tuple[Pacer, Messenger], bot_id: int, messages: int
) -> tuple[Pace, dict[str, float]]:
    """The real lane's rounds until every row is sent; raises KairosError if one is not."""
    meter, clock = Meter(), WallClock()
    metered = MeteredStore(
        store, meter, ["due rows"], ["door and permit durable", "outcomes and fold durable"]
    )
    pacer, messenger = MeteredPacer(outside[0], meter), MeteredMessenger(outside[1], meter)
    deps = DeliverDeps(metered, MeteredHot(hot, meter), pacer, messenger, clock, Caps())
    lease = await _lease(store, bot_id, clock.now_ms())
    ended = asyncio.Event()
    delivery = Delivery(deps, bot_id, ended.set)
    watch, sent = Watch(), 0
    while sent < messages:
        done = await delivery.step(lease)
        sent += done.sent
        if done.held or done.closed:
            raise KairosError(f"the door refused {done.held + done.closed} messages")
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), done.wait_ms / 1000)
        ended.clear()
    pace = watch.pace(sent)
    await _check(store, messages)
    return pace, meter.shares(pace.cpu_s)


async def _lease(store: Store, bot_id: int, now_ms: int) -> Lease:
    async with store.transaction() as tx:
        lease = await tx.control.acquire(f"lane:{bot_id}", "bench", now_ms, HOUR_MS)
    if lease is None:
        raise KairosError("somebody else holds the lane")
    return lease


async def _check(store: Store, messages: int) -> None:
    async with store.transaction(write=False) as tx:
        counts = await tx.ledger.counts(MessageClass.CAMPAIGN)
    if counts.get(State.SENT.value) != messages:
        raise KairosError(f"the ledger says {counts} instead of {messages} sent")


async def bare_loop(base: str, token: str, chats: Sequence[int]) -> Pace:
    """The baseline: aiohttp, as many at once as the lane has. It asks nobody and remembers nothing."""
    async with aiohttp.ClientSession() as session:

        async def send(chat_id: int) -> None:
            document = {"chat_id": chat_id, "text": TEXT}
            async with session.post(f"{base}/bot{token}/sendMessage", json=document) as answer:
                if not (await answer.json())["ok"]:
                    raise KairosError("the sandbox refused a message")

        watch = Watch()
        for start in range(0, len(chats), MOST):
            await asyncio.gather(*(send(chat) for chat in chats[start : start + MOST]))
        return watch.pace(len(chats))


async def assess(store: Store, hot: HotStore, specs: Sequence[SegmentSpec]) -> Pace:
    """Segments of everybody who is due."""
    watch, people = Watch(), 0
    while done := (await assess_due(SegmentDeps(store, hot, specs), WallClock().now_ms())).people:
        people += done
    return watch.pace(people)


async def plan_all(store: Store, specs: Sequence[SegmentSpec], bot_id: int) -> Pace:
    """A look at everybody whose turn it is."""
    deps = PlanDeps(store, specs, lambda _: np.random.default_rng(7), {bot_id: "Bench"})
    watch, people = Watch(), 0
    while done := (await plan_due(deps, WallClock().now_ms())).people:
        people += done
    return watch.pace(people)
