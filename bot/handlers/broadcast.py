"""Broadcasts from Telegram: an operator replies /broadcast to an own message in the private chat with a bot.

The bot offers audiences, shows what would happen, and asks: test, send now, at each one's best time, cancel.
Nothing is kept here: the buttons name the message, later the draft. To everybody else it is an unknown
command.
"""

from __future__ import annotations

from typing import Final

from aiogram import Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message

from bot.broadcaster import (
    CANCEL,
    EVERYBODY,
    Broadcaster,
    Origin,
    outlook_words,
    progress_words,
    stop_button,
)
from bot.handlers.filters import meaning
from bot.handlers.keyboards import button
from bot.texts import say
from bot.visitor import BotFace, Visitor
from core.errors import KairosError

PREFIX: Final = "bc:"
TO, TEST, NOW, BEST = "bc:to:", "bc:test:", "bc:now:", "bc:best:"


def router() -> Router:
    """Handlers that only operators come to."""
    broadcast = Router(name="broadcast")
    broadcast.message.filter(by_operator)
    broadcast.callback_query.filter(by_operator)
    broadcast.message.register(ask_audience, Command("broadcast"))
    broadcast.callback_query.register(choose, meaning(TO))
    broadcast.callback_query.register(test, meaning(TEST))
    broadcast.callback_query.register(start, meaning(NOW, BEST))
    broadcast.callback_query.register(cancel, meaning(CANCEL))
    return broadcast


async def by_operator(event: Message | CallbackQuery, broadcaster: Broadcaster | None = None) -> bool:
    """Whether somebody is there who may send."""
    user = event.from_user
    return broadcaster is not None and user is not None and broadcaster.may_send(user.id)


async def ask_audience(message: Message, visitor: Visitor, broadcaster: Broadcaster) -> None:
    """Offer the audiences for the message that was replied to, if it is the operator's own."""
    meant, user = message.reply_to_message, message.from_user
    if meant is None or user is None or meant.from_user is None or meant.from_user.id != user.id:
        await message.answer(say("broadcast-how", visitor.language))
        return
    rows = [
        [button(_audience(name, people, visitor.language), f"{TO}{meant.message_id}:{name}")]
        for name, people in await broadcaster.audiences()
    ]
    await message.answer(
        say("broadcast-audience", visitor.language), reply_markup=InlineKeyboardMarkup(inline_keyboard=rows)
    )


def _audience(name: str, people: int, language: str) -> str:
    if name == EVERYBODY:
        return say("broadcast-everybody", language, people=people)
    return say("broadcast-segment", language, segment=name, people=people)


async def choose(query: CallbackQuery, visitor: Visitor, broadcaster: Broadcaster, face: BotFace) -> None:
    """Keep a draft and show what would happen."""
    await query.answer(say("broadcast-counting", visitor.language))
    shown = query.message
    number, _, audience = _said(query).removeprefix(TO).partition(":")
    if not isinstance(shown, Message) or not number.isdecimal():
        return
    origin = Origin(face.bot_id, shown.chat.id, int(number))
    try:
        found = await broadcaster.draft(query.from_user.id, origin, audience)
    except KairosError as error:
        await shown.edit_text(say("broadcast-refused", visitor.language, reason=str(error)))
        return
    await shown.edit_text(
        outlook_words(found, visitor.language), reply_markup=_choices(found.name, visitor.language)
    )


def _choices(name: str, language: str) -> InlineKeyboardMarkup:
    pairs = (("test", TEST), ("now", NOW), ("best", BEST), ("cancel", CANCEL))
    rows = [[button(say(f"broadcast-button-{what}", language), f"{data}{name}")] for what, data in pairs]
    return InlineKeyboardMarkup(inline_keyboard=rows)


async def test(query: CallbackQuery, visitor: Visitor, broadcaster: Broadcaster) -> None:
    """Send it to the operators; the choices stay."""
    try:
        people = await broadcaster.test(query.from_user.id, _said(query).removeprefix(TEST))
    except KairosError as error:
        await query.answer(_short(say("broadcast-refused", visitor.language, reason=str(error))))
        return
    await query.answer(say("broadcast-tested", visitor.language, people=people))


async def start(query: CallbackQuery, visitor: Visitor, broadcaster: Broadcaster, face: BotFace) -> None:
    """Let it go; from now on this message shows its progress."""
    await query.answer()
    shown = query.message
    if not isinstance(shown, Message):
        return
    how, _, name = _said(query).removeprefix(PREFIX).partition(":")
    place = (face.bot_id, shown.chat.id, shown.message_id)
    try:
        found = await broadcaster.start(query.from_user.id, name, place, best=how == "best")
    except KairosError as error:
        await shown.edit_text(say("broadcast-refused", visitor.language, reason=str(error)))
        return
    await shown.edit_text(
        progress_words(found, visitor.language),
        reply_markup=InlineKeyboardMarkup.model_validate(stop_button(name, visitor.language)),
    )


async def cancel(query: CallbackQuery, visitor: Visitor, broadcaster: Broadcaster) -> None:
    """End it, before or after its start."""
    await query.answer()
    shown = query.message
    try:
        found = await broadcaster.cancel(query.from_user.id, _said(query).removeprefix(CANCEL))
    except KairosError as error:
        words = say("broadcast-refused", visitor.language, reason=str(error))
    else:
        words = progress_words(found, visitor.language)
    if isinstance(shown, Message):
        await shown.edit_text(words)


def _said(query: CallbackQuery) -> str:
    return query.data or ""


def _short(text: str) -> str:
    """What Telegram takes as the answer to a tap."""
    return text[:200]
