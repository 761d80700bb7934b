"""Several processes, one bot: one polls, the others stand by; and what is no update blocks nobody."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from adapters.telegram.client import TelegramClient
from adapters.telegram.poller import STORE_TRIES, Poller, PollLease
from adapters.telegram.tenure import LeaseLostError, Tenure
from adapters.telegram.updates import next_offset, raw_body, raw_update, raw_updates
from core.errors import TransportError
from core.event import InboxLane
from core.ports import RawUpdate
from sandbox.botapi.faults import Fault
from sandbox.botapi.request import Params
from tests.edges.towns import AYSE, BOT, Bench, in_town, running

FIRST, SECOND = PollLease("first"), PollLease("second")


# -- the lease -----------------------------------------------------------------------------------


def test_one_of_two_processes_polls_and_the_other_stands_by() -> None:
    async def scenario(bench: Bench) -> None:
        async with bench.polling(lease=FIRST) as first:
            await bench.until(lambda: first.drained)
            async with bench.polling(lease=SECOND) as second:
                await bench.until(lambda: second.status["state"] == "standby")
                for n in range(20):
                    bench.world.say(AYSE, BOT, f"n{n}")
                    await asyncio.sleep(60)  # three times longer than a lease, without an update in between
                assert await bench.texts() == [f"n{n}" for n in range(20)]
                assert (first.status["state"], second.status["state"]) == ("polling", "standby")
                assert second.last_ok_ms == 0
                assert not second.drained

    in_town(scenario)


def test_who_stops_is_followed_at_once_and_who_dies_after_the_lease() -> None:
    async def scenario(bench: Bench) -> None:
        async with bench.polling(lease=SECOND) as second:
            await bench.until(lambda: second.drained)
            async with bench.polling(lease=FIRST) as first:
                await bench.until(lambda: first.status["state"] == "standby")
                bench.world.say(AYSE, BOT, "before")
                await bench.until(lambda: second.status["updates"] == 1)
        died_ms = bench.clock.now_ms()
        async with bench.store.transaction() as tx:  # a holder that nobody hears of again
            await tx.control.acquire(f"poll:{BOT}", "dead", died_ms, 20_000)
        bench.world.say(AYSE, BOT, "meanwhile")
        async with bench.polling(lease=FIRST) as first:
            await bench.until(lambda: first.status["updates"] == 1)
            assert 19_000 <= bench.clock.now_ms() - died_ms <= 27_000
        stopped_ms = bench.clock.now_ms()
        async with bench.polling(lease=SECOND) as second:
            await bench.until(lambda: second.drained)
            assert bench.clock.now_ms() - stopped_ms < 1_000
        assert await bench.texts() == ["before", "meanwhile"]

    in_town(scenario)


def test_a_holder_that_lost_its_lease_writes_nothing_and_stands_by() -> None:
    async def scenario(bench: Bench) -> None:
        async with bench.polling(lease=FIRST) as first:
            await bench.until(lambda: first.drained)
            async with bench.store.transaction() as tx:  # as if it had been frozen beyond its lease
                now_ms = bench.clock.now_ms() + 60_000
                taken = await tx.control.acquire(f"poll:{BOT}", "second", now_ms, 30_000)
            assert taken is not None
            bench.world.say(AYSE, BOT, "fetched by the former holder")
            await bench.until(lambda: first.status["state"] == "standby")
            assert await bench.texts() == []
            assert bench.world.log.acknowledged() == {}
            assert not first.drained
            await bench.until(lambda: first.status["updates"] == 1)
            assert await bench.texts() == ["fetched by the former holder"]

    in_town(scenario)


def test_a_lease_that_somebody_had_in_between_is_a_new_one() -> None:
    async def scenario(bench: Bench) -> None:
        tenure = Tenure(bench.store, bench.clock, BOT, FIRST)
        assert await tenure.take()
        await asyncio.sleep(21)
        async with bench.store.transaction() as tx:
            other = await tx.control.acquire(f"poll:{BOT}", "second", bench.clock.now_ms(), 1)
        assert other is not None
        await asyncio.sleep(1)
        with pytest.raises(LeaseLostError):
            await tenure.take()
        async with bench.store.transaction() as tx:
            await tenure.prove(tx)

    in_town(scenario)


def test_who_stands_by_outlives_any_number_of_moments_without_the_store() -> None:
    async def scenario(bench: Bench) -> None:
        async with bench.store.transaction() as tx:  # somebody polls for days
            await tx.control.acquire(f"poll:{BOT}", "first", bench.clock.now_ms(), 10**9)
        async with bench.polling(lease=SECOND) as waits:
            for _ in range(2 * STORE_TRIES):
                bench.store.failing = True
                await bench.until(lambda: waits.status["state"] == "waiting")
                assert waits.status["failures"] == 1
                bench.store.failing = False
                await bench.until(lambda: waits.status["state"] == "standby")
                assert waits.status["error"] == ""

    in_town(scenario)


# -- what other processes learn ------------------------------------------------------------------


def test_a_mark_tells_other_processes_that_nothing_waits() -> None:
    async def scenario(bench: Bench) -> None:
        bench.world.say(AYSE, BOT, "hello")
        assert await bench.drained_ms() == 0
        began_ms = bench.clock.now_ms()
        async with bench.polling() as poller:
            await bench.until(lambda: poller.drained)
            assert await bench.drained_ms() >= began_ms
            await asyncio.sleep(120)
            first = await bench.drained_ms()
            assert bench.clock.now_ms() - first <= 26_000
            for _ in range(40):  # a bot that is never silent is drained all the same
                bench.world.say(AYSE, BOT, "and on")
                await asyncio.sleep(0.5)
            assert first < await bench.drained_ms()
        bench.server.faults.plan(Fault("getUpdates", "500", times=None))
        last = await bench.drained_ms()
        async with bench.polling():
            await asyncio.sleep(120)
        assert await bench.drained_ms() == last

    in_town(scenario)


def test_who_starts_shortly_after_the_bot_hears_within_seconds_that_nothing_waits() -> None:
    """A full restart: the bot has drained before its sender is up, and a long poll is quiet for long."""

    async def scenario(bench: Bench) -> None:
        bench.world.say(AYSE, BOT, "hello")
        async with bench.polling(lease=FIRST) as poller:
            await bench.until(lambda: poller.drained)
            for late_s in (0.1, 3.0, 15.0, 30.0):
                await asyncio.sleep(late_s)
                started_ms = bench.clock.now_ms()
                await asyncio.sleep(3)
                assert await bench.drained_ms() >= started_ms
            await asyncio.sleep(60)
            marks = set()
            for _ in range(60):
                await asyncio.sleep(1)
                marks.add(await bench.drained_ms())
            assert len(marks) <= 4  # then polls are long again

    in_town(scenario)


def test_a_failure_long_after_the_start_makes_no_polls_short() -> None:
    async def scenario(bench: Bench) -> None:
        async with bench.polling(lease=FIRST) as poller:
            await asyncio.sleep(70)
            bench.server.faults.plan(Fault("getUpdates", "500"))
            await bench.until(lambda: poller.status["failures"] == 1)
            await bench.until(lambda: poller.status["failures"] == 0)
            marks = set()
            for _ in range(50):
                await asyncio.sleep(1)
                marks.add(await bench.drained_ms())
            assert len(marks) <= 4

    in_town(scenario)


def test_a_full_batch_says_nothing_about_what_still_waits() -> None:
    async def scenario(bench: Bench) -> None:
        for n in range(250):
            bench.world.say(AYSE, BOT, f"n{n}")
        bench.server.faults.plan(Fault("getUpdates", "500", times=None))
        async with bench.polling() as poller:
            await asyncio.sleep(5)
            bench.server.faults.clear()
            await bench.until(lambda: bench.batches >= 1)
            while bench.batches < 3:
                assert not poller.drained
                assert await bench.drained_ms() == 0
                await asyncio.sleep(0)
            await bench.until(lambda: poller.drained)
            assert await bench.drained_ms() > 0

    in_town(scenario)


# -- a webhook that was left behind --------------------------------------------------------------


def test_a_webhook_that_was_left_behind_is_removed_and_what_waited_is_fetched() -> None:
    async def scenario(bench: Bench) -> None:
        nowhere = Params({"url": "http://127.0.0.1:9/hook"})
        await bench.server.webhooks.call("setwebhook", bench.world.bots[BOT], nowhere)
        bench.world.say(AYSE, BOT, "waited")
        async with bench.polling() as poller:
            await bench.until(lambda: poller.drained)
            assert await bench.texts() == ["waited"]
            assert not bench.server.webhooks.is_set(BOT)
            await bench.server.webhooks.call("setwebhook", bench.world.bots[BOT], nowhere)
            await bench.until(lambda: poller.status["state"] == "conflict")
            await asyncio.sleep(60)
            assert bench.server.webhooks.is_set(BOT)  # somebody wants it so: it is not taken away twice

    in_town(scenario)


# -- what is no update ---------------------------------------------------------------------------


class Garbled(TelegramClient):
    """A Telegram whose queue also holds what is no update; it confirms as Telegram does."""

    def __init__(self, queue: list[tuple[int, Any]]) -> None:
        super().__init__(f"{BOT}:x")
        self.queue = queue
        self.asked: list[object] = []

    async def call(self, method: str, params: Any = None, **_: Any) -> object:
        await asyncio.sleep(0.1)
        self.asked.append(params.get("offset"))
        self.queue = [one for one in self.queue if one[0] >= params.get("offset", 0)]
        return [element for _, element in self.queue[: params["limit"]]]


def good(number: int) -> dict[str, Any]:
    return {"update_id": number, "message": {"text": f"n{number}"}}


def test_what_is_no_update_is_kept_aside_once_and_blocks_nobody() -> None:
    async def scenario(bench: Bench) -> None:
        odd: list[Any] = [5, "text", None, [], {"message": {"text": "lost"}}, {"update_id": "7"}]
        queue = [(10, good(10)), *((11 + n, one) for n, one in enumerate(odd)), (20, good(20)), (21, None)]
        client = Garbled(queue)
        poller = Poller(client, bench.store, bench.clock, bench.batch)
        async with running(poller):
            await bench.until(lambda: not client.queue)
            client.queue = [(30, 5), (31, "new"), (32, good(32))]
            await bench.until(lambda: not client.queue)
        assert await bench.texts() == ["n10", "n20", "n32"]
        rows = await bench.aside()
        assert [orjson.loads(row.body) for row in rows] == [*odd, "new"]
        assert all(row.update_id < 0 and row.state == "failed" for row in rows)
        reasons = {row.reason for row in rows}
        assert reasons == {"the update is no object", "the update has no usable update_id"}
        assert poller.status["aside"] == 9

    in_town(scenario)


def test_only_garbage_from_the_first_poll_on_is_asked_for_with_pauses() -> None:
    async def scenario(bench: Bench) -> None:
        client = Garbled([(1, "garbage")])
        poller = Poller(client, bench.store, bench.clock, bench.batch)
        async with running(poller):
            await bench.until(lambda: poller.status["failures"] == 3)
            client.queue.append((2, good(2)))
            await bench.until(lambda: not client.queue)
        assert bench.clock.slept[:3] == [1, 2, 4]
        assert len(await bench.aside()) == 1
        assert await bench.texts() == ["n2"]

    in_town(scenario)


@pytest.mark.parametrize(
    ("offset", "batch", "following"),
    [
        (None, [], None),
        (7, [], 7),
        (7, [9, 12], 13),
        (7, [9, -1, -2], 12),
        (7, [-1, -2], 9),
        (None, [-1, -2], None),
        (900, [5, 6], 7),  # numbers begin anew after a quiet week
    ],
)
def test_the_offset_confirms_what_was_in_the_batch_and_nothing_else(
    offset: int | None, batch: list[int], following: int | None
) -> None:
    assert next_offset(offset, [RawUpdate(one, b"", 0) for one in batch]) == following


@pytest.mark.parametrize("number", [True, -1, 2**63, 2**70, 1.5, "7", None, [7]])
def test_a_number_that_no_database_holds_is_none(number: Any) -> None:
    made = raw_update({"update_id": number, "message": {}}, 1)
    assert made.reason == "the update has no usable update_id"
    assert made.update_id < 0


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the update is no JSON"),
        (b"\xff\x00", "the update is no JSON"),
        (b"[1]", "the update is no object"),
        (b"{}", "the update has no usable update_id"),
        (b'{"update_id":5' + b"0" * 40 + b"}", "the update has no usable update_id"),
        (b'{"a":' * 100_000, "the update is nested too deep to be read"),
        (b'{"update_id":5,"message":{"text":"\\ud83d"}}', ""),
        (b'{"update_id":5,"message":{}}', ""),
    ],
)
def test_any_body_of_a_webhook_can_be_stored(body: bytes, reason: str) -> None:
    made, again = raw_body(body, 1), raw_body(body, 2)
    assert made.reason == reason
    assert (made.update_id, made.body) == (again.update_id, again.body)
    assert made.update_id == 5 if not reason else made.update_id < 0


def test_questions_taps_and_words_wait_in_lanes_of_their_own() -> None:
    tap, word = raw_updates([{"update_id": 1, "callback_query": {}}, {"update_id": 2, "message": {}}], 1)
    assert (tap.lane, word.lane) == (InboxLane.TAP, InboxLane.ORDINARY)
    for kind in (b"pre_checkout_query", b"shipping_query"):
        assert raw_body(b'{"update_id":3,"%b":{}}' % kind, 1).lane is InboxLane.QUESTION


def test_an_update_that_is_nested_beyond_reason_is_kept_aside_under_its_number() -> None:
    deep: Any = "x"
    for _ in range(3_000):
        deep = [deep]
    made = raw_update({"update_id": 5, "message": deep}, 1)
    assert (made.update_id, made.body, made.reason) == (
        5,
        b'{"update_id":5}',
        "the update is nested too deep to be read",
    )
    while isinstance(deep, list):  # taken apart by hand, or it would be freed as deep as it is
        deep = deep[0]
    with pytest.raises(TransportError):
        raw_updates({"not": "a list"}, 1)
