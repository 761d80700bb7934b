"""What a 429 has closed stays closed until its end, and what was held up leaves one after another."""

from __future__ import annotations

import pytest

from adapters.inflight import InFlight
from adapters.telegram.client import TelegramClient
from adapters.telegram.gate import Gate
from core.errors import RateLimitedError, TransportError
from sandbox.botapi.faults import Fault
from sandbox.botapi.limits import Limits
from sandbox.botapi.server import BotApiServer
from sandbox.world import TelegramUser, World

TOKEN, BOT = "7001:sandbox-secret", 7001


def closed(gate: Gate, chat_id: int, now_s: float) -> float:
    """The seconds for which this chat is still closed."""
    try:
        gate.check(chat_id, now_s)
    except RateLimitedError as error:
        return error.retry_after_s
    return 0.0


def test_a_429_closes_all_chats_for_its_time() -> None:
    gate = Gate()
    gate.refused(5, 3.0, 100.0)
    assert closed(gate, 6, 101.0) == 2.0
    assert closed(gate, -1001, 102.5) == 0.5
    gate.refused(6, 1.0, 100.1)
    assert closed(gate, 5, 102.9) == pytest.approx(0.1), "a shorter one takes nothing back"
    assert closed(gate, 5, 103.0) == 0.0


def test_a_groups_first_429_closes_that_group_and_a_second_one_all() -> None:
    gate = Gate()
    gate.refused(-1001, 30.0, 100.0)
    assert closed(gate, -1001, 101.0) == 29.0
    assert closed(gate, 5, 101.0) == closed(gate, -1002, 101.0) == 0.0
    gate.refused(-1002, 5.0, 102.0)
    assert closed(gate, 5, 103.0) == 4.0
    assert closed(gate, -1001, 110.0) == 20.0
    gate.refused(-1003, 5.0, 200.0)
    assert closed(gate, 5, 201.0) == 0.0, "the first of a new time"


def test_turns_are_evenly_apart_unless_paid_and_too_long_a_wait_takes_none() -> None:
    gate = Gate(most_per_s=10)
    assert [gate.turn(100.0, 1.0, paid=False) for _ in range(3)] == pytest.approx([0, 0.1, 0.2])
    assert gate.turn(100.0, 1.0, paid=True) == 0
    with pytest.raises(TransportError):
        gate.turn(100.0, 0.25, paid=False)
    assert gate.turn(100.0, 1.0, paid=False) == pytest.approx(0.3)
    assert gate.turn(200.0, 1.0, paid=False) == 0, "a pause is not made up for"
    assert [Gate().turn(1.0, 1.0, paid=False) for _ in range(2)] == [0, 0]


async def test_after_a_429_nothing_that_names_a_chat_leaves() -> None:
    world = World(lambda: 1_767_600_000_000)
    world.add_bot(TOKEN, "demo_bot", "Demo")
    for person in (100, 101):
        world.add_user(TelegramUser(person, "A"))
        world.open_chat(person, BOT)
    server, inflight = BotApiServer(world, Limits(per_second=100)), InFlight()
    async with TelegramClient(TOKEN, await server.start(), inflight) as client:
        server.faults.plan(Fault("sendMessage", "429", retry_after=7))
        with pytest.raises(RateLimitedError):
            await client.call("sendMessage", {"chat_id": 100, "text": "one"})
        for method in ("sendMessage", "sendChatAction", "editMessageText"):
            with pytest.raises(RateLimitedError) as caught:
                await client.call(method, {"chat_id": 101, "text": "two", "action": "typing"})
            assert 6 < caught.value.retry_after_s <= 7
        assert await client.call("getMe")
    assert len(world.log.received()) == 1
    assert inflight.open == 0
    await server.stop()


async def test_what_was_held_up_together_leaves_one_after_another() -> None:
    world = World(lambda: 1_767_600_000_000)
    world.add_bot(TOKEN, "demo_bot", "Demo")
    people = range(100, 104)
    for person in people:
        world.add_user(TelegramUser(person, "A"))
        world.open_chat(person, BOT)
    server = BotApiServer(world, Limits(per_second=100))
    async with TelegramClient(TOKEN, await server.start(), most_per_s=200) as client:
        for person in people:
            await client.call("sendMessage", {"chat_id": person, "text": "one"})
    assert [one.chat_id for one in world.log.received()] == list(people)
    await server.stop()


def test_who_can_not_wait_for_the_turn_takes_none() -> None:
    gate = Gate(most_per_s=10)
    assert gate.turn(1.0, 0.05, paid=False) == 0.0
    with pytest.raises(TransportError, match="held up"):
        gate.turn(1.0, 0.05, paid=False)
    assert gate.turn(1.0, 0.2, paid=False) == pytest.approx(0.1)
