"""getUpdates: offsets confirm, a newer poll ends the older, kinds are remembered, age drops."""

import asyncio

import aiohttp

from sandbox.updates import command_entities
from tests.edges.sandbox.conftest import ADA, BOT, Api, until

CONFLICT = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


async def texts(api: Api, **params: object) -> list[str]:
    return [update["message"]["text"] for update in await api.result("getUpdates", **params)]


async def test_updates_come_again_until_an_offset_confirms_them(api: Api) -> None:
    first_id = (await api.result("getUpdates"))[0]["update_id"]
    api.world.say(ADA, BOT, "two")
    assert await texts(api) == ["/start", "two"]
    assert await texts(api, limit=1) == ["/start"]
    assert await texts(api, offset=first_id + 1) == ["two"]
    assert await texts(api) == ["two"]
    assert await texts(api, offset=first_id + 2) == []
    assert api.world.log.acknowledged() == {BOT: first_id + 2}
    assert [one.update_id for one in api.world.log.emitted()] == [first_id, first_id + 1]


async def test_a_negative_offset_keeps_the_last_ones(api: Api) -> None:
    for text in ("a", "b", "c"):
        api.world.say(ADA, BOT, text)
    assert await texts(api, offset=-2) == ["b", "c"]
    assert await texts(api) == ["b", "c"]


async def test_a_long_poll_is_answered_as_soon_as_something_happens(api: Api) -> None:
    (start,) = await api.result("getUpdates")
    poll = asyncio.create_task(texts(api, offset=start["update_id"] + 1, timeout=50))
    await until(lambda: api.world.parking.parked == 1)
    api.world.say(ADA, BOT, "now")
    assert await poll == ["now"]
    assert api.world.parking.parked == 0


async def test_a_second_poll_terminates_the_first(api: Api) -> None:
    offset = (await api.result("getUpdates"))[0]["update_id"] + 1
    first = asyncio.create_task(api.error("getUpdates", offset=offset, timeout=50))
    await until(lambda: api.world.parking.parked == 1)
    second = asyncio.create_task(texts(api, offset=offset, timeout=50))
    assert await first == (409, CONFLICT)
    await until(lambda: api.world.parking.parked == 1)
    api.world.say(ADA, BOT, "for the second")
    assert await second == ["for the second"]


async def test_a_poller_that_dies_leaves_nothing_behind(api: Api) -> None:
    offset = (await api.result("getUpdates"))[0]["update_id"] + 1
    async with aiohttp.ClientSession() as session:
        url = f"{api.base_url}/bot7001:first-secret/getUpdates"
        dying = asyncio.create_task(session.post(url, json={"offset": offset, "timeout": 50}).__aenter__())
        await until(lambda: api.world.parking.parked == 1)
        dying.cancel()
        await until(lambda: api.world.parking.parked == 0)
    api.world.say(ADA, BOT, "kept")
    assert await texts(api) == ["kept"]


async def test_the_kinds_a_bot_asked_for_are_remembered(api: Api) -> None:
    await api.result("getUpdates", allowed_updates=["callback_query"])
    api.world.say(ADA, BOT, "unwanted")
    api.world.tap(ADA, BOT, 1, "wanted")
    updates = await api.result("getUpdates")
    assert [sorted(update) for update in updates] == [
        ["message", "update_id"],
        ["callback_query", "update_id"],
    ]
    assert updates[1]["callback_query"]["message"]["date"] == 0
    assert updates[1]["update_id"] == updates[0]["update_id"] + 2
    await api.result("getUpdates", allowed_updates=[])
    api.world.say(ADA, BOT, "wanted again")
    api.world.emit(BOT, {"message_reaction": {}})
    assert [sorted(update)[0] for update in await api.result("getUpdates")][2:] == ["message"]


async def test_updates_wait_a_day_and_taps_two_and_a_half_minutes(api: Api) -> None:
    api.world.tap(ADA, BOT, 1, "x")
    api.hands.now_ms += 151_000
    assert await texts(api) == ["/start"]
    api.hands.now_ms += 24 * 3_600_000
    assert await texts(api) == []


async def test_people_speak_telegrams_own_shapes(api: Api) -> None:
    api.world.start(ADA, BOT, "spring")
    api.world.block(ADA, BOT)
    api.world.say(ADA, BOT, "back")
    api.world.pay(ADA, BOT, currency="XTR", total_amount=150, payload="vip", charge_id="c-1")
    updates = (await api.result("getUpdates"))[1:]

    start, blocked, unblocked, said, paid = updates
    assert start["message"]["text"] == "/start spring"
    assert start["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    assert start["message"]["from"]["is_premium"] is True
    assert blocked["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    assert unblocked["my_chat_member"]["new_chat_member"]["status"] == "member"
    assert said["message"]["text"] == "back"
    assert paid["message"]["successful_payment"] == {
        "currency": "XTR",
        "total_amount": 150,
        "invoice_payload": "vip",
        "telegram_payment_charge_id": "c-1",
        "provider_payment_charge_id": "c-1",
    }


def test_only_a_command_at_the_beginning_is_marked() -> None:
    assert command_entities("/stop now") == [{"type": "bot_command", "offset": 0, "length": 5}]
    assert command_entities("please /stop") == command_entities("/ stop") == command_entities("/") == []
