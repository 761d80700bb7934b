"""In groups the bot listens and stays silent. A command meant for it gets one line, and a tap its end."""

from __future__ import annotations

from aiogram import Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message

from bot.texts import say
from bot.visitor import BotFace, Visitor

PERSONAL = ("start", "help", "settings", "mydata", "forget", "timezone", "language", "paysupport")


def router() -> Router:
    groups = Router(name="groups")
    groups.message.register(stop, Command("stop"), is_meant)
    groups.message.register(elsewhere, Command(*PERSONAL), is_meant)
    groups.callback_query.register(tap)
    return groups


async def is_meant(message: Message, command: CommandObject) -> bool:
    """`/help@this_bot`; a bare command may be meant for any bot of the group."""
    return command.mentioned and message.chat.type in {"group", "supergroup"}


async def stop(message: Message, visitor: Visitor) -> None:
    await message.answer(say("stopped-group", visitor.language))


async def elsewhere(message: Message, visitor: Visitor, face: BotFace) -> None:
    """Settings and data are nobody else's business: they are for the private chat."""
    await message.answer(say("write-in-private", visitor.language, address=f"https://t.me/{face.username}"))


async def tap(query: CallbackQuery) -> None:
    await query.answer()
