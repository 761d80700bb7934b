"""What people write in their own words: a short answer when a topic is recognised, silence otherwise.

Silence is deliberate: what nobody understood waits for an operator, and a reply to a campaign needs no echo.
A command that we don't have gets the list of those that we have.
"""

from __future__ import annotations

from aiogram import Router
from aiogram.types import Message

from bot.capture.words import split_command
from bot.handlers import keyboards
from bot.texts import say
from bot.visitor import Terms, Visitor

ANSWERED = ("support", "vip", "price", "buy")
"""Topics with an answer, the most pressing first."""


def router() -> Router:
    talk = Router(name="talk")
    talk.message.register(unknown_command, is_command)
    talk.message.register(words, has_words)
    talk.edited_message.register(changed, has_words)
    return talk


async def is_command(message: Message) -> bool:
    return (message.text or "")[:1] == "/" and (message.text or "")[1:2].isalpha()


async def unknown_command(message: Message, visitor: Visitor, terms: Terms) -> None:
    """An opt-out word behind a slash is one."""
    name, argument = split_command(message.text or "")
    refused = not argument and terms.words.opts_out(name)
    await message.answer(say("stopped" if refused else "help", visitor.language))


async def has_words(message: Message) -> bool:
    return bool(message.text or message.caption)


async def words(message: Message, visitor: Visitor, terms: Terms) -> None:
    text = message.text or message.caption or ""
    if terms.words.opts_out(text):
        await message.answer(say("stopped", visitor.language))
        return
    found = set(terms.words.topics(text))
    topic = next((name for name in ANSWERED if name in found), None)
    if topic is not None:
        stars = terms.vip_stars if topic in {"vip", "buy"} else 0
        await message.answer(
            answer_of(topic, visitor.language, terms), reply_markup=keyboards.vip(visitor.language, stars)
        )


async def changed(message: Message, visitor: Visitor, terms: Terms) -> None:
    """A message changed into a no is a no."""
    if terms.words.opts_out(message.text or message.caption or ""):
        await message.answer(say("stopped", visitor.language))


def answer_of(topic: str, language: str, terms: Terms) -> str:
    """What is said about a topic; VIP with its price where it is for sale."""
    if topic == "vip" and terms.vip_stars:
        return say("answer-vip-price", language, stars=terms.vip_stars)
    return say(f"answer-{topic}", language)
