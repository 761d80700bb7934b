"""A group or channel where a bot is a member: the fold of what happened there, and what is shown of it.

The same promises as for people: `fold_group` takes events in any order and any batches to the same state,
`view_group` is pure. Who is a member stands in the store (`Membership`); here are counts and latest values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class GroupState:
    """The foldable record of one group.

    first_ms, last_ms: the first and the last event; 0 = none. days: UTC day -> counter -> n (event kinds,
    `intent:<topic>`); hours: UTC day -> half hour 0..47 -> n of messages; both reach KEEP_DAYS back.
    totals: event kind -> n of all time. latest: register -> (ts_ms, value), last writer wins, ties by larger
    value (registers: `bot:<id>` = status and rights of that bot there, `upgraded`, `topic:<thread>` = state).
    threads: forum topic -> n of messages of all time."""

    first_ms: int = 0
    last_ms: int = 0
    days: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    hours: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    totals: Mapping[str, int] = field(default_factory=dict)
    latest: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    threads: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GroupProfile:
    """What is shown of a group at a moment. bots: numbers of bots that are there; posting: those of them that
    may write. messages_*: windows of whole UTC days including today. hour_activity: 24 faded sums by UTC
    hour. members_seen: people ever seen there; members_now: of them not known to have left."""

    group_no: int
    now_ms: int
    first_seen_ms: int
    last_seen_ms: int
    bots: tuple[int, ...]
    posting: tuple[int, ...]
    messages_1d: int
    messages_7d: int
    messages_30d: int
    active_days_30d: int
    joined_30d: int
    left_30d: int
    topics_open: int
    members_seen: int
    members_now: int
    hour_activity: tuple[float, ...] = ()
