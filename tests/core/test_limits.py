"""The rules on columns: what each forbids, and that the moment it names is the first one that it allows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import limits
from core.limits import DAY_MS, HOUR_MS, Ints, QuietFacts
from core.profile import ProfileState

NOON = 20_000 * DAY_MS + 12 * HOUR_MS
SECOND = 1_000


def column(*values: int) -> Ints:
    return np.array(values, dtype=np.int64)


def ages(*hours: float) -> Ints:
    """One person's earlier messages by their age at NOON."""
    return limits.newest_first(np.array([[NOON - round(hour * HOUR_MS) for hour in hours]], dtype=np.int64))


def quiet(
    offset_min: int = 0, *, known: bool = True, opened: int = 0, seen: int = 0, own: bool = False
) -> QuietFacts:
    return QuietFacts(
        offset_min=column(offset_min),
        known=np.array([known]),
        open_mask=column(opened),
        seen_mask=column(seen),
        quiet_from=column(22),
        quiet_to=column(8),
        own=np.array([own]),
    )


def at_hour(hour: float, day: int = 20_000) -> Ints:
    return column(day * DAY_MS + round(hour * HOUR_MS))


def test_a_full_cap_waits_until_the_message_that_fills_it_has_aged_out() -> None:
    rule = limits.cap(ages(1, 5, 20, 30), column(3), DAY_MS)
    assert rule(column(NOON)).tolist() == [NOON + 4 * HOUR_MS]
    assert limits.cap(ages(1, 5, 24), column(3), DAY_MS)(column(NOON)).tolist() == [NOON]


def test_a_limit_of_nothing_never_opens() -> None:
    rule = limits.cap(ages(), column(0), DAY_MS)
    assert rule(column(NOON))[0] > NOON


def test_cooldown_counts_from_the_newest_message() -> None:
    assert limits.cooldown(ages(1, 30), column(4 * HOUR_MS))(column(NOON)).tolist() == [NOON + 3 * HOUR_MS]
    assert limits.cooldown(ages(4), column(4 * HOUR_MS))(column(NOON)).tolist() == [NOON]


@pytest.mark.parametrize(
    ("age_h", "days", "free"), [(20, 2, True), (24, 2, False), (47, 2, False), (48, 2, True), (30, 1, True)]
)
def test_contact_days_lie_a_period_apart(age_h: float, days: int, free: bool) -> None:
    rule = limits.frequency(ages(age_h), column(days))
    assert (rule(column(NOON)).tolist() == [NOON]) is free


def test_a_message_that_might_arrive_after_its_contact_day_waits_for_the_next() -> None:
    rule = limits.frequency(limits.newest_first(column(NOON - DAY_MS + 9 * SECOND)[:, None]), column(2))
    assert rule(column(NOON)).tolist() == [NOON + DAY_MS + 9 * SECOND]


def test_an_older_message_of_the_same_contact_day_shuts_it_too() -> None:
    rule = limits.frequency(ages(20, 40), column(2))
    assert rule(column(NOON))[0] >= NOON + 8 * HOUR_MS


def test_quiet_hours_hold_on_the_persons_clock() -> None:
    istanbul = limits.quiet_hours(quiet(180))
    assert istanbul(at_hour(12)).tolist() == at_hour(12).tolist()
    assert istanbul(at_hour(20)).tolist() == at_hour(5, day=20_001).tolist()


def test_a_permit_must_not_outlive_the_allowed_hour() -> None:
    late = at_hour(22) - 3 * SECOND
    assert limits.quiet_hours(quiet())(late).tolist() == at_hour(8, day=20_001).tolist()


def test_a_quiet_hour_opens_for_the_night_owl_unless_the_setting_is_their_own() -> None:
    midnight = 1 << 0
    assert limits.quiet_hours(quiet(opened=midnight))(at_hour(0.5)).tolist() == at_hour(0.5).tolist()
    assert limits.quiet_hours(quiet(opened=midnight, own=True))(at_hour(0.5)).tolist() == at_hour(8).tolist()


def test_without_a_known_zone_only_hours_of_activity_are_allowed() -> None:
    rule = limits.quiet_hours(quiet(known=False, seen=1 << 15))
    assert rule(at_hour(12)).tolist() == at_hour(15).tolist()
    never = limits.quiet_hours(quiet(known=False))
    assert never(at_hour(12))[0] > at_hour(12)[0]


def test_slots_that_touch_a_quiet_hour_are_not_offered() -> None:
    kolkata = limits.allowed_slots(quiet(330), 20_000 * DAY_MS, 24)
    assert np.flatnonzero(kolkata[0]).tolist() == list(range(3, 16))


def test_an_own_quiet_time_on_an_unknown_clock_leaves_no_hour_and_off_leaves_all() -> None:
    seen = quiet(known=False, seen=1 << 15, own=True)
    assert not limits.allowed_hours(seen).any()
    off = replace(seen, quiet_from=column(0), quiet_to=column(0))
    assert limits.allowed_hours(off).all()
    assert limits.allowed_hours(replace(off, known=np.array([True]))).all()


@pytest.mark.parametrize(
    ("value", "hours"),
    [
        ("22-08", (22, 8)),
        ("0-6", (0, 6)),
        ("off", (0, 0)),
        ("", None),
        ("8-8", None),
        ("22-24", None),
        ("-1-4", None),
        ("22-08\n", None),
        ("٢٢-٠٨", None),
    ],
)
def test_a_quiet_time_reads_as_clock_hours_and_what_does_not_is_no_wish(
    value: str, hours: tuple[int, int] | None
) -> None:
    assert limits.own_quiet(value) == hours
    facts = limits.quiet_facts([ProfileState(latest={"quiet": (NOON, value)})], NOON)
    assert (bool(facts.own[0]), int(facts.quiet_from[0]), int(facts.quiet_to[0])) == (
        hours is not None,
        *(hours or (22, 8)),
    )


def test_wishes_become_columns_and_what_cannot_be_read_is_no_wish() -> None:
    values = [("7", "news.poll"), ("", ""), ("9999", "offer"), ("often", "."), ("-3", "")]
    states = [ProfileState(latest={"frequency": (1, days), "muted": (1, kinds)}) for days, kinds in values]
    wishes = limits.wishes_of(states)
    assert wishes.period_days.tolist() == [7, 0, limits.MAX_WISH_DAYS, 0, 0]
    assert wishes.mutes(("poll", "poll", "offer", "offer", "news")).tolist() == [
        True,
        False,
        True,
        False,
        False,
    ]
    assert (
        wishes.unmuted(5, ("offer", "news")).tolist()
        == [[True, False], [True, True], [False, True]] + [[True, True]] * 2
    )
    assert limits.NO_WISHES.unmuted(2, ("offer",)).tolist() == [[True], [True]]
    assert limits.NO_WISHES.mutes(("offer", "news")).tolist() == [False]


def test_a_wished_interval_counts_every_message_not_only_contact_days() -> None:
    wish = limits.frequency(ages(1), column(1), column(1))
    assert wish(column(NOON)).tolist() == [NOON + 23 * HOUR_MS]
    weekly = limits.frequency(ages(20), column(2), column(7))
    assert weekly(column(NOON)).tolist() == [NOON + 7 * DAY_MS - 20 * HOUR_MS]
    assert limits.frequency(ages(20), column(2), column(0))(column(NOON)).tolist() == [NOON]


def test_a_message_on_its_way_holds_nobody_who_wished_nothing() -> None:
    going = limits.newest_first(column(NOON + 5 * SECOND)[:, None])
    assert limits.frequency(going, column(1), column(0))(column(NOON)).tolist() == [NOON]


def test_a_zone_that_this_machine_does_not_know_is_none_and_stops_nobody() -> None:
    unknown = ProfileState(latest={"zone": (NOON, "Mars/Olympus")})
    facts = limits.quiet_facts([unknown, ProfileState()], NOON)
    assert facts.known.tolist() == [False, False]


def test_profiles_become_columns_by_declared_zone_or_by_hours_of_activity() -> None:
    declared = ProfileState(latest={"zone": (NOON, "Europe/Istanbul")})
    facts = limits.quiet_facts([declared, ProfileState()], NOON)
    assert facts.known.tolist() == [True, False]
    assert facts.offset_min.tolist() == [180, 0]
    assert facts.seen_mask.tolist() == [0, 0]
    assert limits.quiet_facts([], NOON).offset_min.shape == (0,)


messages = st.lists(st.integers(-10, 9 * 24 * 60), max_size=8)


@given(messages, st.integers(1, 3), st.integers(1, 7), st.integers(0, 72))
def test_the_first_moment_keeps_every_rule_and_no_minute_before_it_does(
    minutes_ago: list[int], limit: int, period: int, gap_h: int
) -> None:
    newest = limits.newest_first(
        np.array([[NOON - each * 60 * SECOND for each in minutes_ago]], dtype=np.int64).reshape(1, -1)
    )
    rules = [
        limits.cap(newest, column(limit), DAY_MS),
        limits.cooldown(newest, column(gap_h * HOUR_MS)),
        limits.frequency(newest, column(period)),
        limits.quiet_hours(quiet(180)),
    ]
    first = int(limits.first_moment(rules, column(NOON))[0])
    assert all(rule(column(first)).tolist() == [first] for rule in rules)
    step = 15 * 60 * SECOND
    for moment in range(NOON, first, step):
        assert any(rule(column(moment))[0] > moment for rule in rules)


def test_an_installation_without_quiet_hours_shuts_none_even_on_an_unknown_clock() -> None:
    known = ProfileState(latest={"zone": (NOON, "Asia/Tokyo")})
    own = ProfileState(latest={"zone": (NOON, "Asia/Tokyo"), "quiet": (NOON, "9-17")})
    facts = limits.quiet_facts([ProfileState(), known, own], NOON, (0, 0))
    assert limits.allowed_hours(facts).sum(axis=1).tolist() == [24, 24, 16]


def test_an_installation_s_own_quiet_hours_hold_for_people_who_set_none() -> None:
    known = ProfileState(latest={"zone": (NOON, "Asia/Tokyo")})
    facts = limits.quiet_facts([known, ProfileState()], NOON, (12, 14))
    assert np.flatnonzero(~limits.allowed_hours(facts)[0]).tolist() == [12, 13]
    assert not limits.allowed_hours(facts)[1].any()  # on no known clock only hours in which somebody was seen
