"""Webhooks of the simulated Telegram: real deliveries, with lines, retries, the secret and an expiry."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from aiohttp import web

from sandbox.botapi.server import BotApiServer
from sandbox.botapi.webhook import ACTIVE, TERMINATED
from sandbox.clock import Parking, Town, run_town
from sandbox.world import World
from tests.edges.sandbox.conftest import ADA, BORA, BOT, TOKEN, Api, people, until

SECRET = "a-shared_secret"


@dataclass
class Receiver:
    """A bot's own little server: answers as the test says, and remembers what came."""

    status: Callable[[str], int] = lambda text: 200
    reply: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    got: list[tuple[str, str]] = field(default_factory=list)
    open: int = 0
    most_open: int = 0
    _runner: web.ServerRunner | None = None

    async def start(self) -> str:
        self.gate.set()
        self._runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/hook"

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        update = orjson.loads(await request.read())
        kind = next(name for name in update if name != "update_id")
        text = str(update[kind].get("text") or update[kind].get("data"))
        self.got.append((request.headers.get("X-Telegram-Bot-Api-Secret-Token", ""), text))
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        await self.gate.wait()
        self.open -= 1
        return web.Response(status=self.status(text), body=self.reply, headers=self.headers)

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.got]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    yield found
    found.gate.set()
    await found.stop()


async def pending(api: Api) -> int:
    count: int = (await api.result("getWebhookInfo"))["pending_update_count"]
    return count


async def test_updates_are_posted_with_the_secret_and_confirmed_by_the_answer(
    api: Api, receiver: Receiver
) -> None:
    url = await receiver.start()
    answer = await api.call("setWebhook", url=url, secret_token=SECRET)
    assert answer["description"] == "Webhook was set"
    api.world.say(ADA, BOT, "two")
    await until(lambda: not api.world.queue(BOT))
    assert receiver.got == [(SECRET, "/start"), (SECRET, "two")]
    emitted = api.world.log.emitted()
    assert all(one.handed_at_ms and one.confirmed_at_ms for one in emitted)
    assert api.world.log.acknowledged() == {}


async def test_nobody_can_poll_while_a_webhook_is_set(api: Api, receiver: Receiver) -> None:
    offset = (await api.result("getUpdates"))[0]["update_id"] + 1
    waiting = asyncio.create_task(api.error("getUpdates", offset=offset, timeout=50))
    await until(lambda: api.world.parking.parked == 1)
    await api.result("setWebhook", url=await receiver.start())
    assert await waiting == (409, TERMINATED)
    assert await api.error("getUpdates") == (409, ACTIVE)
    assert (await api.call("deleteWebhook"))["description"] == "Webhook was deleted"
    assert (await api.call("deleteWebhook"))["description"] == "Webhook is already deleted"
    api.world.say(ADA, BOT, "polled")
    assert [one["message"]["text"] for one in await api.result("getUpdates")] == ["polled"]


async def test_the_state_of_the_webhook_can_be_asked_for(api: Api, receiver: Receiver) -> None:
    url = await receiver.start()
    assert await api.result("getWebhookInfo") == {
        "url": "",
        "has_custom_certificate": False,
        "pending_update_count": 1,
    }
    receiver.status = lambda text: 503
    await api.result("setWebhook", url=url, max_connections=500, allowed_updates=["message"])
    while "last_error_date" not in await api.result("getWebhookInfo"):
        pass
    assert await api.result("getWebhookInfo") == {
        "url": url,
        "has_custom_certificate": False,
        "pending_update_count": 1,
        "max_connections": 100,
        "last_error_date": api.hands() // 1000,
        "last_error_message": "Wrong response from the webhook: 503",
        "allowed_updates": ["message"],
    }
    assert (await api.call("setWebhook", url=url))["description"] == "Webhook is already set"


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        ({"url": "http://example.org/x"}, "An HTTPS URL must be provided for webhook"),
        ({"url": "nonsense"}, "An HTTPS URL must be provided for webhook"),
        ({"url": "https://example.org", "secret_token": "a b"}, "secret token contains unallowed characters"),
        ({"url": "https://example.org", "secret_token": "a" * 257}, "secret token is too long"),
        ({"url": "https://example.org", "certificate": "x"}, "own certificates are not taken here"),
    ],
)
async def test_what_telegram_refuses_is_refused(api: Api, wish: dict[str, str], refusal: str) -> None:
    code, description = await api.error("setWebhook", **wish)
    assert (code, refusal in description) == (400, True)
    assert not api.server.webhooks.is_set(BOT)


async def test_pending_updates_can_be_dropped(api: Api, receiver: Receiver) -> None:
    await api.result("setWebhook", url=await receiver.start(), drop_pending_updates=True)
    api.world.say(ADA, BOT, "new")
    await until(lambda: not api.world.queue(BOT))
    assert receiver.texts == ["new"]


async def test_kinds_and_chats_overtake_each_other_but_a_line_keeps_its_order(
    api: Api, receiver: Receiver
) -> None:
    refused = {"/start"}
    receiver.status = lambda text: 500 if text in refused else 200
    api.world.say(ADA, BOT, "second of Ada")
    await api.result("setWebhook", url=await receiver.start())
    await until(lambda: receiver.texts == ["/start"] and not receiver.open)
    api.world.tap(ADA, BOT, 1, "tap of Ada")
    api.world.start(BORA, BOT)
    await until(lambda: "tap of Ada" in receiver.texts)
    assert "second of Ada" not in receiver.texts
    assert await pending(api) >= 2


async def test_no_more_requests_are_open_than_the_bot_allows(api: Api, receiver: Receiver) -> None:
    url = await receiver.start()
    receiver.gate.clear()
    api.world.start(BORA, BOT)
    for n in range(4):
        api.world.tap(ADA, BOT, n, f"tap {n}")
        api.world.tap(BORA, BOT, n, f"tap {n}")
    await api.result("setWebhook", url=url, max_connections=2)
    await until(lambda: receiver.open == 2)
    receiver.gate.set()
    await until(lambda: not api.world.queue(BOT))
    assert receiver.most_open == 2
    assert len(receiver.got) == 10


async def test_an_answer_that_names_a_method_is_carried_out(api: Api, receiver: Receiver) -> None:
    receiver.reply = orjson.dumps({"method": "sendMessage", "chat_id": ADA, "text": "hello from the answer"})
    await api.result("setWebhook", url=await receiver.start())
    await until(lambda: bool(api.world.log.received()))
    (call,) = api.world.log.received()
    assert (call.method, call.ok, call.params["text"]) == ("sendMessage", True, "hello from the answer")


def in_town(scenario: Callable[[Town, World, Receiver], Any]) -> Any:
    """Run with a bot whose webhook is set, in the town."""
    parking = Parking()

    async def main(town: Town) -> Any:
        world = people(World(town.now_ms, parking=parking))
        server, receiver = BotApiServer(world), Receiver()
        await server.start()
        bot = world.bots[BOT]
        url = await receiver.start()
        await server.webhooks.call("setwebhook", bot, _params(url=url, secret_token=SECRET))
        try:
            return await scenario(town, world, receiver)
        finally:
            await server.stop()
            await receiver.stop()
            assert parking.parked == 0

    return run_town(main, datetime(2026, 1, 1, tzinfo=UTC), lambda: -parking.parked)


def _params(**values: object) -> Any:
    from sandbox.botapi.request import Params

    return Params(values)


def test_a_delivery_takes_no_time_of_the_town() -> None:
    async def scenario(town: Town, world: World, receiver: Receiver) -> None:
        for n in range(50):
            world.say(ADA, BOT, f"n{n}")
            await asyncio.sleep(10)
        assert receiver.texts == ["/start", *(f"n{n}" for n in range(50))]
        late = [one for one in world.log.emitted() if one.confirmed_at_ms != one.at_ms]
        assert late == []

    in_town(scenario)


def test_failures_are_tried_again_with_growing_pauses_until_the_update_is_too_old() -> None:
    async def scenario(town: Town, world: World, receiver: Receiver) -> list[int]:
        receiver.status = lambda text: 503
        began = town.now_ms()
        tries: list[int] = []
        while len(tries) < 9:
            before = len(receiver.got)
            while len(receiver.got) == before:
                await asyncio.sleep(0.5)
            tries.append((town.now_ms() - began) // 1000)
        await asyncio.sleep(25 * 3600)
        assert world.queue(BOT).take(10, town.now_ms()) == []
        receiver.status = lambda text: 200
        tried = len(receiver.got)
        world.say(ADA, BOT, "after the night")
        await asyncio.sleep(120)
        assert receiver.texts[tried:] == ["after the night"]
        return [later - former for former, later in zip(tries, tries[1:], strict=False)]

    assert in_town(scenario) == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_bot_says_when_to_come_again() -> None:
    async def scenario(town: Town, world: World, receiver: Receiver) -> None:
        receiver.status, receiver.headers = lambda text: 429, {"Retry-After": "30"}
        while not receiver.got:
            await asyncio.sleep(0.5)
        receiver.status = lambda text: 200
        first = town.now_ms()
        while len(receiver.got) < 2:
            await asyncio.sleep(0.5)
        assert 29_000 <= town.now_ms() - first <= 31_000

    in_town(scenario)


def test_a_webhook_that_answers_nobody_keeps_its_updates() -> None:
    async def scenario(town: Town, world: World, receiver: Receiver) -> None:
        await receiver.stop()
        await asyncio.sleep(100)
        assert len(world.queue(BOT)) == 1
        assert TOKEN not in str(world.log.emitted())

    in_town(scenario)
