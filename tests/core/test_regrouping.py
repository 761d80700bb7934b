"""Two groups turn out to be one: a record that follows is what its events would have made of it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.event import Event
from core.profile import ProfileState, fold, regrouped

KINDS = ("group_message", "vip_joined", "vip_left", "group_left", "message_received")

happenings = st.lists(
    st.builds(
        lambda n, at_ms, kind, group: Event(f"k{n}", at_ms, kind, 42, {}, group),
        st.integers(0, 9),
        st.integers(1, 4).map(lambda n: 1_780_000_000_000 + n * 1_000),
        st.sampled_from(KINDS),
        st.sampled_from((0, 2, 7, 12)),
    ),
    max_size=12,
    unique_by=lambda event: (event.ts_ms, event.key),
)


@given(happenings)
def test_a_record_that_follows_a_merged_group_is_the_fold_of_the_moved_events(events: list[Event]) -> None:
    moved = [replace(event, group_no=2 if event.group_no == 12 else event.group_no) for event in events]
    followed = regrouped(fold(ProfileState(), events), 12, 2)
    assert followed == fold(ProfileState(), moved)
    assert list(followed.groups) == sorted(followed.groups)
    assert list(followed.latest) == sorted(followed.latest)
