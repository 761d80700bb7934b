"""Tracked links: `GET /l/<token>` leads on to the address, and says who opened it.

Promises: the click is durable before the redirect is answered; a token that is not ours is 404 and costs one
hash; while the store is away it is 503, because the address stands in the store. Telegram's preview, HEAD and
a browser that fetches in advance are led on without being counted. An address leaves as ASCII without control
characters, so it can't write headers of its own. Leaves to others: what a token and a click mean (`Follow`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from adapters.web.http import Exchange

PATH: Final = b"/l/"
MAX_TOKEN: Final = 64
_FOUND, _NOT_FOUND = 302, 404
_PREVIEW: Final = b"telegrambot"
_AHEAD: Final = (b"purpose", b"sec-purpose", b"x-moz")
_ALWAYS: Final = b"Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Robots-Tag: noindex\r\n"
_SAFE: Final = "%/:=&?~#+!$,;'@()*[]"

Follow = Callable[[str, bool], Awaitable[str | None]]
"""(token, whether it counts) -> where it leads, None = no link of ours."""


async def no_links(token: str, counts: bool) -> str | None:
    """Nothing is tracked."""
    return None


async def redirect(follow: Follow, exchange: Exchange) -> None:
    """Answer a request for a tracked link. Raises what `follow` raises."""
    token = exchange.path.removeprefix(PATH).decode("ascii", "replace")
    address = await follow(token, counts(exchange)) if 0 < len(token) <= MAX_TOKEN else None
    location = location_of(address) if address is not None else b""
    if location:
        exchange.answer(_FOUND, more=b"Location: %b\r\n%b" % (location, _ALWAYS))
    else:
        exchange.answer(_NOT_FOUND, more=_ALWAYS)


def counts(exchange: Exchange) -> bool:
    """Whether a person stands behind the request, as far as it says."""
    headers: Mapping[bytes, bytes] = exchange.headers
    ahead = any(b"prefetch" in headers.get(name, b"").lower() for name in _AHEAD)
    preview = _PREVIEW in headers.get(b"user-agent", b"").lower()
    return exchange.method == b"GET" and not ahead and not preview


def location_of(address: str) -> bytes:
    """The address as a header may hold it; empty if it does not lead into the web."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna").decode()
        port = f":{parts.port}" if parts.port else ""
        pieces = [quote(piece, safe=_SAFE) for piece in (parts.path, parts.query, parts.fragment)]
    except ValueError:  # also what can't be an international host name, and halves of characters
        return b""
    if parts.scheme not in {"http", "https"} or not host:
        return b""
    if ":" in host:
        host = f"[{host}]"
    return urlunsplit((parts.scheme, host + port, *pieces)).encode("ascii")
