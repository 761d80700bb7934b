"""A lively crowd for the capture benchmark: its Bot API server is a process of its own; nothing of it is
measured.

People start, agree, then write, use commands, tap and talk in groups, in a random order that the seed
decides; every bot gets the same. On command somebody taps a button, and the server says how long the bot took
to acknowledge it.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

import orjson

from benchmarks.speed._sandbox import BUTTONS, UNBOUNDED, WORDS
from sandbox.accounts import TelegramUser
from sandbox.botapi.server import BotApiServer
from sandbox.groups import Group
from sandbox.log import Received, SandboxLog
from sandbox.world import World

FIRST_PERSON = 100_001
TAPPER = 90_001
"""Somebody who writes nothing, and taps when told."""
COMMANDS = ("/help", "/settings", "/language en")
ACTS = ("words", "command", "group", "tap")
SHARES = (45, 10, 15, 30)
ACKNOWLEDGE = "answerCallbackQuery"
GROUPS = tuple(-1_001_000_000_000 - number for number in range(20))
GIVE_UP_S = 30.0


@dataclass(frozen=True, slots=True)
class Line:
    """What waits for one bot. `taps`: whether people tap as well."""

    token: str
    updates: int
    taps: bool = True


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many people, who do the same with every bot."""

    people: int
    lines: tuple[Line, ...]
    seed: int = 1


class Server:
    """The other process, seen from here."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.base = str(pipe.recv())

    def tap(self, token: str) -> float:
        """Somebody taps; seconds until the bot acknowledged it. Blocks."""
        self._pipe.send(("tap", token))
        return float(self._pipe.recv())


@contextmanager
def serving(crowd: Crowd) -> Iterator[Server]:
    """A server for which the crowd's updates wait."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there, crowd), daemon=True)
    process.start()
    try:
        yield Server(here)
    finally:
        here.send(("stop", ""))
        process.join()


def _serve(parent: Connection, crowd: Crowd) -> None:
    asyncio.run(_live(parent, crowd))


class Ear(SandboxLog):
    """Hears when a tap is acknowledged."""

    def __init__(self) -> None:
        super().__init__()
        self.query = ""
        self.heard = asyncio.Event()

    def receive(self, received: Received) -> None:
        answered = str(received.params.get("callback_query_id", ""))
        if received.method.lower() == ACKNOWLEDGE.lower() and answered == self.query:
            self.heard.set()

    def emit(self, at_ms: int, bot_id: int, update_id: int, body: bytes) -> int:
        """Nothing is kept: the evidence of so many would be larger than what is measured."""
        self.query = str(orjson.loads(body).get("callback_query", {}).get("id", ""))
        return update_id


async def _live(parent: Connection, crowd: Crowd) -> None:
    ear = Ear()
    world = World(lambda: time.time_ns() // 1_000_000, ear)
    bots = {
        line.token: world.add_bot(line.token, f"bench_{line.token[:4]}_bot", "Bench").id
        for line in crowd.lines
    }
    for person in (TAPPER, *range(FIRST_PERSON, FIRST_PERSON + crowd.people)):
        world.add_user(TelegramUser(person, f"P{person}", language_code="en"))
    for line in crowd.lines:
        _chat(world, bots[line.token], line, crowd)
    server = BotApiServer(world, UNBOUNDED)
    parent.send(await server.start())
    while True:
        what, token = await asyncio.to_thread(parent.recv)
        if what == "stop":
            break
        parent.send(await _tap(world, ear, bots[token]))
    await server.stop()


def _chat(world: World, bot: int, line: Line, crowd: Crowd) -> None:
    """Everybody starts and agrees; then they act as chance has it."""
    dice = random.Random(crowd.seed)  # noqa: S311 - play, no secret
    own = [group - 100 * bot for group in GROUPS]
    for group in own:
        world.add_group(Group(group, f"Group {group % 100}", bots={bot}))
    people = range(FIRST_PERSON, FIRST_PERSON + crowd.people)
    for person in people:
        world.start(person, bot)
        if line.taps:
            world.tap(person, bot, 1, "consent:all")
    acts = len(ACTS) if line.taps else len(ACTS) - 1
    for _ in range(line.updates - len(people) * (1 + line.taps)):
        person, act = dice.choice(people), dice.choices(ACTS[:acts], SHARES[:acts])[0]
        if act == "words":
            world.say(person, bot, dice.choice(WORDS))
        elif act == "command":
            world.say(person, bot, dice.choice(COMMANDS))
        elif act == "tap":
            world.tap(person, bot, 1, dice.choice(BUTTONS))
        else:
            world.say_in_group(person, dice.choice(own), dice.choice(WORDS))


async def _tap(world: World, ear: Ear, bot: int) -> float:
    """Seconds from the tap to its acknowledgement, as Telegram sees it."""
    began = time.perf_counter()
    ear.heard.clear()
    world.tap(TAPPER, bot, 1, "menu:price")
    with suppress(TimeoutError):
        async with asyncio.timeout(GIVE_UP_S):
            await ear.heard.wait()
    return time.perf_counter() - began
