"""People and a bot that knows nothing but the Bot API: over HTTP, in real time, people in a great hurry."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp

from sandbox.botapi.faults import Faults
from sandbox.botapi.limits import Limits
from sandbox.botapi.server import BotApiServer
from sandbox.people import Population
from sandbox.referee import Evidence, judge
from sandbox.serve import wall_clock_ms
from sandbox.world import World
from tests.edges.people.towns import BOTS, GREETING, new_world

LIMITS: dict[str, dict[str, float]] = {"ALL": {"daily_limit": 1, "cooldown_h": 4, "period_days": 1}}


class PlainBot:
    """Greets, sends one offer to whoever says yes, and keeps a ledger and an inbox in memory."""

    def __init__(self, http: aiohttp.ClientSession, address: str, bot_id: int) -> None:
        self._http, self._address, self._bot_id = http, address, bot_id
        self.ledger: list[dict[str, Any]] = []
        self.inbox: list[tuple[int, int, str]] = []
        self._written_to: set[int] = set()

    async def serve(self) -> None:
        offset = 0
        while True:
            for update in (await self._call("getUpdates", offset=offset, timeout=5))["result"]:
                offset = update["update_id"] + 1
                await self._handle(update)
                self.inbox.append((self._bot_id, update["update_id"], "done"))

    async def _handle(self, update: dict[str, Any]) -> None:
        message, query = update.get("message", {}), update.get("callback_query", {})
        if message.get("text", "").startswith("/start"):
            await self._send("interactive", message["from"]["id"], GREETING)
        if query.get("data") == "consent:all" and query["from"]["id"] not in self._written_to:
            self._written_to.add(query["from"]["id"])
            number = len(self.ledger) * 1_000 + self._bot_id
            buttons = [{"text": "Buy", "callback_data": f"c:{number}:offer:buy"}]
            await self._send("campaign", query["from"]["id"], {"inline_keyboard": [buttons]})

    async def _send(self, kind: str, user_id: int, markup: dict[str, Any]) -> None:
        row = {
            "id": len(self.ledger) * 1_000 + self._bot_id,
            "class": kind,
            "campaign": "welcome",
            "person": user_id,
            "chat_id": user_id,
            "bot_id": self._bot_id,
            "segment": "ALL",
            "step": None,
            "state": "sending",
            "permit_at_ms": wall_clock_ms(),
        }
        self.ledger.append(row)
        sent = await self._call("sendMessage", chat_id=user_id, text="hi", reply_markup=markup)
        if sent["ok"]:
            row |= {"state": "sent", "telegram_message_id": sent["result"]["message_id"]}
        else:
            row["state"] = "unreachable"

    async def _call(self, method: str, **params: Any) -> Any:
        url = f"{self._address}/bot{self._bot_id}:token/{method}"
        async with self._http.post(url, json=params) as response:
            return await response.json()


async def until(holds: Callable[[], bool], woken: asyncio.Event) -> None:
    """Waits for a condition that only messages can change."""
    while not holds():
        woken.clear()
        await woken.wait()


def listening(world: World) -> asyncio.Event:
    """An event that each message of a bot sets."""
    woken = asyncio.Event()
    world.on_message.append(lambda _received, _message: woken.set())
    return woken


async def test_people_and_a_plain_bot_get_on_and_the_referee_is_content() -> None:
    world = new_world(wall_clock_ms)
    population = Population(world, people=40, seed=7, clock=wall_clock_ms, bots=BOTS[:1], joiners=0.0)
    population.create()
    woken = listening(world)
    limits = Limits(per_second=1_000, per_chat_per_second=1_000)
    server = BotApiServer(world, limits, Faults(1))
    address = await server.start()
    async with aiohttp.ClientSession() as http:
        bot = PlainBot(http, address, BOTS[0])
        tasks = [asyncio.create_task(bot.serve()), asyncio.create_task(population.run(time_scale=3_600))]
        enough = until(lambda: population.stats().get("campaign_messages", 0) >= 10, woken)
        await asyncio.wait_for(enough, timeout=30)
        for task in reversed(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await server.stop()
    log = world.log
    evidence = Evidence(
        received=log.received(),
        emitted=log.emitted(),
        acknowledged=log.acknowledged(),
        ledger=bot.ledger,
        inbox=bot.inbox,
        limits=LIMITS,
        clean_stop=False,
    )
    verdict = judge(evidence)
    assert verdict.clean, verdict.details
    assert verdict.campaign_messages >= 10
