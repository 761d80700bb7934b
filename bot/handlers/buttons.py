"""What people tap. Every tap is acknowledged, so that no button keeps spinning."""

from __future__ import annotations

from aiogram import Router
from aiogram.types import CallbackQuery, Message

from bot.handlers import keyboards
from bot.texts import say
from bot.visitor import Visitor

CHOICES = {"more": "campaign-more", "buy": "campaign-buy"}


def router() -> Router:
    buttons = Router(name="buttons")
    buttons.callback_query.register(consent, is_consent)
    buttons.callback_query.register(menu, is_menu)
    buttons.callback_query.register(campaign, is_campaign)
    buttons.callback_query.register(other)
    return buttons


# Coroutines, because aiogram takes every other filter, also F, to a thread and back.
async def is_consent(query: CallbackQuery) -> bool:
    return query.data in {"consent:all", "consent:none"}


async def is_menu(query: CallbackQuery) -> bool:
    return (query.data or "").startswith("menu:")


async def is_campaign(query: CallbackQuery) -> bool:
    return (query.data or "").startswith("c:")


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
