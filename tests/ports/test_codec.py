"""What is stored as bytes comes back as the same value."""

from __future__ import annotations

import math
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.codec import (
    dumps,
    group_from_bytes,
    group_to_bytes,
    loads,
    state_from_bytes,
    state_to_bytes,
)
from adapters.inflight import InFlight
from core.profile import BotLink, GroupState, ProfileState, Purchase


def _finite(value: object) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


numbers = st.integers(0, 2**53)
words = st.text(max_size=12)
series = st.lists(numbers, min_size=2, max_size=5).map(tuple)
counters = st.dictionaries(words, series, max_size=4)
hours = st.dictionaries(numbers, st.dictionaries(st.integers(0, 47), numbers, max_size=4), max_size=4)
totals = st.dictionaries(words, numbers, max_size=4)
latest = st.dictionaries(words, st.tuples(numbers, words), max_size=4)
pairs = st.tuples(numbers, numbers)
moments = st.lists(numbers, max_size=5).map(tuple)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | words
states = st.builds(
    ProfileState,
    first_ms=numbers,
    last_ms=numbers,
    seen_ms=numbers,
    counts=counters,
    hours=hours,
    totals=totals,
    latest=latest,
    bots=st.dictionaries(numbers, st.builds(BotLink, numbers, numbers, numbers, numbers), max_size=3),
    sends=moments,
    answers=moments,
    kinds=st.dictionaries(words, pairs, max_size=4),
    slots=st.dictionaries(st.integers(0, 23), pairs, max_size=4),
    groups=st.dictionaries(numbers, numbers, max_size=3),
    purchases=st.dictionaries(
        words, st.builds(Purchase, numbers, words, numbers, numbers, numbers), max_size=3
    ),
    facts=st.dictionaries(words, st.tuples(numbers, scalars.filter(_finite)), max_size=4),
    tags=st.dictionaries(words, st.tuples(numbers, st.booleans()), max_size=4),
)
group_states = st.builds(
    GroupState,
    first_ms=numbers,
    last_ms=numbers,
    counts=counters,
    hours=hours,
    totals=totals,
    latest=latest,
    threads=st.dictionaries(numbers, numbers, max_size=4),
)


@given(states)
@settings(max_examples=50)
def test_any_state_comes_back_with_its_order(state: ProfileState) -> None:
    again = state_from_bytes(state_to_bytes(state))
    assert repr(again) == repr(state)  # also the order of keys, and 1 is not True
    assert state_to_bytes(again) == state_to_bytes(state)


@given(group_states)
@settings(max_examples=30)
def test_any_state_of_a_group_comes_back_with_its_order(state: GroupState) -> None:
    again = group_from_bytes(group_to_bytes(state))
    assert repr(again) == repr(state)
    assert group_to_bytes(again) == group_to_bytes(state)


def test_every_field_of_a_state_is_tried_above() -> None:
    """A field that the codec forgets would come back empty."""
    filled = ProfileState(
        1,
        2,
        3,
        counts={"a": (1, 2)},
        hours={1: {2: 3}},
        totals={"a": 1},
        latest={"a": (1, "b")},
        bots={1: BotLink(1, 2, 3, 4)},
        sends=(1,),
        answers=(2,),
        kinds={"a": (1, 0)},
        slots={1: (1, 0)},
        groups={1: 2},
        purchases={"a": Purchase(1, "XTR", 2, 3, 4)},
        facts={"a": (1, "b")},
        tags={"a": (1, True)},
    )
    group = GroupState(1, 2, {"a": (1, 2)}, {1: {2: 3}}, {"a": 1}, {"a": (1, "b")}, {1: 2})
    for state, empty in ((filled, ProfileState()), (group, GroupState())):
        for field in fields(empty):
            assert getattr(state, field.name) != getattr(empty, field.name), f"{field.name} is new: try it"
    assert state_from_bytes(state_to_bytes(filled)) == filled
    assert group_from_bytes(group_to_bytes(group)) == group


def test_what_is_empty_takes_no_room() -> None:
    assert state_to_bytes(ProfileState()) == b'{"at":[0,0,0]}'
    assert state_from_bytes(b'{"at":[0,0,0]}') == ProfileState()


def test_plain_documents_come_back_with_text_as_keys() -> None:
    assert loads(dumps({"b": (1, 2), "a": {3: None}})) == {"b": [1, 2], "a": {"3": None}}
    assert list(loads(dumps({"b": 1, "a": 2}))) == ["b", "a"]


def test_what_is_no_plain_value_is_refused() -> None:
    with pytest.raises(TypeError):
        dumps({"a": object()})


def test_open_calls_are_counted_also_when_they_fail() -> None:
    inflight = InFlight()
    with inflight.track(), inflight.track():
        assert inflight() == inflight.open == 2
    with pytest.raises(ValueError, match="on purpose"), inflight.track():
        raise ValueError("on purpose")
    assert inflight() == 0
