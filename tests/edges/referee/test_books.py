"""The referee on bookkeeping: doubled and lost messages and updates are planted and found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.log import Received
from tests.edges.referee.cases import BOT, DAY, HOUR, MINUTE, NOON, SECOND_BOT, Case
from tests.edges.referee.test_contact import rules

P = 700


@pytest.fixture
def case() -> Case:
    case = Case()
    case.says_yes(P)
    return case


def answered(case: Case, at: int, **fields: Any) -> dict[str, Any]:
    row = case.answer(P, at, **fields)
    case.accept(row, at, buttons=False)
    return row


def test_two_messages_of_one_row_are_a_duplicate(case: Case) -> None:
    row = case.campaign(P, NOON, state="unknown")
    case.accept(row, NOON + 5 * HOUR)
    assert rules(case) == ["duplicates/row"]


def test_a_row_without_a_message_id_is_recognised_by_its_buttons(case: Case) -> None:
    row = case.row(P, NOON, state="unknown")
    case.accept(row, NOON, known=False)
    assert rules(case) == []
    case.accept(row, NOON + 5 * HOUR, known=False)
    assert rules(case) == ["duplicates/row"]


def test_two_rows_of_one_campaign_person_and_step_are_a_duplicate(case: Case) -> None:
    case.campaign(P, NOON, step="slot")
    case.campaign(P, NOON + 5 * HOUR, step="slot", bot_id=SECOND_BOT.id)
    assert rules(case) == ["duplicates/step"]


def test_the_same_step_of_another_campaign_or_person_is_none(case: Case) -> None:
    case.says_yes(P + 1)
    case.campaign(P, NOON, step="slot")
    case.campaign(P, NOON + 5 * HOUR, step="slot", campaign="spring")
    case.campaign(P + 1, NOON, step="slot")
    assert rules(case) == []


def test_an_answer_given_twice_is_a_duplicate(case: Case) -> None:
    row = answered(case, NOON)
    case.accept(row, NOON + MINUTE, known=False, buttons=False)
    assert rules(case) == ["duplicates/answer"]


def test_the_same_words_from_two_rows_are_two_answers(case: Case) -> None:
    answered(case, NOON)
    answered(case, NOON + MINUTE)
    assert rules(case) == []


def test_an_update_twice_in_the_inbox_is_a_duplicate(case: Case) -> None:
    case.inbox.append(case.inbox[0])
    assert rules(case) == ["duplicates/update"]


def test_a_sent_row_that_the_server_never_accepted_is_lost(case: Case) -> None:
    case.row(P, NOON, telegram_message_id=4711)
    assert rules(case) == ["lost/never_accepted"]


def test_a_refused_call_is_no_message(case: Case) -> None:
    row = case.campaign(P, NOON)
    case.received[0] = replace(case.received[0], ok=False, delivered=False, error="Forbidden")
    assert rules(case) == ["lost/never_accepted"]
    row["state"] = "unreachable"
    assert rules(case) == []


def test_a_message_in_no_ledger_row_is_lost_and_still_judged(case: Case) -> None:
    case.campaign(P, NOON)
    case.ledger.clear()
    assert rules(case) == ["lost/not_in_ledger"]
    case.types(P, NOON - HOUR, "/stop")
    assert rules(case) == ["consent/revoked", "lost/not_in_ledger"]


def test_a_message_that_names_the_row_of_somebody_else_is_in_no_row(case: Case) -> None:
    case.says_yes(P + 1)
    row = case.campaign(P, NOON)
    case.received[0] = replace(case.received[0], chat_id=P + 1)
    row["telegram_message_id"] = None
    assert sorted(rules(case)) == ["lost/never_accepted", "lost/not_in_ledger"]


def test_an_answer_cut_off_by_a_crash_is_explained_by_its_unknown_row(case: Case) -> None:
    row = case.answer(P, NOON, state="unknown", sent_at_ms=None)
    case.accept(row, NOON + 800, known=False, buttons=False)
    assert rules(case) == []
    case.accept(row, NOON + DAY, known=False, buttons=False)
    assert rules(case) == ["lost/not_in_ledger"]


def test_an_answer_may_be_an_edit(case: Case) -> None:
    first = answered(case, NOON)
    edit = case.answer(P, NOON + MINUTE, telegram_message_id=first["telegram_message_id"])
    assert rules(case) == ["lost/never_accepted"]
    number = edit["telegram_message_id"]
    call = Received(9_000, NOON + MINUTE, BOT.id, "editMessageText", P, number, {}, True, None, True)
    case.received.append(call)
    assert rules(case) == []


def test_a_row_still_sending_after_a_clean_stop_is_lost(case: Case) -> None:
    case.row(P, NOON, state="sending")
    assert rules(case) == ["lost/still_sending"]
    case.more["clean_stop"] = False
    assert rules(case) == []


def test_an_acknowledged_update_that_is_not_in_the_inbox_or_not_done_is_lost(case: Case) -> None:
    case.types(P, NOON, "hi")
    bot, update, _ = case.inbox.pop()
    assert rules(case) == ["lost/update"]
    case.inbox.append((bot, update, "new"))
    assert rules(case) == ["lost/update_not_done"]
    case.more["acknowledged"] = {bot: update}
    assert rules(case) == []


def test_updates_from_before_the_kept_inbox_are_not_judged(case: Case) -> None:
    case.inbox.clear()
    assert rules(case) == ["lost/update"]
    case.more["inbox_since_ms"] = NOON
    assert rules(case) == []


def test_service_messages_need_a_row_and_no_permission() -> None:
    case = Case()
    row = case.row(P, NOON, **{"class": "service", "campaign": "receipt"})
    case.accept(row, NOON, buttons=False)
    assert case.judge().clean
    assert case.judge().campaign_messages == 0


def test_typing_and_button_answers_are_no_messages(case: Case) -> None:
    for number, method in enumerate(("sendChatAction", "answerCallbackQuery"), 9_000):
        case.received.append(Received(number, NOON, BOT.id, method, P, None, {}, True, None, False))
    assert rules(case) == []
    assert case.judge().messages == 0
