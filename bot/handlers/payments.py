"""Money: the questions of Telegram that wait for an answer, and what people hear about their payments.

Pre-checkout is answered by the settings alone, so within the ten seconds that Telegram waits.
"""

from __future__ import annotations

from typing import Final

from aiogram import Router
from aiogram.types import CallbackQuery, InlineQuery, LabeledPrice, Message, PreCheckoutQuery, ShippingQuery

from bot.handlers import keyboards
from bot.handlers.filters import exactly
from bot.texts import say
from bot.visitor import Terms, Visitor

VIP: Final = "vip"
"""Payload of our own invoice."""
STARS: Final = "XTR"
NOTHING_FOUND_S: Final = 300


def questions() -> Router:
    """What Telegram asks on somebody's behalf, wherever they are."""
    asked = Router(name="questions")
    asked.pre_checkout_query.register(pre_checkout)
    asked.shipping_query.register(shipping)
    asked.inline_query.register(inline)
    return asked


def router() -> Router:
    payments = Router(name="payments")
    payments.message.register(paid, is_payment)
    payments.message.register(refunded, is_refund)
    payments.callback_query.register(buy, exactly(keyboards.BUY_VIP))
    return payments


async def is_payment(message: Message) -> bool:
    return message.successful_payment is not None


async def is_refund(message: Message) -> bool:
    return message.refunded_payment is not None


async def pre_checkout(query: PreCheckoutQuery, visitor: Visitor, terms: Terms) -> None:
    if terms.accept_payments:
        await query.answer(ok=True)
    else:
        await query.answer(ok=False, error_message=say("checkout-refused", visitor.language))


async def shipping(query: ShippingQuery, visitor: Visitor) -> None:
    await query.answer(ok=False, error_message=say("shipping-refused", visitor.language))


async def inline(query: InlineQuery) -> None:
    """We have nothing to send on people's behalf; said at once, so that nobody sees it spin."""
    await query.answer([], cache_time=NOTHING_FOUND_S)


async def buy(query: CallbackQuery, visitor: Visitor, terms: Terms) -> None:
    await query.answer()
    if not isinstance(query.message, Message):
        return
    language = visitor.language
    if not terms.vip_stars:
        await query.message.answer(say("vip-not-for-sale", language))
        return
    await query.message.answer_invoice(
        title=say("invoice-title", language),
        description=say("invoice-text", language),
        payload=VIP,
        currency=STARS,
        prices=[LabeledPrice(label=say("invoice-title", language), amount=terms.vip_stars)],
    )


async def paid(message: Message, visitor: Visitor) -> None:
    sale = message.successful_payment
    key = "payment-thanks-vip" if sale is not None and sale.invoice_payload == VIP else "payment-thanks"
    await message.answer(say(key, visitor.language))


async def refunded(message: Message, visitor: Visitor) -> None:
    await message.answer(say("payment-refunded", visitor.language))
