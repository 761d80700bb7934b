"""What people tap. Every tap is acknowledged, so that no button keeps spinning."""

from __future__ import annotations

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message

from bot.handlers import keyboards
from bot.texts import say
from bot.visitor import Visitor

CHOICES = {"more": "campaign-more", "buy": "campaign-buy"}


def router() -> Router:
    buttons = Router(name="buttons")
    buttons.callback_query.register(consent, F.data.in_({"consent:all", "consent:none"}))
    buttons.callback_query.register(menu, F.data.startswith("menu:"))
    buttons.callback_query.register(campaign, F.data.startswith("c:"))
    buttons.callback_query.register(other)
    return buttons


async def consent(query: CallbackQuery, visitor: Visitor) -> None:
    await query.answer()
    key = "consent-thanks" if query.data == "consent:all" else "consent-declined"
    if isinstance(query.message, Message):
        await query.message.answer(say(key, visitor.language))


async def menu(query: CallbackQuery, visitor: Visitor) -> None:
    await query.answer()
    topic = (query.data or "").partition(":")[2]
    if topic in keyboards.MENU and isinstance(query.message, Message):
        await query.message.answer(say(f"answer-{topic}", visitor.language))


async def campaign(query: CallbackQuery, visitor: Visitor) -> None:
    choice = (query.data or "").rpartition(":")[2]
    await query.answer(say(CHOICES.get(choice, "campaign-thanks"), visitor.language))


async def other(query: CallbackQuery) -> None:
    await query.answer()
