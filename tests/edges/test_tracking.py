"""A tracked link from message to record: written when it is sent, opened over HTTP, answered by it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import aiohttp
import pytest

from adapters.memory import MemoryStore
from adapters.web.receiver import Probes, Receiver
from app.tracking import follower, link_of, links_of
from core.content import Content, check, render
from core.flow.click import ClickDeps
from core.keyed import Link as ReadLink
from core.keyed import read_link
from core.ledger import Message
from core.ports import Transaction
from tests.core.flow.test_deliver_step import deliver, ready
from tests.core.flow.worlds import ANNA, BOT, NOW, World

KEY = b"k" * 32
PUBLIC = "https://crm.example.org"
SHOP = "https://shop.example/?a=1&b=2"
LINKED = Content("x", "news", {"en": '<a href="https://shop.example/?a=1&amp;b=2">here</a>'})


class GatedStore(MemoryStore):
    """A store whose commits wait at a gate, as a slow disk would make them."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()
        self.waiting = 0

    @asynccontextmanager
    async def transaction(self, *, write: bool = True) -> AsyncIterator[Transaction]:
        async with super().transaction(write=write) as tx:
            yield tx
            if write:
                self.waiting += 1
                await self.gate.wait()
                self.waiting -= 1


@asynccontextmanager
async def site(world: World) -> AsyncIterator[str]:
    """The receiver of a running installation; its address."""
    follow = follower(ClickDeps(world.store, world.hot), KEY, world.clock)
    receiver = Receiver(world.store, world.clock, {}, probes=Probes(follow=follow))
    port = await receiver.start("127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await receiver.stop()


async def opened(address: str) -> tuple[int, str]:
    """Open it as a browser does, without going on."""
    async with aiohttp.ClientSession() as session, session.get(address, allow_redirects=False) as response:
        return response.status, response.headers.get("Location", "")


async def sent(world: World) -> tuple[Message, str]:
    """A message that was delivered, and the path of its link as it left."""
    links = links_of(KEY, "shop", world.clock.now_ms(), track=True)
    (offer,) = await world.offers(ANNA, body=render(check(LINKED), "en", {}, links))
    assert await deliver(world, replace(world.sending, link=link_of(KEY, PUBLIC))) == 1
    text = str(world.messenger.sent[-1].body["text"])
    address = text.partition('"')[2].partition('"')[0]
    assert address.startswith(f"{PUBLIC}/l/")
    return offer, urlsplit(address).path


async def test_a_message_leaves_with_a_link_that_leads_on_and_answers_it() -> None:
    world = await ready(ANNA)
    offer, path = await sent(world)
    async with site(world) as base:
        assert await opened(base + path) == (302, SHOP)
        assert await opened(base + path) == (302, SHOP)
        assert await opened(base + path[:-1]) == (404, "")
    kinds = await world.kinds(ANNA)
    assert (kinds.count("link_clicked"), kinds.count("campaign_answered")) == (1, 1)
    assert (await world.row(offer.id)).answered_ms > 0


async def test_without_a_public_address_links_lead_straight_on() -> None:
    world = await ready(ANNA)
    assert link_of(KEY, "") is None
    await world.offers(ANNA, body=render(LINKED, "en", {}, links_of(KEY, "", NOW, track=False)))
    assert await deliver(world) == 1
    assert "https://shop.example/?a=1&amp;b=2" in str(world.messenger.sent[-1].body["text"])


async def test_the_redirect_is_answered_only_after_the_click_is_durable() -> None:
    store = GatedStore()
    world = World(store=store)
    await world.settle(ANNA)
    await world.engage()
    await world.pacer.grant(BOT, [], world.clock.now_ms())
    world.clock.advance(2)
    _, path = await sent(world)
    store.gate.clear()
    async with site(world) as base:
        asking = asyncio.create_task(opened(base + path))
        while not store.waiting:
            await asyncio.sleep(0)
        assert not asking.done()
        assert "link_clicked" not in await world.kinds(ANNA)
        store.gate.set()
        assert await asking == (302, SHOP)
    assert "link_clicked" in await world.kinds(ANNA)


def test_a_start_button_opens_the_bot_with_a_signed_code() -> None:
    start = links_of(KEY, "shop", NOW, track=False).start
    assert start is not None
    address = start("spring")
    payload = address.removeprefix("https://t.me/shop?start=")
    assert read_link(KEY, payload, NOW // 1000) == ReadLink("spring", "signed")
    assert links_of(KEY, "", NOW, track=True).start is None


@pytest.mark.parametrize("track", [True, False])
def test_links_say_whether_they_are_tracked(track: bool) -> None:
    assert links_of(KEY, "shop", NOW, track=track).track is track
