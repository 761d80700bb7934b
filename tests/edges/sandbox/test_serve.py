"""The sandbox as a process of its own: it says where it listens, keeps its evidence, and stops cleanly."""

import asyncio
import json
import signal
import sys
from pathlib import Path

import aiohttp

from sandbox.log import SandboxLog

PROGRAM = """
import asyncio, sys
from pathlib import Path
from sandbox.serve import BotSpec, ServeOptions, serve
from sandbox.world import TelegramUser, World

async def live(world: World) -> None:
    world.add_user(TelegramUser(501, "Ada"))
    world.start(501, 7001, None)
    if sys.argv[2] == "fail":
        raise RuntimeError("the people left")

options = ServeOptions(log_path=Path(sys.argv[1]))
asyncio.run(serve([BotSpec("7001:s", "first_bot", "First")], options, live))
"""


async def launch(log: Path, mode: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        str(log),
        mode,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_it_serves_until_sigterm_and_the_evidence_stays(tmp_path: Path) -> None:
    log = tmp_path / "sandbox.jsonl"
    process = await launch(log, "live")
    assert process.stdout is not None
    said = json.loads(await process.stdout.readline())
    assert said["tokens"] == ["7001:s"]
    async with aiohttp.ClientSession() as session:
        url = f"{said['base_url']}/bot7001:s"
        async with session.get(f"{url}/getUpdates", params={"timeout": "20"}) as response:
            (start,) = (await response.json())["result"]
        async with session.get(f"{url}/sendMessage", params={"chat_id": "501", "text": "hi"}) as response:
            assert (await response.json())["ok"]
        waiting = asyncio.create_task(
            session.get(f"{url}/getUpdates", params={"offset": str(start["update_id"] + 1), "timeout": "50"})
        )
        # Confirmed by the poll that waits now: start, hand-out, message and offset make four lines.
        while (await _health(session, said["base_url"]))["seq"] < 4:
            pass
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            assert await process.wait() == 0
        await asyncio.gather(waiting, return_exceptions=True)
    kept = SandboxLog(log)
    kept.close()
    assert [one.params["text"] for one in kept.received()] == ["hi"]
    assert kept.acknowledged() == {7001: start["update_id"] + 1}
    assert kept.emitted()[0].handed_at_ms is not None


async def test_people_who_fail_stop_the_server_with_their_error(tmp_path: Path) -> None:
    process = await launch(tmp_path / "sandbox.jsonl", "fail")
    async with asyncio.timeout(20):
        _, err = await process.communicate()
    assert process.returncode == 1
    assert b"the people left" in err


async def _health(session: aiohttp.ClientSession, base_url: str) -> dict[str, int]:
    async with session.get(f"{base_url}/sandbox/health") as response:
        health: dict[str, int] = await response.json()
        return health
