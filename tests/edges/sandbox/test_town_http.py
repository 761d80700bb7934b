"""The server inside the town: a poller over real HTTP on virtual time, exact and the same each run."""

import asyncio
import random
from datetime import UTC, datetime

import aiohttp

from sandbox.botapi.faults import Fault, Faults
from sandbox.botapi.limits import Limits
from sandbox.botapi.server import BotApiServer
from sandbox.clock import Parking, Town, run_town
from sandbox.world import World
from tests.edges.sandbox.conftest import ADA, BOT, TOKEN, people

START = datetime(2026, 1, 1, tzinfo=UTC)
FIRST_MS = int(START.timestamp() * 1000)


class Client:
    """A bot's HTTP side that counts what it has open, as the product's adapters do."""

    def __init__(self, base_url: str, session: aiohttp.ClientSession, open_requests: list[int]) -> None:
        self._base_url = base_url
        self._session = session
        self._open = open_requests

    async def call(self, method: str, **params: object) -> dict[str, object]:
        self._open[0] += 1
        try:
            url = f"{self._base_url}/bot{TOKEN}/{method}"
            async with self._session.post(url, json=params, timeout=aiohttp.ClientTimeout(60)) as response:
                answer: dict[str, object] = await response.json()
                return answer
        finally:
            self._open[0] -= 1


async def echo(client: Client, town: Town, trace: list[tuple[int, object]]) -> None:
    offset = 0
    while True:
        answer = await client.call("getUpdates", offset=offset, timeout=50)
        assert isinstance(answer["result"], list)
        for update in answer["result"]:
            offset = update["update_id"] + 1
            sent = await client.call("sendMessage", chat_id=ADA, text=update["message"]["text"])
            trace.append((town.now_ms(), sent.get("ok")))


def town_day(seed: int, faults: Faults | None = None, latency_ms: float = 40) -> list[tuple[int, object]]:
    parking, open_requests, trace = Parking(), [0], list[tuple[int, object]]()

    async def main(town: Town) -> None:
        world = people(World(town.now_ms, parking=parking, seed=seed))
        server = BotApiServer(world, Limits(), faults, latency_ms=latency_ms)
        base_url = await server.start()
        dice = random.Random(seed)
        async with aiohttp.ClientSession() as session:
            polling = asyncio.create_task(echo(Client(base_url, session, open_requests), town, trace))
            for number in range(200):
                await asyncio.sleep(dice.expovariate(1 / 400))
                world.say(ADA, BOT, f"line {number}")
            await asyncio.sleep(60)
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)
        await server.stop()

    run_town(main, START, lambda: open_requests[0] - parking.parked)
    return trace


def test_a_day_of_polling_over_http_is_exact_and_repeats() -> None:
    trace = town_day(1)
    assert len(trace) == 201
    assert trace == town_day(1)
    assert trace != town_day(2)


def test_latency_is_the_only_time_a_request_takes() -> None:
    assert town_day(1, latency_ms=40)[0] == (FIRST_MS + 80, True)
    assert town_day(1, latency_ms=0)[0] == (FIRST_MS, True)


def test_an_injected_time_out_takes_the_callers_patience_and_not_a_real_second() -> None:
    parking, open_requests = Parking(), [0]

    async def main(town: Town) -> int:
        faults = Faults()
        faults.plan(Fault("sendMessage", "timeout_after"))
        server = BotApiServer(people(World(town.now_ms, parking=parking)), Limits(), faults)
        base_url = await server.start()
        async with aiohttp.ClientSession() as session:
            client = Client(base_url, session, open_requests)
            try:
                await client.call("sendMessage", chat_id=ADA, text="x")
            except TimeoutError:
                ended = town.now_ms()
        await server.stop()
        return ended - FIRST_MS

    assert run_town(main, START, lambda: open_requests[0] - parking.parked) == 60_000
