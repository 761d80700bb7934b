"""Any lawful schedule passes, and one unlawful message in it is found, whatever else happens around it."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.edges.referee.cases import DAY, HOUR, LIMITS, MONDAY, Case

PEOPLE = range(700, 706)
ZONES = {"Europe/Istanbul": 3, "Asia/Tokyo": 9, "Atlantic/Reykjavik": 0}


def lawful(seed: int) -> tuple[Case, dict[int, list[int]]]:
    """A month of messages built so that every rule holds: contact days apart, gaps and counts kept, by day
    only.
    """
    dice, case = Random(seed), Case()
    sent: dict[int, list[int]] = {}
    for person in PEOPLE:
        segment = dice.choice(sorted(LIMITS))
        zone = dice.choice(sorted(ZONES))
        case.says_yes(person, MONDAY - dice.randrange(1, 9) * DAY)
        case.types(person, MONDAY - HOUR, f"/timezone {zone}")
        sent[person] = []
        first, strategy = MONDAY + 8 * HOUR - ZONES[zone] * HOUR, LIMITS[segment]
        for day in range(dice.randrange(3), 28, max(int(strategy["period_days"]) + 1, 3)):
            at = first + day * DAY + dice.randrange(HOUR)
            for _ in range(int(strategy["daily_limit"])):
                if at >= first + day * DAY + 14 * HOUR or dice.random() < 0.2:
                    break
                case.campaign(person, at, segment)
                sent[person].append(at)
                at += round(strategy["cooldown_h"] * HOUR) + dice.randrange(HOUR)
    return case, sent


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_a_lawful_schedule_passes(seed: int) -> None:
    verdict = lawful(seed)[0].judge()
    assert verdict.clean, verdict.details
    assert verdict.campaign_messages > 5


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["early", "night", "stopped", "unrecorded", "twice"]))
def test_one_unlawful_message_among_lawful_ones_is_found(seed: int, fault: str) -> None:
    case, sent = lawful(seed)
    person = max(PEOPLE, key=lambda one: len(sent[one]))
    last = max(sent[person])
    expected = {
        "early": ("limits", last + HOUR),
        "night": ("quiet_hours", last - last % DAY + 20 * DAY + 14 * HOUR),
        "stopped": ("consent", last + 9 * DAY),
        "unrecorded": ("lost", last + 9 * DAY),
        "twice": ("duplicates", last + 9 * DAY),
    }
    kind, at = expected[fault]
    if fault == "night":
        case.types(person, at - HOUR, "/timezone Asia/Tokyo")
    if fault == "stopped":
        case.types(person, at - HOUR, "DUR")
    row = case.campaign(person, at)
    if fault == "unrecorded":
        case.ledger.remove(row)
    if fault == "twice":
        case.accept(row, at + 9 * DAY)
    verdict = case.judge()
    assert verdict.violations[kind] >= 1
    assert {found["person"] for found in verdict.details} == {person}
