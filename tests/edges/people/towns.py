"""A small town for these tests: two bots that greet, and write to everybody who said yes at fixed hours."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import orjson

from sandbox.accounts import Json
from sandbox.clock import Town, run_town
from sandbox.log import Emitted, Received
from sandbox.people import Population
from sandbox.people.behaviour import DAY, HOUR
from sandbox.people.traits import KINDS
from sandbox.world import World

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
START_MS = round(START.timestamp() * 1000)
BOTS = (111, 222)
GREETING: Json = {
    "inline_keyboard": [
        [{"text": "yes", "callback_data": "consent:all"}, {"text": "no", "callback_data": "consent:none"}],
        [{"text": "price", "callback_data": "menu:price"}],
    ]
}


def new_world(clock: Any = None, seed: int = 1) -> World:
    """A world with the two bots."""
    world = World(clock or (lambda: START_MS), seed=seed)
    for bot in BOTS:
        world.add_bot(f"{bot}:token", f"bot_{bot}", f"Bot {bot}")
    return world


def new_population(world: World, *, people: int = 60, seed: int = 7, joiners: float = 0.15) -> Population:
    """People on that world, with accounts."""
    population = Population(world, people=people, seed=seed, clock=world.clock, bots=BOTS, joiners=joiners)
    population.create()
    return population


@dataclass
class SmallBot:
    """Greets whoever starts; `campaign` writes to all who said yes."""

    world: World
    bot_id: int
    rows: Any = field(default_factory=lambda: count(1))
    willing: list[int] = field(default_factory=list)

    async def serve(self) -> None:
        """Polls for ever."""
        queue = self.world.queue(self.bot_id)
        while True:
            await queue.wait(queue.begin_poll(), 3600)
            for update in queue.take(100, self.world.clock()):
                queue.confirm(update.update_id + 1)
                self._handle(orjson.loads(update.body))

    def _handle(self, body: Json) -> None:
        message, query = body.get("message"), body.get("callback_query")
        if isinstance(message, dict) and message.get("text", "").startswith("/start"):
            self.send(message["from"]["id"], GREETING)
        if (
            isinstance(query, dict)
            and query["data"] == "consent:all"
            and query["from"]["id"] not in self.willing
        ):
            self.willing.append(query["from"]["id"])

    def send(self, user_id: int, markup: Json) -> None:
        """One message, if the person can be reached."""
        if self.world.refusal(self.bot_id, user_id) is not None:
            return
        message = self.world.post(
            self.world.bots[self.bot_id], user_id, {"text": "hi", "reply_markup": markup}
        )
        number: Any = message["message_id"]
        call = Received(
            seq=self.world.log.seq + 1,
            at_ms=self.world.clock(),
            bot_id=self.bot_id,
            method="sendMessage",
            chat_id=user_id,
            message_id=number,
            params={"text": "hi", "reply_markup": markup},
            ok=True,
            error=None,
            delivered=True,
        )
        self.world.record(call, message)

    def campaign(self, kind: str) -> None:
        """One campaign message to everybody who said yes here."""
        for user_id in list(self.willing):
            row = next(self.rows)
            choices = ("yes", "more", "buy")
            buttons: list[Json] = [{"text": c, "callback_data": f"c:{row}:{kind}:{c}"} for c in choices]
            self.send(user_id, {"inline_keyboard": [buttons]})


@dataclass(frozen=True)
class Lived:
    """What a run left behind."""

    emitted: list[Emitted]
    stats: dict[str, int]
    population: Population
    world: World


def live(
    *,
    days: float,
    people: int = 60,
    seed: int = 7,
    history: int = 0,
    time_scale: float = 1.0,
    every_h: float = 8,
) -> Lived:
    """Runs people and bots on the town's clock; a campaign goes out every so many hours."""

    async def main(town: Town) -> Lived:
        world = new_world(town.now_ms)
        population = new_population(world, people=people, seed=seed)
        for _ in population.history(history, town.now_ms()) if history else ():
            pass
        bots = [SmallBot(world, bot) for bot in BOTS]
        tasks = [asyncio.create_task(bot.serve()) for bot in bots]
        tasks.append(asyncio.create_task(population.run(time_scale)))
        for number in range(round(days * DAY / HOUR / every_h)):
            await asyncio.sleep(every_h * 3600)
            for bot in bots:
                bot.campaign(KINDS[number % len(KINDS)])
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return Lived(world.log.emitted(), population.stats(), population, world)

    return run_town(main, START, busy=lambda: 0)
