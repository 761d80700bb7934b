"""A person's browser: opens tracked links over HTTP, only those that lead to this machine.

Promises: time in the town stands still while a page loads; a page that can't be had is no trouble of the
person's. Leaves to others: who clicks what (`life`, `crowd`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from sandbox.accounts import Json
from sandbox.clock import Parking

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_AGENT: Final = "Mozilla/5.0 (SIMULATED)"
_URL: Final = re.compile(r"https?://[^\s<>\"]+")
_PATIENCE: Final = aiohttp.ClientTimeout(total=30)

Open = Callable[[str], None]
"""Opens an address; whoever opens it does not wait."""


def leads_here(url: str) -> bool:
    """Whether an address is of this machine: no other is ever opened."""
    try:
        place = urlsplit(url)
    except ValueError:
        return False
    return place.scheme == "http" and place.hostname in _LOOPBACK


def links_of(message: Json) -> tuple[str, ...]:
    """Addresses of this machine in a message: its buttons, its linked words, and those that are written
    out."""
    markup: Any = message.get("reply_markup") or {}
    found = [button["url"] for row in markup.get("inline_keyboard", ()) for button in row if "url" in button]
    for place, words in (("entities", "text"), ("caption_entities", "caption")):
        entities: Any = message.get(place) or ()
        found += [one["url"] for one in entities if one["type"] == "text_link"]
        found += _URL.findall(str(message.get(words, "")))
    return tuple(url for url in dict.fromkeys(found) if leads_here(url))


class Browser:
    """One for everybody. `opened` counts pages, `failed` those that could not be had."""

    def __init__(self, parking: Parking) -> None:
        self._parking = parking
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.opened = 0
        self.failed = 0

    def open(self, url: str) -> None:
        """Open an address of this machine, without following where it leads."""
        if not leads_here(url):
            raise ValueError("a simulated person opens no address of another machine")
        task = asyncio.create_task(self._load(url), name="browser")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End what still loads."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _load(self, url: str) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(force_close=True),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": _AGENT},
                timeout=_PATIENCE,
            )
        try:
            with self._parking.carry():
                async with self._session.get(url, allow_redirects=False) as page:
                    await page.read()
        except (TimeoutError, aiohttp.ClientError, OSError):
            self.failed += 1
        else:
            self.opened += 1
