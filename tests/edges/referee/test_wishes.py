"""The referee on what people wished for themselves, and on where opt-out words are typed."""

from __future__ import annotations

import pytest

from sandbox.referee.facts import fact_of, person_of
from sandbox.updates import edited_update, media_part, message_update, part_update, reaction_update
from sandbox.world import TelegramUser
from tests.edges.referee.cases import DAY, HOUR, MINUTE, MONDAY, NOON, Case
from tests.edges.referee.test_contact import rules

P = 700
ADA = TelegramUser(P, "Ada")
GROUP = {"id": -5, "type": "supergroup", "title": "Town"}


@pytest.fixture
def case() -> Case:
    case = Case()
    case.says_yes(P)
    return case


def test_an_own_frequency_is_kept_to_the_millisecond(case: Case) -> None:
    case.taps(P, MONDAY, "set:frequency:7")
    case.campaign(P, NOON)
    case.campaign(P, NOON + 7 * DAY)
    assert rules(case) == []
    case.campaign(P, NOON + 14 * DAY - 1)
    assert rules(case) == ["limits/own_frequency"]
    case.taps(P, NOON + 13 * DAY, "set:frequency:-")
    assert rules(case) == []


def test_own_quiet_hours_are_final_and_off_means_none(case: Case) -> None:
    case.taps(P, MONDAY - 20 * DAY, "set:zone:Europe/London")
    case.taps(P, MONDAY - 20 * DAY, "set:quiet:10-14")
    for back in (1, 2, 3):
        case.types(P, NOON - back * DAY, "awake at noon")
    case.campaign(P, NOON)
    assert rules(case) == ["quiet_hours/declared_zone"]
    case.taps(P, NOON - HOUR, "set:quiet:-")
    assert rules(case) == []
    case.campaign(P, NOON + 12 * HOUR - MINUTE)
    assert rules(case) == ["quiet_hours/declared_zone"]
    case.taps(P, NOON, "set:quiet:off")
    assert rules(case) == []


def test_a_kind_that_is_not_wanted_is_found_by_the_buttons_of_the_message(case: Case) -> None:
    case.taps(P, MONDAY, "set:muted:news.poll")
    case.campaign(P, NOON)
    assert rules(case) == [], "an offer is neither"
    case.taps(P, MONDAY + HOUR, "set:muted:news.offer")
    assert rules(case) == ["consent/muted"]


@pytest.mark.parametrize(
    "data", ["set:quiet:40-99", "set:frequency:0", "set:zone:Mars/Olympus", "set:colour:red", "forget:no"]
)
def test_what_no_button_offers_is_no_wish(data: str) -> None:
    assert fact_of({"callback_query": {"data": data}}) == ("activity", "")


def test_opt_out_words_count_under_a_photo_after_an_edit_and_in_groups() -> None:
    photo = part_update(ADA, media_part("photo", "x", "dur"), message_id=1, at_ms=NOON)
    edited = edited_update(ADA, "STOP", message_id=1, sent_ms=NOON, at_ms=NOON + MINUTE)
    group = message_update(ADA, "iptal", message_id=1, at_ms=NOON, chat=GROUP)
    assert [fact_of(one)[0] for one in (photo, edited, group)] == ["no", "no", "no"]
    for text in ("/start", "/timezone Asia/Tokyo"):
        said = message_update(ADA, text, message_id=1, at_ms=NOON, chat=GROUP)
        assert fact_of(said) == ("activity", ""), "in a group it is about nobody in particular"


def test_an_update_is_about_the_person_who_came_not_about_who_let_them_in() -> None:
    assert person_of(reaction_update(ADA, GROUP, 4, ("", "👍"), NOON)) == P
    change = {"from": {"id": 1}, "new_chat_member": {"user": {"id": P}}}
    assert person_of({"chat_member": change}) == P
    assert person_of({"poll": {"id": "1"}}) is None
