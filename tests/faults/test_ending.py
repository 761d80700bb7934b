"""A benchmark that is told to end takes its children along."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

import pytest

from benchmarks.quality._ending import to_the_end

ROOT = Path(__file__).resolve().parents[2]
WORK = """
import asyncio, sys
from benchmarks.quality._ending import to_the_end

async def work():
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(60)")
    print(child.pid, flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        child.kill()
        await child.wait()

to_the_end(work())
"""


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
async def test_told_to_end_it_ends_its_children_and_says_so(sign: signal.Signals) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WORK), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    parent.send_signal(sign)
    assert await parent.wait() == 128 + sign
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, 0)
        pytest.fail("the child lives on")


def test_work_that_ends_by_itself_is_left_alone() -> None:
    async def work() -> int:
        return 5

    assert to_the_end(work()) == 5
