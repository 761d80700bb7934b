"""The HTTP face of a running installation: webhooks and opened links in, health and metrics out.

`POST /telegram/<bot_id>` is answered with 200 only after the update is durable, with 503 while the store is
away or there is no room: Telegram then brings it again. What is no update is kept aside and answered with
200, or Telegram would repeat it for ever. `GET /healthz`: the process lives. `GET /readyz`: it can work; else
503 and the names of what is missing. `GET /metrics`: for Prometheus.
`GET /l/<token>`: a tracked link (`adapters.web.redirect`).
Leaves to others: setting the webhook (`adapters.telegram.webhook`), what updates mean.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Final

import orjson

from adapters.telegram.updates import raw_body
from adapters.telegram.webhook import PATH
from adapters.web.figures import KIND, Figure, exposition
from adapters.web.group import GroupCommit, Room
from adapters.web.http import Exchange, HttpLimits, HttpServer
from adapters.web.redirect import PATH as LINK_PATH
from adapters.web.redirect import Follow, no_links, redirect
from core.errors import KairosError, SettingsError
from core.ports import Clock, Store

SECRET_HEADER: Final = b"x-telegram-bot-api-secret-token"
PROBE_S: Final = 5.0
"""How long a readiness check or metrics may take."""
_JSON: Final = b"application/json"
_ALIVE: Final = b'{"ok":true}'
_AGAIN: Final = b"Retry-After: 1\r\n"
_OK, _UNAUTHORIZED, _NOT_FOUND, _NOT_ALLOWED, _FAILED, _UNAVAILABLE = 200, 401, 404, 405, 500, 503

Ready = Callable[[], Awaitable[Sequence[str]]]
"""The names of what is missing, e.g. "database"; empty when all is well. They are shown, so no secrets."""
Metrics = Callable[[], Awaitable[Iterable[Figure]]]


async def _nothing_missing() -> Sequence[str]:
    return ()


async def _no_figures() -> Iterable[Figure]:
    return ()


@dataclass(frozen=True, slots=True)
class Probes:
    """What watchers are answered with, and whoever opens a tracked link."""

    ready: Ready = _nothing_missing
    metrics: Metrics = _no_figures
    follow: Follow = no_links


@dataclass(frozen=True, slots=True)
class ReceiverLimits:
    """Bounds of connections and of what waits for the store."""

    http: HttpLimits = field(default_factory=HttpLimits)
    room: Room = field(default_factory=Room)


@dataclass(slots=True)
class ReceiverStatus:
    """How the receiver does. state: starting, listening, waiting (the store takes nothing) or stopped.
    accepted: answered with 200; new: of them not known before; aside: of them no updates; refused: answered
    with 503; unauthorized: with a wrong secret; unknown: of bots that are not ours."""

    state: str = "starting"
    error: str = ""
    accepted: int = 0
    new: int = 0
    aside: int = 0
    refused: int = 0
    unauthorized: int = 0
    unknown: int = 0
    commits: int = 0
    last_ok_ms: int = 0


@dataclass(frozen=True, slots=True)
class _Bot:
    bot_id: int
    secret: bytes


class Receiver:
    """Listens for the updates of these bots."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        bots: Mapping[int, str],
        on_batch: Callable[[], None] = lambda: None,
        limits: ReceiverLimits | None = None,
        probes: Probes | None = None,
    ) -> None:
        """`bots`: the secret token of each bot's webhook. `on_batch` is called after each commit."""
        if not all(bots.values()):
            raise SettingsError("a webhook needs a secret token; without one anybody could send updates")
        limits = limits or ReceiverLimits()
        self._clock = clock
        self._probes = probes or Probes()
        self._bots = {b"%b%d" % (PATH.encode(), no): _Bot(no, key.encode()) for no, key in bots.items()}
        self._group = GroupCommit(store, on_batch, limits.room)
        self._http = HttpServer(self._handle, limits.http)
        self._status = ReceiverStatus()
        self._probing: set[asyncio.Task[None]] = set()
        self._looks: Mapping[bytes, Callable[[Exchange], None]] = {
            b"/healthz": self._alive,
            b"/readyz": partial(self._probe, self._readiness),
            b"/metrics": partial(self._probe, self._measure),
        }
        self._follow = partial(self._probe, partial(redirect, self._probes.follow))

    @property
    def status(self) -> dict[str, object]:
        """What `ReceiverStatus` holds, and how many updates wait for their commit."""
        stored = self._group.stored
        status = self._status
        status.new, status.commits, status.error = stored.new, stored.commits, stored.error
        if status.state in {"listening", "waiting"}:
            status.state = "waiting" if stored.error else "listening"
        return {**asdict(status), "waiting": len(self._group)}

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port (a free one for 0). Raises SettingsError when it can't."""
        try:
            bound = await self._http.start(host, port)
        except OSError as error:
            raise SettingsError(
                f"can't listen on {host}:{port} (listen.host, listen.port): {error.strerror or error}",
                next_step="another program may be using it; choose another port",
            ) from None
        self._status.state = "listening"
        return bound

    async def stop(self) -> None:
        """Take no more, answer what is under way, close. Safe to call twice."""
        self._status.state = "stopped"
        await self._http.stop()
        await self._group.close()
        for task in list(self._probing):
            task.cancel()
        await asyncio.gather(*self._probing, return_exceptions=True)

    # -- webhooks --------------------------------------------------------------------------------

    def _handle(self, exchange: Exchange) -> None:
        bot = self._bots.get(exchange.path)
        if bot is None:
            self._handle_other(exchange)
        elif exchange.method != b"POST":
            exchange.answer(_NOT_ALLOWED, more=b"Allow: POST\r\n")
        elif not hmac.compare_digest(exchange.headers.get(SECRET_HEADER, b""), bot.secret):
            self._status.unauthorized += 1
            exchange.answer(_UNAUTHORIZED)
        else:
            update = raw_body(exchange.body, self._clock.now_ms())
            self._group.put(bot.bot_id, update, partial(self._stored, exchange, bool(update.reason)))

    def _stored(self, exchange: Exchange, aside: bool, stored: bool) -> None:
        if not stored:
            self._status.refused += 1
            exchange.answer(_UNAVAILABLE, more=_AGAIN)
            return
        self._status.accepted += 1
        self._status.aside += aside
        self._status.last_ok_ms = self._clock.now_ms()
        exchange.answer(_OK)

    # -- watchers --------------------------------------------------------------------------------

    def _handle_other(self, exchange: Exchange) -> None:
        look = self._looks.get(exchange.path)
        if look is None and exchange.path.startswith(LINK_PATH):
            look = self._follow
        if look is None:
            self._status.unknown += exchange.path.startswith(PATH.encode())
            exchange.answer(_NOT_FOUND)
        elif exchange.method not in {b"GET", b"HEAD"}:
            exchange.answer(_NOT_ALLOWED, more=b"Allow: GET, HEAD\r\n")
        else:
            look(exchange)

    def _alive(self, exchange: Exchange) -> None:
        exchange.answer(_OK, _ALIVE, _JSON)

    def _probe(self, look: Callable[[Exchange], Awaitable[None]], exchange: Exchange) -> None:
        task = asyncio.create_task(self._answered(look, exchange), name="probe")
        self._probing.add(task)
        task.add_done_callback(self._probing.discard)

    async def _answered(self, look: Callable[[Exchange], Awaitable[None]], exchange: Exchange) -> None:
        try:
            async with asyncio.timeout(PROBE_S):
                await look(exchange)
        except (KairosError, TimeoutError) as error:
            said = orjson.dumps({"ok": False, "error": type(error).__name__})
            exchange.answer(_UNAVAILABLE, said, _JSON, _AGAIN)
        finally:
            exchange.answer(_FAILED)  # only if nothing else was said

    async def _readiness(self, exchange: Exchange) -> None:
        missing = list(await self._probes.ready())
        status = _UNAVAILABLE if missing else _OK
        exchange.answer(status, orjson.dumps({"ok": not missing, "missing": missing}), _JSON)

    async def _measure(self, exchange: Exchange) -> None:
        exchange.answer(_OK, exposition(await self._probes.metrics()), KIND)
