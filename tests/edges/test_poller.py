"""The poller against a Bot API server, in the town: nothing is lost, and failures are shown."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson
import pytest

from adapters.inflight import InFlight
from adapters.memory import MemoryStore
from adapters.telegram.client import TelegramClient
from adapters.telegram.poller import ALLOWED_UPDATES, Poller, raw_updates
from app.updates import reader
from core.errors import StoreError, TransportError
from core.ports import InboxRow
from sandbox.botapi.faults import Fault
from sandbox.botapi.server import BotApiServer
from sandbox.clock import Town, run_town
from sandbox.world import Parking, TelegramUser, World

TOKEN = "7001:sandbox-secret"
BOT, AYSE = 7001, 100


@dataclass
class TownClock:
    """The town's time, and how long was slept."""

    town: Town
    slept: list[float] = field(default_factory=list)

    def now_ms(self) -> int:
        return self.town.now_ms()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(seconds)


@dataclass
class Bench:
    """A sandbox with one bot, our store, and pollers on them."""

    world: World
    server: BotApiServer
    base: str
    inflight: InFlight
    clock: TownClock
    store: MemoryStore = field(default_factory=MemoryStore)
    batches: int = 0

    def batch(self) -> None:
        self.batches += 1

    @asynccontextmanager
    async def polling(self, token: str = TOKEN) -> AsyncIterator[Poller]:
        async with TelegramClient(token, self.base, self.inflight) as client:
            poller = Poller(client, self.store, self.clock, self.batch)
            task = asyncio.create_task(poller.run())
            yield poller
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def texts(self) -> list[str]:
        async with self.store.transaction(write=False) as tx:
            rows = await tx.inbox.pending(10_000)
        return [orjson.loads(row.body)["message"]["text"] for row in rows]

    async def until(self, condition: Callable[[], bool | Awaitable[bool]]) -> None:
        """Let the town's time pass until the condition holds."""
        for _ in range(2_000):
            found = condition()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.25)
        raise AssertionError("it never came true")


def in_town(scenario: Callable[[Bench], Awaitable[None]]) -> None:
    inflight, parking = InFlight(), Parking()

    async def main(town: Town) -> None:
        world = World(town.now_ms, parking=parking)
        world.add_bot(TOKEN, "demo_bot", "Demo")
        world.add_user(TelegramUser(AYSE, "Ayşe"))
        server = BotApiServer(world)
        bench = Bench(world, server, await server.start(), inflight, TownClock(town))
        await scenario(bench)
        await server.stop()
        assert inflight.open == 0

    run_town(main, datetime(2026, 1, 5, tzinfo=UTC), lambda: inflight.open - parking.parked)


def test_updates_are_durable_before_telegram_may_forget_them() -> None:
    async def scenario(bench: Bench) -> None:
        async with bench.polling() as poller:
            last = [bench.world.say(AYSE, BOT, f"n{n}") for n in range(250)][-1]
            await bench.until(lambda: bench.world.log.acknowledged().get(BOT, 0) > last)
            assert await bench.texts() == [f"n{n}" for n in range(250)]
            assert bench.batches == 3
            assert (poller.status["state"], poller.status["updates"]) == ("polling", 250)
        async with bench.store.transaction(write=False) as tx:
            assert await tx.inbox.offset(BOT) == last + 1

    in_town(scenario)


def test_a_full_store_acknowledges_nothing_and_goes_on_when_it_can() -> None:
    async def scenario(bench: Bench) -> None:
        bench.store.failing = True
        async with bench.polling() as poller:
            update = bench.world.say(AYSE, BOT, "hello")
            await bench.until(lambda: poller.status["failures"] == 3)
            assert bench.world.log.acknowledged().get(BOT, 0) <= update
            assert "full" in str(poller.status["error"])
            assert bench.batches == 0
            bench.store.failing = False
            await bench.until(lambda: bench.batches == 1)
            assert await bench.texts() == ["hello"]
            assert bench.clock.slept[:3] == [1, 2, 4]

    in_town(scenario)


def test_a_store_that_stays_full_ends_polling_with_its_sentence_and_telegram_keeps_the_update() -> None:
    async def scenario(bench: Bench) -> None:
        bench.store.failing = True
        update = bench.world.say(AYSE, BOT, "hello")
        async with TelegramClient(TOKEN, bench.base, bench.inflight) as client:
            with pytest.raises(StoreError, match="full"):
                await Poller(client, bench.store, bench.clock).run()
        assert bench.clock.slept == [1, 2, 4, 8]
        assert bench.world.log.acknowledged().get(BOT, 0) <= update
        bench.store.failing = False
        async with bench.polling():
            await bench.until(lambda: bench.batches == 1)
        assert await bench.texts() == ["hello"]

    in_town(scenario)


def test_stopping_and_starting_at_any_moment_loses_and_doubles_nothing() -> None:
    async def scenario(bench: Bench) -> None:
        for n in range(40):
            async with bench.polling():
                bench.world.say(AYSE, BOT, f"n{n}")
                for _ in range(n):  # each time a few steps of the loop further
                    await asyncio.sleep(0)
        async with bench.polling() as poller:

            async def all_here() -> bool:
                return len(await bench.texts()) == 40

            await bench.until(all_here)
            await bench.until(lambda: poller.status["state"] == "polling")
        assert await bench.texts() == [f"n{n}" for n in range(40)]

    in_town(scenario)


@pytest.mark.parametrize(
    ("fault", "waits"),
    [
        (Fault("getUpdates", "500", times=3), [1, 2, 4]),
        (Fault("getUpdates", "drop_before", times=2), [1, 2]),
        (Fault("getUpdates", "429", retry_after=17), [17]),
        (Fault("getUpdates", "timeout_before", times=1), [1]),
    ],
)
def test_failures_are_waited_out(fault: Fault, waits: list[float]) -> None:
    async def scenario(bench: Bench) -> None:
        bench.server.faults.plan(fault)
        async with bench.polling() as poller:
            bench.world.say(AYSE, BOT, "hello")
            await bench.until(lambda: poller.status["state"] == "waiting")
            assert poller.status["error"]
            await bench.until(lambda: bench.batches == 1)
            assert (poller.status["state"], poller.status["error"]) == ("polling", "")
        assert bench.clock.slept == waits

    in_town(scenario)


def test_a_telegram_that_is_away_for_hours_is_asked_every_half_minute() -> None:
    async def scenario(bench: Bench) -> None:
        await bench.server.stop()
        async with bench.polling() as poller:
            await bench.until(lambda: poller.status["failures"] == 10)
            assert "was not reached" in str(poller.status["error"])
        assert bench.clock.slept[-1] == 30

    in_town(scenario)


def test_a_second_poller_of_the_bot_is_shown_as_a_conflict() -> None:
    async def scenario(bench: Bench) -> None:
        async with bench.polling() as first:
            await asyncio.sleep(1)
            async with bench.polling():
                await bench.until(lambda: first.status["state"] == "conflict")
                assert "somebody else" in str(first.status["error"])
            bench.world.say(AYSE, BOT, "hello")
            await bench.until(lambda: first.status["state"] == "polling")
        assert await bench.texts() == ["hello"]

    in_town(scenario)


def test_a_wrong_token_is_shown_and_asked_again_rarely() -> None:
    async def scenario(bench: Bench) -> None:
        async with bench.polling("7001:wrong") as poller:
            await bench.until(lambda: poller.status["state"] == "unauthorized")
            assert "wrong" not in str(poller.status["error"])
        assert bench.clock.slept == [60]

    in_town(scenario)


def test_kinds_that_come_only_when_named_are_named() -> None:
    assert {"chat_member", "message_reaction", "message_reaction_count"} <= set(ALLOWED_UPDATES)
    assert len(set(ALLOWED_UPDATES)) == len(ALLOWED_UPDATES)


def test_any_update_can_be_stored() -> None:
    odd = [{"update_id": 5, "brand_new_kind": {"x": 2**63}}, {"update_id": 6, "message": {"text": "\ud83d"}}]
    stored = raw_updates(odd, 1)
    assert [update.update_id for update in stored] == [5, 6]
    assert orjson.loads(stored[1].body)["message"]["text"] == "?"
    with pytest.raises(TransportError):
        raw_updates({"not": "a list"}, 1)


def test_half_a_letter_in_a_name_does_not_cost_an_update_its_effect() -> None:
    human = {"id": 1001, "is_bot": False, "first_name": "Ay\ud83d"}
    body = {"message_id": 1, "date": 1_780_000_000, "chat": {"id": 1001, "type": "private"}, "from": human}
    (raw,) = raw_updates([{"update_id": 1, "message": body | {"text": "/stop"}}], 1_780_000_000_000)
    assert orjson.loads(raw.body)["message"]["text"] == "/stop"
    read = reader(granted_on_start=False, text_version="1")
    events = read(InboxRow(1, 42, raw.update_id, raw.received_ms, raw.body, "received")).events
    assert [event.kind for event in events] == ["command_used", "consent_withdrawn"]
