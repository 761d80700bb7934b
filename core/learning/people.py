"""Profiles -> the columns that the models see. The one place where the product's own people become a
situation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np

from core.learning.features import HOUR_MS, HOURS, Floats, Layout, Situation, expected_hours, kind_traces
from core.profile import Profile, ProfileState

K = TypeVar("K", int, str)
REMEMBERED: Final = 16
"""So many of the latest messages leave traces; older ones have faded."""
SURE_ZONE: Final = 0.5
"""Confidence from which a timezone helps to expect somebody's hours (a guess is enough here)."""


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of one person. segments: name -> confidence. recent: (moment, kind) of counted campaign
    messages that may not be in the profile yet, e.g. those of unknown outcome."""

    state: ProfileState
    profile: Profile
    segments: Mapping[str, float] = field(default_factory=dict)
    recent: Sequence[tuple[int, str]] = ()


def situation_of(layout: Layout, people: Sequence[Person], now_ms: int) -> Situation:
    """The situation of these people in the UTC hour of `now_ms`, one row each."""
    start = now_ms // HOUR_MS * HOUR_MS
    profiles = [each.profile for each in people]
    activity = _table([each.hour_activity or (0.0,) * HOURS for each in profiles], HOURS)
    zones = np.array([_offset_h(each) for each in profiles], dtype=np.float64)
    of_kind = [[each for each in person.recent if each[1] in layout.kinds] for person in people]
    recent = np.array([_padded([at for at, _ in each]) for each in of_kind], dtype=np.int64)
    kinds = [_padded([layout.kinds.index(kind) for _, kind in each]) for each in of_kind]
    sends = np.array([_padded(_moments(each)) for each in people], dtype=np.int64)
    shape = (len(people), REMEMBERED)
    return Situation(
        now_ms=start,
        confidence=_table(
            [[each.segments.get(name, 0.0) for name in layout.segments] for each in people],
            len(layout.segments),
        ),
        hour_activity=activity,
        hour_prior=expected_hours(activity, zones),
        kind_sent=_counts([each.state.kinds for each in people], layout.kinds, 0),
        kind_answered=_counts([each.state.kinds for each in people], layout.kinds, 1),
        slot_sent=_counts([each.state.slots for each in people], range(HOURS), 0),
        slot_answered=_counts([each.state.slots for each in people], range(HOURS), 1),
        recent_ms=sends.reshape(shape),
        kind_recent=kind_traces(
            recent.reshape(shape),
            np.array(kinds, dtype=np.int64).reshape(shape),
            start,
            len(layout.kinds),
        ),
        ignored=np.array([each.ignored_in_a_row for each in profiles], dtype=np.float64),
        intent=np.array([each.intent_score / 100 for each in profiles], dtype=np.float64),
        unseen_days=np.array([each.days_since_seen for each in profiles], dtype=np.float64),
        premium=np.array([float(each.premium) for each in profiles], dtype=np.float64),
    )


def _moments(person: Person) -> list[int]:
    return sorted({*person.state.sends, *(at for at, _ in person.recent)})


def _padded(values: Sequence[int]) -> list[int]:
    latest = list(values[-REMEMBERED:])
    return latest + [0] * (REMEMBERED - len(latest))


def _offset_h(profile: Profile) -> float:
    return profile.tz_offset_min / 60 if profile.tz_confidence >= SURE_ZONE else float("nan")


def _counts(tallies: Sequence[Mapping[K, tuple[int, int]]], names: Sequence[K], which: int) -> Floats:
    return _table([[tally.get(name, (0, 0))[which] for name in names] for tally in tallies], len(names))


def _table(rows: Sequence[Sequence[float]], width: int) -> Floats:
    return np.array(rows, dtype=np.float64).reshape(len(rows), width)
