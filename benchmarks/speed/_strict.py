"""The sandbox's server with strict limits, in a process of its own: nothing of it is measured. It keeps what
it received, by its own clock, and that is the evidence.

Every bot has people of its own, who have started it. On command people ask the bot, and the server says how
long each of them waited for an answer.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from sandbox.accounts import TelegramUser
from sandbox.botapi.faults import Fault
from sandbox.botapi.latency import Travel
from sandbox.botapi.limits import Limits
from sandbox.botapi.server import BotApiServer
from sandbox.log import Received, SandboxLog
from sandbox.world import World

ROUND_TRIP_MS = 60.0
ASKERS = 40
"""Of each bot; their numbers come after those of its people."""
STRICT = Limits(per_second=30, per_chat_per_second=1)
STARS = 1_000_000
_APART = 10_000_000
TAKEN, REFUSED, OTHERWISE = 1, 0, 2
"""How a call ended: accepted, told to wait, or anything else."""


@dataclass(frozen=True, slots=True)
class Line:
    """One bot, how many people it has, and what Telegram allows it."""

    token: str
    people: int
    limits: Limits = STRICT

    @property
    def bot_id(self) -> int:
        return int(self.token.partition(":")[0])

    @property
    def chats(self) -> range:
        """Telegram numbers of its people."""
        first = self.bot_id * _APART
        return range(first, first + self.people)

    @property
    def askers(self) -> range:
        """Of those who ask."""
        return range(self.chats.stop, self.chats.stop + ASKERS)


@dataclass(frozen=True, slots=True)
class Call:
    """What the server received: when, for which chat, and how it ended."""

    at_ms: int
    chat_id: int
    ended: int


class Strict:
    """The other process, seen from here. Its methods block for a moment."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.base = str(pipe.recv())

    def calls(self, line: Line) -> list[Call]:
        """All that named a chat of this bot, in the order of arrival."""
        return [Call(*one) for one in self._ask("calls", line.bot_id)]

    def round_trip(self, ms: float) -> None:
        self._ask("round trip", ms)

    def refuse_next(self, method: str, retry_after: int) -> None:
        """The next call of this method gets a 429."""
        self._ask("fault", Fault(method, "429", retry_after=retry_after))

    def converse(self, line: Line, questions: int, every_s: float) -> None:
        """From now on somebody asks the bot, again and again."""
        self._ask("converse", (line, questions, every_s))

    def waits(self) -> list[float]:
        """Seconds that those who asked waited for their answers; infinite without one."""
        return list(self._ask("waits", None))

    def _ask(self, what: str, about: object) -> Any:
        self._pipe.send((what, about))
        return self._pipe.recv()


@contextmanager
def strict(lines: Sequence[Line]) -> Iterator[Strict]:
    """A strict server for these bots."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there, lines), daemon=True)
    process.start()
    try:
        yield Strict(here)
    finally:
        here.send(("stop", None))
        process.join()


def _serve(parent: Connection, lines: Sequence[Line]) -> None:
    asyncio.run(_Server(lines).live(parent))


class _Ear(SandboxLog):
    """Keeps of each call what is asked for later, and hears when somebody is answered."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: dict[int, list[tuple[int, int, int]]] = {}
        self.asked: dict[int, float] = {}
        self.waits: list[float] = []

    def receive(self, received: Received) -> None:
        if "chat_id" not in received.params:
            return
        ended = TAKEN if received.ok else REFUSED if _haste(received) else OTHERWISE
        calls = self.calls.setdefault(received.bot_id, [])
        calls.append((received.at_ms, received.chat_id, ended))
        if ended == TAKEN and received.method == "sendMessage" and received.chat_id in self.asked:
            self.waits.append(time.perf_counter() - self.asked.pop(received.chat_id))

    def emit(self, at_ms: int, bot_id: int, update_id: int, body: bytes) -> int:
        """Nothing of it is asked for."""
        return update_id

    def _append(self, line: bytes) -> int:
        return 0


def _haste(received: Received) -> bool:
    says = received.error or ""
    return says.startswith(("Too Many Requests", "429"))


@dataclass
class _Server:
    lines: Sequence[Line]
    ear: _Ear = field(default_factory=_Ear)
    talks: list[asyncio.Task[None]] = field(default_factory=list)

    async def live(self, parent: Connection) -> None:
        """Serve until told to stop."""
        self.world = World(lambda: time.time_ns() // 1_000_000, self.ear)
        self.server = BotApiServer(self.world, STRICT, latency_ms=ROUND_TRIP_MS)
        for line in self.lines:
            self._open(line)
        gc.collect()
        gc.freeze()  # the collector would stop all answers while it looks at so many people
        parent.send(await self.server.start())
        while True:
            what, about = await asyncio.to_thread(parent.recv)
            if what == "stop":
                break
            parent.send(self._do(what, about))
        for talk in self.talks:
            talk.cancel()
        await asyncio.gather(*self.talks, return_exceptions=True)
        await self.server.stop()

    def _open(self, line: Line) -> None:
        bot = self.world.add_bot(line.token, f"bench_{line.bot_id}_bot", "Bench")
        bot.tenths = STARS * 10
        self.server.limiter.own[bot.id] = line.limits
        for person in (*line.chats, *line.askers):
            self.world.add_user(TelegramUser(person, f"P{person}", language_code="en"))
            self.world.open_chat(person, bot.id)

    def _do(self, what: str, about: Any) -> object:
        if what == "calls":
            return self.ear.calls.get(about, [])
        if what == "waits":
            return self.ear.waits + [float("inf")] * len(self.ear.asked)
        if what == "round trip":
            self.server.latency.travel = Travel(about)
        elif what == "fault":
            self.server.faults.plan(about)
        else:
            self.talks.append(asyncio.create_task(self._converse(*about)))
        return None

    async def _converse(self, line: Line, questions: int, every_s: float) -> None:
        """One after another asks for help; who has no answer yet is asked for no second time."""
        for number in range(questions):
            person = line.askers[number % ASKERS]
            if person not in self.ear.asked:
                self.ear.asked[person] = time.perf_counter()
                self.world.say(person, line.bot_id, "/help")
            await asyncio.sleep(every_s)
