"""A lean client of the Bot API: JSON in, JSON out, and errors that say whether trying again is safe.

Promises: the token is in no error, log or repr; what fails before the request left is a TransportError (safe
to repeat); what fails afterwards, or with 5xx, is an AmbiguousError (it may have arrived); every open request
counts as in flight; the pool is wide enough for 1000 messages a second at 0.1 s. It never retries by itself.
Leaves to others: pace, order, and what a method means.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import aiohttp
import orjson

from adapters.inflight import InFlight
from adapters.telegram.apart import taken_apart
from adapters.telegram.errors import error_of
from core.errors import AmbiguousError, SettingsError, TransportError

OFFICIAL: Final = "https://api.telegram.org"
CONNECT_S: Final = 10.0
ANSWER_S: Final = 30.0
POOL: Final = 200

_TOKEN = re.compile(r"(\d{1,19}):[A-Za-z0-9_-]+")
_JSON: Final = {"Content-Type": "application/json"}
_BYTES: Final = "application/octet-stream"
_NOT_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientProxyConnectionError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
)


class TelegramClient:
    """One bot's way to the Bot API. Use as an async context, or call `close`."""

    def __init__(
        self,
        token: str,
        api_base: str = OFFICIAL,
        inflight: InFlight | None = None,
        *,
        idle_s: float = 15.0,
    ) -> None:
        """`idle_s`: how long an unused connection is kept. Raises SettingsError for what is no token."""
        found = _TOKEN.fullmatch(token)
        if found is None:
            raise SettingsError("a bot token has the form 123456:letters; the one given does not")
        self.bot_id = int(found[1])
        self.where = urlsplit(api_base).netloc
        self._base = f"{api_base.rstrip('/')}/bot{token}/"
        self._inflight = inflight or InFlight()
        self._idle_s = idle_s
        self._session: aiohttp.ClientSession | None = None

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
        timeout = aiohttp.ClientTimeout(total=None, connect=connect_s, sock_read=answer_s)
        return await self._ask(method, orjson.dumps(params or {}), timeout)

    async def upload(
        self,
        method: str,
        params: Mapping[str, object],
        files: Mapping[str, tuple[str, bytes]],
        *,
        connect_s: float = CONNECT_S,
    ) -> object:
        """Likewise, with files: parameter -> (file name, content)."""
        timeout = aiohttp.ClientTimeout(total=None, connect=connect_s, sock_read=ANSWER_S)
        return await self._ask(method, _form(params, files), timeout)

    async def _ask(
        self, method: str, document: bytes | aiohttp.FormData, waits: aiohttp.ClientTimeout
    ) -> object:
        with self._inflight.track():
            status, body = await self._post(method, document, waits)
        answer = _decoded(body)
        if answer is None:
            raise AmbiguousError(f"{self.where} answered {status} with something that is not Telegram's")
        if answer.get("ok") is True:
            return answer.get("result")
        raise error_of({"error_code": status, **answer})

    async def close(self) -> None:
        """Close all connections. Safe to call twice."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"TelegramClient(bot {self.bot_id} at {self.where})"

    async def _post(
        self, method: str, document: bytes | aiohttp.FormData, waits: aiohttp.ClientTimeout
    ) -> tuple[int, bytes]:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=POOL, ttl_dns_cache=300, keepalive_timeout=self._idle_s),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        # A redirect would carry a person's message to another host: Telegram never asks for one.
        how: Any = {"timeout": waits, "allow_redirects": False}
        if isinstance(document, bytes):
            how["headers"] = _JSON
        try:
            async with self._session.post(self._base + method, data=document, **how) as response:
                return response.status, await response.read()
        # Nothing of aiohttp's errors is passed on: their texts carry the address, and so the token.
        except _NOT_SENT as error:
            raise TransportError(
                f"{self.where} was not reached ({type(error).__name__})",
                next_step="check the network and api_base",
            ) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise AmbiguousError(f"{self.where} did not answer {method} ({type(error).__name__})") from None


def _form(params: Mapping[str, object], files: Mapping[str, tuple[str, bytes]]) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in params.items():
        form.add_field(name, value if isinstance(value, str) else orjson.dumps(value).decode())
    for name, (file_name, content) in files.items():
        form.add_field(name, io.BytesIO(content), filename=file_name, content_type=_BYTES)
    return form


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
