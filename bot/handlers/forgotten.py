"""Somebody whom we have forgotten taps an old button or is about to pay: told so by calls that store nothing.

What they write gets no answer; /start makes them known again.
"""

from __future__ import annotations

from aiogram import Router
from aiogram.types import CallbackQuery, PreCheckoutQuery, ShippingQuery

from bot.texts import say
from bot.visitor import Visitor


def router() -> Router:
    forgotten = Router(name="forgotten")
    forgotten.callback_query.register(tap, is_unknown)
    forgotten.pre_checkout_query.register(question, is_unknown)
    forgotten.shipping_query.register(question, is_unknown)
    return forgotten


async def is_unknown(_: object, visitor: Visitor) -> bool:
    return not visitor.known


async def tap(query: CallbackQuery, visitor: Visitor) -> None:
    await query.answer(say("forgotten", visitor.language), show_alert=True)


async def question(query: PreCheckoutQuery | ShippingQuery, visitor: Visitor) -> None:
    await query.answer(ok=False, error_message=say("forgotten-pays", visitor.language))
