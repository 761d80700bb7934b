"""What people write in their own words: a short answer when a topic is recognised, silence otherwise.

Silence is deliberate: what nobody understood waits for an operator, and a reply to a campaign needs no echo.
"""

from __future__ import annotations

from aiogram import Router
from aiogram.types import Message

from bot.handlers import keyboards
from bot.texts import say
from bot.visitor import Visitor
from core.text import opts_out, topics

ANSWERED = ("support", "vip", "price", "buy")
"""Topics with an answer, the most pressing first."""


def router() -> Router:
    talk = Router(name="talk")
    talk.message.register(payment, is_payment)
    talk.message.register(words, is_text)
    return talk


# Coroutines, because aiogram takes every other filter, also F, to a thread and back.
async def is_payment(message: Message) -> bool:
    return message.successful_payment is not None


async def is_text(message: Message) -> bool:
    return bool(message.text)


async def payment(message: Message, visitor: Visitor) -> None:
    await message.answer(say("payment-thanks", visitor.language))


async def words(message: Message, visitor: Visitor) -> None:
    text = message.text or ""
    if opts_out(text):
        await message.answer(say("stopped", visitor.language))
        return
    found = set(topics(text))
    topic = next((name for name in ANSWERED if name in found), None)
    if topic is not None:
        await message.answer(
            say(f"answer-{topic}", visitor.language), reply_markup=keyboards.menu(visitor.language)
        )
