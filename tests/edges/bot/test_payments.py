"""Money: questions are answered at once, and what was paid or given back gets a word."""

from __future__ import annotations

from typing import Any

import pytest

from bot.texts import say
from bot.visitor import Terms
from tests.core.flow.worlds import ANNA, human
from tests.edges.bot.shop import Shop, params

SALE = {
    "currency": "XTR",
    "total_amount": 500,
    "invoice_payload": "vip",
    "telegram_payment_charge_id": "t1",
    "provider_payment_charge_id": "",
}


def checkout() -> dict[str, Any]:
    sale = {"currency": "XTR", "total_amount": 500, "invoice_payload": "vip"}
    return {"pre_checkout_query": {"id": "77", "from": human(ANNA), **sale}}


@pytest.mark.parametrize("accept", [True, False])
async def test_a_pre_checkout_is_answered_by_the_settings_and_before_anything_else(accept: bool) -> None:
    shop = Shop(terms=Terms(accept_payments=accept))
    await shop.world.arrives(checkout())
    assert await shop.serve() == []
    ((name, asked),) = shop.line.called
    assert (name, asked["pre_checkout_query_id"], asked["ok"]) == ("answerPreCheckoutQuery", "77", accept)
    assert asked.get("error_message") == (None if accept else say("checkout-refused", "en"))


async def test_shipping_is_refused_politely() -> None:
    shop = Shop()
    address = dict.fromkeys(("state", "city", "street_line1", "street_line2", "post_code"), "x")
    query = {"id": "5", "from": human(ANNA), "invoice_payload": "p"}
    await shop.world.arrives(
        {"shipping_query": {**query, "shipping_address": {"country_code": "TR", **address}}}
    )
    assert await shop.serve() == []
    assert shop.line.last("answerShippingQuery")["ok"] is False


async def test_vip_can_be_bought_below_its_answer() -> None:
    shop = Shop(terms=Terms(vip_stars=500))
    await shop.world.taps(ANNA, "menu:vip")
    assert await shop.serve() == [say("answer-vip-price", "en", stars=500)]
    assert shop.buttons()[0] == "buy:vip"
    await shop.world.says(ANNA, "I want VIP")
    assert await shop.serve() == [say("answer-vip-price", "en", stars=500)]
    assert shop.buttons()[0] == "buy:vip"
    await shop.world.taps(ANNA, "buy:vip")
    await shop.serve()
    call = shop.world.messenger.sent[-1].body
    assert call["method"] == "sendInvoice"
    invoice = params(call)
    assert (invoice["currency"], invoice["payload"]) == ("XTR", "vip")
    assert invoice["prices"] == [{"label": "VIP", "amount": 500}]


async def test_what_is_not_for_sale_is_not_offered_and_an_old_button_says_so() -> None:
    shop = Shop()
    await shop.world.taps(ANNA, "menu:vip")
    assert await shop.serve() == [say("answer-vip", "en")]
    assert "buy:vip" not in shop.buttons()
    await shop.world.taps(ANNA, "buy:vip")
    assert await shop.serve() == [say("vip-not-for-sale", "en")]


async def test_a_payment_is_thanked_for_and_a_refund_gets_a_word() -> None:
    shop = Shop()
    await shop.told(ANNA, successful_payment=SALE)
    await shop.told(ANNA, successful_payment={**SALE, "invoice_payload": "mug"})
    await shop.told(ANNA, refunded_payment=SALE)
    assert await shop.serve() == [
        say("payment-thanks-vip", "en"),
        say("payment-thanks", "en"),
        say("payment-refunded", "en"),
    ]


async def test_an_inline_search_finds_nothing_and_does_not_spin() -> None:
    shop = Shop()
    await shop.world.arrives(
        {"inline_query": {"id": "8", "from": human(ANNA), "query": "shoes", "offset": ""}}
    )
    row = (await shop.waiting())[:1]
    for each in row:
        await shop.run(each)
    assert [call["results"] for name, call in shop.line.called if name == "answerInlineQuery"] == [[]]
