"""The door of groups: rights, limits, waking hours and switches shut it; time opens it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from core.consent import Reason
from core.limits import DAY_MS, HOUR_MS
from core.posting import PostAsk, PostFacts, PostLimits, explain_post, may_post, waking_hours

NOON = 20_000 * DAY_MS + 12 * HOUR_MS
BOT = 42


def facts(
    rows: int = 1, recent_ms: list[list[int]] | None = None, switches: Mapping[str, str] | None = None
) -> PostFacts:
    """Groups in which people write from 8 to 20 UTC."""
    numbers = np.arange(rows, dtype=np.int64)
    hours = np.zeros((rows, 24))
    hours[:, 8:20] = 5.0
    recent = np.array(recent_ms or [[0]] * rows, dtype=np.int64)
    yes = numbers >= 0
    return PostFacts(
        numbers, numbers * 0 + BOT, -numbers, yes, yes, recent.reshape(rows, -1), hours, switches or {}
    )


def ask(rows: int = 1, bounds: PostLimits | None = None) -> PostAsk:
    return PostAsk(("b:fair",) * rows, ("ENGAGED",) * rows, bounds or PostLimits())


def asked(known: PostFacts, bounds: PostLimits | None = None, now_ms: int = NOON) -> tuple[Reason, int]:
    found = may_post(known, ask(1, bounds), now_ms)
    assert bool(found.allowed[0]) is (int(found.reasons[0]) == 0)
    return Reason(int(found.reasons[0])), int(found.until_ms[0])


def test_the_door_opens_when_nothing_speaks_against_it() -> None:
    assert asked(facts()) == (Reason(0), 0)


@pytest.mark.parametrize(("present", "may_write"), [(False, False), (True, False), (False, True)])
def test_no_post_goes_where_the_bot_is_not_or_may_not_write_and_time_does_not_help(
    present: bool, may_write: bool
) -> None:
    column = np.array([present]), np.array([may_write])
    assert asked(replace(facts(), present=column[0], may_write=column[1])) == (Reason.NO_RIGHTS, 0)


def test_a_group_gets_no_more_in_a_day_than_its_limit() -> None:
    earlier = facts(recent_ms=[[NOON - 22 * HOUR_MS]])
    assert asked(earlier) == (Reason.GROUP_LIMIT, NOON + 2 * HOUR_MS)
    assert asked(earlier, now_ms=NOON + 2 * HOUR_MS) == (Reason(0), 0)
    assert asked(earlier, PostLimits(per_day=2)) == (Reason(0), 0)


def test_a_group_gets_no_more_in_a_week_than_its_limit() -> None:
    earlier = facts(recent_ms=[[NOON - 6 * DAY_MS, NOON - 4 * DAY_MS, NOON - 2 * DAY_MS]])
    assert asked(earlier) == (Reason.GROUP_LIMIT, NOON + DAY_MS)
    assert asked(earlier, PostLimits(per_week=4)) == (Reason(0), 0)


def test_two_posts_keep_their_distance() -> None:
    earlier = facts(recent_ms=[[NOON - HOUR_MS, 0]])
    assert asked(earlier, PostLimits(per_day=9, gap_h=2.5)) == (Reason.GROUP_LIMIT, NOON + 90 * 60_000)
    assert asked(earlier, PostLimits(per_day=9, gap_h=1)) == (Reason(0), 0)


def test_nothing_at_all_is_a_limit_too() -> None:
    assert asked(facts(), PostLimits(per_day=0))[0] is Reason.GROUP_LIMIT


def test_people_who_sleep_are_left_in_peace_until_they_wake() -> None:
    night = NOON + 9 * HOUR_MS
    assert asked(facts(), now_ms=night) == (Reason.QUIET_HOURS, NOON + 20 * HOUR_MS)


def test_a_post_may_not_arrive_after_the_last_waking_hour() -> None:
    last = NOON + 8 * HOUR_MS
    assert asked(facts(), now_ms=last - 5_001)[0] == Reason(0)
    assert asked(facts(), now_ms=last - 4_999)[0] == Reason.QUIET_HOURS


def test_where_nobody_ever_wrote_no_hour_is_known_to_be_a_waking_one() -> None:
    silent = replace(facts(), hours=np.zeros((1, 24)))
    reasons, until_ms = asked(silent)
    assert reasons is Reason.QUIET_HOURS
    assert until_ms > NOON


def test_the_few_who_write_at_night_do_not_make_it_day() -> None:
    hours = np.full((2, 24), 10.0)
    hours[0, 2:6] = 1.0
    hours[1] = 0.0
    hours[1, 3] = 0.2
    assert waking_hours(hours)[0].tolist() == [hour not in range(2, 6) for hour in range(24)]
    assert np.flatnonzero(waking_hours(hours)[1]).tolist() == [3]


@pytest.mark.parametrize(
    ("switch", "value", "reason"),
    [
        ("kill", "fire", Reason.KILL_SWITCH),
        ("pause:bot:42", "moving", Reason.BOT_PAUSED),
        ("pause:campaign:b:fair", "self-stop: blocks", Reason.CAMPAIGN_PAUSED),
        ("pause:segment:ENGAGED", "rest", Reason.SEGMENT_PAUSED),
        ("halt:42", str(NOON + 1), Reason.HALTED),
        ("pause:bot:43", "moving", Reason(0)),
        ("pause:campaign:b:fairy", "other", Reason(0)),
        ("pause:segment:COLD_LEAD", "other", Reason(0)),
        ("halt:42", str(NOON), Reason(0)),
        ("halt:43", str(NOON + 1), Reason(0)),
        ("later", "", Reason(0)),
    ],
)
def test_each_switch_stops_what_it_names(switch: str, value: str, reason: Reason) -> None:
    found, until_ms = asked(facts(switches={switch: value}))
    assert found == reason
    assert (until_ms > NOON) is bool(reason)


def test_every_reason_is_given_and_each_row_is_judged_by_itself() -> None:
    known = facts(3, [[0], [NOON - HOUR_MS], [0]], {"kill": "x"})
    known = replace(known, may_write=np.array([True, True, False]))
    found = may_post(known, ask(3), NOON)
    kill = int(Reason.KILL_SWITCH)
    assert found.reasons.tolist() == [kill, kill | int(Reason.GROUP_LIMIT), kill | int(Reason.NO_RIGHTS)]
    assert found.until_ms.tolist() == [NOON + 60_000, NOON + 23 * HOUR_MS, 0]


@pytest.mark.parametrize(
    ("language", "group", "bound", "switch"),
    [("en", "group", "limit", "stopped"), ("tr", "grup", "sınır", "durdur")],
)
def test_reasons_read_as_words(language: str, group: str, bound: str, switch: str) -> None:
    bits = Reason.NO_RIGHTS | Reason.GROUP_LIMIT | Reason.KILL_SWITCH
    rights, limit, kill, until = explain_post(int(bits), NOON, language)
    assert group in rights
    assert bound in limit
    assert switch in kill
    assert "2024-10-04 12:00" in until
    assert explain_post(0, NOON, language) == []


def test_a_group_sleeps_otherwise_than_a_person() -> None:
    assert "person" not in explain_post(int(Reason.QUIET_HOURS), 0)[0]
    assert explain_post(int(Reason.QUIET_HOURS), 0, "fr") == explain_post(int(Reason.QUIET_HOURS), 0)
