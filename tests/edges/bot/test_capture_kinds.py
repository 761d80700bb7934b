"""Every update kind and every kind of message has a meaning, or is counted as unknown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.capture import READERS
from bot.capture.content import MEDIA
from tests.botapi.generate import KINDS
from tests.edges.bot.updates import (
    BOT,
    CHANNEL,
    DATE,
    GROUP,
    HUMAN,
    OTHER,
    PRIVATE,
    RECEIVED,
    RULES,
    Json,
    changed,
    kinds,
    member,
    message,
    only,
    read,
    tap,
    update,
)

QUERY: Json = {"id": "1", "from": HUMAN}
BOOST = {"source": "premium", "user": HUMAN}
PRICE = {"currency": "XTR", "total_amount": 500, "invoice_payload": "vip"}
MIXED = {"type": {"type": "paid"}, "total_count": 3}

EXAMPLES: dict[str, tuple[Json, list[str]]] = {
    "message": (message(text="hi"), ["message_received"]),
    "edited_message": (message("edited_message", text="hi", edit_date=DATE + 9), ["message_edited"]),
    "channel_post": (message("channel_post", CHANNEL, text="news"), ["channel_posted"]),
    "edited_channel_post": (message("edited_channel_post", CHANNEL, text="news"), ["channel_posted"]),
    "business_connection": (
        update(
            "business_connection",
            {"id": "b", "user": HUMAN, "user_chat_id": 1, "date": DATE, "is_enabled": True},
        ),
        ["business_connected"],
    ),
    "business_message": (
        message("business_message", text="hi", business_connection_id="b"),
        ["business_message"],
    ),
    "edited_business_message": (message("edited_business_message", text="hi"), ["business_message"]),
    "deleted_business_messages": (
        update(
            "deleted_business_messages",
            {"business_connection_id": "b", "chat": PRIVATE, "message_ids": [1, 2]},
        ),
        ["business_deleted"],
    ),
    "guest_message": (message("guest_message", GROUP, text="@kairos_bot price?"), ["inline_searched"]),
    "message_reaction": (
        update(
            "message_reaction",
            {
                "chat": PRIVATE,
                "message_id": 3,
                "user": HUMAN,
                "date": DATE,
                "old_reaction": [],
                "new_reaction": [],
            },
        ),
        ["reacted"],
    ),
    "message_reaction_count": (
        update(
            "message_reaction_count", {"chat": CHANNEL, "message_id": 3, "date": DATE, "reactions": [MIXED]}
        ),
        ["reactions_counted"],
    ),
    "inline_query": (update("inline_query", QUERY | {"query": "price", "offset": ""}), ["inline_searched"]),
    "chosen_inline_result": (
        update("chosen_inline_result", {"result_id": "r", "from": HUMAN, "query": ""}),
        ["inline_chosen"],
    ),
    "callback_query": (tap("menu:vip"), ["button_tapped"]),
    "shipping_query": (
        update("shipping_query", QUERY | {"invoice_payload": "vip", "shipping_address": {}}),
        ["shipping_asked"],
    ),
    "pre_checkout_query": (update("pre_checkout_query", QUERY | PRICE), ["checkout_started"]),
    "purchased_paid_media": (
        update("purchased_paid_media", {"from": HUMAN, "paid_media_payload": "p"}),
        ["paid_media_bought"],
    ),
    "poll": (update("poll", {"id": "p", "total_voter_count": 3, "is_closed": True}), ["poll_changed"]),
    "poll_answer": (
        update("poll_answer", {"poll_id": "p", "user": HUMAN, "option_ids": [1]}),
        ["poll_answered"],
    ),
    "my_chat_member": (changed("my_chat_member", member(BOT, "left"), member(BOT, "member")), ["bot_added"]),
    "chat_member": (changed("chat_member", member(OTHER, "left"), member(OTHER, "member")), ["group_joined"]),
    "chat_join_request": (
        update("chat_join_request", {"chat": GROUP, "from": HUMAN, "user_chat_id": 1001, "date": DATE}),
        ["join_requested"],
    ),
    "chat_boost": (
        update("chat_boost", {"chat": GROUP, "boost": {"boost_id": "x", "add_date": DATE, "source": BOOST}}),
        ["boosted"],
    ),
    "removed_chat_boost": (
        update("removed_chat_boost", {"chat": GROUP, "boost_id": "x", "remove_date": DATE, "source": BOOST}),
        ["boosted"],
    ),
    "managed_bot": (update("managed_bot", {"user": HUMAN, "bot": BOT}), ["unknown"]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_update_kind_of_the_bot_api_becomes_these_events(kind: str) -> None:
    example, expected = EXAMPLES[kind]
    assert kinds(example) == expected
    assert read(example).update_kind == kind


def test_only_managed_bots_have_no_reader() -> None:
    assert set(KINDS) - set(READERS) == {"managed_bot"}
    assert set(READERS) <= set(KINDS)


@pytest.mark.parametrize("media", sorted(MEDIA))
def test_every_kind_of_media_is_named_and_not_kept(media: str) -> None:
    canary: Json = {media: {"file_id": "canary", "blocks": []}}
    event = only(message(**canary))
    assert (event.kind, event.props["media"]) == ("message_received", media)
    assert "canary" not in str(event)
    assert only(message(chat=GROUP, **canary)).props["media"] == media


@pytest.mark.parametrize(
    ("both", "meant"), [("document", "animation"), ("photo", "live_photo"), ("location", "venue")]
)
def test_media_that_telegram_sends_in_two_shapes_are_what_is_meant(both: str, meant: str) -> None:
    shapes: Json = {both: {}, meant: {}}
    assert only(message(**shapes)).props["media"] == meant


def test_a_rich_message_is_read_like_any_other() -> None:
    rich = {"blocks": [{"type": "paragraph", "text": ["fiyat ", {"type": "bold", "text": "ne kadar?"}]}]}
    event = only(message(rich_message=rich))
    assert (event.props["media"], event.props["topics"]) == ("rich_message", "price")
    stop = {"blocks": [{"type": "paragraph", "text": {"type": "bold", "text": "STOP"}}]}
    assert kinds(message(rich_message=stop)) == ["message_received", "consent_withdrawn"]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"pinned_message": {}}, "message.pinned_message"),
        ({"gift": {}}, "message.gift"),
        ({"telepathy": {}}, "message.telepathy"),
        ({}, "message"),
    ],
)
def test_messages_without_a_meaning_are_counted_by_what_is_in_them(fields: Json, name: str) -> None:
    for chat in (PRIVATE, GROUP):
        event = only(message(chat=chat, **fields))
        assert (event.kind, event.props) == ("unknown", {"update": name})


def test_an_edit_has_the_moment_of_the_edit_and_live_locations_move_by_themselves() -> None:
    assert only(EXAMPLES["edited_message"][0]).ts_ms == (DATE + 9) * 1000
    assert only(message("edited_message", location={}, edit_date=DATE)).kind == "unknown"


@pytest.mark.parametrize(
    ("what", "topics"),
    [("menu:vip", "vip"), ("menu:news", ""), ("menu:anything else", ""), ("shop", "buy"), ("else", "")],
)
def test_a_button_has_the_topic_of_the_menu_or_of_the_settings(what: str, topics: str) -> None:
    assert only(tap(what), replace(RULES, buttons={"shop": "buy"})).props["topics"] == topics


def test_what_telegram_gives_no_date_has_the_moment_of_its_receipt() -> None:
    for kind in ("callback_query", "inline_query", "poll_answer", "pre_checkout_query", "poll"):
        assert only(EXAMPLES[kind][0]).ts_ms == RECEIVED


def test_those_who_wait_for_an_answer_get_one() -> None:
    answered = {kind for kind in KINDS if read(EXAMPLES[kind][0]).answer}
    waiting = {"message", "callback_query", "inline_query", "shipping_query", "pre_checkout_query"}
    assert answered == waiting


# ------------------------------------------------------------------ payments and Mini Apps
def paid(**more: Any) -> Json:
    payment = PRICE | {"telegram_payment_charge_id": "ch_1", "provider_payment_charge_id": ""}
    return message(successful_payment=payment | more)


def test_a_payment_is_unique_by_its_charge_and_says_until_when_it_pays() -> None:
    event = only(paid(subscription_expiration_date=DATE + 60))
    assert (event.kind, event.key, event.ts_ms) == ("payment_succeeded", "charge:ch_1", DATE * 1000)
    assert event.props["until_ms"] == (DATE + 60) * 1000
    assert only(paid()).props["until_ms"] == 0


def test_a_refund_names_the_charge_and_is_not_the_payment() -> None:
    event = only(message(refunded_payment=PRICE | {"telegram_payment_charge_id": "ch_1"}))
    assert (event.kind, event.key, event.props["charge"]) == ("payment_refunded", "refund:ch_1", "ch_1")


def test_a_checkout_says_what_is_about_to_be_paid() -> None:
    event = only(EXAMPLES["pre_checkout_query"][0])
    assert event.props == {"amount_minor": 500, "currency": "XTR", "payload": "vip"}


@pytest.mark.parametrize(
    ("data", "action"),
    [
        ('{"action": "order"}', "order"),
        ('{"type": "x"}', "x"),
        ('{"action": 7}', ""),
        ("[]", ""),
        ("plain ü", ""),
    ],
)
def test_mini_app_data_are_measured_and_named_but_not_kept(data: str, action: str) -> None:
    event = only(message(web_app_data={"data": data, "button_text": "Shop"}))
    assert event.kind == "app_data_received"
    assert event.props == {"button": "Shop", "action": action, "length": len(data.encode())}


def test_write_access_lets_the_bot_in() -> None:
    found = read(message(write_access_allowed={}))
    assert [event.kind for event in found.events] == ["bot_unblocked"]
    assert found.sender is not None
    assert found.sender.chat_id == 1001
