"""Money: the questions of Telegram that wait for an answer, and what people hear about their payments.

Pre-checkout is answered by the settings and one look into the record, so within the ten seconds that Telegram
waits. VIP is sold once: not to somebody who is in its group, or has paid for the time that runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from aiogram import Router
from aiogram.types import CallbackQuery, InlineQuery, LabeledPrice, Message, PreCheckoutQuery, ShippingQuery

from bot.handlers import keyboards
from bot.handlers.filters import exactly
from bot.texts import say
from bot.visitor import VIP, House, Terms, Visitor
from core.errors import TransportError

INVITATION: Final = "paid"
"""Name of the links by which those come in who paid: `vip_joined` carries it."""
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


async def pre_checkout(query: PreCheckoutQuery, visitor: Visitor, terms: Terms, house: House) -> None:
    refused = ""
    if not terms.accept_payments:
        refused = "checkout-refused"
    elif query.invoice_payload == VIP and await _has_vip(visitor, house):
        refused = "checkout-twice"
    if refused:
        await query.answer(ok=False, error_message=say(refused, visitor.language))
    else:
        await query.answer(ok=True)


async def _has_vip(visitor: Visitor, house: House) -> bool:
    return visitor.in_vip or await house.has_paid_for_vip(visitor.identity)


async def shipping(query: ShippingQuery, visitor: Visitor) -> None:
    await query.answer(ok=False, error_message=say("shipping-refused", visitor.language))


async def inline(query: InlineQuery) -> None:
    """We have nothing to send on people's behalf; said at once, so that nobody sees it spin."""
    await query.answer([], cache_time=NOTHING_FOUND_S)


async def buy(query: CallbackQuery, visitor: Visitor, terms: Terms, house: House) -> None:
    await query.answer()
    if not isinstance(query.message, Message):
        return
    language = visitor.language
    if not terms.vip_stars:
        await query.message.answer(say("vip-not-for-sale", language))
        return
    if await _has_vip(visitor, house):
        await query.message.answer(say("vip-yours", language))
        return
    await query.message.answer_invoice(
        title=say("invoice-title", language),
        description=say("invoice-text", language),
        payload=VIP,
        currency=STARS,
        prices=[LabeledPrice(label=say("invoice-title", language), amount=terms.vip_stars)],
    )


async def paid(message: Message, visitor: Visitor, terms: Terms, house: House, bots: Sequence[int]) -> None:
    sale, language = message.successful_payment, visitor.language
    if sale is None or sale.invoice_payload != VIP:
        await message.answer(say("payment-thanks", language))
    elif visitor.in_vip or not terms.vip_chats:
        await message.answer(say("payment-thanks-vip", language))
    else:
        links = [await _invitation(house, bots, chat_id) for chat_id in terms.vip_chats]
        await message.answer(_way_in([link for link in links if link], language))


async def _invitation(house: House, bots: Sequence[int], chat_id: int) -> str:
    """A link that lets one person in, by the first of our bots that may make it; empty where none may."""
    asked = {"chat_id": chat_id, "name": INVITATION, "member_limit": 1}
    for bot_id in bots:
        try:
            made = await house.call(bot_id, "createChatInviteLink", asked)
        except TransportError:
            continue
        if isinstance(made, Mapping):
            return str(made.get("invite_link") or "")
    return ""


def _way_in(links: Sequence[str], language: str) -> str:
    if not links:
        return say("payment-thanks-vip-person", language)
    return "\n".join([say("payment-thanks-vip-link", language), *links])


async def refunded(message: Message, visitor: Visitor) -> None:
    await message.answer(say("payment-refunded", visitor.language))
