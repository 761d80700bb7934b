"""The wire against raw sockets: what arrives, and what is said of requests that ended otherwise."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import uvloop

from adapters.telegram.wire import NoAnswerError, NotSentError, Wire
from tests.edges.sockets import OK, REQUEST, Peer, Serve, Server, always


@pytest.fixture
async def serving() -> AsyncIterator[Callable[..., Awaitable[tuple[Server, Wire]]]]:
    """Starts servers and wires on them, and ends them."""
    begun: list[tuple[Server, Wire]] = []

    async def begin(serve: Serve, pool: int = 4, idle_s: float = 15.0) -> tuple[Server, Wire]:
        server = Server(serve)
        begun.append((server, Wire(await server.start(), pool=pool, idle_s=idle_s)))
        return begun[-1]

    yield begin
    for server, wire in begun:
        await wire.close()
        await server.stop()


Begin = Callable[..., Awaitable[tuple[Server, Wire]]]


async def post(wire: Wire, *, connect_s: float = 5.0, answer_s: float = 5.0) -> tuple[int, bytes]:
    return await wire.post(REQUEST, connect_s=connect_s, answer_s=answer_s)


async def test_requests_follow_each_other_on_one_connection(serving: Begin) -> None:
    server, wire = await serving(always(OK))
    for _ in range(5):
        assert await post(wire) == (200, b"fine")
    assert len(server.peers) == 1


async def test_an_answer_in_crumbs_and_in_chunks_is_whole(serving: Begin) -> None:
    answer = (
        b"HTTP/1.1 100 Continue\r\n\r\n"
        b"HTTP/1.1 502 Bad\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )

    async def serve(peer: Peer) -> None:
        while True:
            await peer.request()
            for byte in answer:
                peer.say(bytes([byte]))
                await peer.writer.drain()

    server, wire = await serving(serve)
    assert await post(wire) == (502, b"abcde")
    assert await post(wire) == (502, b"abcde")
    assert len(server.peers) == 1


async def test_an_answer_of_many_megabytes_arrives_and_one_too_long_does_not(serving: Begin) -> None:
    sizes = iter([2_000_000, 4_000_000])

    async def serve(peer: Peer) -> None:
        while True:
            await peer.request()
            size = next(sizes)
            peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)

    server, _ = await serving(serve)
    wire = Wire(server.base, pool=1, idle_s=15, longest=3_000_000)
    assert len((await post(wire))[1]) == 2_000_000
    with pytest.raises(NoAnswerError, match="too long"):
        await post(wire)
    await wire.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ],
)
async def test_half_an_answer_is_none(serving: Begin, answer: bytes) -> None:
    async def serve(peer: Peer) -> None:
        await peer.request()
        peer.say(answer)

    _, wire = await serving(serve)
    with pytest.raises(NoAnswerError, match="closed"):
        await post(wire)


@pytest.mark.parametrize("answer", [b"garbage\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"220 smtp ready\r\n"])
async def test_garbage_is_no_answer(serving: Begin, answer: bytes) -> None:
    _, wire = await serving(always(answer))
    with pytest.raises(NoAnswerError, match="not HTTP"):
        await post(wire)


async def test_a_changed_protocol_is_no_answer(serving: Begin) -> None:
    _, wire = await serving(
        always(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
    )
    with pytest.raises(NoAnswerError):
        await post(wire)


async def test_who_closes_with_the_answer_is_not_asked_again(serving: Begin) -> None:
    server, wire = await serving(
        always(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx")
    )
    assert await post(wire) == (200, b"x")
    assert await post(wire) == (200, b"x")
    assert len(server.peers) == 2


async def test_a_reset_after_the_request_is_no_answer(serving: Begin) -> None:
    async def serve(peer: Peer) -> None:
        await peer.request()
        peer.abort()

    _, wire = await serving(serve)
    with pytest.raises(NoAnswerError):
        await post(wire)


@pytest.mark.parametrize("extra", [b"HTTP/1.1 200 OK\r\n", OK, b"xx"])
async def test_what_nobody_asked_for_is_never_taken_for_an_answer(serving: Begin, extra: bytes) -> None:
    async def serve(peer: Peer) -> None:
        await peer.request()
        peer.say(OK + extra)
        await peer.request()
        peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong")

    server, wire = await serving(serve)
    assert await post(wire) == (200, b"fine")
    assert await post(wire) == (200, b"fine")
    assert len(server.peers) == 2


async def test_a_connection_that_was_closed_while_idle_is_not_used(serving: Begin) -> None:
    async def serve(peer: Peer) -> None:
        await peer.request()
        peer.say(OK)
        await peer.writer.drain()

    server, wire = await serving(serve, pool=1)
    for count in range(1, 4):
        assert await post(wire) == (200, b"fine")
        while not server.peers[-1].writer.is_closing():
            await asyncio.sleep(0)
        await asyncio.to_thread(lambda: None)  # the loop has looked at its sockets since
        assert len(server.peers) == count


async def test_a_connection_that_was_idle_for_long_is_closed_and_not_used(serving: Begin) -> None:
    server, wire = await serving(always(OK), pool=3, idle_s=0.0)
    await asyncio.gather(*(post(wire) for _ in range(3)))
    await post(wire)
    assert len(server.peers) == 4
    for peer in server.peers[:3]:
        assert await peer.reader.read() == b"", "closed by us"


async def test_a_request_without_an_answer_in_time_ends_and_so_does_its_connection(serving: Begin) -> None:
    async def serve(peer: Peer) -> None:
        await peer.request()
        if len(server.peers) > 1:
            peer.say(OK)
        await peer.reader.read()

    server, wire = await serving(serve, pool=1)
    with pytest.raises(NoAnswerError, match="no answer in time"):
        await post(wire, answer_s=0.02)
    assert await post(wire) == (200, b"fine")


async def test_each_request_has_its_own_deadline(serving: Begin) -> None:
    go = asyncio.Event()

    async def serve(peer: Peer) -> None:
        await peer.request()
        await go.wait()
        peer.say(OK)
        await peer.reader.read()

    _, wire = await serving(serve)
    patient = asyncio.create_task(post(wire, answer_s=30))
    with pytest.raises(NoAnswerError):
        await post(wire, answer_s=0.02)
    with pytest.raises(NoAnswerError):
        await post(wire, answer_s=0.01)
    go.set()
    assert await patient == (200, b"fine")


async def test_nobody_listens_so_nothing_was_sent() -> None:
    listening = await asyncio.start_server(lambda _, __: None, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    listening.close()
    await listening.wait_closed()
    wire = Wire(f"http://127.0.0.1:{port}", pool=1, idle_s=15)
    for _ in range(3):
        with pytest.raises(NotSentError, match="ConnectionRefusedError"):
            await post(wire)
    await wire.close()


async def test_a_name_that_nobody_has_was_not_reached() -> None:
    wire = Wire("http://nowhere.invalid", pool=1, idle_s=15)
    with pytest.raises(NotSentError):
        await post(wire)


async def test_a_server_without_tls_gets_nothing_of_a_request_over_tls(serving: Begin) -> None:
    seen: list[bytes] = []

    async def serve(peer: Peer) -> None:
        seen.append(await peer.reader.read(100))
        peer.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    server, _ = await serving(serve)
    wire = Wire(server.base.replace("http:", "https:"), pool=1, idle_s=15)
    with pytest.raises(NotSentError, match="SSL"):
        await post(wire)
    assert b"POST" not in seen[0]
    await wire.close()


async def test_who_waits_for_a_connection_gets_it_in_order(serving: Begin) -> None:
    server, wire = await serving(always(OK), pool=2)
    ended: list[int] = []

    async def one(number: int) -> None:
        await post(wire)
        ended.append(number)

    await asyncio.gather(*(one(number) for number in range(40)))
    assert len(server.peers) == 2
    assert ended[-10:] == sorted(ended[-10:])


async def test_who_waits_too_long_for_a_connection_has_sent_nothing(serving: Begin) -> None:
    go = asyncio.Event()

    async def serve(peer: Peer) -> None:
        while True:
            await peer.request()
            await go.wait()
            peer.say(OK)

    _, wire = await serving(serve, pool=1)
    first = asyncio.create_task(post(wire))
    await asyncio.sleep(0)
    with pytest.raises(NotSentError, match="no connection in time"):
        await post(wire, connect_s=0.01)
    waiting = [asyncio.create_task(post(wire)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    go.set()
    assert await first == await waiting[0] == await waiting[2] == (200, b"fine")


async def test_a_place_whose_connection_failed_goes_to_the_next_who_waits(serving: Begin) -> None:
    async def serve(peer: Peer) -> None:
        await peer.request()
        if len(server.peers) == 1:
            peer.abort()
        else:
            peer.say(OK)

    server, wire = await serving(serve, pool=1)
    ends = await asyncio.gather(*(post(wire) for _ in range(2)), return_exceptions=True)
    assert isinstance(ends[0], NoAnswerError)
    assert ends[1] == (200, b"fine")


async def test_a_request_given_up_by_its_caller_leaves_no_answer_to_the_next(serving: Begin) -> None:
    arrived = asyncio.Event()

    async def serve(peer: Peer) -> None:
        await peer.request()
        if len(server.peers) == 1:
            arrived.set()
            await peer.reader.read()
            peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong")
        else:
            peer.say(OK)
            await peer.reader.read()

    server, wire = await serving(serve, pool=1)
    task = asyncio.create_task(post(wire))
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await post(wire) == (200, b"fine")


async def test_closing_ends_what_is_under_way_and_what_waits(serving: Begin) -> None:
    arrived = asyncio.Event()

    async def serve(peer: Peer) -> None:
        await peer.request()
        if len(server.peers) > 1:
            peer.say(OK)
        arrived.set()
        await peer.reader.read()

    server, wire = await serving(serve, pool=1)
    sent, waits = asyncio.create_task(post(wire)), asyncio.create_task(post(wire))
    await arrived.wait()
    await wire.close()
    ends = await asyncio.gather(sent, waits, return_exceptions=True)
    assert isinstance(ends[0], NoAnswerError)
    assert isinstance(ends[1], NotSentError)
    await wire.close()
    assert await post(wire) == (200, b"fine"), "it may be used again"


def test_on_uvloop_it_keeps_the_same_promises() -> None:
    """Production runs on uvloop, tests and simulations on asyncio's own loop."""

    async def serve(peer: Peer) -> None:
        await peer.request()
        peer.say(OK)
        await peer.request()
        if len(server.peers) == 1:
            peer.abort()
        await peer.reader.read()

    async def main() -> None:
        wire = Wire(await server.start(), pool=1, idle_s=15)
        assert await post(wire) == (200, b"fine")
        with pytest.raises(NoAnswerError):
            await post(wire)
        assert await post(wire) == (200, b"fine")
        with pytest.raises(NoAnswerError, match="no answer in time"):
            await post(wire, answer_s=0.02)
        await wire.close()
        await server.stop()
        with pytest.raises(NotSentError):
            await post(wire)

    server = Server(serve)
    uvloop.run(main())


CERTIFICATE = Path(__file__).with_name("localhost.pem")
"""Of a host that is called localhost; it is good for these tests alone, and so is its key beside it."""


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_over_tls_only_a_host_with_a_good_certificate_gets_anything(run: Callable[..., None]) -> None:
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(CERTIFICATE)
    good = ssl.create_default_context(cafile=str(CERTIFICATE))

    async def serve(peer: Peer) -> None:
        await peer.request()
        peer.say(OK)
        await peer.request()
        peer.say(OK[:-1])

    async def main() -> None:
        server = Server(serve, tls=served)
        base = (await server.start()).replace("http:", "https:")
        named = base.replace("127.0.0.1", "localhost")
        wire = Wire(named, pool=1, idle_s=15, trust=good)
        assert await post(wire) == (200, b"fine")
        with pytest.raises(NoAnswerError):
            await post(wire)
        assert await post(wire) == (200, b"fine")
        for stranger in (Wire(named, pool=1, idle_s=15), Wire(base, pool=1, idle_s=15, trust=good)):
            with pytest.raises(NotSentError, match="SSLCert"):
                await post(stranger)
        await wire.close()
        await server.stop()

    run(main())
