"""The sandbox's own doors: its health, its log, what bots call, and trouble on demand. Telegram has none of
these.

`GET /sandbox/health`, `GET /sandbox/log?after=SEQ&limit=N` (one JSON object a line), `GET /sandbox/calls`,
`GET`, `POST` and `DELETE /sandbox/faults`, `GET` and `POST` of `/sandbox/limits` (`{"per_second": 24}`,
perhaps with a `bot_id`), `/sandbox/latency` (`{"ms": 60, "jitter_ms": 10}`) and `/sandbox/stars` (`{"bot_id",
"stars"}`).
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

import orjson
from aiohttp import web

from sandbox.accounts import Json
from sandbox.botapi.checks import CallBook
from sandbox.botapi.faults import Faults, parse_fault
from sandbox.botapi.latency import Latency, parse_travel
from sandbox.botapi.limits import RateLimiter, changed
from sandbox.world import World

_MOST_FACTS = 10_000


@dataclass(frozen=True, slots=True)
class Desk:
    """What can be looked at and turned while the server runs."""

    world: World
    faults: Faults
    limiter: RateLimiter
    latency: Latency
    calls: CallBook


async def answer(request: web.BaseRequest, desk: Desk) -> web.Response:
    """Answer a request below `/sandbox/`."""
    name = request.path.removeprefix("/sandbox/")
    door = _DOORS.get(name)
    if door is None:
        return _json({"ok": False, "error": f"the sandbox has no {name!r}"}, status=404)
    try:
        return await door(request, desk)
    except ValueError as error:
        return _json({"ok": False, "error": str(error)}, status=400)


async def _health(_: web.BaseRequest, desk: Desk) -> web.Response:
    world = desk.world
    pending = {str(bot_id): len(world.queue(bot_id)) for bot_id in world.bots}
    return _json({"ok": True, "now_ms": world.clock(), "seq": world.log.seq, "pending": pending})


async def _log(request: web.BaseRequest, desk: Desk) -> web.Response:
    try:
        after = int(request.query.get("after", "0"))
        limit = min(int(request.query.get("limit", _MOST_FACTS)), _MOST_FACTS)
    except ValueError:
        raise ValueError("after and limit are whole numbers") from None
    lines: list[bytes] = []
    for fact in desk.world.log.facts(after):
        if len(lines) >= limit:
            break
        lines.append(orjson.dumps(fact) + b"\n")
    return web.Response(body=b"".join(lines), content_type="application/x-ndjson")


async def _calls(_: web.BaseRequest, desk: Desk) -> web.Response:
    return _json({"ok": True, **desk.calls.figures(), "first": desk.calls.first})


async def _faults(request: web.BaseRequest, desk: Desk) -> web.Response:
    faults = desk.faults
    if request.method == "POST":
        wishes = orjson.loads(await request.read())
        for fault in [parse_fault(wish) for wish in (wishes if isinstance(wishes, list) else [wishes])]:
            faults.plan(fault)
    elif request.method == "DELETE":
        faults.clear()
    return _json({"ok": True, "struck": faults.struck, "planned": list(faults.planned)})


async def _limits(request: web.BaseRequest, desk: Desk) -> web.Response:
    limiter = desk.limiter
    if request.method == "POST":
        wish = orjson.loads(await request.read())
        bot_id = wish.pop("bot_id", 0) if isinstance(wish, dict) else 0
        if bot_id:
            limiter.own[bot_id] = changed(limiter.of(bot_id), wish)
        else:
            limiter.limits = changed(limiter.limits, wish)
    own = {str(bot_id): asdict(limits) for bot_id, limits in limiter.own.items()}
    return _json({"ok": True, "limits": asdict(limiter.limits), "own": own})


async def _latency(request: web.BaseRequest, desk: Desk) -> web.Response:
    if request.method == "POST":
        desk.latency.travel = parse_travel(orjson.loads(await request.read()))
    travel = desk.latency.travel
    return _json(
        {"ok": True, "ms": travel.ms, "jitter_ms": travel.jitter_ms, "methods": dict(travel.methods)}
    )


async def _stars(request: web.BaseRequest, desk: Desk) -> web.Response:
    bots = desk.world.bots
    if request.method == "POST":
        wish = orjson.loads(await request.read())
        bot_id, stars = (wish.get("bot_id"), wish.get("stars")) if isinstance(wish, dict) else (0, 0)
        if bot_id not in bots or isinstance(stars, bool) or not isinstance(stars, int | float):
            raise ValueError("stars are given to a known bot, such as {'bot_id': 7001, 'stars': 100}")
        bots[bot_id].tenths = round(stars * 10)
    return _json({"ok": True, "stars": {str(bot.id): bot.tenths / 10 for bot in bots.values()}})


_DOORS: dict[str, Callable[[web.BaseRequest, Desk], Awaitable[web.Response]]] = {
    "health": _health,
    "log": _log,
    "calls": _calls,
    "faults": _faults,
    "limits": _limits,
    "latency": _latency,
    "stars": _stars,
}


def _json(what: Json, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(what), status=status, content_type="application/json")
