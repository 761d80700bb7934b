"""The profile at a moment: windows, reachability, wishes, facts and scores from one record."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace
from random import Random
from typing import get_type_hints

import pytest

from core.event import Event, Scalar
from core.profile import Profile, ProfileState, fold, hours_of_week, view
from core.scores import DAY_MS

NOW = 20_050 * DAY_MS + 15 * 3_600_000
HOUR = 3_600_000


def event(name: str, age_h: float = 0.0, bot_id: int = 1, /, **props: Scalar) -> Event:
    ts_ms = NOW - round(age_h * HOUR)
    return Event(f"{name}:{ts_ms}:{bot_id}", ts_ms, name, bot_id, props)


def seen(*known: Event) -> Profile:
    return view(7, fold(ProfileState(), known), NOW)


def test_nobody_known_is_all_zero_and_unknown() -> None:
    profile = seen()
    assert (profile.interactions_30d, profile.bots, profile.reachable, profile.consent) == (
        0,
        0,
        False,
        False,
    )
    assert (profile.days_since_seen, profile.days_since_joined, profile.days_since_purchase) == (-1, -1, -1)
    assert (profile.intent_score, profile.engagement_score, profile.night_share) == (0, 0, 0)
    assert profile.response_rate == 0.1
    assert profile.person_no == 7


def test_windows_count_whole_days_and_the_last_24_hours_to_the_half_hour() -> None:
    profile = seen(
        event("message_received", 1),
        event("command_used", 23),
        event("button_tapped", 25),
        event("message_received", 6 * 24),
        event("message_received", 7 * 24),
        event("message_received", 29 * 24),
        event("message_received", 30 * 24),
    )
    assert profile.interactions_1d == 2
    assert (profile.interactions_7d, profile.interactions_30d) == (4, 6)
    assert (profile.messages_7d, profile.commands_7d, profile.taps_7d) == (2, 1, 1)
    assert (profile.active_days_7d, profile.active_days_30d) == (3, 5)


def test_a_block_covers_one_bot_until_it_is_lifted() -> None:
    known = [event("started", 50), event("started", 49, 2), event("bot_blocked", 10)]
    blocked = seen(*known)
    assert (blocked.bots, blocked.reachable, blocked.last_bot) == (1, True, 2)
    assert seen(*known, event("bot_unblocked", 5)).bots == 2
    assert not seen(*known, event("bot_blocked", 9, 2)).reachable


def test_an_account_that_is_gone_is_not_reachable_until_it_speaks_again() -> None:
    known = [event("started", 50), event("account_gone", 10)]
    assert not seen(*known).reachable
    assert seen(*known, event("message_received", 1)).reachable


def test_silence_counts_as_ignored_only_after_a_day_and_ends_with_a_response() -> None:
    sent = [event("campaign_sent", age, kind="offer") for age in (90, 60, 30, 3)]
    assert seen(*sent).ignored_in_a_row == 3
    answered = event("campaign_answered", 50, kind="offer", sent_ms=NOW - 60 * HOUR)
    profile = seen(*sent, answered)
    assert profile.ignored_in_a_row == 1
    assert (profile.received_30d, profile.answered_30d) == (4, 1)
    assert profile.response_rate == (1 + 1) / (4 + 10)


def test_the_chosen_language_and_zone_win_over_the_clients() -> None:
    profile = seen(
        event("language_chosen", 40, language="en"),
        event("timezone_declared", 40, zone="Asia/Kolkata"),
        event("message_received", 1, language="tr", premium=True),
    )
    assert (profile.language, profile.premium) == ("en", True)
    assert (profile.zone, profile.tz_offset_min, profile.tz_confidence) == ("Asia/Kolkata", 330, 1.0)
    assert seen(event("message_received", language="tr")).language == "tr"


def test_the_view_is_the_same_to_the_last_bit_whatever_came_first() -> None:
    dice = Random(5)
    known = [event("message_received", dice.uniform(0, 900), topics="price") for _ in range(80)]
    first = seen(*known)
    for _ in range(5):
        dice.shuffle(known)
        assert seen(*known) == first


def test_a_view_does_not_change_what_the_record_says_about_the_past() -> None:
    state = fold(ProfileState(), [event("message_received", 5, topics="buy")])
    later = view(7, state, NOW + 10 * DAY_MS)
    assert later.intent_score < view(7, state, NOW).intent_score
    assert later.interactions_7d == 0
    assert later.days_since_seen == 10 + 5 / 24


def test_every_field_is_filled_with_its_type_and_can_not_be_changed() -> None:
    """The view fills the slots of an open profile and then closes it."""
    hints = get_type_hints(Profile)
    for profile in (seen(), seen(event("started"), event("attributes_set", age=30, size="L"))):
        for field in fields(Profile):
            value, kind = getattr(profile, field.name), hints[field.name]
            assert isinstance(value, getattr(kind, "__origin__", kind)), field.name
        with pytest.raises(FrozenInstanceError):
            profile.bots = 5  # type: ignore[misc] # the point: it is frozen
        assert type(profile) is Profile
        assert replace(profile, bots=5).bots == 5
        assert repr(profile).startswith("Profile(person_no=7")


def test_each_kind_has_its_windows() -> None:
    kinds = {
        "message_received": "messages",
        "command_used": "commands",
        "button_tapped": "taps",
        "group_message": "group_messages",
        "reacted": "reactions",
    }
    for kind, name in kinds.items():
        ages = (1, 2, 30, 6 * 24, 12 * 24, 29 * 24, 31 * 24)
        profile = seen(*(event(kind, age) for age in ages))
        windows = [getattr(profile, f"{name}_{days}d") for days in (1, 7, 30)]
        assert windows == [2, 4, 6], name
        others = [f"{each}_30d" for each in kinds.values() if each != name]
        assert all(getattr(profile, each) == 0 for each in others)
        later = view(7, fold(ProfileState(), [event(kind, age) for age in ages]), NOW + 40 * DAY_MS)
        assert [getattr(later, f"{name}_{days}d") for days in (1, 7, 30)] == [0, 0, 0]


def test_a_changed_message_is_a_sign_of_life_but_no_message() -> None:
    profile = seen(
        event("message_edited", 1), event("group_message", 2, edited=True), event("group_message", 3)
    )
    assert (profile.interactions_1d, profile.messages_1d, profile.group_messages_1d) == (3, 0, 1)


def test_a_session_ends_with_half_an_hour_of_silence_and_goes_over_midnight() -> None:
    to_midnight = 15.0
    profile = seen(
        event("message_received", to_midnight + 0.4),  # 23:36
        event("message_received", to_midnight - 0.1),  # 00:06: the same session, begun yesterday
        event("button_tapped", to_midnight - 0.6),  # 00:36
        event("button_tapped", to_midnight - 1.6),  # 01:36: another
        event("message_received", 10 * 24),
    )
    assert (profile.sessions_7d, profile.sessions_30d) == (2, 3)


def test_the_hours_of_the_week_begin_on_monday_and_fade() -> None:
    week = hours_of_week(
        fold(ProfileState(), [event("message_received", 0), event("message_received", 14 * 24)]), NOW
    )
    weekday = (20_050 + 3) % 7  # day 0 of 1970 was a Thursday
    assert len(week) == 168
    assert week[weekday * 24 + 15] == pytest.approx(1.5)
    assert sum(week) == pytest.approx(1.5)


def test_a_person_is_in_a_vip_group_until_the_last_is_left() -> None:
    joined = [replace(event("vip_joined", age), group_no=group) for age, group in ((50, 5), (40, 6))]
    left = [replace(event("vip_left", age), group_no=group) for age, group in ((30, 5), (20, 6))]
    assert seen(*joined).vip
    assert seen(*joined, left[0]).vip
    assert not seen(*joined, *left).vip
    assert seen(*joined, *left).conversions == 2
    assert seen(*joined, *left).groups == 2


def test_wishes_are_the_latest_said_and_an_empty_one_takes_it_back() -> None:
    wishes = [
        event("preference_set", 9, name="frequency", value="7"),
        event("preference_set", 8, name="quiet", value="20-10"),
        event("preference_set", 7, name="muted", value="news.poll"),
    ]
    profile = seen(*wishes)
    assert (profile.frequency_days, profile.quiet, profile.muted) == (7, "20-10", ("news", "poll"))
    back = seen(
        *wishes, *(event("preference_set", 1, name=n, value="") for n in ("frequency", "quiet", "muted"))
    )
    assert (back.frequency_days, back.quiet, back.muted) == (0, "", ())
    assert seen(event("preference_set", name="frequency", value="9" * 5000)).frequency_days == 0


def test_stated_facts_tags_and_notes() -> None:
    profile = seen(
        event("attributes_set", 9, city="İzmir", country="TR", age="41", size="L", vegan=True),
        event("attributes_set", 5, city="Bornova", size=None),
        event("tagged", 4, tag="loyal"),
        event("tagged", 4, tag="angry"),
        event("untagged", 3, tag="angry"),
        event("noted", 2, text="calls back", author="ada"),
    )
    assert (profile.city, profile.country, profile.age, profile.district) == ("Bornova", "TR", 41, "")
    assert profile.custom == {"vegan": True}
    assert profile.tags == ("loyal",)
    assert profile.notes == 1


@pytest.mark.parametrize(
    ("stated", "age"), [("41", 41), (41, 41), (41.9, 41), ("old", -1), (-3, -1), (True, -1), ("9" * 200, -1)]
)
def test_an_age_is_a_number_of_years_or_unknown(stated: Scalar, age: int) -> None:
    assert seen(event("attributes_set", age=stated)).age == age
