"""A campaign that went out need not be shown at once: the hot profile stays exact for its own moment."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.event import Event, PersonEvent
from core.intake.people import changed, packed
from core.ports import PersonRecord
from core.profile import ProfileState, fold, moment_of, pack, view
from tests.core.flow.worlds import BOT, DAY, HOUR, NOW

KINDS = ("message_received", "button_tapped", "campaign_sent", "campaign_answered", "payment_succeeded")
HISTORY = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 100 * DAY)), max_size=12)


def record_of(history: list[tuple[str, int]], shown_ms: int) -> PersonRecord:
    events = [
        Event(str(n), shown_ms - age_ms, kind, BOT, {"kind": "offer"})
        for n, (kind, age_ms) in enumerate(history)
    ]
    record = PersonRecord(1, NOW, fold(ProfileState(), events), segments={"ENGAGED": 0.5}, seq=3)
    return packed(record, shown_ms)


@given(HISTORY, st.lists(st.integers(-2 * HOUR, 40 * DAY), min_size=1, max_size=3))
def test_what_stays_shown_is_the_view_of_the_record_at_its_moment(
    history: list[tuple[str, int]], later: list[int]
) -> None:
    before = record_of(history, NOW)
    events = [
        Event(f"s{n}", NOW + after, "campaign_sent", BOT, {"kind": "news"}) for n, after in enumerate(later)
    ]
    after = changed(before, [_of(one) for one in events], {})
    assert after.state == fold(before.state, events)
    if after.hot:
        assert after.hot == before.hot
        assert pack(view(1, after.state, moment_of(after.hot)), after.segments) == after.hot


def test_only_later_campaigns_leave_it_as_it_is() -> None:
    before = record_of([("message_received", HOUR)], NOW)
    sent, earlier = Event("s", NOW + 1, "campaign_sent", BOT), Event("e", NOW, "campaign_sent", BOT)
    spoke = Event("m", NOW + 1, "message_received", BOT)
    assert changed(before, [_of(sent)], {}).hot == before.hot
    assert changed(before, [_of(earlier)], {}).hot == ""
    assert changed(before, [_of(sent), _of(spoke)], {}).hot == ""
    assert changed(replace(before, hot=""), [_of(sent)], {}).hot == ""
    old = record_of([("message_received", 59 * DAY)], NOW)
    assert changed(old, [_of(Event("s", NOW + 3 * DAY, "campaign_sent", BOT))], {}).hot == ""


def _of(event: Event) -> PersonEvent:
    return PersonEvent(1, event)
