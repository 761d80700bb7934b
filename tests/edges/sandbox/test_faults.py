"""What goes wrong on demand, before and after the effect, counted or by seeded chance."""

import asyncio
from typing import Any

import aiohttp
import pytest

from sandbox.botapi.faults import Fault, Faults, parse_fault
from tests.edges.sandbox.conftest import ADA, Api, until


async def plan(api: Api, wish: object) -> dict[str, object]:
    async with api.session.post(f"{api.base_url}/sandbox/faults", json=wish) as response:
        answer: dict[str, object] = await response.json()
        return answer


def delivered(api: Api) -> list[tuple[bool, bool, str | None]]:
    return [(one.ok, one.delivered, one.error) for one in api.world.log.received()]


async def test_the_next_calls_of_a_method_are_rejected_and_then_it_is_over(api: Api) -> None:
    assert (await plan(api, {"method": "sendMessage", "kind": "429", "times": 2, "retry_after": 7}))["ok"]
    for _ in range(2):
        answer = await api.call("sendMessage", chat_id=ADA, text="x")
        assert answer["parameters"] == {"retry_after": 7}
        assert await api.result("getMe")
    await api.result("sendMessage", chat_id=ADA, text="x")
    assert [one.ok for one in api.world.log.received()] == [False, False, True]


async def test_a_server_error_has_no_effect(api: Api) -> None:
    await plan(api, {"method": "*", "kind": "500"})
    assert await api.error("sendMessage", chat_id=ADA, text="x") == (500, "Internal Server Error")
    assert delivered(api) == [(False, False, "500 (injected)")]


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
async def test_a_dropped_connection_tells_the_caller_nothing(api: Api, kind: str) -> None:
    await plan(api, {"method": "sendMessage", "kind": kind})
    with pytest.raises(aiohttp.ClientError):
        await api.call("sendMessage", chat_id=ADA, text="x")
    reached = kind == "drop_after"
    assert delivered(api) == [(reached, reached, f"{kind} (injected)")]


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after"])
async def test_a_time_out_holds_the_caller_until_it_gives_up(api: Api, kind: str) -> None:
    await plan(api, {"method": "sendMessage", "kind": kind})
    call = asyncio.create_task(api.call("sendMessage", chat_id=ADA, text="x"))
    await until(lambda: api.world.parking.parked == 1)
    call.cancel()
    await until(lambda: api.world.parking.parked == 0)
    reached = kind == "timeout_after"
    assert delivered(api) == [(reached, reached, f"{kind} (injected)")]


async def test_planned_faults_are_shown_and_cleared(api: Api) -> None:
    shown = await plan(api, [{"kind": "500"}, {"method": "getMe", "kind": "429"}])
    planned: Any = shown["planned"]
    assert [fault["method"] for fault in planned] == ["*", "getMe"]
    async with api.session.delete(f"{api.base_url}/sandbox/faults") as response:
        assert (await response.json())["planned"] == []
    assert await api.result("getMe")


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"kind": "fire"}, "the kind of a fault is one of"),
        ({"kind": "500", "colour": 1}, "a fault has no field 'colour'"),
        ({"kind": "500", "times": "two"}, "a number is needed"),
        (5, "a fault is an object"),
    ],
)
async def test_a_wrong_wish_is_refused_with_a_sentence(api: Api, wish: object, reason: str) -> None:
    answer = await plan(api, wish)
    assert answer["ok"] is False
    assert str(answer["error"]).startswith(reason)


def test_chance_is_repeatable_by_seed_and_near_its_probability() -> None:
    def strikes(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.plan(parse_fault({"kind": "500", "probability": 0.2}))
        return [faults.take("sendMessage") is not None for _ in range(2000)]

    assert strikes(1) == strikes(1)
    assert strikes(1) != strikes(2)
    assert 300 < sum(strikes(1)) < 500


def test_a_fault_matches_its_method_in_any_case() -> None:
    assert Fault("sendMessage", "500").hits("SENDMESSAGE")
    assert not Fault("sendMessage", "500").hits("sendPhoto")


async def test_the_sandbox_shows_its_health_and_its_log(api: Api) -> None:
    await api.result("sendMessage", chat_id=ADA, text="x")
    async with api.session.get(f"{api.base_url}/sandbox/health") as response:
        health = await response.json()
    assert (health["ok"], health["pending"], health["seq"]) == (True, {"7001": 1}, 2)
    async with api.session.get(f"{api.base_url}/sandbox/log", params={"after": "1"}) as response:
        lines = (await response.text()).splitlines()
    assert len(lines) == 1
    assert '"kind":"received"' in lines[0]
    async with api.session.get(f"{api.base_url}/sandbox/log", params={"after": "x"}) as response:
        assert response.status == 400
    async with api.session.get(f"{api.base_url}/sandbox/nothing") as response:
        assert response.status == 404
