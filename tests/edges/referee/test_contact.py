"""The referee on people being bothered: each kind of violation is planted and found, what is allowed
passes.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.edges.referee.cases import BOT, DAY, HOUR, MINUTE, MONDAY, NOON, SECOND_BOT, Case

P = 700


def rules(case: Case) -> list[str]:
    """The rules found broken, as `kind/rule`."""
    return [f"{found['kind']}/{found['rule']}" for found in case.judge().details]


@pytest.fixture
def case() -> Case:
    case = Case()
    case.says_yes(P)
    return case


def send_all(case: Case, *times: int, segment: str = "HOT_LEAD") -> list[str]:
    for at in times:
        case.campaign(P, at, segment)
    return rules(case)


def test_what_the_table_allows_passes(case: Case) -> None:
    assert send_all(case, NOON, NOON + 4 * HOUR, NOON + 8 * HOUR, NOON + DAY) == []
    assert case.judge().clean
    assert case.judge().campaign_messages == 4


def test_a_message_too_many_within_24_hours_is_over_the_daily_limit(case: Case) -> None:
    found = send_all(case, NOON, NOON + 6 * HOUR, NOON + DAY - 1, segment="ENGAGED")
    assert found == ["limits/daily_limit"]


def test_windows_roll_to_the_millisecond(case: Case) -> None:
    assert send_all(case, NOON, NOON + 6 * HOUR, NOON + DAY, segment="ENGAGED") == []


def test_a_message_within_the_cooldown_is_found_by_the_servers_clock(case: Case) -> None:
    assert send_all(case, NOON, NOON + 4 * HOUR - 1) == ["limits/cooldown"]


def test_the_sending_segment_judges_all_messages_also_those_of_other_segments(case: Case) -> None:
    case.campaign(P, NOON, "HOT_LEAD")
    case.campaign(P, NOON + 7 * HOUR, "WARM_LEAD")
    assert rules(case) == ["limits/cooldown"]


def test_contact_days_nearer_than_the_frequency_are_found(case: Case) -> None:
    assert send_all(case, NOON, NOON + DAY + HOUR, segment="WARM_LEAD") == ["limits/frequency"]


def test_a_second_message_on_the_same_contact_day_does_not_hide_the_frequency(case: Case) -> None:
    found = send_all(case, NOON, NOON + 14 * HOUR, NOON + 26 * HOUR, segment="WARM_LEAD")
    assert found == ["limits/frequency"]


def test_two_days_apart_is_every_two_days(case: Case) -> None:
    assert send_all(case, NOON, NOON + 2 * DAY, NOON + 4 * DAY, segment="WARM_LEAD") == []


def test_the_cap_of_a_day_counts_all_bots_and_needs_no_segment(case: Case) -> None:
    for hours in range(3):
        case.campaign(P, NOON + hours * HOUR, "none", bot_id=(BOT.id, SECOND_BOT.id)[hours % 2])
    assert rules(case) == []
    case.campaign(P, NOON + 3 * HOUR, "none", bot_id=SECOND_BOT.id)
    assert rules(case) == ["limits/cap_per_day"]


def test_the_cap_of_a_week_is_ten(case: Case) -> None:
    times = [NOON + day * DAY + hour * HOUR for day in range(5) for hour in (0, 6)]
    assert send_all(case, *times) == []
    assert send_all(case, NOON + 7 * DAY - 1) == ["limits/cap_per_week"]


# -- quiet hours ---------------------------------------------------------------------------------


def test_a_message_in_a_declared_quiet_hour_is_found(case: Case) -> None:
    case.types(P, MONDAY - HOUR, "/timezone Asia/Kolkata")
    assert send_all(case, MONDAY + 16 * HOUR + 29 * MINUTE) == []
    assert send_all(case, MONDAY + DAY + 16 * HOUR + 30 * MINUTE) == ["quiet_hours/declared_zone"]


def test_the_last_declared_zone_counts_from_when_the_product_could_know_it(case: Case) -> None:
    case.types(P, MONDAY, "/timezone Europe/London")
    case.types(P, NOON, "/timezone Asia/Tokyo", handed_after=2 * HOUR)
    assert send_all(case, NOON + 2 * HOUR + 5_000) == []
    assert send_all(case, NOON + 6 * HOUR + 5_001) == ["quiet_hours/declared_zone"]


def test_a_zone_that_does_not_exist_declares_nothing(case: Case) -> None:
    case.types(P, MONDAY, "/timezone Mars/Olympus")
    assert send_all(case, MONDAY + 23 * HOUR) == []


def test_an_hour_opens_for_who_was_up_in_it_on_three_days_of_the_last_fortnight(case: Case) -> None:
    case.types(P, MONDAY - 20 * DAY, "/timezone Europe/London")
    night = MONDAY + 23 * HOUR
    for back in (1, 5):
        case.types(P, night - back * DAY, "hi")
    case.types(P, night - 5 * DAY + MINUTE, "twice on a day is one day")
    case.types(P, night - 15 * DAY, "too long ago")
    case.types(P, night - 2 * DAY + HOUR, "another hour")
    assert send_all(case, night + MINUTE) == ["quiet_hours/declared_zone"]
    case.types(P, night - 13 * DAY, "the third")
    assert rules(case) == []


def test_who_declared_no_zone_is_reported_as_estimated(case: Case) -> None:
    case.more["true_zones"] = {P: "Europe/Istanbul"}
    assert send_all(case, NOON, NOON + 7 * HOUR, NOON + DAY, NOON + 2 * DAY) == []
    assert case.judge().quiet_hours_estimated == {"n": 1, "share": 0.25}


# -- consent -------------------------------------------------------------------------------------


def no_yes_at_all(case: Case) -> None:
    case.emitted.clear()
    case.inbox.clear()


def yes_came_later(case: Case) -> None:
    no_yes_at_all(case)
    case.says_yes(P, NOON + 1)


def stopped_by(words: str) -> Callable[[Case], None]:
    return lambda case: case.types(P, NOON - 5_001, words)


def changed_mind(case: Case) -> None:
    case.taps(P, NOON - HOUR, "consent:none")


def stopped_at_the_other_bot(case: Case) -> None:
    case.types(P, NOON - HOUR, "/stop", SECOND_BOT)


def blocked_this_bot(case: Case) -> None:
    case.blocks(P, NOON - HOUR)


def held_out(case: Case) -> None:
    case.more["holdout"] = [P]


@pytest.mark.parametrize(
    ("plant", "rule"),
    [
        (no_yes_at_all, "no_consent"),
        (yes_came_later, "no_consent"),
        (stopped_by("/stop"), "revoked"),
        (stopped_by("/stop@a_bot"), "revoked"),
        (stopped_by(" dur "), "revoked"),
        (stopped_by("STOP"), "revoked"),
        (stopped_by("İPTAL"), "revoked"),
        (stopped_by("iptal"), "revoked"),
        (changed_mind, "revoked"),
        (stopped_at_the_other_bot, "revoked"),
        (blocked_this_bot, "blocked"),
        (held_out, "holdout"),
    ],
)
def test_a_message_without_consent_is_found(case: Case, plant: Callable[[Case], None], rule: str) -> None:
    plant(case)
    assert send_all(case, NOON) == [f"consent/{rule}"]


def newer_yes(case: Case) -> None:
    case.types(P, NOON - HOUR, "/stop")
    case.says_yes(P, NOON - MINUTE)


def permit_still_good(case: Case) -> None:
    case.types(P, NOON - 5_000, "/stop")


def handed_out_late(case: Case) -> None:
    case.types(P, NOON - DAY, "/stop", handed_after=DAY)


def blocked_the_other_bot(case: Case) -> None:
    case.blocks(P, NOON - HOUR, SECOND_BOT)


def took_the_block_back(case: Case) -> None:
    case.blocks(P, NOON - HOUR)
    case.blocks(P, NOON - MINUTE, back=True)


def said_stop_within_a_sentence(case: Case) -> None:
    case.types(P, NOON - HOUR, "I can't stop reading")


@pytest.mark.parametrize(
    "happened",
    [
        newer_yes,
        permit_still_good,
        handed_out_late,
        blocked_the_other_bot,
        took_the_block_back,
        said_stop_within_a_sentence,
    ],
)
def test_a_message_with_consent_passes(case: Case, happened: Callable[[Case], None]) -> None:
    happened(case)
    assert send_all(case, NOON) == []


def test_imported_history_counts_as_consent() -> None:
    told = Case()
    told.says_yes(P)
    yes = told.emitted[0]
    case = Case()
    line = {"bot_id": yes.bot_id, "received_at_ms": yes.at_ms, "update": {"update_id": 5, **yes.body}}
    case.more["history"] = [line]
    assert send_all(case, NOON) == []


def test_an_opt_out_that_was_never_handed_out_could_not_be_known(case: Case) -> None:
    case.types(P, NOON - DAY, "/stop")
    stop = case.emitted.pop()
    number = (stop.seq, stop.at_ms, stop.bot_id, stop.update_id, stop.body)
    case.emitted.append(type(stop)(*number, handed_at_ms=None))
    assert send_all(case, NOON) == []
    case.emitted = [
        type(one)(one.seq, one.at_ms, one.bot_id, one.update_id, one.body) for one in case.emitted
    ]
    assert rules(case) == ["consent/revoked"]
