"""A Bot API server that says yes to everything and hands out whatever it is told, well-formed or not.

Where the sandbox behaves like Telegram, this one does not care: updates are bytes of its owner. It counts
what was sent to each chat. Leaves to others: which updates are handed out when.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from aiohttp import web

BATCH: Final = 100
"""Telegram's bound on updates an answer."""
_PATH: Final = "/bot"
_FORM: Final = "multipart/"


@dataclass(frozen=True, slots=True)
class Asked:
    """One getUpdates: `offset` 0 when none was given, `wait_s` as long as it may be held."""

    bot_id: int
    offset: int
    limit: int
    wait_s: float


HandOut = Callable[[Asked], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class BotApi:
    """The server. `sent`: calls that make a message, by bot and chat; `calls`: by method; `hooks`: by bot
    what setWebhook was asked for."""

    hand_out: HandOut
    sent: Counter[tuple[int, int]] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    hooks: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    pending: Callable[[int], int] = lambda bot_id: 0
    _runner: web.ServerRunner | None = None

    async def start(self) -> str:
        """Listen on a free port of this machine; the base address."""
        self._runner = web.ServerRunner(web.Server(self._answer, access_log=None), shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        bot, _, method = request.path.removeprefix(_PATH).partition("/")
        bot_id = int(bot.partition(":")[0])
        params = await _params(request)
        self.calls[method] += 1
        if method == "getUpdates":
            asked = Asked(
                bot_id,
                int(params.get("offset", 0)),
                int(params.get("limit", BATCH)),
                float(params.get("timeout", 0)),
            )
            return await self.hand_out(asked)
        if method == "setWebhook":
            self.hooks[bot_id] = params
        elif method == "deleteWebhook":
            self.hooks.pop(bot_id, None)
        elif method.startswith("send"):
            self.sent[bot_id, int(params.get("chat_id", 0))] += 1
        return said(self._result(bot_id, method, params))

    def _result(self, bot_id: int, method: str, params: Mapping[str, Any]) -> object:
        if method == "getMe":
            return {"id": bot_id, "is_bot": True, "first_name": "SIMULATED", "username": f"bot_{bot_id}_bot"}
        if method == "getWebhookInfo":
            url = self.hooks.get(bot_id, {}).get("url", "")
            return {"url": url, "has_custom_certificate": False, "pending_update_count": self.pending(bot_id)}
        if method.startswith(("send", "edit")):
            chat = {"id": int(params.get("chat_id", 0)), "type": "private"}
            number = sum(self.sent.values())
            return {"message_id": number, "date": int(time.time()), "chat": chat, "text": "SIMULATED"}
        return True


def said(result: object) -> web.Response:
    """A result as Telegram says it."""
    return raw(b'{"ok":true,"result":' + orjson.dumps(result) + b"}")


def handed(updates: Sequence[bytes]) -> web.Response:
    """Updates as they are, whatever they are."""
    return raw(b'{"ok":true,"result":[' + b",".join(updates) + b"]}")


def raw(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json")


async def _params(request: web.BaseRequest) -> Mapping[str, Any]:
    if request.content_type.startswith(_FORM):
        return dict(await request.post())
    body = await request.read()
    found = orjson.loads(body) if body else {}
    return found if isinstance(found, dict) else {}
