"""The profile at a moment: windows, reachability, money and scores from one record."""

from __future__ import annotations

from random import Random

from core.event import Event
from core.profile import Profile, ProfileState, fold, view
from core.scores import DAY_MS

NOW = 20_050 * DAY_MS + 15 * 3_600_000
HOUR = 3_600_000


def event(name: str, age_h: float = 0.0, bot_id: int = 1, **props: str | int | bool) -> Event:
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
    known = [event("started", 50), event("started", 49, bot_id=2), event("bot_blocked", 10)]
    blocked = seen(*known)
    assert (blocked.bots, blocked.reachable, blocked.last_bot) == (1, True, 2)
    assert seen(*known, event("bot_unblocked", 5)).bots == 2
    assert not seen(*known, event("bot_blocked", 9, bot_id=2)).reachable


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


def test_money_is_counted_per_currency_and_never_mixed() -> None:
    profile = seen(
        event("payment_succeeded", 30, amount_minor=500, currency="TRY", charge="a"),
        event("payment_succeeded", 20, amount_minor=400, currency="TRY", charge="b"),
        event("payment_succeeded", 10, amount_minor=600, currency="XTR", charge="c"),
    )
    assert (profile.purchases, profile.conversions, profile.amount_minor) == (3, 3, 900)
    assert profile.days_since_purchase == 10 / 24


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
