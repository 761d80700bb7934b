"""Turns a ledger row's body into the one call of the Bot API that sends it.

A body is either a message, {"text", "parse_mode"?, "buttons"? (rows of {"text", "data" | "url"}), "photo"?
(file id or address)}, or a handler's own call, {"method", "params"}. Raises the TransportErrors of
`core.errors`; nothing is sent twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from adapters.telegram.client import TelegramClient
from core.errors import NotFoundError
from core.ledger import LEAVES_MS
from core.ports import Clock, Receipt

Button = Mapping[str, str]


class TelegramMessenger:
    """`core.ports.Messenger` over the Bot API, for several bots."""

    def __init__(self, clients: Iterable[TelegramClient], clock: Clock) -> None:
        self._clients = {client.bot_id: client for client in clients}
        self._clock = clock

    async def send(self, bot_id: int, chat_id: int, body: Mapping[str, object]) -> Receipt:
        """Send; `telegram_id` is 0 for a handler's call that makes no message."""
        client = self._clients.get(bot_id)
        if client is None:
            raise NotFoundError(f"bot {bot_id} is not configured", next_step="add it to bots in config.yaml")
        method, params = call_of(chat_id, body)
        result = await client.call(method, params, connect_s=LEAVES_MS / 1000)
        made = result.get("message_id", 0) if isinstance(result, dict) else 0
        return Receipt(telegram_id=int(made), at_ms=self._clock.now_ms())


def call_of(chat_id: int, body: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """(method, parameters) of a body. The row's chat wins: it may have moved since the body was written."""
    if "method" in body:
        params = dict(cast("Mapping[str, object]", body.get("params", {})))
        if "chat_id" in params:
            params["chat_id"] = chat_id
        return str(body["method"]), params
    photo = body.get("photo")
    words = {"photo": photo, "caption": body.get("text")} if photo else {"text": body["text"]}
    params = {"chat_id": chat_id, **words, "parse_mode": body.get("parse_mode")}
    if buttons := body.get("buttons"):
        rows = cast("Sequence[Sequence[Button]]", buttons)
        params["reply_markup"] = {"inline_keyboard": [[_button(button) for button in row] for row in rows]}
    method = "sendPhoto" if photo else "sendMessage"
    return method, {name: value for name, value in params.items() if value is not None}


def _button(button: Button) -> dict[str, str]:
    if "url" in button:
        return {"text": button["text"], "url": button["url"]}
    return {"text": button["text"], "callback_data": button["data"]}
