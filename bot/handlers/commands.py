"""What people type with a slash."""

from __future__ import annotations

from aiogram import Router
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.types import Message

from bot.capture.words import zone_named
from bot.handlers import keyboards
from bot.texts import one_line, say
from bot.visitor import BotFace, Visitor


def router() -> Router:
    commands = Router(name="commands")
    commands.message.register(start, CommandStart())
    commands.message.register(stop, Command("stop"))
    commands.message.register(timezone, Command("timezone"))
    commands.message.register(language, Command("language"))
    commands.message.register(help_, Command("help"))
    commands.message.register(pay_support, Command("paysupport"))
    return commands


async def start(message: Message, visitor: Visitor, face: BotFace) -> None:
    name = one_line(message.from_user.first_name) if message.from_user else ""
    greeting = say("greeting", visitor.language, name=name, bot=face.name)
    if visitor.consented:
        await message.answer(greeting, reply_markup=keyboards.menu(visitor.language))
        return
    question = say("consent-ask", visitor.language)
    await message.answer(f"{greeting}\n\n{question}", reply_markup=keyboards.consent(visitor.language))


async def stop(message: Message, visitor: Visitor) -> None:
    await message.answer(say("stopped", visitor.language))


async def help_(message: Message, visitor: Visitor) -> None:
    await message.answer(say("help", visitor.language))


async def pay_support(message: Message, visitor: Visitor) -> None:
    """Telegram asks this command of all bots that take Stars."""
    await message.answer(say("answer-support", visitor.language))


async def timezone(message: Message, visitor: Visitor, command: CommandObject) -> None:
    """Confirmed from the record: what could not be understood is not in it."""
    zone, words = visitor.preferences.zone, (command.args or "").strip()
    how = say("timezone-help", visitor.language)
    if zone and zone_named(words) == zone:
        await message.answer(say("timezone-set", visitor.language, zone=zone))
    elif words and not zone_named(words):
        unknown = say("timezone-unknown", visitor.language, zone=one_line(words))
        await message.answer(f"{unknown} {how}")
    else:
        await message.answer(how)


async def language(message: Message, visitor: Visitor, command: CommandObject) -> None:
    if visitor.preferences.language and _same(command, visitor.preferences.language):
        await message.answer(say("language-set", visitor.language))
    else:
        await message.answer(say("language-help", visitor.language))


def _same(command: CommandObject, value: str) -> bool:
    return (command.args or "").strip().casefold() == value.casefold()
