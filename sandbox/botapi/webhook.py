"""Webhooks: updates go to the bot by HTTP instead of waiting to be fetched, as Telegram delivers them.

Promises: each update is posted with the secret until the bot answers 2xx, with growing pauses, as long as
the queue keeps it. There is one line for each kind and chat: within a line the order holds and an update
waits for the one before it; lines overtake each other, so a tap may come before the message it followed. At
most `max_connections` requests are open. What is handed out and confirmed is logged. An answer that names
a method is carried out as a call of the bot.
"""

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp
import orjson

from sandbox.accounts import BotAccount, Json
from sandbox.botapi.errors import bad_request
from sandbox.botapi.request import Params
from sandbox.queues import Pending
from sandbox.world import World

ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook "
    "first"
)
TERMINATED = "Conflict: terminated by setWebhook request"
METHODS = frozenset({"setwebhook", "deletewebhook", "getwebhookinfo"})
"""Methods that are answered here, in lower case."""
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name, not a secret
ANSWER_S = 60.0
LONGEST_PAUSE_S = 60.0
DEFAULT_CONNECTIONS, MOST_CONNECTIONS = 40, 100
_MAX_SECRET = 256
_SECRET = re.compile(r"[A-Za-z0-9_-]*")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_KEEPALIVE_S = 10 * 365 * 86_400.0  # in the town time leaps, and a connection must not be taken for old

Perform = Callable[[BotAccount, str, Params], Awaitable[None]]
"""Carries out a method that a webhook's answer names."""


@dataclass(slots=True)
class Hook:
    """Where a bot wants its updates, and how that went."""

    url: str
    secret: str
    max_connections: int
    last_error_ms: int = 0
    last_error: str = ""

    def failed(self, now_ms: int, what: str) -> None:
        """Remember what getWebhookInfo tells."""
        self.last_error_ms, self.last_error = now_ms, what


class Webhooks:
    """The webhooks of all bots of a server."""

    def __init__(self, world: World, perform: Perform, answer_s: float = ANSWER_S) -> None:
        """`answer_s`: how long a bot may take to answer."""
        self._world = world
        self._perform = perform
        self._answer_s = answer_s
        self._deliveries: dict[int, _Delivery] = {}

    def is_set(self, bot_id: int) -> bool:
        return bot_id in self._deliveries

    async def call(self, method: str, bot: BotAccount, params: Params) -> Json:
        """The answer to one of `METHODS`. Raises TelegramError."""
        if method == "getwebhookinfo":
            return {"ok": True, "result": self._info(bot.id)}
        hook = _read_hook(params) if method == "setwebhook" else None
        had = self._deliveries.pop(bot.id, None)
        if had is not None:
            await had.stop()
        if params.flag("drop_pending_updates"):
            self._world.drop_pending(bot.id)
        if hook is None:
            return {"ok": True, "result": True, "description": _was("deleted", already=had is None)}
        queue = self._world.queue(bot.id)
        kinds = params.array("allowed_updates")
        if kinds is not None:
            queue.allow(str(kind) for kind in kinds)
        delivery = self._deliveries[bot.id] = _Delivery(
            self._world, bot, hook, aiohttp.ClientTimeout(total=self._answer_s), self._perform
        )
        queue.begin_poll()  # whoever polls learns that it is over
        queue.listen(delivery.offer)
        same = had is not None and had.hook.url == hook.url
        return {"ok": True, "result": True, "description": _was("set", already=same)}

    async def close(self) -> None:
        """End all deliveries; what was not confirmed still waits."""
        for delivery in list(self._deliveries.values()):
            await delivery.stop()
        self._deliveries.clear()

    def _info(self, bot_id: int) -> Json:
        queue = self._world.queue(bot_id)
        queue.take(0, self._world.clock())
        info: Json = {"url": "", "has_custom_certificate": False, "pending_update_count": len(queue)}
        if bot_id not in self._deliveries:
            return info
        hook = self._deliveries[bot_id].hook
        info |= {"url": hook.url, "max_connections": hook.max_connections}
        if hook.last_error:
            info |= {"last_error_date": hook.last_error_ms // 1000, "last_error_message": hook.last_error}
        if queue.allowed is not None:
            info["allowed_updates"] = queue.allowed
        return info


def _read_hook(params: Params) -> Hook | None:
    """What setWebhook asks for; None for an empty address, which deletes it."""
    url, secret = params.text("url"), params.text("secret_token")
    if not url:
        return None
    if "certificate" in params.values:
        raise bad_request("bad webhook: own certificates are not taken here")
    place = urlsplit(url)
    if not place.hostname or not (
        place.scheme == "https" or (place.scheme == "http" and place.hostname in _LOOPBACK)
    ):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if len(secret) > _MAX_SECRET:
        raise bad_request("secret token is too long")
    if not _SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    most = params.number("max_connections", DEFAULT_CONNECTIONS)
    return Hook(url, secret, min(max(most, 1), MOST_CONNECTIONS))


def _was(what: str, *, already: bool) -> str:
    return f"Webhook {'is already' if already else 'was'} {what}"


@dataclass(slots=True)
class _Line:
    """Updates of one kind in one chat, and how often the first has failed."""

    updates: deque[Pending] = field(default_factory=deque)
    fails: int = 0


class _Delivery:
    """Brings one bot's updates to its webhook."""

    def __init__(
        self, world: World, bot: BotAccount, hook: Hook, timeout: aiohttp.ClientTimeout, perform: Perform
    ) -> None:
        self.hook = hook
        self._world = world
        self._bot = bot
        self._timeout = timeout
        self._perform = perform
        self._lines: dict[tuple[str, object], _Line] = {}
        self._ready: deque[tuple[str, object]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._pauses: dict[tuple[str, object], asyncio.TimerHandle] = {}
        self._headers = {"Content-Type": "application/json"}
        if hook.secret:
            self._headers[SECRET_HEADER] = hook.secret
        self._session: aiohttp.ClientSession | None = None
        self._stopped = False

    def offer(self, update: Pending) -> None:
        """Take an update into its line."""
        name = _line_of(update)
        line = self._lines.setdefault(name, _Line())
        line.updates.append(update)
        if len(line.updates) == 1:
            self._go(name)

    async def stop(self) -> None:
        """End the requests that are open."""
        self._stopped = True
        self._world.queue(self._bot.id).listen(None)
        for pause in self._pauses.values():
            pause.cancel()
        self._ready.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def _go(self, name: tuple[str, object]) -> None:
        self._pauses.pop(name, None)
        self._ready.append(name)
        self._pump()

    def _pump(self) -> None:
        while self._ready and not self._stopped and len(self._tasks) < self.hook.max_connections:
            task = asyncio.create_task(self._serve(self._ready.popleft()), name=f"webhook:{self._bot.id}")
            self._tasks.add(task)
            task.add_done_callback(self._served)

    def _served(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.result()  # a fault of the sandbox itself must be heard
            self._pump()

    async def _serve(self, name: tuple[str, object]) -> None:
        """Deliver the first update of a line; then the line waits for its turn again."""
        line = self._lines[name]
        update = line.updates[0]
        queue = self._world.queue(self._bot.id)
        pause_s = 0.0
        if queue.waits(update.update_id, self._world.clock()):
            pause_s = await self._deliver(update)
        if pause_s > 0:
            pause_s = min(max(pause_s, 2.0**line.fails), LONGEST_PAUSE_S)
            line.fails = min(line.fails + 1, 10)
            loop = asyncio.get_running_loop()
            self._pauses[name] = loop.call_later(pause_s, self._go, name)
            return
        line.fails = 0
        line.updates.popleft()
        if line.updates:
            self._ready.append(name)
        else:
            del self._lines[name]

    async def _deliver(self, update: Pending) -> float:
        """One try; seconds to wait at least before the next, 0 if it was taken."""
        world = self._world
        world.log.hand_out(world.clock(), self._bot.id, [update.update_id])
        try:
            with world.parking.carry():
                status, retry_after_s, body = await self._post(update.as_json())
        except TimeoutError:
            self.hook.failed(world.clock(), "Read timeout expired")
            return 1.0
        except aiohttp.ClientConnectorError:
            self.hook.failed(world.clock(), "Connection refused")
            return 1.0
        except (aiohttp.ClientError, OSError):
            self.hook.failed(world.clock(), "Connection closed")
            return 1.0
        if not 200 <= status < 300:  # noqa: PLR2004 - what HTTP calls success
            self.hook.failed(world.clock(), f"Wrong response from the webhook: {status}")
            return max(1.0, retry_after_s)
        if world.queue(self._bot.id).confirm_one(update.update_id):
            world.log.confirm(world.clock(), self._bot.id, [update.update_id])
        await self._carry_out(body)
        return 0.0

    async def _post(self, document: bytes) -> tuple[int, float, bytes]:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEPALIVE_S)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        async with self._session.post(
            self.hook.url,
            data=document,
            headers=self._headers,
            timeout=self._timeout,
            allow_redirects=False,
        ) as response:
            retry_after = response.headers.get("Retry-After", "")
            wait_s = float(retry_after) if retry_after.isdecimal() else 0.0
            return response.status, wait_s, await response.read()

    async def _carry_out(self, body: bytes) -> None:
        """A webhook may answer with a call: {"method": "sendMessage", ...}."""
        try:
            answer = orjson.loads(body) if body.lstrip()[:1] == b"{" else {}
        except orjson.JSONDecodeError:
            return
        method = answer.pop("method", None)
        if isinstance(method, str) and method.lower() not in METHODS:
            await self._perform(self._bot, method, Params(answer))


def _line_of(update: Pending) -> tuple[str, object]:
    """The kind, and the chat or person it is about."""
    what = orjson.loads(update.body).get(update.kind)
    if not isinstance(what, dict):
        return update.kind, 0
    for key in ("chat", "from", "user"):
        if isinstance(what.get(key), dict):
            return update.kind, what[key].get("id")
    return update.kind, 0
