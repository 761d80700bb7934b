"""Telegram's webhooks end to end, in the town: set, delivered, refused, repeated, moved."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from adapters.telegram.client import TelegramClient
from adapters.telegram.updates import ALLOWED_UPDATES
from adapters.telegram.webhook import Hook, WebhookWatch, ensure_webhook, webhook_info
from adapters.web.http import HttpLimits
from adapters.web.receiver import Receiver, ReceiverLimits
from core.errors import SettingsError, TransportError
from core.keyed import webhook_secret
from sandbox.botapi.faults import Fault
from tests.edges.towns import AYSE, BOT, TOKEN, Bench, in_town, running

SECRET = webhook_secret(b"k" * 32, BOT)
ENDLESS = ReceiverLimits(HttpLimits(request_s=0, idle_s=0))
"""In the town hours pass in a moment; a connection is not idle for that."""


@dataclass
class Site:
    """A receiver, and the webhook that leads to it."""

    bench: Bench
    receiver: Receiver
    client: TelegramClient
    hook: Hook
    port: int

    def watch(self) -> WebhookWatch:
        return WebhookWatch(self.client, self.bench.store, self.bench.clock, self.hook)

    async def has(self, texts: list[str]) -> bool:
        return sorted(await self.bench.texts()) == sorted(texts)


@asynccontextmanager
async def receiving(bench: Bench, port: int = 0) -> AsyncIterator[Site]:
    receiver = Receiver(bench.store, bench.clock, {BOT: SECRET}, bench.batch, ENDLESS)
    port = await receiver.start("127.0.0.1", port)
    async with TelegramClient(TOKEN, bench.base, bench.inflight) as client:
        yield Site(bench, receiver, client, Hook(f"http://127.0.0.1:{port}", SECRET), port)
    await receiver.stop()


def hooked(scenario: Callable[[Site], Awaitable[None]]) -> None:
    async def main(bench: Bench) -> None:
        async with receiving(bench) as site:
            await scenario(site)

    in_town(main)


def test_what_people_do_comes_by_webhook_and_is_confirmed() -> None:
    async def scenario(site: Site) -> None:
        world = site.bench.world
        world.say(AYSE, BOT, "waited")
        info = await ensure_webhook(site.client, site.hook)
        assert info.url == f"http://127.0.0.1:{site.port}/telegram/{BOT}"
        for n in range(40):
            world.say(AYSE, BOT, f"n{n}")
        await site.bench.until(lambda: not world.queue(BOT))
        assert await site.bench.texts() == ["waited", *(f"n{n}" for n in range(40))]
        assert world.queue(BOT).allowed == sorted(ALLOWED_UPDATES)
        assert all(one.confirmed_at_ms == one.at_ms for one in world.log.emitted())

    hooked(scenario)


def test_a_store_that_is_away_loses_nothing_and_doubles_nothing() -> None:
    async def scenario(site: Site) -> None:
        world, store = site.bench.world, site.bench.store
        await ensure_webhook(site.client, site.hook)
        store.failing = True
        for n in range(3):
            world.say(AYSE, BOT, f"n{n}")
        world.tap(AYSE, BOT, 1, "a tap in a line of its own")
        await site.bench.until(lambda: int(str(site.receiver.status["refused"])) >= 4)
        assert (await webhook_info(site.client)).last_error == "Wrong response from the webhook: 503"
        store.failing = False
        await site.bench.until(lambda: not world.queue(BOT))
        async with store.transaction(write=False) as tx:
            counts = await tx.inbox.counts()
            stored = [row.update_id for row in await tx.inbox.pending(10)]
        assert counts == {"received": 4}
        assert sorted(stored) == [one.update_id for one in world.log.emitted()]

    hooked(scenario)


def test_a_restart_of_the_receiver_goes_on_where_it_was() -> None:
    async def scenario(bench: Bench) -> None:
        sent: list[str] = []
        port = 0
        for round_ in range(5):
            async with receiving(bench, port) as site:
                port = site.port
                await ensure_webhook(site.client, site.hook)
                for n in range(3):
                    sent.append(f"{round_}:{n}")
                    bench.world.say(AYSE, BOT, sent[-1])
                for _ in range(round_ * 7):  # stopped each time a few steps of the loop later
                    await asyncio.sleep(0)
            sent.append(f"{round_}: while nobody listened")
            bench.world.say(AYSE, BOT, sent[-1])
        async with receiving(bench, port):
            await bench.until(lambda: not bench.world.queue(BOT))
        assert await bench.texts() == sent

    in_town(scenario)


def test_polling_can_take_over_from_a_webhook_without_a_gap() -> None:
    async def scenario(site: Site) -> None:
        bench = site.bench
        await ensure_webhook(site.client, site.hook)
        bench.world.say(AYSE, BOT, "by webhook")
        await bench.until(lambda: not bench.world.queue(BOT))
        await site.receiver.stop()
        bench.world.say(AYSE, BOT, "in between")
        async with bench.polling() as poller:
            await bench.until(lambda: poller.drained)
        assert await bench.texts() == ["by webhook", "in between"]

    hooked(scenario)


# -- setting -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hook", "sentence"),
    [
        (
            Hook("http://example.org", SECRET),
            "does not take http://example.org/telegram/7001 as the webhook of bot",
        ),
        (Hook("https://example.org", "not allowed"), "secret token contains unallowed characters"),
    ],
)
def test_what_telegram_refuses_is_said_in_a_sentence(hook: Hook, sentence: str) -> None:
    async def scenario(site: Site) -> None:
        with pytest.raises(SettingsError, match=sentence) as raised:
            await ensure_webhook(site.client, hook)
        assert SECRET not in str(raised.value)
        with pytest.raises(SettingsError):
            await WebhookWatch(site.client, site.bench.store, site.bench.clock, hook).run()

    hooked(scenario)


def test_a_webhook_that_somebody_else_sets_at_once_is_noticed() -> None:
    class Rival(TelegramClient):
        """Another program's webhook is the one that Telegram has in the end."""

        async def call(self, method: str, params: Mapping[str, object] | None = None, **_: float) -> object:
            return {"url": "https://rival.example/"} if method == "getWebhookInfo" else True

    async def scenario(site: Site) -> None:
        with pytest.raises(TransportError, match=r"Telegram has https://rival\.example/"):
            await ensure_webhook(Rival(TOKEN), site.hook)

    hooked(scenario)


# -- watching ------------------------------------------------------------------------------------


def test_the_watch_sets_the_webhook_and_sets_it_again_when_it_is_gone() -> None:
    async def scenario(site: Site) -> None:
        world, watch = site.bench.world, site.watch()
        async with running(watch):
            await site.bench.until(lambda: watch.drained)
            await site.client.call("deleteWebhook", {})
            world.say(AYSE, BOT, "meanwhile")
            await site.bench.until(lambda: watch.status["times_set"] == 2)
            await site.bench.until(lambda: not world.queue(BOT))
        assert await site.bench.texts() == ["meanwhile"]

    hooked(scenario)


def test_the_watch_tells_other_processes_that_nothing_waits() -> None:
    async def scenario(site: Site) -> None:
        bench = site.bench
        bench.world.say(AYSE, BOT, "waited")
        bench.store.failing = True
        watch = site.watch()
        async with running(watch):
            await bench.until(lambda: watch.status["state"] == "blind")
            assert (watch.drained, watch.last_ok_ms, await bench.drained_ms()) == (False, 0, 0)
            assert "503" in str(watch.status["error"])
            bench.store.failing = False
            await bench.until(lambda: watch.drained)
            assert await bench.texts() == ["waited"]
            first = await bench.drained_ms()
            await asyncio.sleep(60)
            assert await bench.drained_ms() >= first + 50_000
            assert watch.status["state"] == "listening"
            assert watch.last_ok_ms >= await bench.drained_ms()

    hooked(scenario)


def test_who_starts_shortly_after_the_watch_hears_within_seconds_that_nothing_waits() -> None:
    async def scenario(site: Site) -> None:
        bench, watch = site.bench, site.watch()
        async with running(watch):
            await bench.until(lambda: watch.drained)
            for late_s in (0.1, 5.0, 30.0):
                await asyncio.sleep(late_s)
                started_ms = bench.clock.now_ms()
                await asyncio.sleep(3)
                assert await bench.drained_ms() >= started_ms

    hooked(scenario)


def test_a_telegram_that_is_away_is_asked_again_with_pauses() -> None:
    async def scenario(site: Site) -> None:
        bench = site.bench
        bench.server.faults.plan(Fault("getWebhookInfo", "500", times=3))
        watch = site.watch()
        async with running(watch):
            await bench.until(lambda: watch.status["failures"] == 3)
            assert watch.status["state"] == "waiting"
            await bench.until(lambda: watch.drained)
        assert bench.clock.slept[:3] == [1, 2, 4]

    hooked(scenario)


def test_a_stopped_watch_leaves_the_webhook_for_the_next_start() -> None:
    async def scenario(site: Site) -> None:
        watch = site.watch()
        async with running(watch) as task:
            await site.bench.until(lambda: watch.drained)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        assert site.bench.server.webhooks.is_set(BOT)

    hooked(scenario)
