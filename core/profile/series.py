"""Daily counters, half hours and registers: the parts of a record that people and groups share.

A counter is a pair (UTC days, ascending; n on each), so that a window is a slice. Counters add up and
registers keep the latest, so the order and the batching of events don't matter. Mappings stay in ascending
order of their keys, so equal records are equal to the last byte.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from core.event import Event
from core.scores import DAY_MS, HALF_HOUR_MS
from core.text import TOPICS

__all__ = [
    "DAY_MS",
    "HALF_HOUR_MS",
    "KEEP_DAYS",
    "Draft",
    "Series",
    "active_days",
    "days_of",
    "ordered",
    "since",
    "window",
]

KEEP_DAYS: Final = 60
"""Daily buckets older than this before the newest event are dropped; totals keep counting."""

Series = tuple[Sequence[int], Sequence[int]]
"""(UTC days, ascending; n on each of them, above 0)."""

K = TypeVar("K", int, str)
V = TypeVar("V")


def window(series: Series, first_day: int, last_day: int) -> int:
    """The sum from `first_day` to `last_day`, both included."""
    days, counts = series
    return sum(counts[bisect_left(days, first_day) : bisect_right(days, last_day)])


def active_days(series: Series, first_day: int, last_day: int) -> int:
    """How many days from `first_day` to `last_day`, both included, have any."""
    days = series[0]
    return bisect_right(days, last_day) - bisect_left(days, first_day)


def days_of(counts: Mapping[str, Series]) -> dict[int, dict[str, int]]:
    """The same counters by day: UTC day -> counter -> n. For reports; the record itself is kept by
    counter."""
    found: dict[int, dict[str, int]] = {}
    for counter, (days, numbers) in counts.items():
        for day, count in zip(days, numbers, strict=True):
            found.setdefault(day, {})[counter] = count
    return dict(sorted(found.items()))


def ordered(mapping: dict[K, V], key: K, value: V) -> dict[K, V]:
    """Set a key, and keep the keys ascending."""
    if key in mapping or not mapping or next(reversed(mapping)) < key:
        mapping[key] = value
        return mapping
    mapping[key] = value
    return dict(sorted(mapping.items(), key=_key))


def since(buckets: dict[int, V], oldest: int) -> dict[int, V]:
    """Without the days before `oldest`; keys are ascending."""
    if not buckets or next(iter(buckets)) >= oldest:
        return buckets
    return {day: bucket for day, bucket in buckets.items() if day >= oldest}


def _key(item: tuple[K, V]) -> K:
    return item[0]


class Draft:
    """Counters, half hours, totals and registers while events are folded in; the given ones stay as they
    were."""

    __slots__ = ("_open", "_touched", "counts", "hours", "latest", "totals")

    def __init__(
        self,
        counts: Mapping[str, Series],
        hours: Mapping[int, Mapping[int, int]],
        totals: Mapping[str, int],
        latest: Mapping[str, tuple[int, str]],
    ) -> None:
        self.counts = counts
        self._open: dict[str, tuple[list[int], list[int]]] = {}
        self.hours = dict(hours)
        self._touched: dict[int, dict[int, int]] = {}
        self.totals = dict(totals)
        self.latest = dict(latest)

    def total(self, kind: str) -> None:
        """One more of all time."""
        self.totals = ordered(self.totals, kind, self.totals.get(kind, 0) + 1)

    def count(self, counter: str, ts_ms: int) -> None:
        """One more on that UTC day."""
        day = ts_ms // DAY_MS
        series = self._open.get(counter)
        if series is None:
            days, counts = self.counts.get(counter, _NOTHING)
            series = self._open[counter] = ([*days], [*counts])
        known, numbers = series
        if not known or known[-1] < day:
            known.append(day)
            numbers.append(1)
            return
        place = bisect_left(known, day)
        if known[place] == day:
            numbers[place] += 1
        else:
            known.insert(place, day)
            numbers.insert(place, 1)

    def topics(self, event: Event) -> None:
        """What was asked about, a counter each."""
        found = event.props.get("topics")
        if found:
            for topic in str(found).split():
                if topic in TOPICS:
                    self.count(f"intent:{topic}", event.ts_ms)

    def half_hour(self, ts_ms: int) -> None:
        """One more in that half hour of that UTC day."""
        day, index = ts_ms // DAY_MS, ts_ms % DAY_MS // HALF_HOUR_MS
        halves = self._touched.get(day)
        if halves is None:
            halves = dict(self.hours.get(day, ()))
        halves = ordered(halves, index, halves.get(index, 0) + 1)
        self._touched[day] = halves
        self.hours = ordered(self.hours, day, halves)

    def register(self, name: str, ts_ms: int, value: str) -> None:
        """Last writer wins; of two at one moment the larger value."""
        now = (ts_ms, value)
        if now > self.latest.get(name, _NEVER):
            self.latest = ordered(self.latest, name, now)

    def first(self, name: str, ts_ms: int, value: str) -> None:
        """First writer wins; of two at one moment the smaller value."""
        now = (ts_ms, value)
        known = self.latest.get(name)
        if known is None or now < known:
            self.latest = ordered(self.latest, name, now)

    def counts_done(self, oldest: int) -> dict[str, Series]:
        """The counters, without the days before `oldest`."""
        counts = dict(self.counts)
        grown = len(counts)
        for counter, (days, numbers) in self._open.items():
            counts[counter] = (tuple(days), tuple(numbers))
        if len(counts) != grown:
            counts = dict(sorted(counts.items(), key=_key))
        aged = [counter for counter, (days, _) in counts.items() if days[0] < oldest]
        for counter in aged:
            known, kept = counts[counter]
            place = bisect_left(known, oldest)
            counts[counter] = (known[place:], kept[place:])
            if place == len(known):
                del counts[counter]
        return counts


_NOTHING: Final[Series] = ((), ())
_NEVER: Final = (0, "")
