"""The referee on broadcasts and journeys, on people in no segment, and on what operators have stopped."""

from __future__ import annotations

import pytest

from sandbox.referee import read_stops
from tests.edges.referee.cases import BOT, DAY, HOUR, MINUTE, NOON, Case
from tests.edges.referee.test_contact import rules

P, Q = 700, 701


@pytest.fixture
def case() -> Case:
    case = Case()
    for person in (P, Q):
        case.says_yes(person)
    return case


def switch(case: Case, name: str, at: int, *, on: bool = True) -> None:
    case.more.setdefault("switches", []).append({"at_ms": at, "switch": name, "on": on})


# -- every campaign message alike --------------------------------------------------------------------


@pytest.mark.parametrize("campaign", ["b:spring", "j:welcome"])
def test_broadcasts_and_journeys_keep_the_ceiling_of_the_persons_segment(case: Case, campaign: str) -> None:
    case.campaign(P, NOON, "ENGAGED")
    case.campaign(P, NOON + 6 * HOUR, "ENGAGED", campaign=campaign)
    assert rules(case) == []
    case.campaign(P, NOON + 11 * HOUR, "ENGAGED", campaign=campaign)
    assert rules(case) == ["limits/daily_limit", "limits/cooldown"]


def test_who_is_in_no_segment_gets_one_a_day_twenty_hours_apart(case: Case) -> None:
    case.campaign(P, NOON, "", campaign="b:spring")
    case.campaign(P, NOON + DAY, "", campaign="b:summer")
    assert rules(case) == []
    case.campaign(Q, NOON, "", campaign="b:spring")
    case.campaign(Q, NOON + 20 * HOUR - 1, "", campaign="j:welcome")
    assert rules(case) == ["limits/daily_limit", "limits/cooldown"]
    case.more["plain"] = {"daily_limit": 2, "cooldown_h": 10, "period_days": 1}
    assert rules(case) == []


def test_a_copy_of_an_operators_message_counts_like_any_other(case: Case) -> None:
    row = case.row(P, NOON, "", campaign="b:spring", step="1")
    case.accept(row, NOON, buttons=False, method="copyMessage")
    again = case.row(P, NOON + HOUR, "", campaign="b:summer", step="1")
    case.accept(again, NOON + HOUR, buttons=False, method="copyMessage")
    assert rules(case) == ["limits/daily_limit", "limits/cooldown"]


def test_a_copy_that_is_in_no_row_and_one_made_twice_are_found(case: Case) -> None:
    row = case.row(P, NOON, "", campaign="b:spring")
    case.accept(row, NOON, buttons=False, method="copyMessage")
    case.ledger.clear()
    assert rules(case) == ["lost/not_in_ledger"]
    row = case.row(Q, NOON, "", campaign="b:spring", state="unknown")
    for _ in range(2):
        case.accept(row, NOON, buttons=False, known=False, method="copyMessage")
    assert "duplicates/answer" in rules(case)


# -- what was stopped --------------------------------------------------------------------------------


def test_nothing_leaves_two_seconds_and_a_round_trip_after_the_kill_switch(case: Case) -> None:
    switch(case, "kill", NOON)
    case.campaign(P, NOON + 3_000)
    assert rules(case) == []
    case.campaign(Q, NOON + 3_001)
    assert rules(case) == ["limits/kill_switch"]


def test_the_kill_switch_stops_answers_too(case: Case) -> None:
    switch(case, "kill", NOON)
    case.accept(case.answer(P, NOON + 5_000), NOON + 5_000, buttons=False)
    assert rules(case) == []
    case.accept(case.answer(P, NOON + MINUTE), NOON + MINUTE, buttons=False)
    assert rules(case) == ["limits/kill_switch"]


@pytest.mark.parametrize("name", ["pause:campaign:b:spring", f"pause:bot:{BOT.id}", "pause:segment:ENGAGED"])
def test_what_is_paused_may_only_use_up_its_permits(case: Case, name: str) -> None:
    switch(case, name, NOON)
    case.campaign(P, NOON + 5_000, "ENGAGED", campaign="b:spring")
    assert rules(case) == []
    case.campaign(Q, NOON + 5_001, "ENGAGED", campaign="b:spring")
    assert rules(case) == ["limits/paused"]


@pytest.mark.parametrize("name", ["pause:campaign:b:summer", "pause:bot:222", "pause:segment:HOT_LEAD"])
def test_what_is_paused_elsewhere_stops_nobody_here(case: Case, name: str) -> None:
    switch(case, name, NOON)
    case.campaign(P, NOON + HOUR, "ENGAGED", campaign="b:spring")
    case.accept(case.answer(P, NOON + HOUR), NOON + HOUR, buttons=False)
    assert rules(case) == []


def test_what_was_let_go_on_may_go_on(case: Case) -> None:
    switch(case, "kill", NOON)
    switch(case, "kill", NOON + HOUR, on=False)
    switch(case, "kill", NOON + 2 * HOUR)
    case.campaign(P, NOON + HOUR + MINUTE)
    assert rules(case) == []
    case.campaign(Q, NOON + 3 * HOUR)
    assert rules(case) == ["limits/kill_switch"]


def test_whoever_stops_what_is_stopped_does_not_prolong_its_grace(case: Case) -> None:
    switch(case, "kill", NOON)
    switch(case, "kill", NOON + HOUR)
    case.campaign(P, NOON + HOUR)
    assert rules(case) == ["limits/kill_switch"]


def test_stops_are_read_from_the_products_audit_trail(case: Case) -> None:
    trail = [
        {"at_ms": NOON, "action": "delivery.pause", "target": "pause:bot:222"},
        {"at_ms": NOON, "action": "broadcast.pause", "target": "spring"},
        {"at_ms": NOON + HOUR, "action": "broadcast.resume", "target": "spring"},
        {"at_ms": NOON + 2 * HOUR, "action": "campaign.self-stop", "target": "b:spring"},
        {"at_ms": NOON + 3 * HOUR, "action": "delivery.resume", "target": "pause:campaign:b:spring"},
        {"at_ms": NOON + 4 * HOUR, "action": "broadcast.cancel", "target": "spring"},
        {"at_ms": NOON, "action": "broadcast.start", "target": "spring"},
        {"at_ms": NOON, "action": "users.pause", "target": "person:1"},
    ]
    case.more["switches"] = read_stops(trail)
    assert [(one["switch"], one["on"]) for one in case.more["switches"]] == [
        ("pause:bot:222", True),
        ("pause:campaign:b:spring", True),
        ("pause:campaign:b:spring", False),
        ("pause:campaign:b:spring", True),
        ("pause:campaign:b:spring", False),
        ("pause:campaign:b:spring", True),
    ]
    case.campaign(P, NOON + HOUR + MINUTE, campaign="b:spring")
    assert rules(case) == []
    case.campaign(P, NOON + 5 * HOUR + MINUTE, campaign="b:spring")
    assert rules(case) == ["limits/paused"]
