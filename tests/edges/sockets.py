"""A server of raw sockets whose every connection is served by a function of the test."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

REQUEST = b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"
Serve = Callable[["Peer"], Awaitable[None]]


@dataclass
class Peer:
    """One connection at the server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def request(self) -> bytes:
        """The next whole request of this module."""
        return await self.reader.readexactly(len(REQUEST))

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    def abort(self) -> None:
        self.writer.transport.abort()


@dataclass
class Server:
    """A server whose every connection is served by a function of the test."""

    serve: Serve
    peers: list[Peer] = field(default_factory=list)
    listening: asyncio.Server | None = None
    base: str = ""
    tls: ssl.SSLContext | None = None

    async def start(self) -> str:
        self.listening = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self.tls)
        self.base = f"http://127.0.0.1:{self.listening.sockets[0].getsockname()[1]}"
        return self.base

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        self.peers.append(peer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await self.serve(peer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def stop(self) -> None:
        assert self.listening is not None
        self.listening.close()
        for peer in self.peers:
            peer.abort()
        await self.listening.wait_closed()


def always(answer: bytes) -> Serve:
    async def serve(peer: Peer) -> None:
        while True:
            await peer.request()
            peer.say(answer)

    return serve
