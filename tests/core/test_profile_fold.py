"""The record: any order and any batching of the same events makes the same state, to the last byte."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.event import VOCABULARY, Event, Scalar
from core.profile import KEEP_DAYS, BotLink, ProfileState, fold
from core.scores import DAY_MS, HALF_HOUR_MS

START = 20_000 * DAY_MS


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Any kind, within a span longer than what is kept, on few moments so that ties happen."""
    ts_ms = START + draw(st.integers(0, 90 * 48)) * HALF_HOUR_MS
    props: dict[str, Scalar] = {
        "topics": draw(st.sampled_from(["", "price", "vip buy", "price nonsense"])),
        "language": draw(st.sampled_from(["", "tr", "en"])),
        "premium": draw(st.booleans()),
        "campaign": draw(st.sampled_from(["", "spring", "autumn"])),
        "purpose": draw(st.sampled_from(["campaigns", "profiling"])),
        "zone": draw(st.sampled_from(["Europe/Istanbul", "Asia/Kolkata"])),
        "kind": draw(st.sampled_from(["offer", "news"])),
        "sent_ms": ts_ms - draw(st.integers(0, 10)) * HALF_HOUR_MS,
        "amount_minor": draw(st.integers(0, 500)),
        "currency": draw(st.sampled_from(["TRY", "XTR"])),
        "charge": draw(st.sampled_from(["a", "b"])),
    }
    kind = draw(st.sampled_from(sorted(VOCABULARY)))
    return Event(str(draw(st.integers(0, 10**9))), ts_ms, kind, draw(st.integers(0, 2)), props)


@given(st.lists(events(), max_size=25), st.randoms(use_true_random=False), st.integers(1, 7))
def test_any_order_and_batching_makes_the_same_state(known: list[Event], dice: Random, batch: int) -> None:
    whole = fold(ProfileState(), sorted(known, key=lambda event: (event.ts_ms, event.key)))
    shuffled = list(known)
    dice.shuffle(shuffled)
    pieces = ProfileState()
    for start in range(0, len(shuffled), batch):
        pieces = fold(pieces, shuffled[start : start + batch])
    assert pieces == whole
    assert repr(pieces) == repr(whole)  # also the order of keys: what is stored is the same bytes


@given(st.lists(events(), max_size=10), events())
def test_folding_leaves_the_earlier_state_untouched(known: list[Event], news: Event) -> None:
    before = fold(ProfileState(), known)
    kept = repr(before)
    fold(before, [news])
    assert repr(before) == kept


def event(name: str, ts_ms: int = START, bot_id: int = 1, **props: str | int | bool) -> Event:
    return Event(f"{name}:{ts_ms}", ts_ms, name, bot_id, props)


def test_a_sign_of_life_counts_in_day_half_hour_and_bot() -> None:
    at_ms = START + 19 * HALF_HOUR_MS + 5
    state = fold(ProfileState(), [event("message_received", at_ms, topics="price vip")])
    assert state.days == {20_000: {"active": 1, "intent:price": 1, "intent:vip": 1, "message_received": 1}}
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
    assert late.days == state.days
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
