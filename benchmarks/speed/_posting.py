"""A Telegram that posts updates as fast as they are accepted, and costs little: bytes made beforehand, plain
sockets, connections that are kept, one update at a time on each.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import orjson

from benchmarks.speed._sandbox import BUTTONS, FIRST_PERSON, WORDS
from benchmarks.speed._webhook import BOT, PATH, SECRET
from sandbox.accounts import TelegramUser
from sandbox.updates import callback_update, inaccessible_message, message_update

CONNECTIONS = 50
PEOPLE = 1_000


@dataclass(frozen=True, slots=True)
class Posted:
    """How long so many updates took; waits in ms, from the request to its answer."""

    updates: int
    wall_s: float
    median_ms: float
    p99_ms: float


def requests(first_id: int, count: int) -> list[bytes]:
    """Whole requests: people write and tap in turn."""
    return [_request(first_id + n, n) for n in range(count)]


def _request(update_id: int, n: int) -> bytes:
    person = TelegramUser(FIRST_PERSON + n % PEOPLE, f"P{n % PEOPLE}", username=f"p{n}", language_code="tr")
    at_ms = time.time_ns() // 1_000_000
    if n % 3:
        text = WORDS[n % len(WORDS)]
        body = message_update(person, text, message_id=n + 1, at_ms=at_ms)
    else:
        where = inaccessible_message(person.as_chat(), n)
        body = callback_update(person, where, BUTTONS[n % len(BUTTONS)], query_id=str(n + 10**12))
    document = orjson.dumps({"update_id": update_id, **body})
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: bot{BOT}.example.org\r\nAccept-Encoding: gzip, deflate\r\n"
        f"Content-Type: application/json\r\nX-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n"
        f"Connection: keep-alive\r\nContent-Length: {len(document)}\r\n\r\n"
    )
    return head.encode() + document


async def post(port: int, documents: Sequence[bytes]) -> Posted:
    """Post them all; raises ConnectionError for an answer that is not 200."""
    loop = asyncio.get_running_loop()
    left = iter(documents)
    waits: list[float] = []
    ends: list[asyncio.Future[None]] = [loop.create_future() for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    for end in ends:
        await loop.create_connection(lambda end=end: _Poster(left, waits, end), "127.0.0.1", port)  # type: ignore[misc]  # each its own end
    await asyncio.gather(*ends)
    wall_s = time.perf_counter() - began
    waits.sort()
    median, p99 = waits[len(waits) // 2], waits[len(waits) * 99 // 100]
    return Posted(len(documents), wall_s, round(median * 1000, 2), round(p99 * 1000, 2))


class _Poster(asyncio.Protocol):
    """One connection."""

    def __init__(self, left: Iterator[bytes], waits: list[float], end: asyncio.Future[None]) -> None:
        self._left = left
        self._waits = waits
        self._end = end
        self._sent_s = 0.0
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._end.done():
            self._end.set_exception(exc or ConnectionError("the server hung up"))

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self._end.set_exception(ConnectionError(head.decode()))
            self._transport.close()
            return
        self._got = b""
        self._waits.append(time.perf_counter() - self._sent_s)
        self._next()

    def _next(self) -> None:
        document = next(self._left, None)
        if document is None:
            self._end.set_result(None)
            self._transport.close()
            return
        self._sent_s = time.perf_counter()
        self._transport.write(document)


def _length(head: bytes) -> int:
    _, _, after = head.lower().partition(b"content-length: ")
    return int(after.partition(b"\r\n")[0] or b"0")
