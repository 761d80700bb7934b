"""/mydata and /forget: what people may always ask of whoever stores something about them.

The files are made when they are asked for and kept nowhere. Forgetting is noted durably before it is said;
the confirmation takes the place of the question, so that nothing new about the person is written down.
"""

from __future__ import annotations

from typing import Final

import orjson
from aiogram import Router
from aiogram.filters import Command
from aiogram.types import BufferedInputFile, CallbackQuery, InlineKeyboardMarkup, Message

from bot.handlers.filters import exactly
from bot.handlers.keyboards import button
from bot.mydata import readable
from bot.texts import say
from bot.visitor import FORGET_YES, House, Visitor

NO: Final = "forget:no"


def router() -> Router:
    rights = Router(name="rights")
    rights.message.register(mydata, Command("mydata"))
    rights.message.register(ask, Command("forget"))
    rights.callback_query.register(forget, exactly(FORGET_YES))
    rights.callback_query.register(keep, exactly(NO))
    return rights


async def mydata(message: Message, visitor: Visitor, house: House) -> None:
    """Two files: one to read, one for programs."""
    known = await house.mydata(visitor.identity)
    if known is None:
        await message.answer(say("mydata-nothing", visitor.language))
        return
    text = readable(known, visitor.language).encode()
    document = orjson.dumps(known, option=orjson.OPT_INDENT_2)
    name = say("mydata-file", visitor.language)
    await message.answer_document(
        BufferedInputFile(text, f"{name}.txt"), caption=say("mydata-caption", visitor.language)
    )
    await message.answer_document(BufferedInputFile(document, f"{name}.json"))


async def ask(message: Message, visitor: Visitor) -> None:
    choice = [
        [button(say("forget-yes-button", visitor.language), FORGET_YES)],
        [button(say("forget-no-button", visitor.language), NO)],
    ]
    question = say("forget-ask", visitor.language)
    await message.answer(question, reply_markup=InlineKeyboardMarkup(inline_keyboard=choice))


async def forget(query: CallbackQuery, visitor: Visitor, house: House) -> None:
    await house.forget(visitor.identity)
    await query.answer(say("forget-noted", visitor.language), show_alert=True)
    await _replace(query, "forget-done", visitor)


async def keep(query: CallbackQuery, visitor: Visitor) -> None:
    await query.answer()
    await _replace(query, "forget-kept", visitor)


async def _replace(query: CallbackQuery, key: str, visitor: Visitor) -> None:
    if isinstance(query.message, Message):
        await query.message.edit_text(say(key, visitor.language))
