"""The Bot API server: `/bot<token>/<method>` over HTTP, and `/sandbox/...` to look and to disturb.

Promises: answers as Telegram answers, limits and injected faults included; logs every call that sends or
changes something, and what was emitted, handed out and confirmed, before the answer leaves. It runs on an
ordinary loop as well as in the town: whenever a request merely waits for time it is parked.

Leaves to others: what the methods mean (`methods`), and the state (`sandbox.world`).
"""

import asyncio
from typing import Any

import orjson
from aiohttp import web

from sandbox.accounts import BotAccount, Json
from sandbox.botapi import control, errors
from sandbox.botapi.checks import CallBook
from sandbox.botapi.control import Desk
from sandbox.botapi.errors import TelegramError
from sandbox.botapi.faults import Fault, Faults
from sandbox.botapi.latency import Latency, Travel
from sandbox.botapi.limits import Limits, RateLimiter
from sandbox.botapi.methods import LOGGED, METHODS, Call, Outcome
from sandbox.botapi.request import Params, read_params
from sandbox.botapi.schema import schema
from sandbox.botapi.webhook import ACTIVE, TERMINATED, Webhooks
from sandbox.botapi.webhook import METHODS as WEBHOOK_METHODS
from sandbox.queues import PollTerminatedError
from sandbox.world import Received, World

_MAX_BODY = 50 * 1024 * 1024
MAX_POLL_S = 50
"""How long Telegram holds an empty poll at most."""
_MAX_BATCH = 100
# Clients in the town keep connections by the wall clock; the server must never close one first.
_KEEPALIVE_S = 10 * 365 * 86_400.0


class BotApiServer:
    """Serves one world. `latency_ms` is the simulated round trip, half before and half after the effect;
    `latency`, `limiter` and `faults` may be changed while it runs. `calls` holds every call against the
    description of the Bot API. `max_poll_s`: a town may hold empty polls longer, so that quiet hours cost
    nothing."""

    def __init__(
        self,
        world: World,
        limits: Limits | None = None,
        faults: Faults | None = None,
        latency_ms: float | Travel = 0.0,
        max_poll_s: int = MAX_POLL_S,
    ) -> None:
        self.world = world
        self.faults = faults if faults is not None else Faults(world.seed)
        travel = latency_ms if isinstance(latency_ms, Travel) else Travel(latency_ms)
        self.latency = Latency(travel, world.seed)
        self.calls = CallBook()
        self.max_poll_s = max_poll_s
        self.webhooks = Webhooks(world, self._called_in_answer)
        self.limiter = RateLimiter(limits or Limits())
        self._runner: web.ServerRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen; returns the base URL, as clients want it in place of https://api.telegram.org."""
        server = web.Server(
            self._handle,
            request_factory=_request,
            handler_cancellation=True,
            access_log=None,
            keepalive_timeout=_KEEPALIVE_S,
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        bound_host, bound_port = self._runner.addresses[0][:2]
        return f"http://{bound_host}:{bound_port}"

    async def stop(self) -> None:
        """Stop listening and delivering, and end the requests that wait."""
        await self.webhooks.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path.startswith("/sandbox/"):
            desk = Desk(self.world, self.faults, self.limiter, self.latency, self.calls)
            return await control.answer(request, desk)
        token, slash, method = path.removeprefix("/bot").partition("/")
        if not path.startswith("/bot") or not slash or ":" not in token:
            return _refuse(errors.not_found())
        bot = self.world.bot_by_token(token)
        if bot is None:
            return _refuse(errors.unauthorized())
        return await self._answer(request, bot, method)

    async def _answer(self, request: web.BaseRequest, bot: BotAccount, method: str) -> web.StreamResponse:
        params = Params({})
        fault: Fault | None = None
        try:
            params = await read_params(request)
            await self._travel(method)
            self._check(method, params)
            fault = self.faults.take(method)
            if fault is not None and not fault.after:
                self._note_refusal(bot, method, params, f"{fault.kind} (injected)")
                return await _strike(fault, request, self.world)
            body = await self._perform(bot, method, params, fault)
        except TelegramError as error:
            self._note_refusal(bot, method, params, error.description)
            response = _refuse(error)
        else:
            response = web.Response(body=body, content_type="application/json")
        if fault is not None and fault.after:
            return await _strike_late(fault, request, self.world, response)
        await self._travel(method)
        return response

    async def _travel(self, method: str) -> None:
        way_s = self.latency.way_s(method)
        if way_s > 0:
            with self.world.parking.park():
                await asyncio.sleep(way_s)

    def _check(self, method: str, params: Params) -> None:
        wrong = self.calls.enter(method, params)
        if wrong and self.calls.strict:
            raise errors.bad_request(wrong) if method.lower() in schema().methods else errors.not_found()

    # -- what a call does ------------------------------------------------------------------------

    async def _perform(self, bot: BotAccount, method: str, params: Params, fault: Fault | None) -> bytes:
        name = method.lower()
        if name == "getupdates":
            return await self._get_updates(bot, params)
        if name in WEBHOOK_METHODS:
            return orjson.dumps(await self.webhooks.call(name, bot, params))
        if name not in METHODS:
            raise errors.not_found()
        outcome = METHODS[name](Call(self.world, bot, params, self.limiter))
        if name in LOGGED:
            note = f"{fault.kind} (injected)" if fault is not None else None
            self._note(bot, method, params, outcome, note)
        return b'{"ok":true,"result":%b}' % orjson.dumps(outcome.result)

    async def _called_in_answer(self, bot: BotAccount, method: str, params: Params) -> None:
        """A webhook's answer named a method; whoever answered never learns how it went."""
        try:
            self._check(method, params)
            await self._perform(bot, method, params, None)
        except TelegramError as error:
            self._note_refusal(bot, method, params, error.description)

    def _note(self, bot: BotAccount, method: str, params: Params, outcome: Outcome, note: str | None) -> None:
        received = Received(
            seq=self.world.log.seq + 1,
            at_ms=self.world.clock(),
            bot_id=bot.id,
            method=method,
            chat_id=outcome.chat_id,
            message_id=outcome.message_id,
            params=params.values,
            ok=True,
            error=note,
            delivered=outcome.message is not None,
        )
        self.world.record(received, outcome.message)

    def _note_refusal(self, bot: BotAccount, method: str, params: Params, error: str) -> None:
        if method.lower() not in LOGGED:
            return
        received = Received(
            seq=self.world.log.seq + 1,
            at_ms=self.world.clock(),
            bot_id=bot.id,
            method=method,
            chat_id=params.number("chat_id"),
            message_id=params.number("message_id") or None,
            params=params.values,
            ok=False,
            error=error,
            delivered=False,
        )
        self.world.record(received, None)

    async def _get_updates(self, bot: BotAccount, params: Params) -> bytes:
        if self.webhooks.is_set(bot.id):
            raise TelegramError(409, ACTIVE)
        world, queue = self.world, self.world.queue(bot.id)
        poll = queue.begin_poll()
        kinds = params.array("allowed_updates")
        if kinds is not None:
            queue.allow(str(kind) for kind in kinds)
        if queue.confirm(params.number("offset")):
            world.log.acknowledge(world.clock(), bot.id, queue.offset)
        limit = min(max(params.number("limit", _MAX_BATCH), 1), _MAX_BATCH)
        timeout_s = min(max(params.number("timeout"), 0), self.max_poll_s)
        updates = queue.take(limit, world.clock())
        if not updates and timeout_s > 0:
            with world.parking.park():
                try:
                    await queue.wait(poll, timeout_s)
                except PollTerminatedError:
                    ended = TERMINATED if self.webhooks.is_set(bot.id) else errors.CONFLICT
                    raise TelegramError(409, ended) from None
            updates = queue.take(limit, world.clock())
        if updates:
            world.log.hand_out(world.clock(), bot.id, [update.update_id for update in updates])
        return b'{"ok":true,"result":[%b]}' % b",".join(update.as_json() for update in updates)


def _request(*parts: Any) -> web.BaseRequest:
    """A request as aiohttp makes it, but with room for an upload."""
    request_type: Any = web.BaseRequest  # what the parts are is aiohttp's own affair
    request: web.BaseRequest = request_type(*parts, asyncio.get_running_loop(), client_max_size=_MAX_BODY)
    return request


def _refuse(error: TelegramError) -> web.Response:
    return _json(error.as_json(), error.error_code)


def _json(answer: Json, status: int) -> web.Response:
    return web.Response(body=orjson.dumps(answer), status=status, content_type="application/json")


async def _strike(fault: Fault, request: web.BaseRequest, world: World) -> web.Response:
    """Let a fault answer in the server's place."""
    if fault.kind == "429":
        return _refuse(errors.too_many_requests(fault.retry_after))
    if fault.kind == "500":
        return _refuse(TelegramError(500, "Internal Server Error"))
    if fault.kind in {"timeout_before", "timeout_after"}:
        await _hold(fault, world)
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=499)


async def _strike_late(
    fault: Fault, request: web.BaseRequest, world: World, response: web.Response
) -> web.StreamResponse:
    """Let a fault come between an effect and its answer."""
    if fault.kind == "slow":
        await _hold(fault, world)
        return response
    if fault.kind != "drop_within":
        return await _strike(fault, request, world)
    body = response.body if isinstance(response.body, bytes) else b""
    broken = web.StreamResponse(status=response.status, headers={"Content-Type": "application/json"})
    broken.content_length = len(body)
    await broken.prepare(request)
    await broken.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return broken


async def _hold(fault: Fault, world: World) -> None:
    with world.parking.park():
        await asyncio.sleep(fault.hold_s)
