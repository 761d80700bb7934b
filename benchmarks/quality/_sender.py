"""Telegram's side of the fault run: one bot's updates are polled, the other's are brought to its webhook.

It keeps its own list of what was acknowledged: a polled update by a larger offset, a delivered one by an
answer of 2xx; whatever was not is handed out again, for ever. Batches are shuffled and repeat what was
handed out before; a webhook's kinds wait in queues of their own, and some updates are delivered twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
from aiohttp import web

from benchmarks.quality._botapi import Asked, BotApi, handed
from benchmarks.quality._crowd import Update

SHUFFLED: Final = 0.3
AGAIN: Final = 0.1
RECENT: Final = 300
CONNECTIONS: Final = 4
"""Deliveries at once of each kind."""
PAUSE_S: Final = 0.02
ANSWER_S: Final = 10.0
HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"


class Sender:
    """`put` gives it updates. `acknowledged`: (bot, number) of those that need not come again; `heard`: set
    whenever somebody asks or answers."""

    def __init__(self, polled: int, hooked: int, seed: int) -> None:
        self.acknowledged: set[tuple[int, int]] = set()
        self.put_in: set[tuple[int, int]] = set()
        self.repeated = 0
        self.refused = 0
        self.heard = asyncio.Event()
        self._polled, self._hooked = polled, hooked
        self._dice = random.Random(seed)
        self._line: deque[Update] = deque()
        self._recent: deque[Update] = deque(maxlen=RECENT)
        self._queues: dict[str, deque[Update]] = {}
        self._workers: list[asyncio.Task[None]] = []
        self._session: aiohttp.ClientSession | None = None
        self.api = BotApi(self._hand_out, pending=self._pending)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Its Bot API's address, while the block lasts."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_S)) as self._session:
            try:
                yield await self.api.start()
            finally:
                for worker in self._workers:
                    worker.cancel()
                await asyncio.gather(*self._workers, return_exceptions=True)
                await self.api.stop()

    def put(self, update: Update) -> None:
        """From now on it is on its way."""
        self.put_in.add((update.bot_id, update.number))
        if update.bot_id == self._polled:
            self._line.append(update)
            return
        if update.kind not in self._queues:
            queue = self._queues[update.kind] = deque()
            self._workers += [asyncio.create_task(self._bring(queue)) for _ in range(CONNECTIONS)]
        self._queues[update.kind].append(update)

    @property
    def done(self) -> bool:
        """Nothing need be handed out again."""
        return self.acknowledged == self.put_in

    # ------------------------------------------------------------------ by polling
    async def _hand_out(self, asked: Asked) -> web.StreamResponse:
        while self._line and self._line[0].number < asked.offset:
            self.acknowledged.add((asked.bot_id, self._line.popleft().number))
        self.heard.set()
        if not self._line:
            await asyncio.sleep(PAUSE_S)
        return handed([one.body for one in self._batch(asked.limit)])

    def _batch(self, limit: int) -> list[Update]:
        dice = self._dice
        chosen = [self._line[n] for n in range(min(dice.randint(1, limit), len(self._line)))]
        if dice.random() < SHUFFLED:
            dice.shuffle(chosen)
        again = [dice.choice(self._recent) for _ in chosen if self._recent and dice.random() < AGAIN]
        self._recent.extend(chosen)
        self.repeated += len(again)
        for one in again:
            chosen.insert(dice.randrange(len(chosen)), one)
        return chosen

    # ------------------------------------------------------------------ by webhook
    def _pending(self, bot_id: int) -> int:
        return sum(map(len, self._queues.values())) if bot_id == self._hooked else 0

    async def _bring(self, queue: deque[Update]) -> None:
        """One connection of a queue: what is not taken goes to the end of it."""
        while True:
            if not queue or self._hooked not in self.api.hooks:
                await asyncio.sleep(PAUSE_S)
                continue
            update = queue.popleft()
            if not await self._is_taken(update):
                self.refused += 1
                queue.append(update)
                await asyncio.sleep(self._dice.random() * PAUSE_S * 10)
                continue
            self.acknowledged.add((update.bot_id, update.number))
            self.heard.set()
            if self._dice.random() < AGAIN:
                self.repeated += 1
                await self._is_taken(update)

    async def _is_taken(self, update: Update) -> bool:
        assert self._session is not None
        hook = self.api.hooks[self._hooked]
        headers = {HEADER: str(hook["secret_token"]), "Content-Type": "application/json"}
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with self._session.post(str(hook["url"]), data=update.body, headers=headers) as answer:
                return 200 <= answer.status < 300
        return False
