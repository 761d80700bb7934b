"""Tracked links: the first click of a link counts and is durable, and who was forgotten stays so."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.memory import MemoryStore
from app.tracking import follower, link_of
from core.errors import StoreError
from core.flow.click import ClickDeps, Clicked, click
from core.flow.forget import ForgetDeps, forget_pending, request_erasure
from core.identity import telegram
from core.keyed import click_token
from core.ledger import Message, Move, State
from tests.core.flow.worlds import ANNA, DAY, NOW, World

BODY = {"text": '<a href="{link:0}">x</a>', "links": ["https://shop.example/a", "https://shop.example/b"]}
KEY = b"k" * 32


def deps(world: World) -> ClickDeps:
    return ClickDeps(world.store, world.hot)


async def sent(world: World, state: State = State.SENT, **changes: Any) -> Message:
    """A message with two links that went out to Anna, or may have."""
    await world.settle(ANNA)
    (message,) = await world.offers(ANNA, body=BODY, **changes)
    now_ms = world.clock.now_ms()
    moves = [Move(message.id, State.PLANNED, State.SENDING, permit_ms=now_ms)]
    moves += [Move(message.id, State.SENDING, state, sent_ms=now_ms if state is State.SENT else None)]
    for move in moves:
        await world.within(lambda tx, move=move: tx.ledger.move([move]))  # type: ignore[misc] # a closure
    return await world.row(message.id)


async def test_a_click_leads_on_counts_once_and_answers_its_message() -> None:
    world = World()
    message = await sent(world)
    world.clock.advance(60)
    clicked_ms = world.clock.now_ms()
    assert await click(deps(world), message.id, 0, clicked_ms) == Clicked("https://shop.example/a", True)
    world.clock.advance(60)
    again = [await click(deps(world), message.id, 0, world.clock.now_ms()) for _ in range(3)]
    assert again == [Clicked("https://shop.example/a", False)] * 3
    assert (await click(deps(world), message.id, 1, world.clock.now_ms())) == Clicked(
        "https://shop.example/b", True
    )
    kinds = await world.kinds(ANNA)
    assert (kinds.count("link_clicked"), kinds.count("campaign_answered")) == (2, 1)
    assert (await world.row(message.id)).answered_ms == clicked_ms
    number = await world.number(ANNA)
    async with world.store.transaction(write=False) as tx:
        (answer,) = await tx.events.of_kinds([number], ["campaign_answered"], 0)
    assert (answer.event.props["how"], answer.event.props["delay_ms"]) == ("click", 60_000)


async def test_a_click_counts_once_although_the_clock_was_set_back() -> None:
    world = World()
    message = await sent(world)
    early_ms = message.created_ms - 3_600_000
    counted = [await click(deps(world), message.id, 0, early_ms + more) for more in (0, 5)]
    assert [one.counted for one in counted if one is not None] == [True, False]


async def test_a_look_for_a_preview_counts_nothing() -> None:
    world = World()
    message = await sent(world)
    found = await click(deps(world), message.id, 0, NOW, counts=False)
    assert found == Clicked("https://shop.example/a")
    assert "link_clicked" not in await world.kinds(ANNA)


async def test_a_click_proves_that_a_message_of_unknown_fate_arrived() -> None:
    world = World()
    message = await sent(world, State.UNKNOWN)
    await click(deps(world), message.id, 0, world.clock.now_ms())
    assert (await world.row(message.id)).state is State.SENT
    assert "campaign_sent" in await world.kinds(ANNA)


async def test_a_late_click_is_noted_but_answers_nothing() -> None:
    world = World()
    message = await sent(world)
    world.clock.advance(9 * DAY / 1000)
    found = await click(deps(world), message.id, 0, world.clock.now_ms())
    assert found == Clicked("https://shop.example/a", True)
    assert (await world.row(message.id)).answered_ms == 0


async def test_places_that_are_not_there_and_addresses_outside_the_web_lead_nowhere() -> None:
    world = World()
    message = await sent(world)
    assert await click(deps(world), message.id, 2, NOW) is None
    assert await click(deps(world), message.id + 1, 0, NOW) is None
    (other,) = await world.offers(ANNA, step="2", body={"text": "x", "links": ["tg://user?id=1"]})
    assert await click(deps(world), other.id, 0, NOW) is None


async def test_of_somebody_who_was_forgotten_nothing_is_noted() -> None:
    world = World()
    message = await sent(world)

    async def scrub(words: Any) -> None:
        """No logs here."""

    forget = ForgetDeps(world.store, world.hot, lambda identity: identity.value, scrub)
    assert await request_erasure(world.store, telegram(ANNA), world.clock.now_ms())
    world.clock.advance(DAY / 1000)
    assert (await forget_pending(forget, world.clock.now_ms())).erased == 1
    before = len(await _export(world))
    found = await click(deps(world), message.id, 0, world.clock.now_ms())
    assert found == Clicked("https://shop.example/a", False)
    assert len(await _export(world)) == before


async def _export(world: World) -> list[Any]:
    async with world.store.transaction(write=False) as tx:
        return list(await tx.events.export((0, ""), 1000))


async def test_only_genuine_tokens_are_followed_and_nothing_while_the_store_is_away() -> None:
    world = World()
    message = await sent(world)
    follow = follower(deps(world), KEY, world.clock)
    token = click_token(KEY, message.id, 1)
    assert await follow(token, False) == "https://shop.example/b"
    assert await follow(click_token(b"o" * 32, message.id, 1), True) is None
    assert await follow(token[:-1], True) is None
    link = link_of(KEY, "https://crm.example.org")
    assert link is not None
    assert link(message.id, 1) == f"https://crm.example.org/l/{token}"
    assert link_of(KEY, "") is None
    assert isinstance(world.store, MemoryStore)
    world.store.failing = True
    with pytest.raises(StoreError):
        await follow(token, True)
    world.store.failing = False
    assert "link_clicked" not in await world.kinds(ANNA)
