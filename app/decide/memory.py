"""Columns about people, and about messages whose outcome is still open: the store of a decision service.

No object a person, so ten thousand people are a handful of arrays. Everything is kept by number: person,
content kind, UTC hour.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Final

import numpy as np

from app.decide.messages import START_MS, Bools
from core.learning.features import (
    DAY_MS,
    HOUR_MS,
    HOURS,
    Floats,
    Ints,
    Situation,
    expected_hours,
    kind_traces,
)

ACTIVITY_HALF_LIFE_DAYS: Final = 14.0
REMEMBERED: Final = 16
"""So many of a person's latest messages leave traces; older ones have faded."""
CREDIT_MS: Final = 3 * DAY_MS
"""A block or a sale is laid to the last message of so long before."""
_PERSON_SPAN: Final = 1 << 45
"""Moments in ms are smaller: person x span + moment sorts by person, then by time."""


def _none() -> Ints:
    return np.zeros(0, dtype=np.int64)


@dataclass(slots=True)
class Messages:
    """Messages that were sent, oldest first as they became known. facts: [r, facts], NaN rows for
    messages that were not ours; answered_ms, blocked_ms, converted_ms 0 = not (yet)."""

    facts: Floats
    id: Ints = field(default_factory=_none)
    person: Ints = field(default_factory=_none)
    kind: Ints = field(default_factory=_none)
    sent_ms: Ints = field(default_factory=_none)
    answered_ms: Ints = field(default_factory=_none)
    blocked_ms: Ints = field(default_factory=_none)
    converted_ms: Ints = field(default_factory=_none)

    def add(self, facts: Floats, ids: Ints, person: Ints, kind: Ints, sent_ms: Ints) -> None:
        """More messages."""
        zero = np.zeros(len(ids), dtype=np.int64)
        news = {"facts": facts, "id": ids, "person": person, "kind": kind, "sent_ms": sent_ms}
        for each in fields(self):
            old = getattr(self, each.name)
            setattr(self, each.name, np.concatenate([old, news.get(each.name, zero)]))

    def keep(self, mask: Bools) -> None:
        """Forget all others."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name)[mask])

    def answer(self, ids: Ints, at_ms: Ints) -> Ints:
        """Note first answers; return the places of the messages that got one."""
        if not len(self.id) or not len(ids):
            return _none()
        order = np.argsort(self.id, kind="stable")
        place = order[np.clip(np.searchsorted(self.id, ids, sorter=order), 0, len(order) - 1)]
        fits = (self.id[place] == ids) & (self.answered_ms[place] == 0)
        first, index = np.unique(place[fits], return_index=True)
        self.answered_ms[first] = at_ms[fits][index]
        return first

    def last_before(self, person: Ints, at_ms: Ints, among: Bools) -> tuple[Ints, Bools]:
        """For each (person, moment) the place of the person's last message before it, and whether there
        is one within `CREDIT_MS`; only messages of `among`."""
        places = np.flatnonzero(among)
        if not len(places) or not len(person):
            return np.zeros(len(person), dtype=np.int64), np.zeros(len(person), dtype=np.bool_)
        key = self.person[places] * _PERSON_SPAN + self.sent_ms[places]
        order = np.argsort(key, kind="stable")
        found = np.searchsorted(key, person * _PERSON_SPAN + at_ms, side="right", sorter=order) - 1
        place = places[order[np.maximum(found, 0)]]
        age = at_ms - self.sent_ms[place]
        there = (found >= 0) & (self.person[place] == person) & (age >= 0) & (age <= CREDIT_MS)
        return place, there


@dataclass(slots=True)
class People:
    """Columns about n people; see `core.learning.features.Situation`. activity is kept in units that grow
    with the half-life, so that nothing has to be faded."""

    zone_h: Floats
    premium: Floats
    intent: Floats
    activity: Floats
    kind_sent: Floats
    kind_answered: Floats
    slot_sent: Floats
    slot_answered: Floats
    recent_ms: Ints
    recent_kind: Ints
    ignored: Floats
    seen_ms: Ints
    blocked_ms: Ints

    @classmethod
    def unknown(cls, zone_h: Floats, premium: Floats, intent: Floats, kinds: int) -> People:
        """People of whom nothing has been seen yet."""
        n = len(zone_h)
        return cls(
            zone_h=zone_h,
            premium=premium,
            intent=intent,
            activity=np.zeros((n, HOURS)),
            kind_sent=np.zeros((n, kinds)),
            kind_answered=np.zeros((n, kinds)),
            slot_sent=np.zeros((n, HOURS)),
            slot_answered=np.zeros((n, HOURS)),
            recent_ms=np.zeros((n, REMEMBERED), dtype=np.int64),
            recent_kind=np.zeros((n, REMEMBERED), dtype=np.int64),
            ignored=np.zeros(n),
            seen_ms=np.zeros(n, dtype=np.int64),
            blocked_ms=np.zeros(n, dtype=np.int64),
        )

    def reachable(self) -> Bools:
        """Not blocked, or seen again since."""
        open_to: Bools = (self.blocked_ms == 0) | (self.seen_ms > self.blocked_ms)
        return open_to

    def seen(self, person: Ints, at_ms: Ints) -> None:
        """Signs of life."""
        np.add.at(self.activity, (person, at_ms // HOUR_MS % HOURS), _grown(at_ms))
        np.maximum.at(self.seen_ms, person, at_ms)

    def sent(self, person: Ints, kind: Ints, at_ms: Ints) -> None:
        """Messages that arrived, in the order of time."""
        np.add.at(self.kind_sent, (person, kind), 1.0)
        np.add.at(self.slot_sent, (person, at_ms // HOUR_MS % HOURS), 1.0)
        np.add.at(self.ignored, person, 1.0)
        self.remember(person, kind, at_ms)

    def remember(self, person: Ints, kind: Ints, at_ms: Ints) -> None:
        """Put messages at the end of each person's latest ones (several of one person: by rounds)."""
        while len(person):
            once, first = np.unique(person, return_index=True)
            for column, news in ((self.recent_ms, at_ms), (self.recent_kind, kind)):
                column[once, :-1] = column[once, 1:]
                column[once, -1] = news[first]
            rest = np.setdiff1d(np.arange(len(person)), first)
            person, kind, at_ms = person[rest], kind[rest], at_ms[rest]

    def answered(self, person: Ints, kind: Ints, sent_ms: Ints) -> None:
        """Answers to messages of that kind, sent then."""
        np.add.at(self.kind_answered, (person, kind), 1.0)
        np.add.at(self.slot_answered, (person, sent_ms // HOUR_MS % HOURS), 1.0)
        self.ignored[person] = 0.0

    def situation(self, rows: Ints, confidence: Floats, now_ms: int) -> Situation:
        """What the planner sees of these people."""
        activity = self.activity / _grown(np.array([now_ms]))
        prior = expected_hours(activity, self.zone_h)
        unseen = np.where(self.seen_ms > 0, (now_ms - self.seen_ms) / DAY_MS, 30.0)
        return Situation(
            now_ms=now_ms,
            confidence=confidence[rows],
            hour_activity=activity[rows],
            hour_prior=prior[rows],
            kind_sent=self.kind_sent[rows],
            kind_answered=self.kind_answered[rows],
            slot_sent=self.slot_sent[rows],
            slot_answered=self.slot_answered[rows],
            recent_ms=self.recent_ms[rows],
            kind_recent=kind_traces(
                self.recent_ms[rows], self.recent_kind[rows], now_ms, self.kind_sent.shape[1]
            ),
            ignored=self.ignored[rows],
            intent=self.intent[rows],
            unseen_days=np.maximum(unseen, 0.0)[rows],
            premium=self.premium[rows],
        )


def _grown(at_ms: Ints) -> Floats:
    grown: Floats = np.exp2((at_ms - START_MS) / DAY_MS / ACTIVITY_HALF_LIFE_DAYS)
    return grown
