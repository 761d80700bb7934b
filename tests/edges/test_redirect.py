"""Tracked links over HTTP: led on when the click is durable, whatever is asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory import ManualClock, MemoryStore
from adapters.web.receiver import Probes, Receiver
from adapters.web.redirect import location_of
from core.errors import StoreError

GOOD = "AAEC-_x"
TARGET = "https://shop.example/ürün?q=ş&x=1#a"


@dataclass
class Links:
    """Where tokens lead, and what was asked."""

    asked: list[tuple[str, bool]] = field(default_factory=list)
    target: str = TARGET
    away: bool = False

    async def follow(self, token: str, counts: bool) -> str | None:
        self.asked.append((token, counts))
        if self.away:
            raise StoreError("The database is locked.")
        return self.target if token == GOOD else None


@dataclass
class Site:
    links: Links
    base: str
    session: aiohttp.ClientSession

    async def ask(
        self, path: str, method: str = "GET", headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        asked = self.session.request(method, self.base + path, allow_redirects=False, headers=headers)
        async with asked as response:
            return response.status, response.headers.get("Location", "")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    links = Links()
    receiver = Receiver(MemoryStore(), ManualClock(0), {}, probes=Probes(follow=links.follow))
    port = await receiver.start("127.0.0.1", 0)
    async with aiohttp.ClientSession() as session:
        yield Site(links, f"http://127.0.0.1:{port}", session)
    await receiver.stop()


async def test_a_link_leads_on_and_counts(site: Site) -> None:
    status, location = await site.ask(f"/l/{GOOD}?utm=1")
    assert (status, location) == (302, "https://shop.example/%C3%BCr%C3%BCn?q=%C5%9F&x=1#a")
    assert site.links.asked == [(GOOD, True)]


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"User-Agent": "TelegramBot (like TwitterBot)"}),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}),
        ("GET", {"Purpose": "prefetch"}),
    ],
)
async def test_who_only_looks_is_led_on_without_being_counted(
    site: Site, method: str, headers: dict[str, str]
) -> None:
    assert (await site.ask(f"/l/{GOOD}", method, headers))[0] == 302
    assert site.links.asked == [(GOOD, False)]


@pytest.mark.parametrize("path", ["/l/", "/l/forged", "/l/AAEC-_x/", "/l/" + "x" * 65, "/l/%0d%0aX:1", "/l"])
async def test_what_is_not_our_link_leads_nowhere(site: Site, path: str) -> None:
    assert await site.ask(path) == (404, "")


async def test_other_methods_are_not_allowed_and_a_lost_store_is_said(site: Site) -> None:
    assert (await site.ask(f"/l/{GOOD}", "POST"))[0] == 405
    site.links.away = True
    assert await site.ask(f"/l/{GOOD}") == (503, "")


@pytest.mark.parametrize(
    ("address", "location"),
    [
        ("https://example.org", b"https://example.org"),
        ("http://example.org:8080/a%20b?x=%2F", b"http://example.org:8080/a%20b?x=%2F"),
        ("https://çay.example/", b"https://xn--ay-3ia.example/"),
        ("https://example.org/\r\nSet-Cookie: a=1", b"https://example.org/Set-Cookie:%20a=1"),
        ("https://user:word@example.org/", b"https://example.org/"),
        ("javascript:alert(1)", b""),
        ("https://", b""),
        ("https://" + "a" * 64 + ".example/", b""),
        ("//example.org/", b""),
        ("https://example.org/\ud83d", b""),
    ],
)
def test_an_address_leaves_as_ascii_and_only_into_the_web(address: str, location: bytes) -> None:
    assert location_of(address) == location


@given(st.text(max_size=60))
def test_no_address_can_write_a_header(tail: str) -> None:
    location = location_of("https://example.org/" + tail)
    assert all(32 < byte < 127 for byte in location)
