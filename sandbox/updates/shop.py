"""Payments: the questions before one, the service message after it, and what is given back."""

from dataclasses import dataclass, field
from typing import Final

from sandbox.accounts import Json, TelegramUser
from sandbox.updates.private import message_of

ADDRESS: Final[Json] = {
    "country_code": "TR",
    "state": "",
    "city": "Istanbul",
    "street_line1": "1 Simulated Street",
    "street_line2": "",
    "post_code": "34000",
}
"""Where simulated people have their orders sent."""


@dataclass(frozen=True, slots=True)
class Invoice:
    """What a bot offers: amounts in minor units of `currency` (`XTR`: Stars). `period_s` is the length of
    a subscription, 0 for a single payment; `flexible` means that the price depends on the address."""

    title: str
    description: str
    payload: str
    currency: str
    prices: tuple[tuple[str, int], ...]
    provider_token: str = ""
    period_s: int = 0
    needs_address: bool = False
    flexible: bool = False

    @property
    def total(self) -> int:
        return sum(amount for _, amount in self.prices)

    def as_json(self) -> Json:
        """The Bot API's `Invoice` object: the payload stays between the bot and Telegram."""
        return {
            "title": self.title,
            "description": self.description,
            "start_parameter": "",
            "currency": self.currency,
            "total_amount": self.total,
        }


@dataclass(frozen=True, slots=True)
class Payment:
    """A completed payment: the amount in minor units of `currency` (`XTR` for Stars). `until_s` is when a
    subscription ends that it pays for, 0 when it is none."""

    currency: str
    total_amount: int
    payload: str
    charge_id: str
    until_s: int = 0
    renewal: bool = False
    order: Json = field(default_factory=dict)


def payment_update(user: TelegramUser, payment: Payment, *, message_id: int, at_ms: int) -> Json:
    """The service message of a payment that went through."""
    paid: Json = {
        "currency": payment.currency,
        "total_amount": payment.total_amount,
        "invoice_payload": payment.payload,
        "telegram_payment_charge_id": payment.charge_id,
        "provider_payment_charge_id": payment.charge_id,
    }
    if payment.until_s:
        paid |= {"subscription_expiration_date": payment.until_s, "is_recurring": True}
        paid |= {} if payment.renewal else {"is_first_recurring": True}
    message = message_of(user, message_id, at_ms)
    message["successful_payment"] = paid | payment.order
    return {"message": message}


def refund_update(user: TelegramUser, payment: Payment, *, message_id: int, at_ms: int) -> Json:
    """The service message of a payment that was given back."""
    message = message_of(user, message_id, at_ms)
    message["refunded_payment"] = {
        "currency": payment.currency,
        "total_amount": payment.total_amount,
        "invoice_payload": payment.payload,
        "telegram_payment_charge_id": payment.charge_id,
    }
    return {"message": message}


def pre_checkout_update(user: TelegramUser, query_id: str, invoice: Invoice, order: Json, total: int) -> Json:
    """The last question before the money moves; `order` is what the person added (address, option)."""
    body: Json = {
        "id": query_id,
        "from": user.as_user(),
        "currency": invoice.currency,
        "total_amount": total,
        "invoice_payload": invoice.payload,
    }
    return {"pre_checkout_query": body | order}


def shipping_update(user: TelegramUser, query_id: str, invoice: Invoice) -> Json:
    """The person gave an address; the bot says what sending there costs."""
    body: Json = {
        "id": query_id,
        "from": user.as_user(),
        "invoice_payload": invoice.payload,
        "shipping_address": ADDRESS,
    }
    return {"shipping_query": body}
