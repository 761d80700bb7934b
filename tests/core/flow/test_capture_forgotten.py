"""Who asked to be forgotten is not taken in again, unless by coming back with /start."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from core.flow.capture import CaptureDeps, apply_pending
from core.identity import Identity, telegram
from core.ports import RawUpdate
from tests.core.flow.worlds import ANNA, BORA, BOT, CEM, GROUP, NOW, OTHER_BOT, World, human

ERASED = NOW - 10_000


def hashed(identity: Identity) -> str:
    return f"{identity.namespace}/{identity.value}"


class Forgotten(World):
    """A world in which Anna asked to be forgotten, before anything here was known of her."""

    async def begin(self) -> Forgotten:
        async with self.store.transaction() as tx:
            number = (await tx.people.resolve([telegram(ANNA)], 0))[telegram(ANNA)]
            await tx.erasures.request(number, 0)
            await tx.erasures.erase(number, [hashed(telegram(ANNA))], ERASED)
        return self

    async def comes(self, limit: int = 500) -> int:
        """Apply what waits; how many events it brought."""
        deps = CaptureDeps(self.store, self.hot, self.read, hashed)
        return (await apply_pending(deps, self.clock.now_ms(), limit)).events

    async def knows(self, person: int) -> bool:
        async with self.store.transaction(write=False) as tx:
            return await tx.people.find(telegram(person)) is not None

    async def listed(self) -> bool:
        async with self.store.transaction(write=False) as tx:
            return bool(await tx.erasures.suppressed([hashed(telegram(ANNA))]))


async def test_nothing_is_kept_of_what_somebody_does_who_asked_to_be_forgotten() -> None:
    world = await Forgotten().begin()
    await world.says(ANNA, "are you still there?")
    await world.says_in_group(ANNA, "hello all")
    await world.taps(ANNA, "menu:vip")
    await world.says(BORA, "hello")
    assert await world.comes() == 1
    assert not await world.knows(ANNA)
    assert await world.knows(BORA)
    assert await world.inbox() == {"applied": 2, "handled": 2}, (
        "no words of theirs are answered, taps are ended"
    )


async def test_a_start_is_a_new_beginning() -> None:
    world = await Forgotten().begin()
    await world.says(ANNA, "before")
    world.clock.advance(1)
    await world.says(ANNA, "/start")
    await world.says(ANNA, "hello again")
    assert await world.comes() == 2, "what came before the new beginning stays away"
    assert await world.kinds(ANNA) == ["started", "message_received"]
    assert not await world.listed()
    world.clock.advance(1)
    await world.says(ANNA, "and on")
    assert await world.comes() == 1


async def test_a_start_from_before_the_erasure_brings_nobody_back() -> None:
    """As when another bot's queue, or the same update once more, comes late."""
    world = await Forgotten().begin()
    world.clock.advance(-60)
    await world.says(ANNA, "/start", bot=OTHER_BOT)
    world.clock.advance(120)
    await world.says(ANNA, "/start", date=ERASED // 1000)
    assert await world.comes() == 0
    assert not await world.knows(ANNA)
    assert await world.listed()
    await world.says(ANNA, "/start")
    assert await world.comes() == 1, "she wants to"
    assert not await world.listed()


async def test_history_that_nobody_answers_brings_nobody_back() -> None:
    world = await Forgotten().begin()
    raw = await world.says(BORA, "hello")
    start = RawUpdate(90, raw.body.replace(str(BORA).encode(), str(ANNA).encode()), raw.received_ms)
    start = replace(start, body=start.body.replace(b"hello", b"/start"))
    async with world.store.transaction() as tx:
        await tx.inbox.add(BOT, [start], answer=False)
    assert await world.comes() == 1
    assert not await world.knows(ANNA)
    assert await world.listed()
    await world.says(ANNA, "/start")
    assert await world.comes() == 1


async def bodies(world: World) -> dict[int, dict[str, Any]]:
    """What is stored of each update, by its number."""
    async with world.store.transaction() as tx:
        ids = range(1, world.updates + 1)
        await tx.inbox.failed(ids, "so that it can be read")
        return {row.update_id: json.loads(row.body) for row in await tx.inbox.aside(0, 99)}


async def test_what_telegram_waits_for_is_left_to_handlers_and_brings_no_event() -> None:
    world = await Forgotten().begin()
    await world.taps(ANNA, "menu:vip")
    sale = {"id": "7", "from": human(ANNA), "currency": "XTR", "total_amount": 5, "invoice_payload": "vip"}
    await world.arrives({"pre_checkout_query": sale})
    await world.arrives({"inline_query": {"id": "8", "from": human(ANNA), "query": "shoes", "offset": ""}})
    assert await world.comes() == 0
    async with world.store.transaction(write=False) as tx:
        assert [row.update_id for row in await tx.inbox.unhandled(9)] == [1, 2]
    assert not await world.knows(ANNA)


async def test_their_words_do_not_stay_in_the_inbox() -> None:
    world = await Forgotten().begin()
    await world.says(ANNA, "canary")
    await world.says_in_group(ANNA, "canary too")
    await world.says_in_group(BORA, "hello")
    assert await world.comes() == 1
    left = await bodies(world)
    assert [left[1], left[2]] == [{"update_id": 1}, {"update_id": 2}]
    assert left[3]["message"]["text"] == "hello"


@pytest.mark.parametrize("joined", [(BORA, ANNA, CEM), (ANNA, BORA, CEM)])
async def test_in_an_update_about_several_the_others_stay_known(joined: tuple[int, ...]) -> None:
    world = await Forgotten().begin()
    members = [human(one, "Canary" if one == ANNA else "") for one in joined]
    for member in members:
        member["username"] = f"name_of_{member['id']}"
    chat = {"id": GROUP, "type": "supergroup", "title": "Club"}
    await world.writes(CEM, {"chat": chat, "new_chat_members": members})
    assert await world.comes() == 2
    (left,) = (await bodies(world)).values()
    assert "Canary" not in str(left)
    assert f"name_of_{ANNA}" not in str(left)
    assert await world.kinds(BORA) == await world.kinds(CEM) == ["group_joined"]
    if joined[0] != ANNA:
        kept = [member["id"] for member in left["message"]["new_chat_members"]]
        assert kept == [BORA, 0, CEM]


async def test_people_who_are_known_are_never_looked_for_on_the_list() -> None:
    world = await Forgotten().begin()
    asked: list[Identity] = []

    def watched(identity: Identity) -> str:
        asked.append(identity)
        return hashed(identity)

    deps = CaptureDeps(world.store, world.hot, world.read, watched)
    for _ in range(2):
        await world.says(BORA, "hello")
        await apply_pending(deps, world.clock.now_ms())
    assert asked == [telegram(BORA)]
