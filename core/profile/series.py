"""Daily counters, half hours and registers: the parts of a record that people and groups share.

A counter is one row of whole numbers: a UTC day, then n on that day, on the next, and so on to the last day
with any; so a window is a slice. Counters add up and registers keep the latest, so the order and the batching
of events don't matter. Mappings stay in ascending order of their keys, so equal records are equal to the last
byte.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from operator import itemgetter
from typing import Final, TypeVar

from core.event import Event
from core.scores import DAY_MS, HALF_HOUR_MS

KEEP_DAYS: Final = 60
"""Daily buckets older than this before the newest event are dropped; totals keep counting."""

Series = tuple[int, ...]
"""(first UTC day, n on it, n on the next day, ...); the first and the last n are above 0."""
NOTHING: Final[Series] = ()

SESSION: Final = "session"
"""Counter of the runs of half hours that begin on a day, as if no run came over from the day before."""

LARGEST: Final = 2**53
_MAX_DIGITS: Final = 16

K = TypeVar("K", int, str)
V = TypeVar("V")


def number_of(event: Event, name: str) -> int:
    """A whole number that the event carries, 0 when it carries none; never larger than stores can keep."""
    value = event.props.get(name)
    if isinstance(value, str):
        value = int(value) if value.isdecimal() and len(value) <= _MAX_DIGITS else 0
    if value is None or not math.isfinite(value):
        return 0
    return max(-LARGEST, min(LARGEST, int(value)))


def in_window(series: Series, first_day: int, last_day: int) -> Series:
    """n of each day from `first_day` to `last_day`, both included, as far as the row reaches."""
    if not series:
        return series
    start = first_day - series[0] + 1
    return series[max(start, 1) : max(last_day - series[0] + 2, 1)]


def active_days(numbers: Series) -> int:
    """How many of the days have any."""
    return len(numbers) - numbers.count(0)


def days_of(counts: Mapping[str, Series]) -> dict[int, dict[str, int]]:
    """The same counters by day: UTC day -> counter -> n."""
    found: dict[int, dict[str, int]] = {}
    for counter, (first, *numbers) in counts.items():
        for day, count in enumerate(numbers, first):
            if count:
                found.setdefault(day, {})[counter] = count
    return dict(sorted(found.items()))


def put(mapping: dict[K, V], key: K, value: V) -> dict[K, V]:
    """Set a key, and keep the keys ascending."""
    if key in mapping or not mapping or next(reversed(mapping)) < key:
        mapping[key] = value
        return mapping
    mapping[key] = value
    return dict(sorted(mapping.items(), key=_key))


_first: Final = itemgetter(0)


def _key(item: tuple[K, V]) -> K:
    return item[0]


def _since(series: Series, oldest: int) -> Series:
    """The row without the days before `oldest`."""
    drop = oldest - series[0]
    if drop <= 0:
        return series
    while drop < len(series) - 1 and not series[drop + 1]:
        drop += 1
    return (series[0] + drop, *series[drop + 1 :]) if drop < len(series) - 1 else NOTHING


class Draft:
    """Counters, half hours and the sessions they make, totals and registers, while events are folded in; the
    given ones stay as they were."""

    __slots__ = ("_counts", "_halves", "_hours", "_rows", "latest", "totals")

    def __init__(
        self,
        counts: Mapping[str, Series],
        hours: Mapping[int, Mapping[int, int]],
        totals: Mapping[str, int],
        latest: Mapping[str, tuple[int, str]],
    ) -> None:
        self._counts = counts
        self._rows: dict[str, list[int]] = {}
        self._hours = dict(hours)
        self._halves: dict[int, dict[int, int]] = {}
        self.totals = dict(totals)
        self.latest = dict(latest)

    def total(self, kind: str) -> None:
        """One more of all time."""
        totals = self.totals
        if kind in totals:
            totals[kind] += 1
        else:
            self.totals = put(totals, kind, 1)

    def count(self, counter: str, day: int, more: int = 1) -> None:
        """So many more on that UTC day."""
        row = self._rows.get(counter)
        if row is None:
            row = self._rows[counter] = list(self._counts.get(counter, ())) or [day]
        place = day - row[0] + 1
        if 0 < place < len(row):
            row[place] += more
            return
        if place > KEEP_DAYS:
            row[:] = _since(tuple(row), day - KEEP_DAYS + 1) or (day,)
            place = day - row[0] + 1
        if place > 0:
            row += [0] * (place - len(row))
            row.append(more)
        elif len(row) - place <= KEEP_DAYS:
            row[:1] = [day, more, *[0] * -place]

    def half_hour(self, ts_ms: int) -> None:
        """One more in that half hour of that UTC day."""
        day, index = ts_ms // DAY_MS, ts_ms % DAY_MS // HALF_HOUR_MS
        halves = self._halves.get(day)
        if halves is None:
            halves = self._halves[day] = dict(self._hours.get(day, ()))
            self._hours = put(self._hours, day, halves)
        if index in halves:
            halves[index] += 1
            return
        begun = 1 - (index - 1 in halves) - (index + 1 in halves)
        if begun:
            self.count(SESSION, day, begun)
        self._halves[day] = self._hours[day] = put(halves, index, 1)

    def register(self, name: str, ts_ms: int, value: str) -> None:
        """Last writer wins; of two at one moment the larger value."""
        now = (ts_ms, value)
        known = self.latest.get(name)
        if known is None:
            self.latest = put(self.latest, name, now)
        elif now > known:
            self.latest[name] = now

    def first(self, name: str, ts_ms: int, value: str) -> None:
        """First writer wins; of two at one moment the smaller value."""
        now = (ts_ms, value)
        if now < self.latest.get(name, (ts_ms + 1, "")):
            self.latest = put(self.latest, name, now)

    def done(self, oldest: int) -> tuple[dict[str, Series], dict[int, Mapping[int, int]]]:
        """Counters and half hours, without the days before `oldest`."""
        counts = dict(self._counts)
        known = len(counts)
        for counter, row in self._rows.items():
            counts[counter] = tuple(row)
        if len(counts) != known:
            counts = dict(sorted(counts.items(), key=_key))
        if counts and min(map(_first, counts.values())) < oldest:
            kept = {counter: _since(row, oldest) for counter, row in counts.items()}
            counts = {counter: row for counter, row in kept.items() if row}
        hours = self._hours
        if hours and next(iter(hours)) < oldest:
            hours = {day: halves for day, halves in hours.items() if day >= oldest}
        return counts, hours
