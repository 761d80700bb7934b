"""The sandbox's server in a process of its own, with updates waiting for its bots; nothing of it is measured.

Every bot has the same updates of the same people: they start, agree, name a timezone in which it is midday
now, then write and tap.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection

from sandbox.accounts import TelegramUser
from sandbox.botapi.limits import Limits
from sandbox.botapi.server import BotApiServer
from sandbox.world import World

TOKENS = ("7001:SIMULATED-measured", "7002:SIMULATED-baseline", "7003:SIMULATED-by-step")
FIRST_PERSON = 100_001
WORDS = ("What does it cost?", "hello there", "tell me more about VIP", "merhaba", "I want to buy")
BUTTONS = ("menu:price", "menu:vip", "menu:support", "menu:news")
UNBOUNDED = Limits(per_second=1_000_000, per_chat_per_second=1_000_000)
MIDDAY = 13
INTRODUCTION = 3
"""Updates with which everybody begins: start, consent, timezone."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """People, and how many updates each of them sends to each bot."""

    people: int
    updates_each: int

    @property
    def updates(self) -> int:
        """For each bot."""
        return self.people * self.updates_each


@contextmanager
def sandbox(crowd: Crowd) -> Iterator[str]:
    """The base address of a server for which the crowd's updates wait."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there, crowd), daemon=True)
    process.start()
    try:
        yield str(here.recv())
    finally:
        here.send("stop")
        process.join()


def _serve(parent: Connection, crowd: Crowd) -> None:
    asyncio.run(_live(parent, crowd))


async def _live(parent: Connection, crowd: Crowd) -> None:
    world = World(lambda: time.time_ns() // 1_000_000)
    bots = [world.add_bot(token, f"bench_{token[:4]}_bot", "Bench").id for token in TOKENS]
    for number in range(crowd.people):
        person = FIRST_PERSON + number
        world.add_user(TelegramUser(person, f"P{number}", language_code="en"))
    for bot in bots:
        _chat(world, bot, crowd)
    server = BotApiServer(world, UNBOUNDED)
    parent.send(await server.start())
    await asyncio.to_thread(parent.recv)
    await server.stop()


def _chat(world: World, bot: int, crowd: Crowd) -> None:
    """Everybody's first update, then everybody's second: a batch holds many people."""
    for turn in range(crowd.updates_each):
        for number in range(crowd.people):
            person = FIRST_PERSON + number
            if turn == 0:
                world.start(person, bot)
            elif turn == 1:
                world.tap(person, bot, 1, "consent:all")
            elif turn == INTRODUCTION - 1:
                world.say(person, bot, f"/timezone {midday_zone()}")
            elif (turn + number) % 2:
                world.say(person, bot, WORDS[(turn + number) % len(WORDS)])
            else:
                world.tap(person, bot, 1, BUTTONS[(turn + number) % len(BUTTONS)])


def midday_zone() -> str:
    """A zone in which it is about one o'clock in the afternoon now."""
    east = MIDDAY - datetime.now(UTC).hour
    return f"Etc/GMT{-east:+d}" if east else "Etc/GMT"
