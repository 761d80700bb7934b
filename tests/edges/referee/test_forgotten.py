"""The referee on people who asked to be forgotten: what may be missing then, and what may not happen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.edges.referee.cases import DAY, HOUR, MINUTE, NOON, SECOND_BOT, Case
from tests.edges.referee.test_contact import rules

P = 700
WISH = NOON + HOUR
AFTER = WISH + 2 * MINUTE


@pytest.fixture
def case() -> Case:
    """Somebody got a campaign message and an answer, then asked to be forgotten."""
    case = Case()
    case.says_yes(P)
    case.campaign(P, NOON)
    case.accept(case.answer(P, NOON + MINUTE), NOON + MINUTE, buttons=False)
    case.taps(P, WISH, "forget:yes")
    return case


def erase(case: Case) -> None:
    """The product forgets: answers go, campaign rows are about nobody."""
    case.ledger[:] = [
        row | {"person": 0, "chat_id": 0, "telegram_message_id": None}
        for row in case.ledger
        if row["class"] == "campaign"
    ]


def test_books_that_say_nothing_of_somebody_forgotten_are_in_order(case: Case) -> None:
    assert rules(case) == []
    erase(case)
    case.inbox.clear()
    assert rules(case) == []
    assert case.judge().erased == {"people": 1, "messages_after": 0}


def test_without_the_wish_the_same_books_have_lost_everything(case: Case) -> None:
    case.emitted.pop()
    erase(case)
    assert rules(case) == ["lost/not_in_ledger"]
    case.inbox.clear()
    assert rules(case) == ["lost/not_in_ledger", "lost/update"]


def test_a_wish_that_the_product_never_got_excuses_nothing(case: Case) -> None:
    case.emitted[-1] = replace(case.emitted[-1], handed_at_ms=None)
    erase(case)
    assert rules(case) == ["lost/not_in_ledger"]


def test_a_campaign_message_without_its_row_is_lost_all_the_same(case: Case) -> None:
    case.ledger.clear()
    assert rules(case) == ["lost/not_in_ledger"]


def test_a_row_about_nobody_still_counts_once_only(case: Case) -> None:
    row = next(row for row in case.ledger if row["class"] == "campaign")
    case.accept(row, NOON + 30 * MINUTE)
    erase(case)
    assert "duplicates/row" in rules(case)


def test_rows_about_nobody_of_two_people_in_one_step_are_no_duplicate(case: Case) -> None:
    case.says_yes(P + 1)
    case.campaign(P + 1, NOON, step=case.ledger[0]["step"])
    case.taps(P + 1, WISH, "forget:yes")
    erase(case)
    assert rules(case) == []


@pytest.mark.parametrize("bot", [None, SECOND_BOT])
def test_a_word_that_it_is_done_may_come_and_nothing_later(case: Case, bot: object) -> None:
    fields = {} if bot is None else {"bot_id": SECOND_BOT.id}
    case.accept(case.answer(P, WISH + MINUTE, **fields), WISH + MINUTE, buttons=False)
    assert rules(case) == []
    case.accept(case.answer(P, AFTER, **fields), AFTER, buttons=False)
    assert rules(case) == ["consent/forgotten"]
    assert case.judge().erased["messages_after"] == 1


def test_a_campaign_message_after_the_wish_is_found_as_soon_as_permits_have_run_out(case: Case) -> None:
    case.campaign(P, WISH + 5_000 - 1 + HOUR * 4, "HOT_LEAD")
    assert rules(case) == ["consent/forgotten"]


def test_who_starts_again_is_answered_and_must_say_yes_again(case: Case) -> None:
    erase(case)
    case.types(P, AFTER + DAY, "/start")
    case.accept(case.answer(P, AFTER + DAY), AFTER + DAY, buttons=False)
    assert rules(case) == []
    case.campaign(P, AFTER + DAY + MINUTE)
    assert rules(case) == ["consent/forgotten"]
    case.taps(P, AFTER + DAY + 30_000, "consent:all")
    assert rules(case) == []


def test_limits_and_zones_of_the_life_before_are_forgotten(case: Case) -> None:
    case.types(P, NOON - HOUR, "/timezone Asia/Tokyo")
    case.types(P, WISH + MINUTE * 3, "/start")
    case.says_yes(P, WISH + MINUTE * 4)
    case.campaign(P, WISH + MINUTE * 5)
    assert rules(case) == []
    del case.emitted[1]
    assert rules(case) == ["limits/cooldown", "quiet_hours/declared_zone"], "at 22:05 in Tokyo"
