"""Payments in their true order: invoice, address, last question, money, receipt, and perhaps back again.

Promises: no money moves unless the bot said yes within ten seconds of the last question; a charge id is used
once and refunded once. Whoever wants to know that a person paid listens at `on_paid`.

Leaves to others: the words of refusals (`sandbox.botapi`) and why people buy (`sandbox.people`).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from sandbox.accounts import Json
from sandbox.state import State
from sandbox.updates import (
    Invoice,
    Payment,
    payment_update,
    pre_checkout_update,
    refund_update,
    shipping_update,
)
from sandbox.updates.shop import ADDRESS

ANSWER_WITHIN_MS: Final = 10_000
MONTH_S: Final = 2_592_000
STARS: Final = "XTR"
_KEPT_MS: Final = 150_000


@dataclass(slots=True)
class Sale:
    """A payment that went through: `at_ms` when, `refunded` whether it was given back."""

    user_id: int
    bot_id: int
    payment: Payment
    at_ms: int
    refunded: bool = False


@dataclass(frozen=True, slots=True)
class Checkout:
    """A question that the bot must answer before the person can pay."""

    user_id: int
    bot_id: int
    invoice: Invoice
    asked_ms: int
    address_known: bool
    option: str = ""
    extra: int = 0


OnPaid = Callable[[Sale], None]


class Shop:
    """Invoices, checkouts and sales of one simulated Telegram."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._by_message: dict[tuple[int, int, int], Invoice] = {}
        self._by_link: dict[str, tuple[int, Invoice]] = {}
        self._checkouts: dict[str, Checkout] = {}
        self._charges: dict[int, int] = {}
        self.sales: dict[str, Sale] = {}
        self.on_paid: list[OnPaid] = []

    # -- what bots offer ---------------------------------------------------------------------------

    def put(self, bot_id: int, chat_id: int, message_id: int, invoice: Invoice) -> None:
        """Remember what a message offers."""
        self._by_message[bot_id, chat_id, message_id] = invoice

    def link(self, bot_id: int, invoice: Invoice) -> str:
        """A link that opens the invoice anywhere."""
        number = self._state.number_since_birth(len(self._by_link) + 1)
        url = f"https://t.me/$simulated{number}"
        self._by_link[url] = (bot_id, invoice)
        return url

    # -- what people do ----------------------------------------------------------------------------

    def check_out(self, user_id: int, bot_id: int, message_id: int) -> bool:
        """A person presses the button of an invoice; False when there is none."""
        invoice = self._by_message.get((bot_id, user_id, message_id))
        if invoice is not None:
            self._begin(user_id, bot_id, invoice)
        return invoice is not None

    def check_out_link(self, user_id: int, url: str) -> bool:
        """A person opens an invoice link and pays; False when it leads nowhere."""
        bot_id, invoice = self._by_link.get(url, (0, None))
        if invoice is not None:
            self._begin(user_id, bot_id, invoice)
        return invoice is not None

    def new_charge(self, user_id: int) -> str:
        """A charge id that nobody had before."""
        self._charges[user_id] = self._charges.get(user_id, 0) + 1
        return f"SIMULATED-{user_id}-{self._state.number_since_birth(self._charges[user_id])}"

    def settle(self, user_id: int, bot_id: int, payment: Payment) -> int:
        """The money moved: the receipt reaches the bot."""
        state = self._state
        sale = Sale(user_id, bot_id, payment, state.clock())
        self.sales[payment.charge_id] = sale
        message_id = state.next_message_id(user_id, bot_id)
        body = payment_update(state.users[user_id], payment, message_id=message_id, at_ms=sale.at_ms)
        update_id = state.emit(bot_id, body)
        for listener in self.on_paid:
            listener(sale)
        return update_id

    def renew(self, charge_id: str) -> str:
        """A subscription goes on for another month; returns the new charge id."""
        sale = self.sales[charge_id]
        fresh = replace(
            sale.payment,
            charge_id=self.new_charge(sale.user_id),
            until_s=sale.payment.until_s + MONTH_S,
            renewal=True,
        )
        self.settle(sale.user_id, sale.bot_id, fresh)
        return fresh.charge_id

    def refund(self, charge_id: str) -> bool:
        """Stars go back (other money goes back where Telegram does not see it); False when they went back
        already or never came."""
        sale = self.sales.get(charge_id)
        if sale is None or sale.refunded or sale.payment.currency != STARS:
            return False
        sale.refunded = True
        state = self._state
        message_id = state.next_message_id(sale.user_id, sale.bot_id)
        user = state.users[sale.user_id]
        body = refund_update(user, sale.payment, message_id=message_id, at_ms=state.clock())
        state.emit(sale.bot_id, body)
        return True

    # -- what bots answer --------------------------------------------------------------------------

    def answer_shipping(self, bot_id: int, query_id: str, options: list[Json] | None) -> int | None:
        """The bot names what sending costs (None: it does not send there); the buyer takes the first.
        Returns the buyer, None when nobody waits for this answer."""
        checkout = self._take(bot_id, query_id, shipping=True)
        if checkout is None:
            return None
        if options:
            extra = sum(_amount(price) for price in _prices(options[0]))
            self._ask_last(replace(checkout, option=str(options[0].get("id", "")), extra=extra))
        return checkout.user_id

    def answer_checkout(self, bot_id: int, query_id: str, *, ok: bool) -> int | None:
        """The bot says whether it can deliver; then the money moves. Returns the buyer, None when nobody
        waits for this answer any more."""
        checkout = self._take(bot_id, query_id, shipping=False)
        if checkout is None:
            return None
        if ok:
            self._complete(checkout)
        return checkout.user_id

    def _begin(self, user_id: int, bot_id: int, invoice: Invoice) -> None:
        now_ms = self._state.clock()
        checkout = Checkout(user_id, bot_id, invoice, now_ms, not invoice.flexible)
        if not invoice.flexible:
            self._ask_last(checkout)
            return
        query_id = self._wait(checkout)
        self._state.emit(bot_id, shipping_update(self._state.users[user_id], query_id, invoice))

    def _ask_last(self, checkout: Checkout) -> None:
        checkout = replace(checkout, asked_ms=self._state.clock(), address_known=True)
        query_id = self._wait(checkout)
        user, invoice = self._state.users[checkout.user_id], checkout.invoice
        total = invoice.total + checkout.extra
        self._state.emit(
            checkout.bot_id, pre_checkout_update(user, query_id, invoice, _order(checkout), total)
        )

    def _wait(self, checkout: Checkout) -> str:
        query_id = self._state.ask(checkout.bot_id, checkout.user_id, checkout.asked_ms)
        gone = [old for old, one in self._checkouts.items() if checkout.asked_ms - one.asked_ms > _KEPT_MS]
        for old in gone:
            del self._checkouts[old]
        self._checkouts[query_id] = checkout
        return query_id

    def _take(self, bot_id: int, query_id: str, *, shipping: bool) -> Checkout | None:
        checkout = self._checkouts.get(query_id)
        if checkout is None or checkout.bot_id != bot_id or checkout.address_known == shipping:
            return None
        del self._checkouts[query_id]
        late = self._state.clock() - checkout.asked_ms > ANSWER_WITHIN_MS
        return None if late and not shipping else checkout

    def _complete(self, checkout: Checkout) -> None:
        invoice = checkout.invoice
        until_s = self._state.clock() // 1000 + invoice.period_s if invoice.period_s else 0
        payment = Payment(
            invoice.currency,
            invoice.total + checkout.extra,
            invoice.payload,
            self.new_charge(checkout.user_id),
            until_s,
            order=_order(checkout),
        )
        self.settle(checkout.user_id, checkout.bot_id, payment)


def _order(checkout: Checkout) -> Json:
    order: Json = {}
    if checkout.invoice.needs_address or checkout.invoice.flexible:
        order["order_info"] = {"shipping_address": ADDRESS}
    if checkout.option:
        order["shipping_option_id"] = checkout.option
    return order


def _prices(option: Json) -> list[object]:
    prices = option.get("prices")
    return prices if isinstance(prices, list) else []


def _amount(price: object) -> int:
    amount = price.get("amount") if isinstance(price, dict) else None
    return amount if isinstance(amount, int) else 0
