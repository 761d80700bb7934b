"""Methods of payments: invoices, the answers that a buyer waits for, refunds; and answers to searches."""

import re

from sandbox.accounts import Json
from sandbox.botapi import errors
from sandbox.botapi.call import Call, Outcome, send, writable_chat
from sandbox.botapi.errors import bad_request
from sandbox.botapi.request import Params
from sandbox.shop import MONTH_S, STARS
from sandbox.world import Invoice

_MAX_TITLE = 32
_MAX_DESCRIPTION = 255
_MAX_PAYLOAD = 128
_MAX_STARS_A_MONTH = 10_000
_TENTH_NANO = 100_000_000
_MAX_RESULTS = 50
_MAX_RESULT_ID = 64
_CURRENCY = re.compile("[A-Z]{3}")


def send_invoice(call: Call) -> Outcome:
    invoice = _invoice(call.params)
    writable_chat(call)
    sent = send(call, {"invoice": invoice.as_json()})
    if sent.message_id is not None:
        call.world.shop.put(call.bot.id, sent.chat_id, sent.message_id, invoice)
    return sent


def create_invoice_link(call: Call) -> Outcome:
    return Outcome(call.world.shop.link(call.bot.id, _invoice(call.params)))


def answer_pre_checkout_query(call: Call) -> Outcome:
    ok = call.params.flag("ok")
    if not ok and not call.params.text("error_message"):
        raise bad_request("error message must be non-empty")
    query_id = call.params.text("pre_checkout_query_id")
    return _answered(call.world.shop.answer_checkout(call.bot.id, query_id, ok=ok))


def answer_shipping_query(call: Call) -> Outcome:
    ok = call.params.flag("ok")
    options = [one for one in call.params.array("shipping_options") or [] if isinstance(one, dict)]
    if ok and not options:
        raise bad_request("shipping options must be non-empty")
    if not ok and not call.params.text("error_message"):
        raise bad_request("error message must be non-empty")
    query_id = call.params.text("shipping_query_id")
    return _answered(call.world.shop.answer_shipping(call.bot.id, query_id, options if ok else None))


def refund_star_payment(call: Call) -> Outcome:
    charge_id, user_id = call.params.text("telegram_payment_charge_id"), call.params.number("user_id")
    sale = call.world.shop.sales.get(charge_id)
    known = sale is not None and (sale.user_id, sale.bot_id) == (user_id, call.bot.id)
    if sale is None or not known or sale.payment.currency != STARS:
        raise bad_request("CHARGE_NOT_FOUND")
    if not call.world.shop.refund(charge_id):
        raise bad_request("CHARGE_ALREADY_REFUNDED")
    return Outcome(True, user_id)


def get_my_star_balance(call: Call) -> Outcome:
    stars, tenths = divmod(call.bot.tenths, 10)
    return Outcome({"amount": stars} | ({"nanostar_amount": tenths * _TENTH_NANO} if tenths else {}))


def answer_inline_query(call: Call) -> Outcome:
    results = [one for one in call.params.array("results") or [] if isinstance(one, dict)]
    ids = [str(one.get("id", "")) for one in results]
    if len(results) > _MAX_RESULTS:
        raise bad_request("RESULTS_TOO_MUCH")
    if not all(0 < len(one.encode()) <= _MAX_RESULT_ID for one in ids):
        raise bad_request("RESULT_ID_INVALID")
    if len(set(ids)) < len(ids):
        raise bad_request("RESULT_ID_DUPLICATE")
    query_id = call.params.text("inline_query_id")
    user_id = call.world.asker(query_id, call.bot.id)
    if user_id is None:
        raise bad_request(errors.OLD_QUERY)
    call.world.inline.answer(query_id, results)
    return Outcome(True, user_id)


def _answered(user_id: int | None) -> Outcome:
    if user_id is None:
        raise bad_request(errors.OLD_QUERY)
    return Outcome(True, user_id)


def _invoice(params: Params) -> Invoice:
    """The invoice that the parameters describe. Raises TelegramError."""
    invoice = Invoice(
        _bounded(params, "title", _MAX_TITLE),
        _bounded(params, "description", _MAX_DESCRIPTION),
        _bounded(params, "payload", _MAX_PAYLOAD),
        params.text("currency"),
        tuple(_price(one) for one in params.array("prices") or []),
        params.text("provider_token"),
        params.number("subscription_period"),
        params.flag("need_shipping_address"),
        params.flag("is_flexible"),
    )
    _check_money(invoice)
    return invoice


def _check_money(invoice: Invoice) -> None:
    if not _CURRENCY.fullmatch(invoice.currency):
        raise bad_request("CURRENCY_INVALID")
    if not invoice.prices or invoice.total <= 0:
        raise bad_request("CURRENCY_TOTAL_AMOUNT_INVALID")
    if invoice.currency == STARS:
        if invoice.provider_token or len(invoice.prices) != 1 or invoice.flexible:
            raise bad_request("STARS_INVOICE_INVALID")
    elif not invoice.provider_token:
        raise bad_request("PAYMENT_PROVIDER_INVALID")
    if not invoice.period_s:
        return
    if invoice.period_s != MONTH_S or invoice.currency != STARS or invoice.total > _MAX_STARS_A_MONTH:
        raise bad_request("SUBSCRIPTION_PERIOD_INVALID")


def _bounded(params: Params, name: str, most: int) -> str:
    text = params.text(name)
    if not 0 < len(text.encode() if name == "payload" else text) <= most:
        raise bad_request(f"INVOICE_{name.upper()}_INVALID")
    return text


def _price(one: object) -> tuple[str, int]:
    priced: Json = one if isinstance(one, dict) else {}
    label, amount = priced.get("label"), priced.get("amount")
    if not isinstance(label, str) or not isinstance(amount, int):
        raise bad_request('can\'t parse labeled price: Field "amount" must be a valid Number')
    return label, amount
