"""Hidden types: who they are and how they react."""

from __future__ import annotations

from random import Random
from statistics import fmean, median

from sandbox.people.acts import CampaignMessage, campaign_message
from sandbox.people.behaviour import (
    ASLEEP,
    DAY,
    HOUR,
    MINUTE,
    annoyance_probability,
    answer_delay,
    attention,
    decayed_fatigue,
    local_hour,
    next_session,
    response_probability,
)
from sandbox.people.life import Life
from sandbox.people.traits import KINDS, Traits, draw_traits
from tests.edges.people.towns import BOTS, START_MS

TOWN = [draw_traits(7, index, BOTS) for index in range(400)]


def best_hour(traits: Traits) -> int:
    return max(range(START_MS, START_MS + DAY, HOUR), key=lambda at: attention(traits, at))


def worst_hour(traits: Traits) -> int:
    return min(range(START_MS, START_MS + DAY, HOUR), key=lambda at: attention(traits, at))


def test_a_person_depends_on_seed_and_place_alone() -> None:
    assert draw_traits(7, 12, BOTS) == TOWN[12]
    assert draw_traits(8, 12, BOTS) != TOWN[12]


def test_the_town_is_mixed_as_described() -> None:
    assert 1.2 <= fmean(traits.activity for traits in TOWN) <= 1.9
    assert all(0.1 <= traits.activity <= 6 for traits in TOWN)
    assert 0.06 <= fmean(traits.rhythm_name == "night" for traits in TOWN) <= 0.18
    assert 0.08 <= fmean(len(traits.bots) == 2 for traits in TOWN) <= 0.18
    assert fmean(traits.zone.key == "Europe/Istanbul" for traits in TOWN) > 0.5
    assert {traits.language for traits in TOWN} == {"tr", "en"}


def test_good_hours_and_matching_taste_are_answered_far_more_often() -> None:
    good, poor = [], []
    for traits in TOWN:
        favourite = max(KINDS, key=lambda kind: traits.taste[kind])
        disliked = min(KINDS, key=lambda kind: traits.taste[kind])
        good.append(response_probability(traits, favourite, best_hour(traits), 0.5))
        poor.append(response_probability(traits, disliked, best_hour(traits) + 7 * HOUR, 1.0))
    assert 0.15 <= fmean(good) <= 0.28
    assert 0.02 <= fmean(poor) <= 0.07


def test_fatigue_lowers_answers_raises_blocks_and_decays() -> None:
    for traits in TOWN[:50]:
        at = best_hour(traits)
        assert response_probability(traits, "offer", at, 6) < response_probability(traits, "offer", at, 0)
        fresh = annoyance_probability(traits, at, 0, consented=True)
        assert fresh < annoyance_probability(traits, at, 6, consented=True)
        assert fresh < annoyance_probability(traits, at, 0, consented=False)
        assert fresh < annoyance_probability(traits, worst_hour(traits), 0, consented=True)
    assert decayed_fatigue(4.0, 2.5 * DAY) == 2.0


def test_answers_take_minutes_with_a_long_tail_and_wait_for_the_morning() -> None:
    dice = Random(1)
    traits = next(one for one in TOWN if one.rhythm_name == "office")
    noon = best_hour(traits)
    delays = [answer_delay(traits, dice, noon) for _ in range(2_000)]
    assert 6 * MINUTE <= median(delays) <= 10 * MINUTE
    assert max(delays) > 2 * HOUR
    asleep = worst_hour(traits)
    awake = [asleep + answer_delay(traits, dice, asleep) for _ in range(50)]
    assert all(attention(traits, at) >= ASLEEP for at in awake)


def test_sessions_follow_the_rhythm_and_the_rate() -> None:
    traits = next(one for one in TOWN if one.rhythm_name == "night" and one.activity > 1.5)
    dice, at, hours = Random(2), START_MS, []
    while at < START_MS + 200 * DAY:
        at = next_session(traits, dice, at)
        hours.append(local_hour(traits, at))
    assert abs(len(hours) / 200 - traits.activity / 2) < 0.2 * traits.activity
    assert fmean(hour >= 22 or hour < 4 for hour in hours) > 0.6


def test_a_campaign_does_not_disturb_what_a_person_does_unasked() -> None:
    alone, written_to = Life.of(TOWN[3], 7), Life.of(TOWN[3], 7)
    for life in (alone, written_to):
        life.opened.add(TOWN[3].bots[0])
        life.mind = "yes"
    message = CampaignMessage(TOWN[3].bots[0], 5, "offer", (("yes", "c:1:offer:yes"),))
    for day in range(10):
        written_to.campaigned(START_MS + day * DAY, message)
        assert alone.session(START_MS + day * DAY) == written_to.session(START_MS + day * DAY)


def test_a_message_is_a_campaign_by_its_buttons_only() -> None:
    assert campaign_message(1, 2, ["menu:vip", "consent:all"]) is None
    found = campaign_message(1, 2, ["c:81:offer:yes", "c:81:offer:buy", "menu:vip"])
    assert found == CampaignMessage(1, 2, "offer", (("yes", "c:81:offer:yes"), ("buy", "c:81:offer:buy")))
