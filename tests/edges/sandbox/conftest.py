"""A Bot API server on a clock that stands still until a test moves it, and a bare HTTP client."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from sandbox.botapi.faults import Faults
from sandbox.botapi.limits import Limits
from sandbox.botapi.server import BotApiServer
from sandbox.world import TelegramUser, World

TOKEN = "7001:first-secret"
BOT = 7001
ADA = 501
BORA = 502


@dataclass
class Hands:
    """A clock whose hands a test moves."""

    now_ms: int = 1_767_225_600_000

    def __call__(self) -> int:
        return self.now_ms


@dataclass
class Api:
    """The server, its world and a client that speaks plain HTTP."""

    hands: Hands
    world: World
    faults: Faults
    server: BotApiServer
    session: aiohttp.ClientSession
    base_url: str = ""

    async def call(self, method: str, *, token: str = TOKEN, **params: Any) -> dict[str, Any]:
        """Call with a JSON body; returns the envelope."""
        async with self.session.post(f"{self.base_url}/bot{token}/{method}", json=params) as response:
            answer: dict[str, Any] = await response.json()
            assert response.status == answer.get("error_code", 200)
            return answer

    async def result(self, method: str, **params: Any) -> Any:
        """Call a method that must succeed."""
        answer = await self.call(method, **params)
        assert answer["ok"], answer
        return answer["result"]

    async def error(self, method: str, **params: Any) -> tuple[int, str]:
        """Call a method that must fail; returns code and description."""
        answer = await self.call(method, **params)
        assert not answer["ok"], answer
        return answer["error_code"], answer["description"]


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until the condition holds."""
    while not condition():  # noqa: ASYNC110 - what the server counts is no event, and the server is real
        await asyncio.sleep(0)


def people(world: World) -> World:
    """A bot that Ada has started and Bora has not."""
    world.add_bot(TOKEN, "first_bot", "First")
    world.add_user(TelegramUser(ADA, "Ada", "Demir", "ada", "tr", True))
    world.add_user(TelegramUser(BORA, "Bora", None, None, "en", False))
    world.start(ADA, BOT, None)
    return world


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
async def api(hands: Hands) -> AsyncIterator[Api]:
    """A server with strict limits."""
    world = people(World(hands))
    faults = Faults(seed=1)
    server = BotApiServer(world, Limits(), faults)
    async with aiohttp.ClientSession() as session:
        found = Api(hands, world, faults, server, session)
        found.base_url = await server.start()
        yield found
    await server.stop()
