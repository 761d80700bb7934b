"""In groups the bot is silent, except to a command that names it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.session import makes_a_message
from bot.texts import say
from tests.core.flow.worlds import ANNA, human
from tests.edges.bot.shop import FACE, Shop, params

GROUP = -100_200


def spoken(text: str) -> dict[str, Any]:
    chat = {"id": GROUP, "type": "supergroup", "title": "Neighbours"}
    body = {"message_id": 5, "date": 1_767_607_200, "from": human(ANNA), "chat": chat, "text": text}
    return {"message": body}


async def said(text: str) -> list[str]:
    """What the bot says to these words in a group, whether or not capture asks for an answer."""
    shop = Shop()
    await shop.world.says(ANNA, "/start")
    await shop.serve()
    before = len(shop.world.messenger.sent)
    await shop.world.arrives(spoken(text))
    async with shop.world.store.transaction(write=False) as tx:
        (row,) = await tx.inbox.pending(10)
    await shop.run(row)
    return [str(params(one.body)["text"]) for one in shop.world.messenger.sent[before:]]


@pytest.mark.parametrize(
    "text", ["hello", "price?", "STOP", "/help", "/help@another_bot", "/start@another_bot"]
)
async def test_what_is_not_meant_for_the_bot_gets_no_answer(text: str) -> None:
    assert await said(text) == []


@pytest.mark.parametrize(
    "text", ["/help@kairos_boutique_bot", "/settings@Kairos_Boutique_Bot", "/mydata@kairos_boutique_bot"]
)
async def test_personal_matters_are_for_the_private_chat(text: str) -> None:
    assert await said(text) == [say("write-in-private", "en", address=f"https://t.me/{FACE.username}")]


async def test_a_stop_in_a_group_is_confirmed() -> None:
    assert await said("/stop@kairos_boutique_bot") == [say("stopped-group", "en")]


async def test_a_command_that_names_the_bot_is_understood_in_private_too() -> None:
    shop = Shop()
    await shop.world.says(ANNA, "/help@kairos_boutique_bot")
    assert await shop.serve() == [say("help", "en")]


async def test_a_tap_in_a_group_is_acknowledged_and_nothing_else() -> None:
    shop = Shop()
    shown = {"message_id": 3, "date": 1, "chat": {"id": GROUP, "type": "supergroup", "title": "N"}}
    tap = {"id": "9", "chat_instance": "1", "from": human(ANNA), "data": "menu:vip", "message": shown}
    await shop.world.arrives({"callback_query": tap})
    assert await shop.serve() == []
    assert shop.line.names() == ["answerCallbackQuery"]


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("sendMessage", True),
        ("sendInvoice", True),
        ("sendRichMessage", True),
        ("sendChecklist", True),
        ("copyMessage", True),
        ("giftPremiumSubscription", True),
        ("sendChatAction", False),
        ("sendMessageDraft", False),
        ("editMessageText", False),
        ("answerInlineQuery", False),
        ("answerPreCheckoutQuery", False),
    ],
)
def test_what_puts_a_message_before_a_person_goes_through_the_ledger(method: str, message: bool) -> None:
    assert makes_a_message(method) is message
