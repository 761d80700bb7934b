"""Hours, timezone, intent and engagement: the written definitions hold, and the hour mask is never
generous."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import scores
from core.errors import SettingsError
from core.event import Event
from core.profile import ProfileState, fold, view
from core.scores import DAY_MS, HALF_HOUR_MS, MINUTE_MS

NOW = 20_100 * DAY_MS + 13 * 3_600_000 + 11 * MINUTE_MS
HOUR = 3_600_000
ZONES = ("Europe/Istanbul", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns", "Europe/Berlin", "UTC")


def living(moments: list[int], zone: str = "") -> ProfileState:
    known = [Event(str(n), ts_ms, "message_received", 1) for n, ts_ms in enumerate(moments)]
    if zone:
        known.append(Event("z", NOW - 50 * DAY_MS, "timezone_declared", 1, {"zone": zone}))
    return fold(ProfileState(), known)


def judged(moments: list[int], zone: str, days: int, window: int, at_ms: int) -> int:
    """The plain reading: hours with activity on so many distinct local days of the window, from the raw
    moments."""
    seen: dict[int, set[object]] = defaultdict(set)
    for ts_ms in moments:
        if at_ms - window * DAY_MS <= ts_ms <= at_ms:
            local = datetime.fromtimestamp(ts_ms / 1000, UTC).astimezone(ZoneInfo(zone))
            seen[local.hour].add(local.date())
    return sum(1 << hour for hour, dates in seen.items() if len(dates) >= days)


@given(
    st.lists(st.integers(0, 20 * 24 * 60), max_size=60),
    st.sampled_from(ZONES),
    st.integers(1, 3),
    st.sampled_from([NOW, 19_808 * DAY_MS + 5 * HOUR]),  # the second: Europe changed its clocks a week before
)
def test_no_hour_is_open_that_the_plain_reading_keeps_shut(
    minutes: list[int], zone: str, days: int, at_ms: int
) -> None:
    moments = [at_ms - minute * MINUTE_MS for minute in minutes]
    mask = scores.active_hour_mask(living(moments, zone), at_ms, 0, days)
    later = at_ms + 5_000  # the moment until which a permit may be used
    assert mask & ~judged(moments, zone, days, 14, later) == 0


@pytest.mark.parametrize("zone", ["Europe/Istanbul", "Asia/Kolkata", "America/St_Johns"])
def test_the_mask_is_exact_for_zones_of_half_hours(zone: str) -> None:
    dice = Random(3)
    whole_days = 14 * DAY_MS - 2 * HOUR
    moments = [NOW - dice.randrange(whole_days) for _ in range(70)]
    for days in (1, 2, 3):
        mask = scores.active_hour_mask(living(moments, zone), NOW, 0, days)
        assert mask == judged(moments, zone, days, 14, NOW)
        assert mask > 0


def test_an_undeclared_clock_uses_the_given_offset() -> None:
    moments = [NOW - day * DAY_MS - NOW % DAY_MS + 21 * HOUR for day in (1, 2, 3)]
    assert scores.active_hour_mask(living(moments), NOW, 180) == 1 << 0
    assert scores.active_hour_mask(living(moments), NOW, 0) == 1 << 21
    assert scores.active_hour_mask(living(moments[:2]), NOW, 0) == 0


def test_offsets_follow_daylight_saving_and_wrong_names_are_refused() -> None:
    winter, summer = 20_100 * DAY_MS, 20_280 * DAY_MS
    assert scores.zone_offset_min("Europe/Berlin", winter) == 60
    assert scores.zone_offset_min("Europe/Berlin", summer) == 120
    assert scores.zone_offset_min("Asia/Kolkata", winter) == 330
    with pytest.raises(SettingsError, match="Mars/Base"):
        scores.zone_offset_min("Mars/Base", winter)
    assert scores.declared_zone(ProfileState(latest={"zone": (1, "../etc/passwd")})) == ""


def test_the_night_is_that_of_the_persons_own_clock() -> None:
    at_23_utc = {20_099: {46: 5}}
    faded = scores.rhythm(at_23_utc, 20_100)
    assert scores.night_share(faded, 0) == 1.0
    assert scores.night_share(faded, 7 * 60) == 0.0  # six in the morning
    assert scores.night_share(faded, 6 * 60 + 30) == 1.0
    assert scores.night_share(faded, -30) == 0.0
    assert scores.night_share(scores.rhythm({}, 20_100), 0) == 0.0


def test_activity_fades_by_half_in_fourteen_days() -> None:
    faded = scores.rhythm({20_100: {20: 2}, 20_086: {21: 2}, 20_101: {0: 9}}, 20_100)
    hours = scores.hour_activity(faded)
    assert hours[10] == pytest.approx(2 + 1)
    assert sum(hours) == pytest.approx(3)  # what lies in the future does not count


def daily(zone: str, wake: int, sleep: int, days: int, seed: int = 1, at_ms: int = NOW) -> list[int]:
    """Four visits a day between waking and going to bed by the clock of a zone."""
    dice = Random(seed)
    offset = scores.zone_offset_min(zone, at_ms)
    midnight = at_ms // DAY_MS * DAY_MS - offset * MINUTE_MS
    return [
        midnight - day * DAY_MS + dice.randrange(wake * 60, sleep * 60) * MINUTE_MS
        for day in range(1, days + 1)
        for _ in range(4)
    ]


def test_a_declared_zone_is_certain_and_language_alone_is_not() -> None:
    assert scores.estimate_timezone(living([], "America/New_York"), NOW) == (-300, 1.0)
    turkish = ProfileState(latest={"client_language": (1, "tr")})
    offset, confidence = scores.estimate_timezone(turkish, NOW)
    assert offset == 180
    assert 0.5 < confidence < 0.8
    _, unknown = scores.estimate_timezone(ProfileState(), NOW)
    assert unknown < 0.5


def test_confidence_rises_with_evidence_that_fits_and_falls_with_evidence_that_does_not() -> None:
    def estimated(zone: str, days: int) -> tuple[int, float]:
        state = living(daily(zone, 8, 24, days))
        latest = {**state.latest, "client_language": (1, "tr")}
        return scores.estimate_timezone(ProfileState(hours=state.hours, latest=latest), NOW)

    none, some, much = (estimated("Europe/Istanbul", days) for days in (0, 4, 20))
    assert [offset for offset, _ in (none, some, much)] == [180, 180, 180]
    assert none[1] < some[1] < much[1]
    assert much[1] > 0.9
    away = estimated("America/Los_Angeles", 20)
    assert abs(away[0] - scores.zone_offset_min("America/Los_Angeles", NOW)) <= 120


def guessed(
    zone: str, language: str, hours: tuple[int, int], days: int = 21, seed: int = 1
) -> tuple[int, float]:
    state = living(daily(zone, *hours, days, seed))
    return scores.guess_timezone(scores.rhythm(state.hours, NOW // DAY_MS), language)


@pytest.mark.parametrize(
    ("zone", "language"),
    [
        ("Asia/Kolkata", "hi"),
        ("Asia/Tehran", "fa"),
        ("America/Sao_Paulo", "pt-br"),
        ("Europe/Istanbul", "tr"),
        ("Asia/Tokyo", "ja"),
    ],
)
def test_where_a_language_lives_in_one_zone_the_estimate_is_exact_to_the_half_hour(
    zone: str, language: str
) -> None:
    offset, confidence = guessed(zone, language, (8, 24))
    assert offset == scores.zone_offset_min(zone, NOW)
    assert confidence > 0.9


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Sydney"])
def test_the_hours_alone_tell_the_clock_of_one_who_lives_by_day(zone: str) -> None:
    for seed in range(5):
        offset, _ = guessed(zone, "en", (7, 23), seed=seed)
        assert abs(offset - scores.zone_offset_min(zone, NOW)) <= scores.WITHIN_MIN


def test_who_writes_at_night_is_a_night_owl_where_the_language_says_so_and_uncertain_elsewhere() -> None:
    turkish, english = (guessed("Europe/Istanbul", language, (22, 28)) for language in ("tr", "en"))
    assert abs(turkish[0] - 180) <= 60
    state = living(daily("Europe/Istanbul", 22, 28, 21))
    assert scores.night_share(scores.rhythm(state.hours, NOW // DAY_MS), turkish[0]) > 0.5
    assert english[1] < turkish[1]


def test_the_confidence_is_how_often_the_estimate_is_within_two_hours() -> None:
    """People of another making than the estimator's: flat days of random length in five zones."""
    dice = Random(11)
    zones = ("Europe/London", "America/New_York", "Asia/Kolkata", "Europe/Berlin", "Europe/Istanbul")
    stated, right = [], []
    for number in range(250):
        zone, wake = dice.choice(zones), round(dice.gauss(7.5, 1.3))
        offset, confidence = guessed(zone, "en", (wake, wake + dice.randint(14, 17)), 10, number)
        stated.append(confidence)
        right.append(abs(offset - scores.zone_offset_min(zone, NOW)) <= scores.WITHIN_MIN)
    sure = [hit for confidence, hit in zip(stated, right, strict=True) if confidence >= 0.85]
    assert len(sure) > 30
    assert sum(sure) / len(sure) > 0.85
    assert sum(right) / len(right) == pytest.approx(sum(stated) / len(stated), abs=0.1)


@pytest.mark.parametrize(
    ("client", "chosen", "home"),
    [
        ("de", "en", "de"),
        ("en", "tr", "tr"),
        ("de", "tr", "de"),
        ("en", "", "en"),
        ("", "tr", "tr"),
        ("", "", ""),
    ],
)
def test_a_home_is_told_by_the_clients_language_unless_that_is_english(
    client: str, chosen: str, home: str
) -> None:
    latest = {"client_language": (1, client), "language": (2, chosen)}
    state = ProfileState(latest={name: value for name, value in latest.items() if value[1]})
    assert scores.home_language(state) == home
    shown = view(1, state, NOW)
    assert (shown.tz_offset_min, shown.tz_confidence) == scores.estimate_timezone(state, NOW)


def test_no_estimate_is_claimed_from_a_visit_or_two() -> None:
    at_noon = scores.rhythm({NOW // DAY_MS: {18: 1}}, NOW // DAY_MS)
    for language in ("tr", "fa", "ja", "en", "", "pt-br", "unheard-of"):
        offset, confidence = scores.guess_timezone(at_noon, language)
        assert -600 <= offset < 840
        assert offset % 30 == 0
        assert 0 < confidence <= 0.8


def test_intent_grows_with_mentions_and_never_passes_a_hundred() -> None:
    one = scores.intent_score({"price": 1.0})
    assert 0 < one < scores.intent_score({"price": 1.0, "buy": 1.0}) < 100
    assert scores.intent_score({"buy": 1_000.0}) == pytest.approx(100)
    assert scores.intent_score({}) == 0
    assert scores.intent_weight(7) == pytest.approx(0.5)


@given(st.integers(0, 500), st.integers(0, 30), st.floats(0, 400), st.floats(0, 1))
def test_engagement_stays_between_zero_and_a_hundred(week: int, days: int, since: float, rate: float) -> None:
    assert 0 <= scores.engagement_score(week, days, since, rate) <= 100
    assert scores.engagement_score(week, days, -1, rate) == 0


def test_the_response_rate_starts_at_the_prior_and_learns() -> None:
    assert scores.response_rate(0, 0) == 0.1
    assert scores.response_rate(0, 10) == 0.05
    assert scores.response_rate(10, 10) == pytest.approx(11 / 20)
    assert scores.response_rate(12, 10) <= 1


def test_half_hours_divide_the_day() -> None:
    assert scores.HALF_HOURS * HALF_HOUR_MS == DAY_MS
