"""A lean client of the Bot API: JSON in, JSON out, and errors that say whether trying again is safe.

Promises: the token is in no error, log or repr; what fails before the request left is a TransportError (safe
to repeat); what fails afterwards, or with 5xx, is an AmbiguousError (it may have arrived); every open request
counts as in flight; the pool is wide enough for 1000 messages a second at 0.1 s; what names a chat does not
leave while a 429 holds. It never retries by itself.
Leaves to others: pace, order, and what a method means.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

import orjson

from adapters.inflight import InFlight
from adapters.telegram.apart import taken_apart
from adapters.telegram.errors import error_of
from adapters.telegram.gate import Gate
from adapters.telegram.wire import NoAnswerError, NotSentError, Wire
from core.errors import AmbiguousError, RateLimitedError, RefusedError, SettingsError, TransportError

OFFICIAL: Final = "https://api.telegram.org"
CONNECT_S: Final = 10.0
ANSWER_S: Final = 30.0
POOL: Final = 200
FREE_PER_S: Final = 29.5
"""For `most_per_s`: just below what Telegram takes of a bot."""
SLOWEST_UPLOAD: Final = 100_000
"""Bytes a second; an upload is given the time it takes at this speed."""

_TOKEN = re.compile(r"(\d{1,19}):[A-Za-z0-9_-]+")
_JSON: Final = b"application/json"

_HARMFUL: Final = {ord(sign): "_" for sign in '"\\\r\n'}

File = tuple[str, bytes]
"""Name and content."""
Document = tuple[bytes, bytes]
"""Content type and content."""


class TelegramClient:
    """One bot's way to the Bot API. Use as an async context, or call `close`."""

    def __init__(
        self,
        token: str,
        api_base: str = OFFICIAL,
        inflight: InFlight | None = None,
        *,
        idle_s: float = 15.0,
        most_per_s: float = 0.0,
    ) -> None:
        """`idle_s`: how long an unused connection is kept. `most_per_s`: at which pace messages leave at most
        that were held up together, 0 = at once. Raises SettingsError for what is no token."""
        found = _TOKEN.fullmatch(token)
        if found is None:
            raise SettingsError("a bot token has the form 123456:letters; the one given does not")
        self.bot_id = int(found[1])
        parts = urlsplit(api_base)
        self.where = parts.netloc.rpartition("@")[2]
        self._path = f"POST {parts.path.rstrip('/')}/bot{token}/".encode()
        self._head = f" HTTP/1.1\r\nHost: {self.where}\r\nUser-Agent: Kairos\r\nContent-Type: ".encode()
        self._inflight = inflight or InFlight()
        self._gate = Gate(most_per_s)
        self._wire = Wire(api_base, pool=POOL, idle_s=idle_s)

    async def call(
        self,
        method: str,
        params: Mapping[str, object] | None = None,
        *,
        answer_s: float = ANSWER_S,
        connect_s: float = CONNECT_S,
    ) -> object:
        """The `result` of a method. Raises the TransportErrors of `core.errors`, and ConflictError.

        The request leaves within `connect_s`, or TransportError says that it did not."""
        named = params or {}
        return await self._send(method, named, (_JSON, orjson.dumps(named)), (connect_s, answer_s))

    async def upload(
        self,
        method: str,
        params: Mapping[str, object],
        files: Mapping[str, File],
        *,
        connect_s: float = CONNECT_S,
    ) -> object:
        """Likewise, with files: parameter -> (file name, content)."""
        form = _form(params, files)
        return await self._send(method, params, form, (connect_s, ANSWER_S + len(form[1]) / SLOWEST_UPLOAD))

    async def close(self) -> None:
        """Close all connections. Safe to call twice."""
        await self._wire.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"TelegramClient(bot {self.bot_id} at {self.where})"

    async def _send(
        self, method: str, params: Mapping[str, object], document: Document, waits: tuple[float, float]
    ) -> object:
        """What names a chat passes the gate. `waits`: seconds to leave in, seconds for the answer then."""
        chat_id = params.get("chat_id")
        if not isinstance(chat_id, int):
            return await self._ask(method, document, waits)
        waited_s = await self._pass(chat_id, waits[0], paid=params.get("allow_paid_broadcast") is True)
        try:
            return await self._ask(method, document, (waits[0] - waited_s, waits[1]))
        except RateLimitedError as error:
            self._gate.refused(chat_id, error.retry_after_s, asyncio.get_running_loop().time())
            raise

    async def _pass(self, chat_id: int, longest_s: float, *, paid: bool) -> float:
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        self._gate.check(chat_id, now_s)
        wait_s = self._gate.turn(now_s, longest_s, paid=paid)
        if wait_s > 0:
            await asyncio.sleep(wait_s)
            self._gate.check(chat_id, loop.time())
        return wait_s

    async def _ask(self, method: str, document: Document, waits: tuple[float, float]) -> object:
        request = self._request(method, document)
        try:
            with self._inflight.track():
                status, body = await self._wire.post(request, connect_s=waits[0], answer_s=waits[1])
        except NotSentError as error:
            raise TransportError(
                f"{self.where} was not reached ({error})", next_step="check the network and api_base"
            ) from None
        except NoAnswerError as error:
            raise AmbiguousError(f"{self.where} did not answer {method} ({error})") from None
        answer = _decoded(body)
        if answer is None:
            raise AmbiguousError(f"{self.where} answered {status} with something that is not Telegram's")
        if answer.get("ok") is True:
            return answer.get("result")
        raise error_of({"error_code": status, **answer})

    def _request(self, method: str, document: Document) -> bytes:
        if not (method.isascii() and method.isalnum()):
            raise RefusedError("a method of the Bot API is a word of letters")
        kind, content = document
        length = b"\r\nContent-Length: %d\r\n\r\n" % len(content)
        return b"".join((self._path, method.encode(), self._head, kind, length, content))


def _form(params: Mapping[str, object], files: Mapping[str, File]) -> Document:
    """multipart/form-data; what could break out of a file name's quotes is taken from it."""
    border = secrets.token_hex(16).encode()
    parts: list[bytes] = []
    for name, value in params.items():
        text = value.encode() if isinstance(value, str) else orjson.dumps(value)
        parts.append(b'--%b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n' % (border, name.encode()))
        parts += [text, b"\r\n"]
    for name, (file_name, content) in files.items():
        plain = file_name.translate(_HARMFUL).encode()
        about = b'--%b\r\nContent-Disposition: form-data; name="%b"; filename="%b"\r\n'
        parts.append(about % (border, name.encode(), plain))
        parts += [b"Content-Type: application/octet-stream\r\n\r\n", content, b"\r\n"]
    parts.append(b"--%b--\r\n" % border)
    return b"multipart/form-data; boundary=" + border, b"".join(parts)


def _decoded(body: bytes) -> dict[str, object] | None:
    try:
        answer = orjson.loads(body)
    except ValueError:
        # Half of a surrogate pair is no JSON to orjson; one such name must not hide a whole batch of updates.
        try:
            answer = json.loads(body)
        except ValueError:
            return None
        except RecursionError:
            return taken_apart(body)
    return answer if isinstance(answer, dict) else None
