"""An installation at its start: strategies are seeded once, and an edited file is a proposal."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.memory import ManualClock, MemoryHot, MemoryMessenger, MemoryPacer, MemoryStore
from adapters.strategies import load_strategies
from app.hot import WatchedHot
from app.installation import MANY, ROLES, Installation
from app.parts import Conditions, Listening, Logs, Parts
from bot.visitor import BotFace
from core.errors import HotStoreError
from core.flow.handle import NEWEST, WINDOW
from core.identity import telegram
from core.keyed import suppression_hash
from core.segment import SegmentSpec

BOT = 42
KEY = b"a key of thirty-two bytes or more"
CROWDED = 16 * MANY
"""Places for taps."""
CROWD = WINDOW + 2 * CROWDED
HALT_S = 50
NOWHERE = Listening()
STRATEGIES = Path(__file__).parents[2] / "strategies"


class Silent:
    def info(self, event: str, **figures: Any) -> None:
        """Nobody listens."""

    def warning(self, event: str, **figures: Any) -> None:
        """Nobody listens."""


async def nothing() -> None:
    """No Redis of ours to bring back."""


class Line:
    """A bot's way to Telegram: brings what is put on it, and writes down what is called."""

    bot_id = BOT

    def __init__(self) -> None:
        self.updates: asyncio.Queue[list[dict[str, Any]]] = asyncio.Queue()
        self.called: list[str] = []

    async def call(self, method: str, params: Any = None, **_: float) -> object:
        if method == "getUpdates":
            return await self.updates.get()
        self.called.append(method)
        return True


def installation(
    store: MemoryStore,
    specs: tuple[SegmentSpec, ...],
    listen: Listening = NOWHERE,
    clients: Sequence[Any] = (),
) -> Installation:
    clock = ManualClock(1_780_000_000_000)
    hot = WatchedHot(MemoryHot())
    logs = Logs(Silent(), Silent(), Silent())
    messenger = MemoryMessenger(clock.now_ms)
    faces = [BotFace(client.bot_id, f"{client.bot_id}:TEST", "Shop", "shop_bot") for client in clients]
    parts = Parts(store, hot, MemoryPacer(), messenger, clients, faces, specs, clock, logs, nothing)
    return Installation(parts, Conditions(KEY, listen=listen), "test")


async def test_the_files_are_version_one_and_a_second_start_changes_nothing() -> None:
    store, specs = MemoryStore(), load_strategies(STRATEGIES)
    for _ in range(2):
        await installation(store, specs).start()
    async with store.transaction(write=False) as tx:
        live = await tx.knowledge.strategies()
        history = await tx.knowledge.strategy_history("HOT_LEAD")
    assert set(live) == {spec.name for spec in specs}
    assert [(item[0].version, item[2], item[3]) for item in history] == [(1, True, "file")]


async def test_a_redis_that_ends_while_we_start_is_brought_back_and_one_that_stays_away_is_an_error() -> None:
    """An embedded one ends with the process that had it."""
    hot, revived = MemoryHot(), 0
    hot.absent = True

    async def revive() -> None:
        nonlocal revived
        revived += 1
        hot.absent = revived < 2

    house = installation(MemoryStore(), load_strategies(STRATEGIES))
    house.parts = replace(house.parts, hot=WatchedHot(hot), revive=revive)
    with pytest.raises(HotStoreError):
        await house.start()
    await house.start()
    assert (revived, await hot.mark()) == (2, 0)


async def test_an_edited_file_becomes_a_proposal_and_is_not_in_force_by_itself() -> None:
    store, specs = MemoryStore(), load_strategies(STRATEGIES)
    await installation(store, specs).start()
    hot_lead = next(spec for spec in specs if spec.name == "HOT_LEAD")
    calmer = replace(hot_lead.strategy, pace=replace(hot_lead.strategy.pace, cooldown_h=8.0))
    edited = tuple(replace(s, strategy=calmer) if s.name == "HOT_LEAD" else s for s in specs)
    for _ in range(2):
        await installation(store, edited).start()
    async with store.transaction(write=False) as tx:
        live = await tx.knowledge.strategies()
        history = await tx.knowledge.strategy_history("HOT_LEAD")
    assert live["HOT_LEAD"].pace.cooldown_h == 4.0
    assert [(item[0].version, item[2]) for item in history] == [(2, False), (1, True)]
    assert history[0][0].pace.cooldown_h == 8.0


async def test_who_takes_updates_listens_and_its_siblings_with_the_same_settings_do_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        listen = Listening(port=free.getsockname()[1])
    stopping = asyncio.Event()
    stopping.set()
    listeners = []
    for role in ROLES:
        made = installation(MemoryStore(), (), listen)
        await made.run(stopping, [role])
        listeners.append(made.receiver is not None)
    assert dict(zip(ROLES, listeners, strict=True)) == {"bot": True, "sender": False, "scheduler": False}


def tap(number: int) -> dict[str, Any]:
    """Somebody taps a button that is answered with a message."""
    person = {"id": 5000 + number, "is_bot": False, "first_name": "A"}
    shown = {"message_id": 3, "date": 1, "chat": {"id": person["id"], "type": "private"}}
    query = {"id": str(number), "chat_instance": "1", "from": person, "data": "menu:price", "message": shown}
    return {"update_id": number, "callback_query": query}


def checkout(number: int) -> dict[str, Any]:
    person = {"id": 5000, "is_bot": False, "first_name": "A"}
    sale = {"currency": "XTR", "total_amount": 500, "invoice_payload": "vip"}
    return {"update_id": number, "pre_checkout_query": {"id": "77", "from": person, **sale}}


async def test_a_checkout_is_answered_while_a_crowd_waits_for_a_halt_of_telegram_to_end() -> None:
    line, stopping = Line(), asyncio.Event()
    made = installation(MemoryStore(), (), clients=[line])
    clock = made.parts.clock
    assert isinstance(clock, ManualClock)
    await made.parts.pacer.limited(BOT, 1, HALT_S, clock.now_ms())
    line.updates.put_nowait([tap(n) for n in range(CROWD)])
    running = asyncio.create_task(made.run(stopping, ["bot"]))
    while line.called.count("answerCallbackQuery") < CROWDED:
        await asyncio.sleep(0)
    line.updates.put_nowait([checkout(CROWD)])
    asked_ms = clock.now_ms()
    while "answerPreCheckoutQuery" not in line.called and clock.now_ms() - asked_ms < 10_000:
        clock.advance(0.01)
        await asyncio.sleep(0)
    assert line.called[-1] == "answerPreCheckoutQuery"
    assert line.called.count("answerCallbackQuery") == CROWDED
    stopping.set()
    while not running.done():  # who waits for the halt gives up after a minute
        clock.advance(1)
        await asyncio.sleep(0)
    await running


async def test_taps_of_somebody_forgotten_are_ended_and_leave_nothing_but_their_numbers() -> None:
    line, stopping, store, count = Line(), asyncio.Event(), MemoryStore(), NEWEST + 3
    made = installation(store, (), clients=[line])
    async with store.transaction() as tx:
        number = (await tx.people.resolve([telegram(5001)], 0))[telegram(5001)]
        await tx.erasures.erase(number, [suppression_hash(KEY, telegram(5001))], 1)
    line.updates.put_nowait([{**tap(1), "update_id": n} for n in range(count)])
    running = asyncio.create_task(made.run(stopping, ["bot"]))
    handled: dict[str, int] = {}
    while handled != {"handled": count}:
        await asyncio.sleep(0)
        async with store.transaction(write=False) as tx:
            handled = await tx.inbox.counts()
    stopping.set()
    await running
    assert set(line.called) - {"setMyCommands"} == {"answerCallbackQuery"}
    async with store.transaction() as tx:
        await tx.inbox.failed(range(1, count + 1), "so that it can be read")
        left = [row.body for row in await tx.inbox.aside(0, count)]
        assert left == [b'{"update_id":%d}' % n for n in range(count)]
        assert await tx.people.find(telegram(5001)) is None
