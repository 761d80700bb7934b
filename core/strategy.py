"""Strategy: how a segment may be written to, and the envelope that learning can never leave.

Files under `strategies/` seed version 1 of each; afterwards the store is the truth, and an edited file is
an operator's proposal. The table of the files is the envelope's ceiling: learning moves freely below it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Ceiling of frequency. `period_days`: contact days at least so far apart; `daily_limit`: messages in any
    24 h; `cooldown_h`: least gap in hours between two campaign messages to the person."""

    period_days: int
    daily_limit: int
    cooldown_h: float

    def within(self, ceiling: Pace) -> bool:
        """True if this pace is nowhere more demanding than `ceiling`."""
        return (
            self.period_days >= ceiling.period_days
            and self.daily_limit <= ceiling.daily_limit
            and self.cooldown_h >= ceiling.cooldown_h
        )


PLAIN = Pace(period_days=1, daily_limit=1, cooldown_h=20.0)
"""For messages to people who are in no segment."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """One version of a segment's strategy. `kinds`: content kinds it may send, best guess first;
    `hours`: local hours it prefers before anything is learned (empty = no preference)."""

    segment: str
    version: int
    priority: int
    pace: Pace
    ceiling: Pace
    kinds: tuple[str, ...]
    hours: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Caps:
    """Bounds per person over all segments, in any 24 hours and any 7 days."""

    per_day: int = 3
    per_week: int = 10
