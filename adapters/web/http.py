"""A small HTTP/1.1 server for short requests and answers, behind a reverse proxy.

Promises: heads and bodies are bounded, slow and idle connections are closed, whoever does not take its
answers is read no further and then cut off, answers go out in the order of
the requests (pipelining), a stop answers what is under way and nothing new. A request needs no task: whoever
handles an `Exchange` answers it when it likes. Parsing is llhttp's (httptools): a request costs a third of
what it costs in aiohttp's low-level server.
Leaves to others: TLS, HTTP/2, and what the requests mean.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, cast

import httptools

MAX_HEAD: Final = 32 * 1024
"""Bytes of a head, those of its first slice not counted."""
SLICE: Final = 4 * 1024
"""So much is parsed at once: what came before a head in one slice is not taken for a part of it."""
MAX_HEADERS: Final = 100
MAX_PIPELINED: Final = 64
"""With so many requests of a connection waiting for their answers it is not read from."""
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_HEADS: Final = {int(one): b"HTTP/1.1 %d %b\r\n" % (one, one.phrase.encode()) for one in HTTPStatus}


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Bounds. body: bytes of a request. request_s: how long one may take to arrive, and its answer to
    be taken; idle_s: how long a
    connection may stay without one (0 = for ever, both); connections: at the same time. sweep_s: how often
    their ages are looked at; linger_s: how long who is refused may still send, to get to read the answer."""

    body: int = 1024 * 1024
    request_s: float = 30.0
    idle_s: float = 120.0
    connections: int = 2_000
    sweep_s: float = 5.0
    linger_s: float = 2.0


class Exchange:
    """One request, and its place in the order of the connection's answers."""

    __slots__ = ("_connection", "body", "closes", "data", "headers", "method", "path")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.method = b""
        self.path = b""
        """Without the query."""
        self.headers: dict[bytes, bytes] = {}
        """Names in lower case."""
        self.body = b""
        self.closes = False
        self.data: bytes | None = None

    def answer(self, status: int, body: bytes = b"", kind: bytes = b"text/plain", more: bytes = b"") -> None:
        """Answer, once. `more`: further header lines, each with its line end."""
        if self.data is not None:
            return
        closing = b"Connection: close\r\n" if self.closes or self._connection.ending else b""
        head = b"%bContent-Length: %d\r\n%b%b" % (_HEADS[status], len(body), closing, more)
        if body:
            head += b"Content-Type: %b\r\n" % kind
        self.data = head + b"\r\n" + (b"" if self.method == b"HEAD" else body)
        self.closes = bool(closing)
        self._connection.flush()


Handle = Callable[[Exchange], None]


class HttpServer:
    """Serves `handle`, which is called once with each whole request."""

    def __init__(self, handle: Handle, limits: HttpLimits) -> None:
        self.handle = handle
        self.limits = limits
        self.connections: set[Connection] = set()
        self.stopping = False
        self._server: asyncio.Server | None = None
        self._sweeping: asyncio.TimerHandle | None = None
        self._empty = asyncio.Event()

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port (a free one for 0). Raises OSError.

        Several processes of one user may listen on one port: the system spreads connections over them."""
        loop = asyncio.get_running_loop()
        shared = hasattr(socket, "SO_REUSEPORT")
        self._server = await loop.create_server(lambda: Connection(self), host, port, reuse_port=shared)
        if self.limits.idle_s or self.limits.request_s:
            self._sweeping = loop.call_later(self.limits.sweep_s, self._sweep)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self, grace_s: float = 10.0) -> None:
        """Take no more requests, answer those under way within `grace_s`, close all connections."""
        self.stopping = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        if self._server is not None:
            self._server.close()
        for one in list(self.connections):
            one.end()
        try:
            async with asyncio.timeout(grace_s):
                while self.connections:
                    self._empty.clear()
                    await self._empty.wait()
        except TimeoutError:
            for one in list(self.connections):
                one.abort()
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    def joined(self, connection: Connection) -> bool:
        """A connection was made; False when there are too many."""
        self.connections.add(connection)
        return not self.stopping and len(self.connections) <= self.limits.connections

    def left(self, connection: Connection) -> None:
        """A connection is gone."""
        self.connections.discard(connection)
        if not self.connections:
            self._empty.set()

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for one in list(self.connections):
            one.check(now)
        self._sweeping = loop.call_later(self.limits.sweep_s, self._sweep)


class Connection(asyncio.Protocol):
    """One client. The methods without docstrings are asyncio's and httptools' callbacks."""

    __slots__ = (
        "_arriving",
        "_complete",
        "_full",
        "_head_bytes",
        "_in_head",
        "_limits",
        "_loop",
        "_parser",
        "_parts",
        "_paused",
        "_refused",
        "_server",
        "_since",
        "_size",
        "_transport",
        "_untaken",
        "_waiting",
        "ending",
    )

    def __init__(self, server: HttpServer) -> None:
        self._server = server
        self._limits = server.limits
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[Exchange] = deque()
        self._complete: list[Exchange] = []
        self._arriving: Exchange | None = None
        self._parts: list[bytes] = []
        self._size = 0
        self._in_head = False
        self._head_bytes = 0
        self._refused = False
        self._paused = False
        self._full = False
        self._untaken = 0.0
        """Since when answers wait that the client does not take; 0 = none do."""
        self._since = self._loop.time()
        self.ending = False
        """No further request is taken: the answers under way say so, then the connection is closed."""

    # -- asyncio ---------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if not self._server.joined(self):
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._waiting.clear()
        self._server.left(self)

    def data_received(self, data: bytes) -> None:
        if self._refused or self.ending:
            return
        if len(data) <= SLICE:
            self._parse(data)
        else:
            whole = memoryview(data)
            for start in range(0, len(data), SLICE):
                if not self._parse(whole[start : start + SLICE]):
                    break
        if self._complete:
            complete, self._complete = self._complete, []
            for exchange in complete:
                self._server.handle(exchange)
            self._slow_down()

    def eof_received(self) -> bool:
        self.ending = True
        return bool(self._waiting)  # who has ended its side still gets its answers

    def pause_writing(self) -> None:
        self._full = True
        self._slow_down()

    def resume_writing(self) -> None:
        self._full = False
        self._slow_down()

    # -- httptools -------------------------------------------------------------------------------

    def _parse(self, data: bytes | memoryview) -> bool:
        """False when nothing after these bytes is to be read."""
        arriving = self._arriving
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.ending = True  # no other protocol is spoken here: answered in this one, then closed
        except httptools.HttpParserError:
            self._refuse(400)
        if self._in_head and self._arriving is arriving:  # the head that had begun before goes on
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD:
                self._refuse(431)
        return not (self._refused or self.ending)

    def on_message_begin(self) -> None:
        self._arriving = Exchange(self)
        self._parts = []
        self._size = self._head_bytes = 0
        self._in_head = True
        self._since = self._loop.time()

    def on_url(self, url: bytes) -> None:
        if self._arriving is not None:
            self._arriving.path += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._arriving is None or not self._in_head:
            return
        headers = self._arriving.headers
        headers[name.lower()] = value
        if len(headers) > MAX_HEADERS:
            self._refuse(431)

    def on_headers_complete(self) -> None:
        exchange = self._arriving
        self._in_head = False
        if exchange is None or self._refused:
            return
        exchange.method = self._parser.get_method()
        exchange.path = exchange.path.partition(b"?")[0]
        length = exchange.headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self._limits.body:
            self._refuse(413)
        elif exchange.headers.get(b"expect", b"").lower() == b"100-continue" and self._transport:
            self._transport.write(_CONTINUE)

    def on_body(self, body: bytes) -> None:
        if self._refused:
            return
        self._size += len(body)
        if self._size > self._limits.body:
            self._refuse(413)
        else:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        exchange, self._arriving = self._arriving, None
        if exchange is None or self._refused:
            return
        exchange.body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        exchange.closes = not self._parser.should_keep_alive()
        self._waiting.append(exchange)
        self._complete.append(exchange)

    # -- answers ---------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write the answers that are ready and whose turn it is."""
        waiting, transport = self._waiting, self._transport
        while waiting and transport is not None and (data := waiting[0].data) is not None:
            exchange = waiting.popleft()
            transport.write(data)
            self._since = self._loop.time()
            if exchange.closes:
                self._close_soon()
                return
        self._slow_down()

    def end(self) -> None:
        """Close as soon as the requests under way are answered."""
        self.ending = True
        if not self._waiting and self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def check(self, now: float) -> None:
        """Close when nothing has come for too long, at once when answers were not taken for too long."""
        if self._transport is None:
            return
        if not self._transport.get_write_buffer_size():
            self._untaken = 0.0
        elif not self._untaken:
            self._untaken = now
        elif self._limits.request_s and now - self._untaken > self._limits.request_s:
            self._transport.abort()
            return
        if self._waiting or self._refused:
            return
        limit_s = self._limits.request_s if self._arriving is not None else self._limits.idle_s
        if limit_s and now - self._since > limit_s:
            self._transport.close()

    def _refuse(self, status: int) -> None:
        """Answer a request that is not read to its end; nothing after it is understood."""
        if self._refused:
            return
        self._refused = True
        exchange = self._arriving or Exchange(self)
        self._arriving, self._parts, self._in_head = None, [], False
        exchange.closes = True
        self._waiting.append(exchange)
        exchange.answer(status)

    def _close_soon(self) -> None:
        """The last answer is written. Whoever was refused may still be sending: let it read the answer."""
        self.ending = True
        self._waiting.clear()
        if self._transport is None:
            return
        if self._refused:
            self._full = False
            self._slow_down()
            self._loop.call_later(self._limits.linger_s, self._transport.close)
        else:
            self._transport.close()

    def _slow_down(self) -> None:
        """Read no faster than is answered, and than the answers are taken."""
        if self._transport is None:
            return
        if self._full or len(self._waiting) >= MAX_PIPELINED:
            if not self._paused:
                self._paused = True
                self._transport.pause_reading()
        elif self._paused and len(self._waiting) < MAX_PIPELINED // 2:
            self._paused = False
            self._transport.resume_reading()
