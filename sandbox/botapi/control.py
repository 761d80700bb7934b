"""The sandbox's own doors: its health, its log, and faults on demand. Telegram has none of these.

`GET /sandbox/health`, `GET /sandbox/log?after=SEQ&limit=N` (one JSON object a line), `GET`, `POST` and
`DELETE /sandbox/faults`.
"""

import orjson
from aiohttp import web

from sandbox.botapi.faults import Faults, parse_fault
from sandbox.world import World

_MOST_FACTS = 10_000


async def answer(request: web.BaseRequest, world: World, faults: Faults) -> web.Response:
    """Answer a request below `/sandbox/`."""
    name = request.path.removeprefix("/sandbox/")
    if name == "health":
        pending = {str(bot_id): len(world.queue(bot_id)) for bot_id in world.bots}
        return _json({"ok": True, "now_ms": world.clock(), "seq": world.log.seq, "pending": pending})
    if name == "log":
        return _log(request, world)
    if name == "faults":
        return await _faults(request, faults)
    return _json({"ok": False, "error": f"the sandbox has no {name!r}"}, status=404)


def _log(request: web.BaseRequest, world: World) -> web.Response:
    try:
        after = int(request.query.get("after", "0"))
        limit = min(int(request.query.get("limit", _MOST_FACTS)), _MOST_FACTS)
    except ValueError:
        return _json({"ok": False, "error": "after and limit are whole numbers"}, status=400)
    lines: list[bytes] = []
    for fact in world.log.facts(after):
        if len(lines) >= limit:
            break
        lines.append(orjson.dumps(fact) + b"\n")
    return web.Response(body=b"".join(lines), content_type="application/x-ndjson")


async def _faults(request: web.BaseRequest, faults: Faults) -> web.Response:
    if request.method == "POST":
        try:
            wishes = orjson.loads(await request.read())
            for fault in [parse_fault(wish) for wish in (wishes if isinstance(wishes, list) else [wishes])]:
                faults.plan(fault)
        except ValueError as error:
            return _json({"ok": False, "error": str(error)}, status=400)
    elif request.method == "DELETE":
        faults.clear()
    return _json({"ok": True, "struck": faults.struck, "planned": list(faults.planned)})


def _json(what: dict[str, object], status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(what), status=status, content_type="application/json")
