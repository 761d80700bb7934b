"""Money: questions are answered at once, and what was paid or given back gets a word."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from app.visitors import MONEY_MS
from bot.capture import Arrival, capture
from bot.texts import say
from bot.visitor import Terms
from core.errors import AmbiguousError, RateLimitedError, RejectedError, TransportError
from tests.core.flow.worlds import ANNA, DAY, GROUP, RULES, human
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


def shipping() -> dict[str, Any]:
    address = dict.fromkeys(("state", "city", "street_line1", "street_line2", "post_code"), "x")
    query = {"id": "5", "from": human(ANNA), "invoice_payload": "p"}
    return {"shipping_query": {**query, "shipping_address": {"country_code": "TR", **address}}}


@pytest.mark.parametrize("accept", [True, False])
async def test_a_pre_checkout_is_answered_by_the_settings_and_before_anything_else(accept: bool) -> None:
    shop = Shop(terms=Terms(accept_payments=accept))
    await shop.world.arrives(checkout())
    assert await shop.serve() == []
    ((name, asked),) = shop.line.called
    assert (name, asked["pre_checkout_query_id"], asked["ok"]) == ("answerPreCheckoutQuery", "77", accept)
    assert asked.get("error_message") == (None if accept else say("checkout-refused", "en"))


NOT_REACHED, DOUBTFUL = TransportError("not reached"), AmbiguousError("no answer")
LATER, MUCH_LATER = RateLimitedError("wait", retry_after_s=3), RateLimitedError("wait", retry_after_s=9)
REJECTED = RejectedError("the query is too old", code="other")


@pytest.mark.parametrize("asked", [checkout(), shipping()])
@pytest.mark.parametrize("failures", [[NOT_REACHED] * 3, [LATER, NOT_REACHED, LATER]])
async def test_an_answer_about_money_is_given_again_while_telegram_waits_for_it(
    asked: dict[str, Any], failures: list[TransportError]
) -> None:
    shop = Shop()
    shop.line.failures = [*failures]
    await shop.world.arrives(asked)
    began_ms = shop.world.clock.now_ms()
    await shop.serve()
    assert len(shop.line.called) == len(failures) + 1
    assert shop.world.clock.now_ms() - began_ms < MONEY_MS


@pytest.mark.parametrize("failure", [DOUBTFUL, MUCH_LATER, REJECTED])
async def test_an_answer_about_money_that_may_have_arrived_or_can_t_is_not_given_again(
    failure: TransportError,
) -> None:
    shop = Shop()
    shop.line.failures = [failure]
    await shop.world.arrives(checkout())
    with pytest.raises(type(failure)):
        await shop.serve()
    assert len(shop.line.called) == 1


async def test_an_answer_about_money_is_given_up_when_nobody_waits_for_it_any_more() -> None:
    shop = Shop()
    shop.line.failures = [NOT_REACHED] * 1_000
    await shop.world.arrives(checkout())
    began_ms = shop.world.clock.now_ms()
    with pytest.raises(TransportError, match="not reached"):
        await shop.serve()
    assert MONEY_MS - 1_000 <= shop.world.clock.now_ms() - began_ms <= MONEY_MS
    assert len(shop.line.called) > 10


async def test_shipping_is_refused_politely() -> None:
    shop = Shop()
    await shop.world.arrives(shipping())
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


async def test_who_paid_for_vip_gets_a_link_of_the_own_into_its_group() -> None:
    shop = Shop(terms=Terms(vip_chats=(GROUP,)))
    shop.line.results["createChatInviteLink"] = {"invite_link": "https://t.me/+one"}
    await shop.told(ANNA, successful_payment=SALE)
    assert await shop.serve() == [f"{say('payment-thanks-vip-link', 'en')}\nhttps://t.me/+one"]
    assert shop.line.called == [
        ("createChatInviteLink", {"chat_id": GROUP, "name": "paid", "member_limit": 1})
    ]


async def test_another_of_our_bots_invites_where_this_one_may_not() -> None:
    shop = Shop(terms=Terms(vip_chats=(GROUP,)))
    shop.line.failures = [RejectedError("not enough rights", code="other")]
    shop.club.results["createChatInviteLink"] = {"invite_link": "https://t.me/+two"}
    await shop.told(ANNA, successful_payment=SALE)
    assert (await shop.serve())[0].endswith("https://t.me/+two")


async def test_where_no_bot_may_invite_a_person_will() -> None:
    shop = Shop(terms=Terms(vip_chats=(GROUP,)))
    shop.line.failures = [RejectedError("not enough rights", code="other")]
    shop.club.failures = [RejectedError("not enough rights", code="other")]
    await shop.told(ANNA, successful_payment=SALE)
    assert await shop.serve() == [say("payment-thanks-vip-person", "en")]


async def tries_again(shop: Shop, payload: str = "vip") -> dict[str, Any]:
    asked = checkout()
    asked["pre_checkout_query"]["invoice_payload"] = payload
    await shop.world.arrives(asked)
    await shop.serve()
    answered = shop.line.last("answerPreCheckoutQuery")
    return {key: answered[key] for key in ("ok", "error_message") if key in answered}


async def test_vip_is_sold_once_as_long_as_it_lasts() -> None:
    shop = Shop(terms=Terms(vip_stars=500))
    assert await tries_again(shop) == {"ok": True}
    await shop.told(ANNA, successful_payment=SALE)
    await shop.serve()
    assert await tries_again(shop) == {"ok": False, "error_message": say("checkout-twice", "en")}
    assert await tries_again(shop, "mug") == {"ok": True}
    await shop.world.taps(ANNA, "buy:vip")
    assert await shop.serve() == [say("vip-yours", "en")]
    shop.world.clock.advance(30 * DAY / 1000)
    assert await tries_again(shop) == {"ok": True}


async def test_another_sale_or_one_given_back_is_no_vip() -> None:
    shop = Shop()
    await shop.told(ANNA, successful_payment={**SALE, "invoice_payload": "mug"})
    await shop.serve()
    assert await tries_again(shop) == {"ok": True}
    again = SALE | {"telegram_payment_charge_id": "t2"}
    await shop.told(ANNA, successful_payment=again)
    await shop.told(ANNA, refunded_payment=again)
    await shop.serve()
    assert await tries_again(shop) == {"ok": True}


async def test_a_member_of_the_vip_group_needs_not_pay_and_gets_no_link() -> None:
    rules = replace(RULES, vip=frozenset({GROUP}))
    shop = Shop(terms=Terms(vip_stars=500, vip_chats=(GROUP,)))
    shop.world.read = lambda row: capture(
        json.loads(row.body), Arrival(row.bot_id, row.update_id, row.received_ms), rules
    )
    await shop.world.moves_in_group(ANNA, "member")
    assert (await tries_again(shop))["ok"] is False
    await shop.told(ANNA, successful_payment=SALE)
    assert await shop.serve() == [say("payment-thanks-vip", "en")]
    assert "createChatInviteLink" not in shop.line.names()


async def test_an_inline_search_finds_nothing_and_does_not_spin() -> None:
    shop = Shop()
    await shop.world.arrives(
        {"inline_query": {"id": "8", "from": human(ANNA), "query": "shoes", "offset": ""}}
    )
    row = (await shop.waiting())[:1]
    for each in row:
        await shop.run(each)
    assert [call["results"] for name, call in shop.line.called if name == "answerInlineQuery"] == [[]]
