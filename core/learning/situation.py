"""People as the planner sees them: profiles and earlier messages become the columns of a `Situation`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.learning.features import (
    HOUR_MS,
    HOURS,
    Floats,
    Ints,
    Layout,
    Situation,
    expected_hours,
    kind_traces,
)
from core.ledger import Message
from core.profile import Profile, ProfileState

SURE_ZONE = 0.5
"""From this confidence on an estimated timezone says more about a person's day than everybody's hours."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one person: the profile, the state behind it, the segments and earlier messages."""

    profile: Profile
    state: ProfileState
    segments: Mapping[str, float]
    messages: Sequence[Message] = ()


def situation_of(layout: Layout, people: Sequence[Known], now_ms: int) -> Situation:
    """Columns about these people at the start of the UTC hour of `now_ms`."""
    start_ms = now_ms - now_ms % HOUR_MS
    profiles = [each.profile for each in people]
    activity = _table([profile.hour_activity or (0.0,) * HOURS for profile in profiles], HOURS)
    offset = np.array(
        [p.tz_offset_min / 60 if p.tz_confidence >= SURE_ZONE else np.nan for p in profiles], dtype=np.float64
    )
    recent_ms, recent_kind = _earlier(layout, people)
    kinds = [each.state.kinds for each in people]
    slots = [each.state.slots for each in people]
    return Situation(
        now_ms=start_ms,
        confidence=_table(
            [[e.segments.get(n, 0.0) for n in layout.segments] for e in people], len(layout.segments)
        ),
        hour_activity=activity,
        hour_prior=expected_hours(activity, offset),
        kind_sent=_table(
            [[k.get(name, (0, 0))[0] for name in layout.kinds] for k in kinds], len(layout.kinds)
        ),
        kind_answered=_table(
            [[k.get(name, (0, 0))[1] for name in layout.kinds] for k in kinds], len(layout.kinds)
        ),
        slot_sent=_table([[s.get(hour, (0, 0))[0] for hour in range(HOURS)] for s in slots], HOURS),
        slot_answered=_table([[s.get(hour, (0, 0))[1] for hour in range(HOURS)] for s in slots], HOURS),
        recent_ms=recent_ms,
        kind_recent=kind_traces(recent_ms, recent_kind, start_ms, len(layout.kinds)),
        ignored=np.array([p.ignored_in_a_row for p in profiles], dtype=np.float64),
        intent=np.array([p.intent_score / 100 for p in profiles], dtype=np.float64),
        unseen_days=np.array([max(p.days_since_seen, 0.0) for p in profiles], dtype=np.float64),
        premium=np.array([float(p.premium) for p in profiles], dtype=np.float64),
    )


def _earlier(layout: Layout, people: Sequence[Known]) -> tuple[Ints, Ints]:
    """int64[n, m] moments and kinds of earlier campaign messages, 0 = none."""
    width = max((len(each.messages) for each in people), default=0) or 1
    moments = np.zeros((len(people), width), dtype=np.int64)
    kinds = np.zeros((len(people), width), dtype=np.int64)
    number = {name: place for place, name in enumerate(layout.kinds)}
    for row, each in enumerate(people):
        for place, message in enumerate(each.messages):
            moments[row, place] = message.sent_ms or message.permit_ms
            kinds[row, place] = number.get(message.kind, 0)
    return moments, kinds


def _table(rows: Sequence[Sequence[float]], width: int) -> Floats:
    return np.array(rows, dtype=np.float64).reshape(len(rows), width)
