"""Payments in their true order: no money without the bot's yes in time, one charge once, one refund once."""

from __future__ import annotations

from typing import Any

from sandbox.shop import MONTH_S
from tests.edges.sandbox.conftest import ADA, BOT, Api

STARS = {
    "title": "VIP",
    "description": "A month",
    "payload": "vip",
    "currency": "XTR",
    "prices": [{"label": "VIP", "amount": 250}],
}
OLD = (400, "Bad Request: query is too old and response timeout expired or query ID is invalid")


async def newest(api: Api, kind: str) -> Any:
    updates = await api.result("getUpdates")
    return next(update[kind] for update in reversed(updates) if kind in update)


async def test_a_sale_for_stars_and_its_refund(api: Api) -> None:
    sent = await api.result("sendInvoice", chat_id=ADA, **STARS)
    assert sent["invoice"]["total_amount"] == 250
    assert "payload" not in sent["invoice"]
    assert api.world.shop.check_out(ADA, BOT, sent["message_id"])
    query = await newest(api, "pre_checkout_query")
    assert (query["invoice_payload"], query["total_amount"]) == ("vip", 250)
    paid: list[int] = []
    api.world.shop.on_paid.append(lambda sale: paid.append(sale.user_id))
    api.hands.now_ms += 10_000
    answer = {"pre_checkout_query_id": query["id"], "ok": True}
    assert await api.result("answerPreCheckoutQuery", **answer) is True
    assert await api.error("answerPreCheckoutQuery", **answer) == OLD
    receipt = (await newest(api, "message"))["successful_payment"]
    assert paid == [ADA]
    assert "subscription_expiration_date" not in receipt
    charge = {"user_id": ADA, "telegram_payment_charge_id": receipt["telegram_payment_charge_id"]}
    assert await api.result("refundStarPayment", **charge) is True
    refunded = (await newest(api, "message"))["refunded_payment"]
    assert refunded["telegram_payment_charge_id"] == charge["telegram_payment_charge_id"]
    assert await api.error("refundStarPayment", **charge) == (400, "Bad Request: CHARGE_ALREADY_REFUNDED")
    charge["telegram_payment_charge_id"] = "nobody's"
    assert await api.error("refundStarPayment", **charge) == (400, "Bad Request: CHARGE_NOT_FOUND")


async def test_an_answer_after_ten_seconds_or_a_no_leaves_the_money_where_it_is(api: Api) -> None:
    sent = await api.result("sendInvoice", chat_id=ADA, **STARS)
    api.world.shop.check_out(ADA, BOT, sent["message_id"])
    late = await newest(api, "pre_checkout_query")
    api.hands.now_ms += 10_001
    assert await api.error("answerPreCheckoutQuery", pre_checkout_query_id=late["id"], ok=True) == OLD
    api.world.shop.check_out(ADA, BOT, sent["message_id"])
    query = await newest(api, "pre_checkout_query")
    silent = await api.error("answerPreCheckoutQuery", pre_checkout_query_id=query["id"], ok=False)
    assert silent == (400, "Bad Request: error message must be non-empty")
    refusal = {"pre_checkout_query_id": query["id"], "ok": False, "error_message": "sold out"}
    assert await api.result("answerPreCheckoutQuery", **refusal) is True
    assert api.world.shop.sales == {}


async def test_a_subscription_is_paid_again_each_month(api: Api) -> None:
    link = await api.result("createInvoiceLink", **STARS, subscription_period=MONTH_S)
    assert api.world.shop.check_out_link(ADA, link)
    query = await newest(api, "pre_checkout_query")
    await api.result("answerPreCheckoutQuery", pre_checkout_query_id=query["id"], ok=True)
    first = (await newest(api, "message"))["successful_payment"]
    assert first["is_first_recurring"] is True
    assert first["subscription_expiration_date"] == api.hands.now_ms // 1000 + MONTH_S
    api.world.shop.renew(first["telegram_payment_charge_id"])
    second = (await newest(api, "message"))["successful_payment"]
    assert "is_first_recurring" not in second
    assert second["subscription_expiration_date"] == first["subscription_expiration_date"] + MONTH_S
    assert second["telegram_payment_charge_id"] != first["telegram_payment_charge_id"]


async def test_an_order_with_an_address_asks_what_sending_costs_first(api: Api) -> None:
    money = {"currency": "TRY", "prices": [{"label": "Cream", "amount": 4_900}], "provider_token": "p"}
    sent = await api.result("sendInvoice", chat_id=ADA, **STARS | money, is_flexible=True)
    api.world.shop.check_out(ADA, BOT, sent["message_id"])
    asked = await newest(api, "shipping_query")
    assert asked["shipping_address"]["country_code"] == "TR"
    options = [{"id": "fast", "title": "Fast", "prices": [{"label": "Fast", "amount": 1_000}]}]
    answer = {"shipping_query_id": asked["id"], "ok": True, "shipping_options": options}
    assert await api.result("answerShippingQuery", **answer) is True
    query = await newest(api, "pre_checkout_query")
    assert (query["total_amount"], query["shipping_option_id"]) == (5_900, "fast")
    await api.result("answerPreCheckoutQuery", pre_checkout_query_id=query["id"], ok=True)
    paid = (await newest(api, "message"))["successful_payment"]
    assert (paid["total_amount"], paid["currency"]) == (5_900, "TRY")
    assert paid["order_info"]["shipping_address"]["city"] == "Istanbul"


async def test_invoices_that_telegram_would_refuse_are_refused(api: Api) -> None:
    async def refused(**changes: object) -> str:
        code, description = await api.error("sendInvoice", chat_id=ADA, **STARS | changes)
        assert code == 400
        return description.removeprefix("Bad Request: ")

    assert await refused(title="") == "INVOICE_TITLE_INVALID"
    assert await refused(payload="ş" * 65) == "INVOICE_PAYLOAD_INVALID"
    assert await refused(currency="Stars") == "CURRENCY_INVALID"
    assert await refused(prices=[]) == "CURRENCY_TOTAL_AMOUNT_INVALID"
    assert await refused(provider_token="x") == "STARS_INVOICE_INVALID"
    assert await refused(currency="EUR") == "PAYMENT_PROVIDER_INVALID"
    assert await refused(subscription_period=60) == "SUBSCRIPTION_PERIOD_INVALID"
    assert not api.world.shop.check_out(ADA, BOT, 1)
