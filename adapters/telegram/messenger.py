"""Sends what the ledger marked: the one call of a body (`calls`), with files of our own where it names them.

Raises the TransportErrors of `core.errors`; nothing is sent twice. A file that several messages carry is
uploaded with the first of them; the others wait for its id.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from adapters.telegram.calls import call_of
from adapters.telegram.client import TelegramClient
from adapters.telegram.media import Carried, MediaFiles
from core.errors import NotFoundError, TransportError
from core.ledger import LEAVES_MS
from core.ports import Clock, Receipt

__all__ = ["TelegramMessenger", "call_of"]

LEAVES_S: Final = LEAVES_MS / 1000


class TelegramMessenger:
    """`core.ports.Messenger` over the Bot API, for several bots. `media`: the folder of `file:NAME`."""

    def __init__(self, clients: Iterable[TelegramClient], clock: Clock, media: Path | None = None) -> None:
        self._clients = {client.bot_id: client for client in clients}
        self._clock = clock
        self._media = MediaFiles(media)
        self._uploading: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def send(self, bot_id: int, chat_id: int, body: Mapping[str, object]) -> Receipt:
        """Send; `telegram_id` is 0 for a handler's call that makes no message, of an album the first's."""
        client = self._clients.get(bot_id)
        if client is None:
            raise NotFoundError(f"bot {bot_id} is not configured", next_step="add it to bots in config.yaml")
        if body.get("media") or body.get("photo"):
            result = await self._with_media(client, chat_id, body)
        else:
            method, params = call_of(chat_id, body)
            result = await client.call(method, params, connect_s=LEAVES_S)
        return Receipt(telegram_id=_made(result), at_ms=self._clock.now_ms())

    async def _with_media(self, client: TelegramClient, chat_id: int, body: Mapping[str, object]) -> object:
        loop = asyncio.get_running_loop()
        leaves_s = loop.time() + LEAVES_S
        carried = self._media.carried(client.bot_id, body)
        if carried is None or not carried.files:
            method, params = call_of(chat_id, carried.body if carried else body)
            return await client.call(method, params, connect_s=LEAVES_S)
        async with self._turn(client.bot_id, leaves_s):
            carried = self._media.carried(client.bot_id, body) or carried
            if carried.files:
                return await self._upload(client, chat_id, carried, leaves_s - loop.time())
        method, params = call_of(chat_id, carried.body)
        return await client.call(method, params, connect_s=max(0.0, leaves_s - loop.time()))

    @asynccontextmanager
    async def _turn(self, bot_id: int, until_s: float) -> AsyncIterator[None]:
        """One upload of a bot at a time: whoever waits may find that it needs none any more."""
        lock = self._uploading[bot_id]
        try:
            async with asyncio.timeout_at(until_s):
                await lock.acquire()
        except TimeoutError:
            raise TransportError("another upload of this bot took too long") from None
        try:
            yield
        finally:
            lock.release()

    async def _upload(
        self, client: TelegramClient, chat_id: int, carried: Carried, connect_s: float
    ) -> object:
        """The first message that carries a file brings it; its answer says what Telegram calls it."""
        method, params = call_of(chat_id, carried.body)
        words = {name: value for name, value in params.items() if name not in carried.files}
        result = await client.upload(method, words, carried.files, connect_s=max(0.0, connect_s))
        self._media.learn(carried, result)
        return result


def _made(result: object) -> int:
    first = result[0] if isinstance(result, list) and result else result
    return int(first.get("message_id", 0)) if isinstance(first, dict) else 0
