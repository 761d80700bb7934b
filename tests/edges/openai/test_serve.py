"""The simulated service as a process: says where it is, answers, and ends at a signal."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal

import aiohttp

from sandbox.openai.serve import ServiceOptions, serve


class Announced(io.StringIO):
    """Tells when something was said."""

    def __init__(self) -> None:
        super().__init__()
        self.said = asyncio.Event()

    def flush(self) -> None:
        self.said.set()


async def test_it_serves_until_it_is_told_to_end() -> None:
    out = Announced()
    task = asyncio.ensure_future(serve(ServiceOptions(seed=3, malicious=True), out))
    await asyncio.wait_for(out.said.wait(), 10)
    line = json.loads(out.getvalue())
    assert line["simulated"] is True
    async with aiohttp.ClientSession() as client, client.get(f"{line['base_url']}/models") as answer:
        assert answer.status == 200
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(task, 10)
