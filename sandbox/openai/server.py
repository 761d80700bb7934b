"""The service over HTTP: `/v1/chat/completions` and `/v1/models`, and `/sandbox/faults` to disturb it.

Promises: answers have the form of OpenAI's, marked as simulated; every request is kept in `received`, in
order, so that it can be proved what left and what did not. Leaves to others: what is said (`answers`).
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiohttp import web

from sandbox.openai.answers import Model
from sandbox.openai.faults import Faults

MODEL: Final = "simulated"
_ERRORS: Final = {
    "429": (429, "rate_limit_exceeded"),
    "quota": (429, "insufficient_quota"),
    "500": (500, "server_error"),
    "401": (401, "invalid_api_key"),
    "400": (400, "invalid_request_error"),
}
_OTHER_FORM: Final = {"message": "hello", "limits": "none"}
_CHARACTERS_A_TOKEN: Final = 3
_MEGABYTE: Final = 1 << 20
_MEGABYTES: Final = 50
_DRIP_S: Final = 0.05


_ODD: Final[dict[str, dict[str, Any]]] = {
    "choices": {"choices": 5},
    "figures": {"model": "\x1b[31m", "usage": {"prompt_tokens": 1 << 62, "completion_tokens": True}},
}


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came. `told`: all words of its messages, one after the other."""

    key: str
    body: dict[str, Any]
    told: str


class OpenAiServer:
    """`model` and `faults` may be changed while it runs."""

    def __init__(self, model: Model | None = None, faults: Faults | None = None) -> None:
        self.model = model or Model()
        self.faults = faults or Faults()
        self.received: list[Received] = []
        self._runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen; returns the base URL, as clients want it in place of https://api.openai.com/v1."""
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/sandbox/faults", self._disturb)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        bound_host, bound_port = self._runner.addresses[0][:2]
        return f"http://{bound_host}:{bound_port}/v1"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _models(self, _: web.Request) -> web.Response:
        return _json({"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "SIMULATED"}]})

    async def _disturb(self, request: web.Request) -> web.Response:
        """{"next": [kind...], "shares": {kind: 0..1}, "retry_after_s": n, "malicious": bool}"""
        wanted = orjson.loads(await request.read())
        try:
            self.faults.next(wanted.get("next", ()))
        except ValueError as error:
            return _json({"error": str(error)}, 400)
        self.faults.shares = dict(wanted.get("shares", self.faults.shares))
        self.faults.retry_after_s = float(wanted.get("retry_after_s", self.faults.retry_after_s))
        self.model.malicious = bool(wanted.get("malicious", self.model.malicious))
        return _json({"ok": True})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not key:
            return _failed("401", 0.0)
        body = orjson.loads(await request.read())
        said = [str(one.get("content", "")) for one in body.get("messages", ())]
        self.received.append(Received(key, body, "\n".join(said)))
        fault = self.faults.draw()
        if fault in _ERRORS:
            return _failed(fault, self.faults.retry_after_s)
        text = self.model.text(said[-1] if said else "")
        return await self._answer(request, fault, _completion(body, text, len("".join(said)), fault))

    async def _answer(self, request: web.Request, fault: str, answer: dict[str, Any]) -> web.StreamResponse:
        if fault == "timeout":
            await asyncio.Event().wait()  # until the client goes
        if fault == "elsewhere":
            return web.Response(status=307, headers={"Location": "/v1/models"})
        if fault in {"dripping", "endless"}:
            return await _nothing(request, fault)
        if fault == "malformed":
            return web.Response(body=orjson.dumps(answer)[:-9], content_type="application/json")
        if fault == "dropped":
            broken = web.StreamResponse(headers={"Content-Length": "9999"})
            await broken.prepare(request)
            await broken.write(b'{"id": "cmpl')
            if request.transport is not None:
                request.transport.close()
            return broken
        return _json(answer)


async def _nothing(request: web.Request, fault: str) -> web.StreamResponse:
    """White space, which JSON allows before its value: slowly without an end, or a lot of it."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        for _ in range(_MEGABYTES):
            await response.write(b" " * (_MEGABYTE if fault == "endless" else 1))
            await asyncio.sleep(0 if fault == "endless" else _DRIP_S)
    return response


def _completion(body: dict[str, Any], text: str, told: int, fault: str) -> dict[str, Any]:
    content: str | None = orjson.dumps({"text": text}).decode()
    if fault == "schema":
        content = orjson.dumps(_OTHER_FORM).decode()
    if fault == "truncated":
        content = (content or "")[: len(content or "") // 2]
    if fault in {"empty", "refusal"}:
        content = None
    refusal = "I can't help with that." if fault == "refusal" else None
    ends = {"truncated": "length", "filtered": "content_filter"}.get(fault, "stop")
    used = (told // _CHARACTERS_A_TOKEN + 1, len(text) // _CHARACTERS_A_TOKEN + 1)
    answer = {
        "id": "chatcmpl-simulated",
        "object": "chat.completion",
        "created": 0,
        "model": str(body.get("model", MODEL)),
        "system_fingerprint": "SIMULATED",
        "choices": [
            {
                "index": 0,
                "finish_reason": ends,
                "message": {"role": "assistant", "content": content, "refusal": refusal},
            }
        ],
        "usage": {"prompt_tokens": used[0], "completion_tokens": used[1], "total_tokens": sum(used)},
    }
    return answer | _ODD.get(fault, {})


def _failed(fault: str, retry_after_s: float) -> web.Response:
    status, code = _ERRORS[fault]
    error = {"message": "SIMULATED", "type": code, "code": code, "param": None}
    response = _json({"error": error}, status)
    if fault == "429" and retry_after_s:
        response.headers["Retry-After"] = f"{retry_after_s:g}"
    return response


def _json(body: dict[str, Any], status: int = 200) -> web.Response:
    return web.Response(
        body=orjson.dumps(body),
        status=status,
        content_type="application/json",
        headers={"X-Simulated": "true"},
    )
