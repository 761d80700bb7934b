"""Kept connections to one host and POST over HTTP/1.1 on them: nothing more, so that a message costs little.

Promises: NotSentError means that no byte of the request has left, NoAnswerError that it may have arrived;
nothing is sent twice and no redirect is followed; a connection carries one request at a time, and is used
again only after a whole answer, if neither side wants it closed and it was idle for less than `idle_s`; who
waits for a connection gets it in the order of asking; errors name neither path nor content.
Parsing is llhttp's (httptools). Leaves to others: what a request and an answer mean.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections import deque
from functools import cache
from typing import Final, cast
from urllib.parse import urlsplit

import httptools

LONGEST_ANSWER: Final = 64 << 20
"""Bytes; a hundred updates stay far below."""
_FIRST_FINAL: Final = 200


class NotSentError(Exception):
    """No byte of the request has left. The text says why, in a word."""


class NoAnswerError(Exception):
    """The request, or a part of it, has left, and no whole answer came. The text says why, in a word."""


@cache
def _tls() -> ssl.SSLContext:
    """The system's certificates; made once, because reading them takes its time."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


class _Line(asyncio.Protocol):
    """One connection. The methods without docstrings are asyncio's and httptools' callbacks."""

    __slots__ = (
        "_body",
        "_parser",
        "_size",
        "_waiter",
        "_wire",
        "deadline",
        "gone",
        "idle_since",
        "transport",
    )
    transport: asyncio.Transport

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._parser = httptools.HttpResponseParser(self)
        self._waiter: asyncio.Future[tuple[int, bytes]] | None = None
        self._body: list[bytes] = []
        self._size = 0
        self.deadline = 0.0
        self.idle_since = 0.0
        self.gone = asyncio.get_running_loop().create_future()

    def ask(self, request: bytes, deadline: float) -> asyncio.Future[tuple[int, bytes]]:
        """Write a request; the future is its answer, (status, body)."""
        self.deadline = deadline
        self._waiter = waiter = self.gone.get_loop().create_future()
        self.transport.write(request)
        return waiter

    def usable(self) -> bool:
        """Whether another request may be written to it."""
        return self._waiter is None and not self.transport.is_closing()

    def fail(self, why: str) -> None:
        """Give the answer up, and with it the connection: what came later would belong to nothing."""
        waiter, self._waiter = self._waiter, None
        self.transport.abort()
        if waiter is not None and not waiter.done():
            waiter.set_exception(NoAnswerError(why))

    # -- asyncio ---------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.fail("not HTTP")

    def connection_lost(self, error: Exception | None) -> None:
        self.fail("closed" if error is None else type(error).__name__)
        if not self.gone.done():
            self.gone.set_result(None)
        self._wire.lost(self)

    # -- httptools -------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        if self._waiter is None:  # nobody asked: the next answer could not be told from this one
            self.fail("unasked")

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if self._size <= self._wire.longest:
            self._body.append(body)
        else:
            self.fail("too long")

    def on_message_complete(self) -> None:
        waiter, status = self._waiter, self._parser.get_status_code()
        if waiter is None or status < _FIRST_FINAL:
            return  # given up, or "100 Continue": the answer is still to come
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._waiter, self._size = None, 0
        self._body.clear()
        if not self._parser.should_keep_alive() or self.transport.get_write_buffer_size():
            self.transport.abort()
        if not waiter.done():
            waiter.set_result((status, body))


class Wire:
    """Connections to the host of one address, at most `pool`, opened when they are needed.

    Must be closed (`close`); may be used again afterwards."""

    def __init__(
        self,
        base: str,
        *,
        pool: int,
        idle_s: float,
        longest: int = LONGEST_ANSWER,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """`base`: http or https address, of which only the host counts. `idle_s` is shorter than what
        servers grant, so that no request meets a connection that is being closed. `longest`: bytes of an
        answer. `trust`: certificates that are good, where not the system's."""
        parts = urlsplit(base)
        self._host = parts.hostname or ""
        secret = parts.scheme == "https"
        self._tls = (trust or _tls()) if secret else None
        self._port = parts.port or (443 if secret else 80)
        self._pool = pool
        self._idle_s = idle_s
        self.longest = longest
        self._open = 0  # places taken: connections that are there or being made
        self._idle: deque[_Line] = deque()
        self._busy: set[_Line] = set()
        self._queue: deque[asyncio.Future[_Line | None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    async def post(self, request: bytes, *, connect_s: float, answer_s: float) -> tuple[int, bytes]:
        """Send these bytes, a whole request; return status and body of the answer.

        Raises NotSentError if it could not be written within `connect_s`, and NoAnswerError if the answer
        is not whole `answer_s` later."""
        line = self._unused() or await self._obtained(connect_s)
        if line.transport.is_closing():
            self._drop(line)
            raise NotSentError("closed at once")
        deadline = line.gone.get_loop().time() + answer_s
        self._busy.add(line)
        self._watch(deadline)
        try:
            return await line.ask(request, deadline)
        except asyncio.CancelledError:
            line.fail("given up")
            raise
        finally:
            self._busy.discard(line)
            self._release(line)

    async def close(self) -> None:
        """End all connections; requests under way get NoAnswerError, those that wait NotSentError. Safe to
        call twice."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_exception(NotSentError("closed"))
        lines = [*self._idle, *self._busy]
        for line in lines:
            line.fail("closed")
        for line in lines:
            await line.gone

    # -- who has which connection ----------------------------------------------------------------

    def _unused(self) -> _Line | None:
        """The connection used last, so that the others grow old and are closed."""
        oldest_ok = time.monotonic() - self._idle_s
        while self._idle and self._idle[0].idle_since < oldest_ok:
            self._drop(self._idle.popleft())
        while self._idle:
            line = self._idle.pop()
            if line.usable():
                return line
            self._drop(line)
        return None

    async def _obtained(self, connect_s: float) -> _Line:
        """A new connection while there is a place for one, else the next that is free."""
        try:
            async with asyncio.timeout(connect_s):
                if self._open < self._pool:
                    self._open += 1
                    return await self._connected()
                line = await self._next_free()
                return line if line is not None and line.usable() else await self._connected()
        except TimeoutError:
            raise NotSentError("no connection in time") from None

    async def _next_free(self) -> _Line | None:
        """In the order of asking: a connection, or None for a place to make one."""
        turn: asyncio.Future[_Line | None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._pass_on(turn.result())
            else:
                with contextlib.suppress(ValueError):
                    self._queue.remove(turn)
            raise

    async def _connected(self) -> _Line:
        """Connect; the place is taken already, and given up if it fails."""
        loop = asyncio.get_running_loop()
        made = False
        try:
            _, line = await loop.create_connection(lambda: _Line(self), self._host, self._port, ssl=self._tls)
            made = True
        except TimeoutError:
            raise
        except (OSError, ValueError) as error:
            raise NotSentError(type(error).__name__) from None
        finally:
            if not made:
                self._vacate()
        return line

    def _release(self, line: _Line) -> None:
        if line.usable():
            line.idle_since = time.monotonic()
            self._pass_on(line)
        else:
            self._drop(line)

    def _drop(self, line: _Line) -> None:
        line.transport.abort()
        self._vacate()

    def _vacate(self) -> None:
        self._pass_on(None)

    def _pass_on(self, what: _Line | None) -> None:
        """A connection, or the place of one, goes to who has waited longest, else back."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(what)
                return
        if what is None:
            self._open -= 1
        else:
            self._idle.append(what)

    def lost(self, line: _Line) -> None:
        """The other side, or the network, has closed it; a busy one is dropped by whoever uses it."""
        if line not in self._busy:
            with contextlib.suppress(ValueError):
                self._idle.remove(line)
                self._vacate()

    # -- time ------------------------------------------------------------------------------------

    def _watch(self, deadline: float) -> None:
        """One timer for all: armed for the earliest deadline, and again when it has rung."""
        timer = self._timer
        if timer is not None:
            if timer.when() <= deadline:
                return
            timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(deadline, self._ring)

    def _ring(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        for line in [line for line in self._busy if line.deadline <= now]:
            line.fail("no answer in time")
        if self._busy:
            self._watch(min((line.deadline for line in self._busy), default=now))
