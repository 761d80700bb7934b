"""The record: any order and any batching of the same events makes the same state, to the last byte."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.codec import group_from_bytes, group_to_bytes, state_from_bytes, state_to_bytes
from core.event import VOCABULARY, Event, Scalar
from core.profile import KEEP_DAYS, BotLink, GroupState, ProfileState, fold, fold_group, pack, view
from core.scores import DAY_MS, HALF_HOUR_MS

START = 20_000 * DAY_MS
BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
TURNS = {
    season: [round(datetime(*moment, tzinfo=UTC).timestamp() * 1000) for moment in moments]
    for season, moments in (
        ("autumn", ((2024, 10, 27, 1), (2024, 11, 3, 6), (2024, 11, 20, 0))),
        ("spring", ((2025, 3, 9, 7), (2025, 3, 30, 1), (2025, 3, 20, 0))),
    )
}
"""When clocks turned in Berlin and in New York, and a midnight."""
VALUES: dict[str, tuple[Scalar, ...]] = {
    "topics": ("", "price", "vip buy", "price nonsense"),
    "language": ("", "tr", "en"),
    "premium": (False, True),
    "campaign": ("", "spring", "autumn"),
    "link": ("plain", "signed", "forged"),
    "purpose": ("campaigns", "profiling"),
    "zone": ("Europe/Berlin", "America/New_York"),
    "name": ("frequency", "quiet", "muted", "consent"),
    "value": ("", "7", "22-08", "offer.news"),
    "currency": ("TRY", "XTR"),
    "charge": ("a", "b", ""),
    "amount_minor": (0, 250, 900),
    "until_ms": (0, START + 30 * DAY_MS),
    "edited": (False, True),
    "city": ("İzmir", "Berlin", None),
    "age": (33, "34", 1.5),
    "tag": ("big", "small"),
    "status": ("member", "administrator"),
    "rights": ("send_messages", "post_messages", ""),
    "state": ("created", "closed", "reopened", "edited"),
    "thread": (0, 3, 4),
    "kind": ("offer", "news"),
}


def _moment(dice: Random, season: str) -> int:
    """Anywhere in a span longer than what is kept; often at midnight or where clocks turn, to the
    millisecond; on few moments, so that ties happen."""
    turns = TURNS[season]
    if dice.random() < 0.3:
        return min(turns) + dice.randrange(-30 * 48, 60 * 48) * HALF_HOUR_MS
    return dice.choice(turns) + dice.randint(-2, 2) * (HALF_HOUR_MS - 1)


def _event(seed: int, kinds: list[str], season: str) -> Event:
    """One of these kinds with some of the props of any kind."""
    dice = Random(seed)
    ts_ms = _moment(dice, season)
    chosen = dice.sample(sorted(VALUES), 15)
    props: dict[str, Scalar] = {name: dice.choice(VALUES[name]) for name in chosen}
    props["sent_ms"] = ts_ms - dice.randint(0, 10) * HALF_HOUR_MS
    kind, bot_id, group_no = dice.choice(kinds), dice.randint(0, 2), dice.choice((0, 0, 5, 6))
    return Event(str(seed), ts_ms, kind, bot_id, props, group_no)


MEETING = sorted(
    {
        *("started", "group_message", "payment_succeeded", "payment_refunded", "vip_joined", "vip_left"),
        *("consent_given", "consent_withdrawn", "preference_set", "attributes_set", "tagged", "untagged"),
        *("campaign_sent", "campaign_answered", "bot_blocked", "bot_added", "bot_removed", "topic_changed"),
    }
)
"""Kinds whose events have a say in the same thing."""


def _events(seed: int) -> list[Event]:
    """Of few kinds, so that they meet."""
    dice = Random(seed)
    kinds, season = [*dice.sample(MEETING, 2), dice.choice(sorted(VOCABULARY))], dice.choice(sorted(TURNS))
    return [_event(seed + number, kinds, season) for number in range(dice.randrange(30))]


events = st.integers(0, 2**32).map(_events)


def _pieces(known: list[Event], dice: Random, batch: int) -> Iterator[list[Event]]:
    """The events late, out of order and doubled, in batches; what the store has seen is not given again."""
    arriving = [*known, *dice.sample(known, len(known) // 2)]
    dice.shuffle(arriving)
    seen: set[tuple[int, str]] = set()
    for start in range(0, len(arriving), batch):
        fresh = []
        for each in arriving[start : start + batch]:
            if (each.ts_ms, each.key) not in seen:
                seen.add((each.ts_ms, each.key))
                fresh.append(each)
        yield fresh


@given(
    events,
    st.integers(0, 2**32).map(Random),
    st.integers(1, 7),
)
@settings(max_examples=150)
def test_any_order_and_batching_makes_the_same_person(known: list[Event], dice: Random, batch: int) -> None:
    whole = fold(ProfileState(), sorted(known, key=lambda each: (each.ts_ms, each.key)))
    state = ProfileState()
    for piece in _pieces(known, dice, batch):
        state = state_from_bytes(state_to_bytes(fold(state, piece)))
    assert state == whole
    assert repr(state) == repr(whole)  # also the order of keys: what is stored is the same bytes
    assert state_to_bytes(state) == state_to_bytes(whole)
    now_ms = max((each.ts_ms for each in known), default=START) + dice.randrange(3 * DAY_MS)
    assert pack(view(1, state, now_ms), {}) == pack(view(1, whole, now_ms), {})


@given(
    events,
    st.integers(0, 2**32).map(Random),
    st.integers(1, 7),
)
@settings(max_examples=100)
def test_any_order_and_batching_makes_the_same_group(known: list[Event], dice: Random, batch: int) -> None:
    whole = fold_group(GroupState(), sorted(known, key=lambda each: (each.ts_ms, each.key)))
    state = GroupState()
    for piece in _pieces(known, dice, batch):
        state = group_from_bytes(group_to_bytes(fold_group(state, piece)))
    assert repr(state) == repr(whole)
    assert group_to_bytes(state) == group_to_bytes(whole)


@given(events, events)
@settings(max_examples=100)
def test_folding_leaves_the_earlier_state_untouched(known: list[Event], news: list[Event]) -> None:
    before, group = fold(ProfileState(), known), fold_group(GroupState(), known)
    kept = repr((before, group))
    fold(before, news)
    fold_group(group, news)
    assert repr((before, group)) == kept


@given(events, st.sampled_from((BERLIN, NEW_YORK)), st.integers(0, 40))
@settings(max_examples=100)
def test_windows_and_sessions_are_what_counting_by_hand_gives(
    known: list[Event], zone: ZoneInfo, later: int
) -> None:
    """Also with a clock that turns: windows are UTC days, so no day has 23 or 25 hours."""
    state = fold(ProfileState(), known)
    now_ms = state.last_ms + later * HALF_HOUR_MS
    now_ms = round(datetime.fromtimestamp(now_ms / 1000, zone).timestamp() * 1000)
    today = now_ms // DAY_MS
    shown = view(1, state, now_ms)
    newest = state.last_ms // DAY_MS
    alive = [
        each.ts_ms for each in known if VOCABULARY[each.kind].active and each.ts_ms // DAY_MS > newest - 60
    ]
    for days, interactions, active, sessions in (
        (7, shown.interactions_7d, shown.active_days_7d, shown.sessions_7d),
        (30, shown.interactions_30d, shown.active_days_30d, shown.sessions_30d),
    ):
        window = [ts_ms for ts_ms in alive if today - days < ts_ms // DAY_MS <= today]
        halves = {ts_ms // HALF_HOUR_MS for ts_ms in alive}
        begun = {half for half in halves if half - 1 not in halves and today - days < half // 48 <= today}
        assert (interactions, active, sessions) == (
            len(window),
            len({ts_ms // DAY_MS for ts_ms in window}),
            len(begun),
        )
    assert shown.interactions_1d == sum(
        now_ms // HALF_HOUR_MS - 48 < ts_ms // HALF_HOUR_MS <= now_ms // HALF_HOUR_MS for ts_ms in alive
    )


def event(name: str, ts_ms: int = START, bot_id: int = 1, /, **props: Scalar) -> Event:
    return Event(f"{name}:{ts_ms}", ts_ms, name, bot_id, props)


def test_a_sign_of_life_counts_in_day_half_hour_and_bot() -> None:
    at_ms = START + 19 * HALF_HOUR_MS + 5
    state = fold(ProfileState(), [event("message_received", at_ms, topics="price vip")])
    assert state.days == {
        20_000: {"active": 1, "intent:price": 1, "intent:vip": 1, "message_received": 1, "session": 1}
    }
    assert state.hours == {20_000: {19: 1}}
    assert (state.first_ms, state.last_ms, state.seen_ms) == (at_ms, at_ms, at_ms)
    assert state.bots == {1: BotLink(seen_ms=at_ms)}
    assert state.latest["bot"] == (at_ms, "1")


def test_what_others_do_is_no_sign_of_life() -> None:
    state = fold(ProfileState(), [event("campaign_sent", kind="offer"), event("bot_blocked")])
    assert (state.seen_ms, state.hours) == (0, {})


def test_a_late_event_older_than_what_is_kept_only_counts_in_the_totals() -> None:
    newest = START + 100 * DAY_MS
    state = fold(ProfileState(), [event("message_received", newest)])
    late = fold(state, [event("message_received", newest - KEEP_DAYS * DAY_MS)])
    assert late.counts == state.counts
    assert late.hours == state.hours
    assert late.totals == {"message_received": 2}
    kept = fold(state, [event("message_received", newest - (KEEP_DAYS - 1) * DAY_MS)])
    assert len(kept.days) == 2


def test_an_answer_is_credited_to_the_hour_of_the_sending() -> None:
    sent_ms, answer_ms = START + 9 * 3_600_000, START + 14 * 3_600_000
    state = fold(
        ProfileState(),
        [
            event("campaign_answered", answer_ms, kind="offer", sent_ms=sent_ms),
            event("campaign_sent", sent_ms, kind="offer"),
        ],
    )
    assert state.slots == {9: (1, 1)}
    assert state.kinds == {"offer": (1, 1)}
    assert (state.sends, state.answers) == ((sent_ms,), (answer_ms,))


def test_of_two_choices_at_one_moment_the_stricter_wins() -> None:
    yes = event("consent_given", purpose="campaigns")
    no = event("consent_withdrawn", purpose="campaigns")
    assert fold(ProfileState(), [no, yes]).latest["consent"] == (START, "withdrawn")
    later = replace(yes, ts_ms=START + 1)
    assert fold(ProfileState(), [later, no]).latest["consent"] == (START + 1, "given")


def test_consent_to_another_purpose_says_nothing_about_campaigns() -> None:
    state = fold(ProfileState(), [event("consent_given", purpose="profiling")])
    assert "consent" not in state.latest


def test_the_first_campaign_stays_the_first() -> None:
    late = event("started", START + 5, campaign="late")
    early = event("started", START, campaign="early")
    for order in ([late, early], [early, late]):
        state = fold(ProfileState(), order)
        assert (state.latest["campaign_first"][1], state.latest["campaign_last"][1]) == ("early", "late")


@pytest.mark.parametrize("kind", sorted(VOCABULARY))
def test_every_kind_folds_without_its_props(kind: str) -> None:
    state = fold(ProfileState(), [event(kind)])
    assert state.totals == {kind: 1}


def test_a_group_is_a_place_of_life_but_no_talk_with_the_bot() -> None:
    in_private = event("message_received", START, 1)
    state = fold(ProfileState(), [in_private, replace(event("group_message", START + 5, 2), group_no=7)])
    assert state.latest["bot"] == (START, "1")
    assert 2 not in state.bots
    assert state.groups == {7: START + 5}
    assert state.seen_ms == START + 5
    assert state.hours == {20_000: {0: 2}}


@pytest.mark.parametrize("kind", ["inline_searched", "business_message", "boosted", "poll_answered"])
def test_what_is_done_elsewhere_does_not_choose_the_bot(kind: str) -> None:
    assert "bot" not in fold(ProfileState(), [event(kind)]).latest


def test_a_forged_link_brings_no_campaign() -> None:
    state = fold(ProfileState(), [event("started", campaign="spring", link="forged")])
    assert "campaign_first" not in state.latest


def test_starts_are_counted_by_kind_of_link_and_other_words_are_none() -> None:
    said = ("forged", "plain", "forged", "", "whatever an import says")
    starts = [event("started", START + n, link=word) for n, word in enumerate(said)]
    state = fold(ProfileState(), starts)
    assert state.totals == {"started": 5, "link:forged": 2, "link:plain": 1}


def test_a_wish_outside_the_list_changes_nothing() -> None:
    state = fold(ProfileState(), [event("preference_set", name="consent", value="given")])
    assert state.latest == {}
    assert fold(state, [event("preference_set", name="quiet", value="off")]).latest == {
        "quiet": (START, "off")
    }


def test_what_is_stated_at_one_moment_does_not_depend_on_the_order() -> None:
    stated = [event("attributes_set", city=city) for city in ("Ankara", "İzmir", None, 35, True)]
    tags = [event("tagged", tag="big"), event("untagged", tag="big")]
    states = {repr(fold(ProfileState(), order)) for order in permutations([*stated, *tags[:1]])}
    assert len(states) == 1
    assert fold(ProfileState(), tags).tags == fold(ProfileState(), tags[::-1]).tags == {"big": (START, True)}
