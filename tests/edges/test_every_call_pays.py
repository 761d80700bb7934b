"""Whatever a handler calls that names a chat waits for the pacer: typing, edits, reactions, topics, links."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiogram import Bot
from aiogram.methods import (
    AnswerCallbackQuery,
    CreateChatInviteLink,
    CreateForumTopic,
    DeleteMessage,
    EditMessageReplyMarkup,
    EditMessageText,
    SendChatAction,
    SendMessage,
    SetMessageReaction,
    TelegramMethod,
)
from aiogram.types import ReactionTypeEmoji

from adapters.telegram.client import TelegramClient
from adapters.telegram.messenger import TelegramMessenger
from app.visitors import Visitors
from bot.session import Answering, LedgerSession, answering
from core.flow.reply import ReplyDeps
from core.identity import Identity, telegram
from sandbox.botapi.server import BotApiServer
from sandbox.groups import Group
from sandbox.world import TelegramUser
from sandbox.world import World as Telegram
from tests.core.flow.worlds import ANNA, World

TOKEN, BOT, GROUP = "42:sandbox-secret", 42, -1001234567890


@dataclass(slots=True)
class Office:
    """A bot whose handlers speak through the ledger's session to a sandbox."""

    world: World
    telegram: Telegram
    bot: Bot

    async def calls(self, method: TelegramMethod[object]) -> object:
        """What a handler gets that calls this in answer to an update of Anna's."""
        answering.set(Answering(telegram(ANNA), 7, self.world.clock.now_ms()))
        return await self.world.through(self.bot(method))

    async def paid(self) -> float:
        """How many slots were taken so far."""
        return (await self.world.pacer.status(BOT, self.world.clock.now_ms()))["granted"]


async def nobody(_: Identity) -> bool:
    return False


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    world = World()
    there = Telegram(world.clock.now_ms)
    there.add_bot(TOKEN, "demo_bot", "Demo")
    there.add_user(TelegramUser(ANNA, "Anna"))
    there.add_group(Group(GROUP, "Group", bots={BOT}))
    there.open_chat(ANNA, BOT)
    server = BotApiServer(there)
    async with TelegramClient(TOKEN, await server.start()) as client:
        deps = ReplyDeps(world.store, world.pacer, TelegramMessenger([client], world.clock), world.clock)
        await world.says(ANNA, "/start")
        await world.apply()
        visitors = Visitors(deps, [client], "tr", nobody)
        yield Office(world, there, Bot(TOKEN, session=LedgerSession(visitors)))
    await server.stop()


NAMES_A_CHAT: list[TelegramMethod[object]] = [
    SendMessage(chat_id=ANNA, text="a"),  # type: ignore[list-item]  # any result will do
    SendChatAction(chat_id=ANNA, action="typing"),  # type: ignore[list-item]  # any result will do
    EditMessageText(chat_id=ANNA, message_id=1, text="b"),  # type: ignore[list-item]  # any result will do
    EditMessageReplyMarkup(chat_id=ANNA, message_id=1),  # type: ignore[list-item]  # any result will do
    DeleteMessage(chat_id=ANNA, message_id=1),  # type: ignore[list-item]  # any result will do
    SetMessageReaction(  # type: ignore[list-item]  # any result will do
        chat_id=ANNA, message_id=1, reaction=[ReactionTypeEmoji(emoji="👍")]
    ),
    CreateForumTopic(chat_id=GROUP, name="Anna"),  # type: ignore[list-item]  # any result will do
    CreateChatInviteLink(chat_id=GROUP),  # type: ignore[list-item]  # any result will do
]


@pytest.mark.parametrize("method", NAMES_A_CHAT, ids=lambda one: type(one).__name__)
async def test_a_call_that_names_a_chat_takes_a_slot(office: Office, method: TelegramMethod[object]) -> None:
    before = await office.paid()
    try:
        await office.calls(method)
    finally:
        assert await office.paid() == before + 1


async def test_a_call_that_names_no_chat_takes_none_and_passes_a_halt(office: Office) -> None:
    await office.world.pacer.limited(BOT, ANNA, 60, office.world.clock.now_ms())
    await office.calls(AnswerCallbackQuery(callback_query_id="1"))  # type: ignore[arg-type]  # any result
    assert await office.paid() == 0


async def test_within_a_halt_typing_and_edits_are_left_out_and_nobody_is_held_up(office: Office) -> None:
    now_ms = office.world.clock.now_ms()
    await office.world.pacer.limited(BOT, ANNA, 60, now_ms)
    assert await office.calls(NAMES_A_CHAT[1]) is False
    assert await office.calls(NAMES_A_CHAT[2]) is False
    assert not office.telegram.log.received()
    assert office.world.clock.now_ms() - now_ms < 60_000
