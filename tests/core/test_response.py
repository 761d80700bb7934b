"""Which message earned it: taps and replies name theirs, the rest goes by time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.event import Event, Scalar
from core.ledger import Message, MessageClass, State
from core.response import REPLY_WINDOW_MS, RESPONDING, SALE_WINDOW_MS, match_response, tap_choice

NOW = 1_800_000_000_000
HOUR = 3_600_000


def message(number: int, age_h: float, bot_id: int = 1, state: State = State.SENT) -> Message:
    at_ms = NOW - round(age_h * HOUR)
    return Message(
        id=number,
        cls=MessageClass.CAMPAIGN,
        campaign="opt",
        step=str(number),
        person_no=1,
        bot_id=bot_id,
        chat_id=5,
        state=state,
        due_ms=at_ms,
        expires_ms=at_ms,
        body={},
        segment="ENGAGED",
        content="c",
        kind="offer",
        priority=1,
        predicted=0.1,
        strategy_version=1,
        reason="",
        attempts=1,
        permit_ms=at_ms,
        sent_ms=at_ms if state is State.SENT else 0,
        telegram_id=number * 10 if state is State.SENT else 0,
        answered_ms=0,
        created_ms=at_ms,
    )


def event(kind: str, bot_id: int = 1, at_ms: int = NOW, **props: Scalar) -> Event:
    return Event("e", at_ms, kind, bot_id, props)


def matched(act: Event, *recent: Message) -> tuple[int, str] | None:
    answer = match_response(act, recent)
    return (answer.message.id, answer.how) if answer else None


def test_a_tap_names_its_message_however_old() -> None:
    recent = [message(1, 100), message(2, 1)]
    assert matched(event("button_tapped", button="c:1:offer:buy"), *recent) == (1, "tap")


def test_a_tap_on_a_message_that_is_not_the_persons_answers_nothing() -> None:
    assert matched(event("button_tapped", button="c:99:offer:buy"), message(1, 1)) is None
    assert matched(event("button_tapped", button="c:1:offer"), message(1, 1)) is None
    assert matched(event("button_tapped", button="consent:all"), message(1, 1)) is None


def test_a_reply_names_its_message_else_words_answer_the_latest_of_six_hours() -> None:
    recent = [message(1, 90), message(2, 5), message(3, 2)]
    assert matched(event("message_received", reply_to=10), *recent) == (1, "reply")
    assert matched(event("message_received", reply_to=0), *recent) == (3, "reply")
    assert matched(event("message_received", reply_to=77), *recent) == (3, "reply")
    assert matched(event("message_received"), message(1, 6.001)) is None
    assert matched(event("message_received"), message(1, REPLY_WINDOW_MS / HOUR)) == (1, "reply")


def test_a_menu_tap_is_like_words() -> None:
    assert matched(event("button_tapped", button="menu:vip"), message(1, 2)) == (1, "reply")
    assert matched(event("button_tapped", button="menu:vip"), message(1, 7)) is None


def test_words_to_one_bot_do_not_answer_another() -> None:
    assert matched(event("message_received", bot_id=2), message(1, 1)) is None
    assert matched(event("message_received", bot_id=2, reply_to=10), message(1, 1)) is None
    assert matched(event("message_received", bot_id=2), message(1, 1), message(2, 3, bot_id=2)) == (
        2,
        "reply",
    )


def test_a_sale_is_credited_to_the_latest_message_of_three_days() -> None:
    assert matched(event("payment_succeeded"), message(1, 80), message(2, 71)) == (2, "sale")
    assert matched(event("payment_succeeded"), message(1, SALE_WINDOW_MS / HOUR + 0.001)) is None
    assert matched(event("payment_succeeded", bot_id=2), message(1, 1)) == (1, "sale")


def test_coming_into_a_vip_group_is_a_sale() -> None:
    joined = Event("e", NOW, "vip_joined", 1, {"link": "spring", "how": "link"}, group_no=3)
    assert matched(joined, message(1, 80), message(2, 71)) == (2, "sale")
    assert matched(event("group_joined"), message(1, 1)) is None


def test_a_reaction_names_its_message_however_old_and_one_taken_away_answers_nothing() -> None:
    recent = [message(1, 100), message(2, 1)]
    assert matched(event("reacted", message_id=10, removed=False), *recent) == (1, "reaction")
    assert matched(event("reacted", message_id=10, removed=True), *recent) is None
    assert matched(event("reacted", message_id=11, removed=False), *recent) is None
    assert matched(event("reacted", bot_id=2, message_id=10, removed=False), *recent) is None
    assert matched(event("reacted", message_id=0), message(1, 1, state=State.UNKNOWN)) is None


def test_a_vote_answers_the_latest_poll_of_that_bot_within_three_days() -> None:
    polls = [replace(message(1, 30), kind="poll"), replace(message(2, 20), kind="poll"), message(3, 1)]
    assert matched(event("poll_answered", options="1", removed=False), *polls) == (2, "vote")
    assert matched(event("poll_answered", options="", removed=True), *polls) is None
    assert matched(event("poll_answered", bot_id=2, options="1"), *polls) is None
    assert matched(event("poll_answered", options="1"), replace(message(1, 72.01), kind="poll")) is None
    assert matched(event("poll_answered", options="1"), message(3, 1)) is None


def test_what_is_done_in_a_group_answers_no_campaign() -> None:
    def there(kind: str, **props: Scalar) -> Event:
        return Event("e", NOW, kind, 1, props, group_no=3)

    assert matched(there("button_tapped", button="c:1:offer:buy"), message(1, 1)) is None
    assert matched(there("button_tapped", button="menu:vip"), message(1, 1)) is None
    assert matched(there("reacted", message_id=10), message(1, 1)) is None
    assert matched(there("group_message", reply_to=10), message(1, 1)) is None
    assert matched(event("business_message"), message(1, 1)) is None


def test_the_kinds_that_may_answer_are_told() -> None:
    assert {"message_received", "button_tapped", "vip_joined", "reacted", "poll_answered"} < RESPONDING
    assert {"group_message", "business_message", "command_used", "started"}.isdisjoint(RESPONDING)


def test_what_was_sent_after_is_not_answered_but_whole_seconds_are_forgiven() -> None:
    assert matched(event("message_received"), message(1, -1)) is None
    act = event("message_received", at_ms=NOW - NOW % 1000)
    assert matched(act, message(1, -0.9 / 3600)) == (1, "reply")


def test_a_message_of_unknown_fate_is_answered_from_its_permit_on() -> None:
    answer = match_response(
        event("button_tapped", button="c:1:offer:more"), [message(1, 2, state=State.UNKNOWN)]
    )
    assert answer is not None
    assert answer.delay_ms == 2 * HOUR
    assert answer.event.props["sent_ms"] == NOW - 2 * HOUR


def test_the_event_says_what_was_answered_how_and_how_fast() -> None:
    answer = match_response(event("message_received"), [message(4, 1)])
    assert answer is not None
    assert answer.event == Event(
        "answer:4",
        NOW,
        "campaign_answered",
        1,
        {"message": 4, "kind": "offer", "how": "reply", "sent_ms": NOW - HOUR, "delay_ms": HOUR},
    )


@pytest.mark.parametrize("kind", ["bot_blocked", "command_used", "started", "consent_withdrawn"])
def test_other_acts_are_no_response(kind: str) -> None:
    assert matched(event(kind), message(1, 0.1)) is None


def test_button_data_is_read_strictly() -> None:
    assert tap_choice("c:12:poll:yes") == (12, "yes")
    for data in ("c:12:poll", "c:x:poll:yes", "c:12:poll:yes:more", "C:12:poll:yes", "c:12:poll:", ""):
        assert tap_choice(data) is None
