"""Deep links, the buttons of the settings menu, and business chats."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from core.keyed import Link, read_link, sign_link
from tests.edges.bot.updates import (
    DATE,
    HUMAN,
    OTHER,
    PRIVATE,
    RECEIVED,
    RULES,
    Json,
    kinds,
    message,
    only,
    read,
    tap,
    update,
)

KEY = b"k" * 32
SIGNED = replace(RULES, link=partial(read_link, KEY))


def start(payload: str) -> Json:
    return message(text=f"/start {payload}")


@pytest.mark.parametrize(
    ("payload", "campaign", "link"),
    [
        ("", "", ""),
        ("spring", "spring", "plain"),
        (sign_link(KEY, "spring", DATE), "spring", "signed"),
        (sign_link(KEY, "spring", DATE - 1), "", "expired"),
        (sign_link(b"other", "spring", DATE + 60), "", "forged"),
        ("-kspring", "", "forged"),
    ],
)
def test_a_campaign_is_believed_when_its_link_is_plain_or_rightly_signed(
    payload: str, campaign: str, link: str
) -> None:
    props = only(start(payload), SIGNED).props
    assert (props["campaign"], props["link"]) == (campaign, link)


def test_without_a_key_nothing_that_claims_to_be_signed_is_believed() -> None:
    assert only(start(sign_link(KEY, "spring", DATE + 60))).props["link"] == "forged"
    assert only(start("spring")).props["link"] == "plain"


def test_whether_a_link_has_ended_goes_by_the_moment_it_was_opened() -> None:
    asked: list[int] = []

    def link(payload: str, now_s: int) -> Link:
        asked.append(now_s)
        return Link("x", "signed")

    only(start("x"), replace(RULES, link=link))
    assert asked == [DATE]


@pytest.mark.parametrize(
    ("data", "kind", "props"),
    [
        ("set:frequency:7", "preference_set", {"name": "frequency", "value": "7"}),
        ("set:frequency:-", "preference_set", {"name": "frequency", "value": ""}),
        ("set:quiet:22-08", "preference_set", {"name": "quiet", "value": "22-08"}),
        ("set:quiet:off", "preference_set", {"name": "quiet", "value": "off"}),
        ("set:quiet:-", "preference_set", {"name": "quiet", "value": ""}),
        ("set:muted:poll.news", "preference_set", {"name": "muted", "value": "news.poll"}),
        ("set:muted:-", "preference_set", {"name": "muted", "value": ""}),
        ("set:language:en", "language_chosen", {"language": "en"}),
        ("set:zone:Asia/Kolkata", "timezone_declared", {"zone": "Asia/Kolkata"}),
    ],
)
def test_a_choice_in_the_settings_menu_is_an_event_at_its_receipt(data: str, kind: str, props: Json) -> None:
    tapped, chosen = read(tap(data)).events
    assert tapped.kind == "button_tapped"
    assert (chosen.kind, chosen.props, chosen.ts_ms) == (kind, props, RECEIVED)


@pytest.mark.parametrize(
    "data",
    [
        *(
            "set:",
            "set:frequency",
            "set:frequency:",
            "set:frequency:0",
            "set:frequency:31",
            "set:frequency:٧",
        ),
        *("set:frequency:07", "set:frequency:1.5", "set:quiet:", "set:quiet:22", "set:quiet:24-08"),
        *(
            "set:quiet:8-22",
            "set:quiet:08-08",
            "set:quiet:22-08-",
            "set:quiet:OFF",
            "set:muted:",
            "set:muted:spam",
        ),
        *(
            "set:muted:news.",
            "set:language:de",
            "set:zone:",
            "set:zone:-",
            "set:zone:../etc/passwd",
            "set:else:1",
        ),
        *("forget:yes", "page:settings", "consent:maybe"),
    ],
)
def test_data_that_are_not_exactly_a_choice_are_only_a_tap(data: str) -> None:
    assert kinds(tap(data)) == ["button_tapped"]


# ------------------------------------------------------------------ business accounts
def business(author: Json, **fields: Any) -> Json:
    return message("business_message", text="fiyat?", business_connection_id="b", **{"from": author} | fields)


def test_a_customers_words_are_theirs_and_reach_nobody() -> None:
    found = read(business(HUMAN))
    assert found.sender is not None
    assert (found.sender.identity.value, found.sender.chat_id, found.answer) == ("1001", 0, False)
    assert found.events[0].props == {
        "length": 6,
        "media": "text",
        "topics": "price",
        "connection": "b",
        "edited": False,
    }


@pytest.mark.parametrize(
    "answer", [business(OTHER), business(HUMAN, sender_business_bot={"id": 42, "is_bot": True})]
)
def test_the_owners_answer_is_about_the_customer_and_its_words_are_nobodys_wish(answer: Json) -> None:
    answer["business_message"]["text"] = "STOP"
    found = read(answer)
    assert [event.kind for event in found.events] == ["business_answered"]
    assert found.sender is not None
    assert found.sender.identity.value == "1001"


def test_deleted_messages_of_a_customer_are_counted() -> None:
    body = {"business_connection_id": "b", "chat": PRIVATE, "message_ids": [1, 2, 3]}
    assert only(update("deleted_business_messages", body)).props == {"connection": "b", "count": 3}


def test_a_tap_in_a_business_chat_reaches_nobody() -> None:
    tapped = tap("menu:vip")
    tapped["callback_query"]["message"]["business_connection_id"] = "b"
    found = read(tapped)
    assert found.sender is not None
    assert found.sender.chat_id == 0
