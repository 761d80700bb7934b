"""The small HTTP server: order, bounds, slow clients, a stop that cuts nobody off. Asked in plain bytes."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from adapters.web.http import MAX_PIPELINED, Exchange, HttpLimits, HttpServer

GET = b"GET /now HTTP/1.1\r\nHost: x\r\n\r\n"
LATER = b"GET /later HTTP/1.1\r\nHost: x\r\n\r\n"
MUCH = 32 * 1024 * 1024
"""Bytes that no socket holds."""
LIMITS = HttpLimits(body=1_000, request_s=0, idle_s=0, connections=5, linger_s=0)


@dataclass
class Client:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self) -> tuple[int, dict[bytes, bytes], bytes]:
        head = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = head[:-4].split(b"\r\n")
        headers = dict(line.lower().split(b": ", 1) for line in lines)
        body = await self.reader.readexactly(int(headers.get(b"content-length", b"0")))
        return int(first.split()[1]), headers, body

    async def status(self) -> int:
        return (await self.answer())[0]

    async def is_closed(self) -> bool:
        return await self.reader.read() == b""


@dataclass
class Site:
    """A server that answers /now at once and /later when it is told."""

    limits: HttpLimits = LIMITS
    later: list[Exchange] = field(default_factory=list)
    seen: list[Exchange] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    clients: list[Client] = field(default_factory=list)
    port: int = 0

    async def start(self) -> None:
        self.server = HttpServer(self.handle, self.limits)
        self.port = await self.server.start("127.0.0.1", 0)

    def handle(self, exchange: Exchange) -> None:
        self.seen.append(exchange)
        self.arrived.set()
        if exchange.path == b"/later":
            self.later.append(exchange)
        else:
            exchange.answer(200, exchange.body or b"now")

    async def client(self) -> Client:
        self.clients.append(Client(*await asyncio.open_connection("127.0.0.1", self.port)))
        return self.clients[-1]

    async def until_seen(self, count: int) -> None:
        while len(self.seen) < count:
            self.arrived.clear()
            await self.arrived.wait()

    async def close(self) -> None:
        await self.server.stop(grace_s=0)
        for client in self.clients:
            client.writer.close()
            with contextlib.suppress(OSError):
                await client.writer.wait_closed()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    found = Site()
    await found.start()
    yield found
    await found.close()


async def test_a_connection_serves_many_requests_one_after_the_other(site: Site) -> None:
    client = await site.client()
    for _ in range(3):
        client.send(GET)
        assert await client.answer() == (
            200,
            {b"content-length": b"3", b"content-type": b"text/plain"},
            b"now",
        )
    assert len(site.server.connections) == 1


async def test_answers_keep_the_order_of_requests_that_did_not_wait(site: Site) -> None:
    client = await site.client()
    client.send(LATER + GET + LATER + GET)
    await site.until_seen(4)
    first, second = site.later
    second.answer(200, b"second")
    first.answer(200, b"first")
    assert [(await client.answer())[2] for _ in range(4)] == [b"first", b"now", b"second", b"now"]


async def test_a_request_may_arrive_byte_by_byte_or_in_chunks(site: Site) -> None:
    client = await site.client()
    for byte in b"POST /now HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello":
        client.send(bytes([byte]))
        await client.writer.drain()
        await asyncio.sleep(0)
    assert (await client.answer())[2] == b"hello"
    client.send(b"POST /now HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")
    assert (await client.answer())[2] == b"hello"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST /now HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", 413),
        (b"POST /now HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", 400),
        (b"POST /now HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + b"x" * 1001, 413),
        (b"GET /now HTTP/1.1\r\nX: " + b"x" * 40_000, 431),
        (b"GET /" + b"x" * 40_000, 431),
        (b"GET /now HTTP/1.1\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", 431),
        (b"GET /now HTTP/1.1\r\n" + b"".join(b"X%d: y\r\n" % n for n in range(200)), 431),
        (b"nonsense\r\n\r\n", 400),
        (b"POST /now HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST /now HTTP/1.1\r\nContent-Length: -3\r\n\r\n", 400),
    ],
)
async def test_what_is_too_big_or_no_http_is_refused_and_the_connection_ends(
    site: Site, request_: bytes, status: int
) -> None:
    client = await site.client()
    client.send(request_)
    got, headers, _ = await client.answer()
    assert (got, headers[b"connection"]) == (status, b"close")
    assert await client.is_closed()
    assert site.seen == []


async def test_whoever_is_refused_while_still_sending_reads_the_answer() -> None:
    site = Site(HttpLimits(body=1_000, linger_s=60))
    await site.start()
    client = await site.client()
    client.send(b"POST /now HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n")
    for _ in range(100):
        client.send(b"x" * 10_000)
    await client.writer.drain()
    assert await client.status() == 413
    await site.close()


async def test_the_body_is_asked_for_when_the_client_waits_for_that(site: Site) -> None:
    client = await site.client()
    client.send(b"POST /now HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    assert await client.status() == 100
    client.send(b"ok")
    assert (await client.answer())[2] == b"ok"


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /now HTTP/1.0\r\n\r\n",
        b"GET /now HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET /now HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    ],
)
async def test_a_connection_that_shall_not_last_ends_with_its_answer(site: Site, request_: bytes) -> None:
    client = await site.client()
    client.send(request_)
    status, headers, body = await client.answer()
    assert (status, headers[b"connection"], body) == (200, b"close", b"now")
    assert await client.is_closed()


async def test_a_head_has_no_body_and_a_query_is_no_part_of_the_path(site: Site) -> None:
    client = await site.client()
    client.send(b"HEAD /now?x=1 HTTP/1.1\r\n\r\n" + GET)
    head = await client.reader.readuntil(b"\r\n\r\n")
    assert b"Content-Length: 3" in head
    assert (await client.answer())[2] == b"now"
    assert site.seen[0].path == b"/now"


async def test_whoever_asks_without_reading_is_read_no_further(site: Site) -> None:
    client, other = await site.client(), await site.client()
    client.send(LATER * MAX_PIPELINED)
    await site.until_seen(MAX_PIPELINED)
    client.send(LATER)
    for _ in range(10):
        other.send(GET)
        assert await other.status() == 200
    assert len(site.later) == MAX_PIPELINED
    for exchange in list(site.later):
        exchange.answer(200, b"x")
    await site.until_seen(MAX_PIPELINED + 10 + 1)
    assert len(site.later) == MAX_PIPELINED + 1


async def test_whoever_takes_no_answers_is_read_no_further(site: Site) -> None:
    client, other = await site.client(), await site.client()
    client.send(LATER)
    await site.until_seen(1)
    site.later[0].answer(200, bytes(MUCH))
    client.send(GET)
    for _ in range(10):
        other.send(GET)
        assert await other.status() == 200
    assert len(site.seen) == 11
    assert len((await client.answer())[2]) == MUCH
    assert await client.status() == 200


@pytest.mark.parametrize("more", [b"", GET, b"nonsense", b"GET /now HTTP/1.1\r\nConnection: close\r\n\r\n"])
async def test_whoever_takes_no_answers_for_long_is_cut_off(more: bytes) -> None:
    site = Site(HttpLimits(request_s=0.02, idle_s=0, sweep_s=0.005, linger_s=0))
    await site.start()
    client = await site.client()
    client.send(LATER + more)
    await site.until_seen(1)
    site.later[0].answer(200, bytes(MUCH))
    while site.server.connections:
        await asyncio.sleep(0)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await client.answer()
    await site.close()


async def test_only_the_bytes_of_a_head_count_for_its_bound(site: Site) -> None:
    client = await site.client()
    client.send(GET * 2_000 + GET[:20])
    for _ in range(2_000):
        assert await client.status() == 200
    client.send(GET[20:])
    assert await client.status() == 200


async def test_more_connections_than_allowed_are_closed(site: Site) -> None:
    served = [await site.client() for _ in range(5)]
    for client in served:
        client.send(GET)
        assert await client.status() == 200
    assert await (await site.client()).is_closed()
    served[0].send(GET)
    assert await served[0].status() == 200


async def test_slow_and_idle_connections_are_closed_and_busy_ones_are_not() -> None:
    site = Site(HttpLimits(request_s=0.02, idle_s=0.05, sweep_s=0.005))
    await site.start()
    busy, idle, slow = await site.client(), await site.client(), await site.client()
    busy.send(LATER)
    await site.until_seen(1)
    slow.send(b"GET /now HT")
    assert await slow.is_closed()
    assert await idle.is_closed()
    assert len(site.server.connections) == 1
    site.later[0].answer(200, b"late, but answered")
    assert (await busy.answer())[2] == b"late, but answered"
    await site.close()


async def test_a_stop_answers_what_is_under_way_and_takes_nothing_new(site: Site) -> None:
    working, idle = await site.client(), await site.client()
    working.send(LATER)
    await site.until_seen(1)
    stopping = asyncio.create_task(site.server.stop())
    assert await idle.is_closed()
    with pytest.raises(OSError, match="refused|Connect"):
        await site.client()
    working.send(GET)
    site.later[0].answer(200, b"the last word")
    assert (await working.answer())[1:] == (
        {b"content-length": b"13", b"connection": b"close", b"content-type": b"text/plain"},
        b"the last word",
    )
    await stopping
    assert not site.server.connections
    assert len(site.seen) == 1


async def test_a_stop_does_not_wait_for_ever(site: Site) -> None:
    client = await site.client()
    client.send(LATER)
    await site.until_seen(1)
    await site.server.stop(grace_s=0)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await client.answer()
    site.later[0].answer(200)  # too late, and no error


async def test_whoever_hangs_up_first_gets_no_answer_and_does_no_harm(site: Site) -> None:
    gone, other = await site.client(), await site.client()
    gone.send(LATER)
    await site.until_seen(1)
    gone.writer.transport.abort()
    site.later[0].answer(200)
    other.send(GET)
    assert await other.status() == 200
    while len(site.server.connections) == 2:
        await asyncio.sleep(0)


async def test_whoever_ends_its_own_side_still_gets_the_answer(site: Site) -> None:
    client = await site.client()
    client.send(LATER)
    client.writer.write_eof()
    await site.until_seen(1)
    site.later[0].answer(200, b"here")
    assert (await client.answer())[2] == b"here"
    assert await client.is_closed()


async def test_no_bytes_whatever_stop_the_server(site: Site) -> None:
    dice = random.Random(7)
    seeds = [GET, LATER, b"POST /now HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n0\r\n\r\n"]
    for _ in range(300):
        noise = bytearray(dice.choice(seeds) * dice.randint(1, 3))
        for _ in range(dice.randint(1, 6)):
            noise[dice.randrange(len(noise))] = dice.randrange(256)
        _, writer = await asyncio.open_connection("127.0.0.1", site.port)
        writer.write(bytes(noise[: dice.randint(1, len(noise))]))
        writer.write_eof()
        while site.later:
            site.later.pop().answer(200)
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    client = await site.client()
    client.send(GET)
    assert await client.status() == 200
    while len(site.server.connections) > 1:
        while site.later:
            site.later.pop().answer(200)
        await asyncio.sleep(0)
