"""What people tap. Every tap is acknowledged, so that no button keeps spinning."""

from __future__ import annotations

from aiogram import Router
from aiogram.types import CallbackQuery, Message

from bot.handlers import keyboards, preferences
from bot.handlers.filters import exactly, meaning
from bot.handlers.talk import answer_of
from bot.texts import say
from bot.visitor import Terms, Visitor

CHOICES = {"more": "campaign-more", "buy": "campaign-buy"}


def router() -> Router:
    buttons = Router(name="buttons")
    buttons.callback_query.register(consent, exactly("consent:all", "consent:none"))
    buttons.callback_query.register(menu, meaning("menu:"))
    buttons.callback_query.register(campaign, meaning("c:"))
    buttons.callback_query.register(other)
    return buttons


async def consent(query: CallbackQuery, visitor: Visitor) -> None:
    """Within the settings the page is drawn again; anywhere else the choice gets a word of its own."""
    await query.answer()
    if preferences.is_open(query.message):
        await preferences.redraw(query, preferences.MAIN, visitor)
        return
    key = "consent-thanks" if query.data == "consent:all" else "consent-declined"
    if isinstance(query.message, Message):
        await query.message.answer(say(key, visitor.language))


async def menu(query: CallbackQuery, visitor: Visitor, terms: Terms) -> None:
    await query.answer()
    topic = (query.data or "").partition(":")[2]
    if topic in keyboards.MENU and isinstance(query.message, Message):
        text = answer_of(topic, visitor.language, terms)
        buy = keyboards.vip(visitor.language, terms.vip_stars) if _sells(topic, terms) else None
        await query.message.answer(text, reply_markup=buy)


def _sells(topic: str, terms: Terms) -> bool:
    return topic == "vip" and terms.vip_stars > 0


async def campaign(query: CallbackQuery, visitor: Visitor) -> None:
    choice = (query.data or "").rpartition(":")[2]
    await query.answer(say(CHOICES.get(choice, "campaign-thanks"), visitor.language))


async def other(query: CallbackQuery) -> None:
    await query.answer()
