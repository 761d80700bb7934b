"""The simulated service as a process: prints one line of JSON with its address, serves until SIGTERM or
SIGINT, and stops cleanly."""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import dataclass
from typing import TextIO

import orjson

from sandbox.openai.answers import Model
from sandbox.openai.faults import Faults
from sandbox.openai.server import OpenAiServer


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """How to serve."""

    host: str = "127.0.0.1"
    port: int = 0
    seed: int = 0
    malicious: bool = False


async def serve(options: ServiceOptions, announce: TextIO | None = None) -> None:
    """Serve until a signal to stop."""
    server = OpenAiServer(Model(options.seed, malicious=options.malicious), Faults(options.seed))
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    out = announce if announce is not None else sys.stdout
    try:
        line = {"base_url": await server.start(options.host, options.port), "simulated": True}
        out.write(orjson.dumps(line).decode() + "\n")
        out.flush()
        await stopping.wait()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        await server.stop()
