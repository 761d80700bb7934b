"""The meaning of updates: raw JSON in, events out."""

from __future__ import annotations

from typing import Any

import pytest

from bot.capture import Arrival, CaptureRules, capture
from core.errors import ContentError
from core.text import opts_out, topics

RULES = CaptureRules(topics, opts_out)
ARRIVAL = Arrival(bot_id=42, update_id=7, received_ms=1_780_000_123_456)
HUMAN = {"id": 1001, "is_bot": False, "first_name": "Ayşe", "language_code": "tr-TR", "is_premium": True}
CHAT = {"id": 1001, "type": "private"}
DATE = 1_780_000_000


def message(**fields: Any) -> dict[str, Any]:
    return {"update_id": 7, "message": {"message_id": 5, "date": DATE, "from": HUMAN, "chat": CHAT} | fields}


def tap(data: str) -> dict[str, Any]:
    shown = {"message_id": 3, "date": DATE - 50, "chat": CHAT}
    return {"update_id": 7, "callback_query": {"id": "9", "from": HUMAN, "data": data, "message": shown}}


def kinds(update: dict[str, Any], rules: CaptureRules = RULES) -> list[str]:
    return [event.kind for event in capture(update, ARRIVAL, rules).events]


def test_a_start_carries_its_campaign_code_and_the_senders_language() -> None:
    found = capture(message(text="/start spring_sale"), ARRIVAL, RULES)
    assert [event.kind for event in found.events] == ["started"]
    assert found.events[0].props["campaign"] == "spring_sale"
    assert found.sender is not None
    assert (found.sender.language, found.sender.premium, found.sender.chat_id) == ("tr", True, 1001)
    assert found.answer


def test_an_event_has_the_time_of_the_message_and_a_key_that_a_second_capture_repeats() -> None:
    first = capture(message(text="merhaba"), ARRIVAL, RULES).events[0]
    again = capture(message(text="merhaba"), ARRIVAL, RULES).events[0]
    assert first == again
    assert (first.ts_ms, first.key) == (DATE * 1000, "42:7:0")


def test_a_tap_has_the_time_of_its_receipt_because_telegram_gives_none() -> None:
    assert capture(tap("menu:vip"), ARRIVAL, RULES).events[0].ts_ms == ARRIVAL.received_ms


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        (message(text="/stop"), ["command_used", "consent_withdrawn"]),
        (message(text="/stop\nthanks"), ["command_used", "consent_withdrawn"]),
        (message(text="/STOP@kairos_bot"), ["command_used", "consent_withdrawn"]),
        (message(text="/iptal"), ["command_used", "consent_withdrawn"]),
        (message(text="/Unsubscribe."), ["command_used", "consent_withdrawn"]),
        (message(text="/"), ["command_used"]),
        (message(text="DUR!"), ["message_received", "consent_withdrawn"]),
        (message(text="İPTAL"), ["message_received", "consent_withdrawn"]),
        (message(photo=[], caption="STOP"), ["message_received", "consent_withdrawn"]),
        (message(photo=[], caption="/start"), ["message_received"]),
        (message(text="do not stop the music"), ["message_received"]),
        (message(text="/timezone Europe/Berlin"), ["command_used", "timezone_declared"]),
        (message(text="/timezone Mars/Olympus"), ["command_used"]),
        (message(text="/timezone ../../etc/passwd"), ["command_used"]),
        (message(text="/language tr"), ["command_used", "language_chosen"]),
        (tap("consent:all"), ["button_tapped", "consent_given"]),
        (tap("consent:none"), ["button_tapped", "consent_withdrawn"]),
        (tap("c:12:offer:buy"), ["button_tapped"]),
    ],
)
def test_what_people_type_and_tap_becomes_these_events(update: dict[str, Any], expected: list[str]) -> None:
    assert kinds(update) == expected


def test_an_installation_with_another_legal_ground_grants_consent_on_start() -> None:
    rules = CaptureRules(topics, opts_out, granted_on_start=True)
    assert kinds(message(text="/start"), rules) == ["started", "consent_given"]


def test_a_block_and_a_return_are_events_of_the_private_chat_only() -> None:
    def member(status: str, chat: dict[str, Any]) -> dict[str, Any]:
        member = {"status": status, "user": HUMAN}
        body = {"from": HUMAN, "chat": chat, "date": DATE, "new_chat_member": member}
        return {"update_id": 7, "my_chat_member": body}

    assert kinds(member("kicked", CHAT)) == ["bot_blocked"]
    assert kinds(member("member", CHAT)) == ["bot_unblocked"]
    assert kinds(member("kicked", {"id": -100, "type": "supergroup"})) == ["bot_removed"]


def test_a_payment_is_counted_in_minor_units_of_its_currency() -> None:
    paid = {
        "currency": "XTR",
        "total_amount": 500,
        "invoice_payload": "vip",
        "telegram_payment_charge_id": "ch_1",
    }
    event = capture(message(successful_payment=paid), ARRIVAL, RULES).events[0]
    assert (event.kind, event.props["amount_minor"], event.props["charge"]) == (
        "payment_succeeded",
        500,
        "ch_1",
    )


def test_an_update_kind_of_tomorrow_is_kept_as_unknown_and_never_an_error() -> None:
    found = capture({"update_id": 7, "telepathy": {"from": HUMAN, "date": DATE}}, ARRIVAL, RULES)
    assert [event.props["update"] for event in found.events] == ["telepathy"]
    nobody = capture({"update_id": 7, "telepathy": {"text": "hm"}}, ARRIVAL, RULES)
    assert ([event.kind for event in nobody.events], nobody.sender, nobody.place) == (["unknown"], None, None)


@pytest.mark.parametrize(
    "broken",
    [
        {"update_id": 7},
        {"update_id": 7, "message": "text"},
        {"update_id": 7, "message": {"from": HUMAN, "date": DATE}},
        {"update_id": 7, "message": {"chat": CHAT, "from": HUMAN, "date": "soon"}},
        {"update_id": 7, "message": {"chat": CHAT, "from": HUMAN, "date": 10**30}},
        {"update_id": 7, "message": {"chat": CHAT, "from": HUMAN | {"id": 10**40}, "date": DATE}},
        {"update_id": 7, "message": {"chat": CHAT, "from": HUMAN | {"id": -5}, "date": DATE}},
        {"update_id": 7, "callback_query": {"data": "x"}},
    ],
)
def test_garbage_is_refused_with_a_content_error(broken: dict[str, Any]) -> None:
    with pytest.raises(ContentError):
        capture(broken, ARRIVAL, RULES)


def test_nul_characters_and_endless_names_are_cut_before_they_reach_a_store() -> None:
    human = HUMAN | {"first_name": "A\x00" * 500}
    found = capture(message(text="/start \x00code", **{"from": human}), ARRIVAL, RULES)
    assert found.sender is not None
    assert "\x00" not in found.sender.first_name
    assert len(found.sender.first_name) <= 128
    assert "\x00" not in str(found.events[0].props["campaign"])
