"""Slowness, answers that break off, limits that change, and messages for which Stars are paid."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from sandbox.botapi.latency import Latency, Travel, parse_travel
from sandbox.world import Group, TelegramUser
from tests.edges.sandbox.conftest import ADA, BOT, Api, until


async def turn(api: Api, door: str, wish: object) -> dict[str, Any]:
    """Ask the sandbox's own door; its answer."""
    async with api.session.post(f"{api.base_url}/sandbox/{door}", json=wish) as response:
        answer: dict[str, Any] = await response.json()
        assert response.status == (200 if answer["ok"] else 400)
        return answer


def crowd(api: Api, people: int) -> range:
    """People who have started the bot."""
    ids = range(1000, 1000 + people)
    for user_id in ids:
        api.world.add_user(TelegramUser(user_id, "x"))
        api.world.open_chat(user_id, BOT)
    return ids


async def accepted(api: Api, ids: range, **params: Any) -> int:
    answers = [await api.call("sendMessage", chat_id=user_id, text="x", **params) for user_id in ids]
    return sum(answer["ok"] for answer in answers)


async def test_an_answer_can_break_off_in_its_middle_although_the_message_arrived(api: Api) -> None:
    async with api.session.post(
        f"{api.base_url}/sandbox/faults", json={"method": "sendMessage", "kind": "drop_within"}
    ):
        pass
    with pytest.raises(aiohttp.ClientError):
        await api.call("sendMessage", chat_id=ADA, text="x")
    (one,) = api.world.log.received()
    assert (one.ok, one.delivered, one.error) == (True, True, "drop_within (injected)")
    assert (await api.result("getMe"))["id"] == BOT, "the server goes on"


async def test_a_slow_call_is_answered_rightly_and_holds_nobody_else_up(api: Api) -> None:
    await turn(api, "faults", {"method": "sendMessage", "kind": "slow", "hold_s": 3600})
    call = asyncio.create_task(api.call("sendMessage", chat_id=ADA, text="x"))
    await until(lambda: api.world.parking.parked == 1)
    assert await api.result("getMe")
    assert not call.done()
    call.cancel()
    await turn(api, "faults", {"method": "getMe", "kind": "slow", "hold_s": 0})
    assert await api.result("getMe")


async def test_the_round_trip_can_be_set_while_the_server_runs(api: Api) -> None:
    told = await turn(api, "latency", {"ms": 3_600_000, "methods": {"getMe": 0}})
    assert told["methods"] == {"getme": 0}
    call = asyncio.create_task(api.call("sendMessage", chat_id=ADA, text="x"))
    await until(lambda: api.world.parking.parked == 1)
    assert await api.result("getMe")
    call.cancel()
    assert not (await turn(api, "latency", {"ms": -1}))["ok"]
    assert not (await turn(api, "latency", {"seconds": 1}))["ok"]


def test_jitter_spreads_the_way_and_repeats_by_seed() -> None:
    travel = parse_travel({"ms": 60, "jitter_ms": 20, "methods": {"getUpdates": 0}})
    ways = [[Latency(travel, seed).way_s("sendMessage") for _ in range(1)] for seed in (1, 1, 2)]
    assert ways[0] == ways[1] != ways[2]
    one = Latency(travel, 3)
    drawn = [one.way_s("sendMessage") for _ in range(500)]
    assert 0.02 <= min(drawn) < 0.024
    assert 0.036 < max(drawn) <= 0.04
    assert one.way_s("getUpdates") == 0
    assert Latency(Travel(60)).way_s("sendMessage") == 0.03


async def test_a_hidden_limit_can_be_set_while_the_server_runs(api: Api) -> None:
    ids = crowd(api, 40)
    assert (await turn(api, "limits", {"per_second": 24}))["limits"]["per_second"] == 24
    assert await accepted(api, ids) == 24
    api.hands.now_ms += 2_000
    own = (await turn(api, "limits", {"per_second": 5, "bot_id": BOT}))["own"]
    assert own[str(BOT)]["per_second"] == 5
    assert own[str(BOT)]["group_per_minute"] == 20
    assert await accepted(api, ids) == 5
    for wish in ({"per_second": "many"}, {"speed": 3}, [24]):
        assert not (await turn(api, "limits", wish))["ok"]


async def test_who_pays_stars_may_send_beyond_the_free_limit(api: Api) -> None:
    ids = crowd(api, 60)
    assert (await turn(api, "stars", {"bot_id": BOT, "stars": 4.5}))["stars"] == {str(BOT): 4.5}
    assert await accepted(api, ids, allow_paid_broadcast=True) == 45, "a tenth of a Star each"
    refused = await api.error("sendMessage", chat_id=1059, text="x", allow_paid_broadcast=True)
    assert refused == (400, "Bad Request: BALANCE_TOO_LOW")
    assert await accepted(api, range(1045, 1060)) == 15, "the free limit is another one"
    assert await api.result("getMyStarBalance") == {"amount": 0}
    for wish in ({"bot_id": 5, "stars": 1}, {"bot_id": BOT, "stars": "all"}, {"stars": 1}, 7):
        assert not (await turn(api, "stars", wish))["ok"]


async def test_the_paid_limit_and_that_of_a_chat_hold_too(api: Api) -> None:
    await turn(api, "stars", {"bot_id": BOT, "stars": 100})
    await turn(api, "limits", {"paid_per_second": 50})
    assert await accepted(api, crowd(api, 60), allow_paid_broadcast=True) == 50
    api.hands.now_ms += 1_000
    twice = [await accepted(api, range(1000, 1001), allow_paid_broadcast=True) for _ in range(2)]
    assert twice == [1, 0]
    assert await api.result("getMyStarBalance") == {"amount": 94, "nanostar_amount": 900_000_000}


async def test_a_message_that_is_refused_is_not_paid_for(api: Api) -> None:
    await turn(api, "stars", {"bot_id": BOT, "stars": 1})
    api.world.add_group(Group(-5, "Elsewhere"))
    assert (await api.error("sendMessage", chat_id=-5, text="x", allow_paid_broadcast=True))[0] == 403
    assert await api.result("getMyStarBalance") == {"amount": 1}
