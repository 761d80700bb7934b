"""The poller against a Bot API server, in the town: nothing is lost, and failures are shown."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from adapters.telegram.apart import taken_apart
from adapters.telegram.client import TelegramClient
from adapters.telegram.poller import ALLOWED_UPDATES, Poller, raw_updates
from app.updates import reader
from core.errors import StoreError, TransportError
from core.ports import InboxRow
from sandbox.botapi.faults import Fault
from tests.edges.towns import AYSE, BOT, TOKEN, Bench, in_town


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


DEEP = b'{"update_id":7,"message":{"text":' + b"[" * 50_000 + b'"]}"' + b"]" * 50_000 + b"}}"


def test_an_update_nested_too_deep_for_any_parser_hides_no_other_and_is_kept_aside() -> None:
    others = (b'{"update_id": 6, "poll": {"question": "]}{[\\" \\ud83d"}}', b'{"update_id":8}')
    answer = b'{"ok": true, "result": [%b,%b, null,\n[3],%b, 5]}' % (others[0], DEEP, others[1])
    found = taken_apart(answer)
    assert found is not None
    updates = raw_updates(found["result"], 5)
    assert [one.update_id for one in updates if one.update_id >= 0] == [6, 7, 8]
    assert [bool(one.reason) for one in updates] == [False, True, True, False]
    assert "too deep" in updates[1].reason
    assert b"update_id" in updates[1].body


@pytest.mark.parametrize(
    "answer",
    [
        b'{"ok":true,"result":[' + DEEP,
        b'{"ok":true,"result":[' + DEEP + b"]",
        b'{"ok":true,"result":[' + DEEP + b"]}}",
        b'{"ok":true,"result":' + DEEP + b"}",
        b"<html>" + DEEP,
    ],
)
def test_an_answer_that_is_not_whole_stays_unreadable(answer: bytes) -> None:
    assert taken_apart(answer) is None
