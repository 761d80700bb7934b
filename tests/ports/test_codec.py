"""What is stored as bytes comes back as the same value."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.codec import dumps, loads, state_from_bytes, state_to_bytes
from adapters.inflight import InFlight
from core.profile import BotLink, ProfileState

numbers = st.integers(0, 2**53)
words = st.text(max_size=12)
counts = st.dictionaries(words, numbers, max_size=4)
pairs = st.tuples(numbers, numbers)
moments = st.lists(numbers, max_size=5).map(tuple)
states = st.builds(
    ProfileState,
    first_ms=numbers,
    last_ms=numbers,
    seen_ms=numbers,
    days=st.dictionaries(numbers, counts, max_size=4),
    hours=st.dictionaries(numbers, st.dictionaries(st.integers(0, 47), numbers, max_size=4), max_size=4),
    totals=counts,
    latest=st.dictionaries(words, st.tuples(numbers, words), max_size=4),
    bots=st.dictionaries(numbers, st.builds(BotLink, numbers, numbers, numbers, numbers), max_size=3),
    sends=moments,
    answers=moments,
    kinds=st.dictionaries(words, pairs, max_size=4),
    slots=st.dictionaries(st.integers(0, 23), pairs, max_size=4),
    money=counts,
)


@given(states)
def test_any_state_comes_back_with_its_order(state: ProfileState) -> None:
    again = state_from_bytes(state_to_bytes(state))
    assert again == state
    assert state_to_bytes(again) == state_to_bytes(state)
    assert list(again.days) == list(state.days)


def test_every_field_of_a_state_is_tried_above() -> None:
    filled = ProfileState(
        **{field.name: 7 for field in fields(ProfileState) if field.name.endswith("_ms")},
        days={1: {"a": 1}},
        hours={1: {2: 3}},
        totals={"a": 1},
        latest={"a": (1, "b")},
        bots={1: BotLink(1)},
        sends=(1,),
        answers=(2,),
        kinds={"a": (1, 0)},
        slots={1: (1, 0)},
        money={"XTR": 1},
    )
    empty = ProfileState()
    for field in fields(ProfileState):
        assert getattr(filled, field.name) != getattr(empty, field.name), f"{field.name} is new: try it here"
    assert state_from_bytes(state_to_bytes(filled)) == filled


def test_a_state_from_before_a_field_existed_is_read() -> None:
    assert state_from_bytes(b'{"first_ms":5,"gone_by_now":1}') == ProfileState(first_ms=5)


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
