"""Broadcasts from Telegram: an operator replies /broadcast and taps; others hear nothing of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from app.broadcasting import TelegramBroadcasts
from app.desk.broadcasts import Place
from app.parts import Operator
from app.visitors import Visitors
from bot.answering import Answers
from bot.broadcaster import Origin
from bot.texts import say
from core.errors import RefusedError, TransportError
from core.ledger import Message, Move, State
from tests.core.flow.broadcasts import deps, expand, member_of, town
from tests.core.flow.worlds import ANNA, BORA, BOT, CEM, World
from tests.edges.bot.shop import CLUB_FACE, FACE, Shop, data_of, params

BOSS, HELPER = 5001, 5002
OPERATORS = (Operator(BOSS, "ayse", "owner"), Operator(HELPER, "ben", "agent"))
CHOICES = ["bc:test:tg-1", "bc:now:tg-1", "bc:best:tg-1", "bc:end:tg-1"]


class House(Shop):
    """A shop with operators."""

    broadcasts: TelegramBroadcasts

    @classmethod
    async def open(cls) -> House:
        world = await town(ANNA, BORA, CEM)
        await member_of(world, "ENGAGED", ANNA, BORA)
        await world.says(BOSS, "/start")
        await world.apply()
        house = cls(world=world)
        visitors = Visitors(world.replying, [house.line, house.club], "en", house._forget)
        place = Place(deps(world), world.clock, {})
        house.broadcasts = TelegramBroadcasts(place, world.replying, OPERATORS, visitors.call)
        house.answers = Answers(
            [FACE, CLUB_FACE], visitors, visitors.find, house.terms, broadcaster=house.broadcasts
        )
        await house.serve()
        return house

    async def asks(self, person: int, *, of: int = 0) -> str:
        """Reply /broadcast to an own message (`of`: to one of somebody else); the answer."""
        chat = {"id": person, "type": "private"}
        owner = {"id": of or person, "is_bot": False, "first_name": "X"}
        meant = {"message_id": 77, "date": 1, "from": owner, "chat": chat, "text": "Spring!"}
        await self.world.says(person, "/broadcast", reply_to_message=meant)
        [text] = await self.serve()
        return text

    async def chooses(self, data: str, person: int = BOSS) -> Mapping[str, Any]:
        """Tap; the page that then stands there."""
        await self.world.taps(person, data)
        await self.serve()
        return self.line.last("editMessageText")

    async def rows(self) -> list[Message]:
        async with self.world.store.transaction(write=False) as tx:
            return await tx.ledger.of_campaign("b:tg-1", 0, 100)

    async def watch(self) -> int:
        """Let the progress be shown; how many edits were made by that."""
        before = self.line.names().count("editMessageText")
        await self.world.through(self.broadcasts.watch())
        return self.line.names().count("editMessageText") - before


async def drafted() -> House:
    house = await House.open()
    await house.asks(BOSS)
    await house.chooses("bc:to:77:ENGAGED")
    return house


async def test_an_operator_is_offered_the_audiences_with_their_sizes() -> None:
    house = await House.open()
    assert await house.asks(BOSS) == say("broadcast-audience", "en")
    markup = params(house.world.messenger.sent[-1].body)["reply_markup"]
    assert isinstance(markup, Mapping)
    words = [row[0]["text"] for row in markup["inline_keyboard"]]
    assert words[0] == "Everybody (4)"
    assert "ENGAGED (2)" in words
    data = house.buttons()
    assert data[0] == "bc:to:77:*"
    assert all(len(one.encode()) <= 64 for one in data)


async def test_to_everybody_else_it_is_an_unknown_command() -> None:
    house = await House.open()
    for person in (ANNA, HELPER):
        assert await house.asks(person) == say("help", "en")
    await house.world.taps(ANNA, "bc:to:77:*")
    await house.serve()
    assert "editMessageText" not in house.line.names()
    async with house.world.store.transaction(write=False) as tx:
        assert await tx.campaigns.by_state(()) == []


async def test_without_an_own_message_it_says_how() -> None:
    house = await House.open()
    assert await house.asks(BOSS, of=ANNA) == say("broadcast-how", "en")
    await house.world.says(BOSS, "/broadcast")
    assert await house.serve() == [say("broadcast-how", "en")]


async def test_the_choice_of_an_audience_shows_what_would_happen() -> None:
    house = await House.open()
    await house.asks(BOSS)
    page = await house.chooses("bc:to:77:ENGAGED")
    assert page["text"].startswith("tg-1: to ENGAGED. 2 people are meant.\n2 messages would go out")
    assert data_of(page) == CHOICES
    page = await house.chooses("bc:to:77:*")
    assert "tg-2: to everybody. 4 people" in page["text"]
    assert "has not agreed to campaign messages (1)" in page["text"]
    assert await house.rows() == []


async def test_an_audience_that_is_not_there_is_a_sentence() -> None:
    house = await House.open()
    page = await house.chooses("bc:to:77:NOBODY")
    assert "there is no segment NOBODY" in page["text"]


async def test_a_test_goes_to_operators_as_a_copy_and_is_counted_nowhere() -> None:
    house = await drafted()
    before = len(house.world.messenger.sent)
    await house.world.taps(BOSS, CHOICES[0])
    [row] = await house.waiting()
    await house.run(row)
    heading, copy = house.world.messenger.sent[before:]
    assert str(heading.body["text"]).startswith("TEST of the broadcast tg-1")
    assert (copy.chat_id, copy.body["method"], params(copy.body)["message_id"]) == (BOSS, "copyMessage", 77)
    assert house.line.last("answerCallbackQuery")["text"] == say("broadcast-tested", "en", people=1)
    assert await house.rows() == []
    [line, *_] = await house.world.within(lambda tx: tx.control.audit_trail(1))
    assert (line.action, line.actor) == ("broadcast.test", "telegram:ayse")


async def test_sent_now_it_is_copied_to_its_audience_and_its_progress_is_shown() -> None:
    house = await drafted()
    page = await house.chooses(CHOICES[1])
    assert "under way. 0 of 2 are through" in page["text"]
    assert data_of(page) == ["bc:end:tg-1"]
    rows = await house.rows()
    assert sorted(row.chat_id for row in rows) == [ANNA, BORA]
    assert {params(row.body)["from_chat_id"] for row in rows} == {BOSS}
    assert await house.watch() == 0  # five seconds have not passed yet
    house.world.clock.advance(6)
    assert await house.watch() == 1
    assert "under way. 0 of 2 are through" in house.line.last("editMessageText")["text"]
    house.world.clock.advance(6)
    assert await house.watch() == 0  # nothing is new
    await closed(house.world, rows)
    house.world.clock.advance(6)
    await expand(house.world)
    assert await house.watch() == 1
    page = house.line.last("editMessageText")
    assert page["text"].startswith("tg-1: done. 2 sent, 1 answered, 0 blocked, 0 opted out.")
    assert "reply_markup" not in page
    house.world.clock.advance(6)
    assert await house.watch() == 0


async def closed(world: World, rows: list[Message]) -> None:
    """All are sent, and the first is answered."""
    now_ms = world.clock.now_ms()
    async with world.store.transaction() as tx:
        await tx.ledger.move([Move(m.id, State.PLANNED, State.SENDING, permit_ms=now_ms) for m in rows])
        await tx.ledger.move([Move(m.id, State.SENDING, State.SENT, sent_ms=now_ms) for m in rows])
        await tx.ledger.answered({rows[0].id: now_ms})


async def test_at_each_ones_best_time_is_a_broadcast_of_a_day() -> None:
    house = await drafted()
    await house.chooses(CHOICES[2])
    async with house.world.store.transaction(write=False) as tx:
        row = await tx.campaigns.get("tg-1")
    assert row is not None
    assert (row.state, row.body["when"]) == ("running", {"best": 24})


async def test_it_can_be_cancelled_before_and_after_its_start() -> None:
    house = await drafted()
    page = await house.chooses(CHOICES[1])
    await expand(house.world)
    page = await house.chooses("bc:end:tg-1")
    assert page["text"].startswith("tg-1: cancelled.")
    assert {row.state for row in await house.rows()} == {State.SUPPRESSED}
    page = await house.chooses(CHOICES[1])
    assert "only a draft can be started" in page["text"]
    house.world.clock.advance(6)
    assert await house.watch() == 0


async def test_a_progress_that_can_not_be_shown_harms_nobody() -> None:
    house = await drafted()
    await house.chooses(CHOICES[1])
    await expand(house.world)
    house.world.clock.advance(6)
    house.line.failures.append(TransportError("gone"))
    assert await house.watch() == 1


async def test_only_operators_are_heard_by_the_installation_too() -> None:
    house = await House.open()
    with pytest.raises(RefusedError, match="only operators"):
        await house.broadcasts.draft(ANNA, Origin(BOT, ANNA, 7), "*")


async def test_a_message_number_that_cannot_be_makes_no_draft() -> None:
    house = await House.open()
    page = await house.chooses(f"bc:to:{10**30}:ENGAGED")
    assert "message_id" in page["text"]
    async with house.world.store.transaction(write=False) as tx:
        assert await tx.campaigns.by_state(()) == []
