"""A Bot API of our own for people who only get messages: quick to fill, with trouble on demand.

Everybody has started one bot, agreed and named a timezone in which it is midday: that is history, for
`import` and for the referee. Of those who get a message some tap its button, now and then somebody says
/stop, and always somebody reacts to something, so that no bot is deaf for long. Leaves to others: what is
sent, and the judgement.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from sandbox.accounts import Json
from sandbox.botapi.faults import Fault
from sandbox.botapi.server import BotApiServer
from sandbox.log import Received, SandboxLog
from sandbox.world import TelegramUser, World

FIRST: Final = 880_000_001
"""Telegram ids of the people, from here on."""
TOKENS: Final = {f"BOT_{n}_TOKEN": f"{7_002_000 + n}:SIMULATED-{n}" for n in range(1, 7)}
"""Several bots, so that while some lanes wait for a new holder others go on."""
BOTS: Final = tuple(int(token.partition(":")[0]) for token in TOKENS.values())
MIDDAY: Final = 13
LATENCY_MS: Final = 120
TAPS, STOPS = 0.2, 0.01
"""Chances that a message is answered by a tap, and that somebody else says /stop meanwhile."""
REACTS: Final = 0.2
"""Chance, at each look, that somebody reacts to something of a bot's."""
LOOK_S: Final = 0.2
FAULTS: Final = (
    Fault("sendMessage", "drop_before", None, 0.02),
    Fault("sendMessage", "drop_after", None, 0.02),
    Fault("sendMessage", "drop_within", None, 0.01),
    Fault("sendMessage", "timeout_before", None, 0.01, hold_s=1.5),
    Fault("sendMessage", "timeout_after", None, 0.01, hold_s=1.5),
    Fault("sendMessage", "500", None, 0.02),
    Fault("sendMessage", "429", None, 0.004, retry_after=1),
    Fault("sendMessage", "slow", None, 0.02, hold_s=1.0),
)
AMBIGUOUS: Final = tuple(f"{fault.kind} (injected)" for fault in FAULTS if fault.kind not in {"429", "slow"})
"""What the log says of requests whose sender can't know whether they arrived."""


def now_ms() -> int:
    """UTC milliseconds."""
    return time.time_ns() // 1_000_000


class _Watched(World):
    """Keeps what was delivered until somebody has looked at it."""

    def __init__(self, log: SandboxLog, seed: int) -> None:
        super().__init__(now_ms, log, seed=seed)
        self.delivered: list[Received] = []

    def record(self, received: Received, message: Json | None) -> None:
        super().record(received, message)
        if message is not None:
            self.delivered.append(received)


class Chats:
    """The people, their bots and the server. `history`: lines for `import`."""

    def __init__(self, evidence: Path, people: int, seed: int) -> None:
        self._log = SandboxLog(evidence)
        self.world = _Watched(self._log, seed)
        self.server = BotApiServer(self.world, latency_ms=LATENCY_MS)
        self._dice = random.Random(seed)
        self._people = people
        self.history: list[dict[str, Any]] = []
        for token in TOKENS.values():
            self.world.add_bot(token, f"bot_{token.partition(':')[0]}_bot", "SIMULATED")
        for number in range(people):
            self._settle(FIRST + number, BOTS[number % len(BOTS)])

    def _settle(self, user_id: int, bot_id: int) -> None:
        self.world.add_user(TelegramUser(user_id, "SIMULATED", language_code="en"))
        east = MIDDAY - datetime.now(UTC).hour
        zone = f"Etc/GMT{-east:+d}" if east else "Etc/GMT"
        lines: list[Json] = []
        with self.world.in_past(now_ms() - 60_000, lines):
            self.world.start(user_id, bot_id)
            self.world.tap(user_id, bot_id, 1, "consent:all")
            self.world.say(user_id, bot_id, f"/timezone {zone}")
        self.history += lines

    @asynccontextmanager
    async def living(self) -> AsyncIterator[str]:
        """Serve and live; the address of the Bot API."""
        url = await self.server.start()
        life = asyncio.create_task(self._live())
        try:
            yield url
        finally:
            life.cancel()
            await asyncio.gather(life, return_exceptions=True)
            await self.server.stop()
            self._log.close()

    def trouble(self, *, on: bool) -> None:
        """From now on requests fail as they may, or no more."""
        self.server.faults.clear()
        for fault in FAULTS if on else ():
            self.server.faults.plan(fault)

    def received(self) -> list[Received]:
        """Every call that came, after the end."""
        return self._log.received()

    async def _live(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            came, self.world.delivered = self.world.delivered, []
            for place, bot_id in enumerate(BOTS):
                if self._dice.random() < REACTS:
                    self.world.react(FIRST + place, bot_id, 1, "\N{THUMBS UP SIGN}")
            for one in came:
                if self._dice.random() < TAPS:
                    self.world.tap(one.chat_id, one.bot_id, one.message_id or 0, _button(one))
                if self._dice.random() < STOPS:
                    someone = self._dice.randrange(self._people)
                    self.world.say(FIRST + someone, BOTS[someone % len(BOTS)], "/stop")


def _button(received: Received) -> str:
    """The data of the message's button; campaign messages have one."""
    markup = received.params.get("reply_markup")
    if isinstance(markup, str | bytes):
        markup = orjson.loads(markup)
    rows: Any = markup["inline_keyboard"] if isinstance(markup, dict) else [[{"callback_data": "-"}]]
    return str(rows[0][0].get("callback_data", "-"))


def row_of(received: Received) -> int:
    """The ledger row that a request names; 0 if it names none."""
    kind, _, rest = _button(received).partition(":")
    number = rest.partition(":")[0]
    return int(number) if kind == "c" and number.isdecimal() else 0
