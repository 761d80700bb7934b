"""Adds up what the store hands out page by page: segment figures, the holdout comparison, what was learned.

Pure: values in, values out. What a share or its interval means stands in `core.metrics` and
`core.experiment`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.desk.views import Bin, Group, LearningReport, Lift, SegmentFigures, Share
from core.experiment import Sample, lift
from core.metrics import wilson
from core.ports import ModelVersion, Outcome, PersonRecord
from core.profile import Profile
from core.strategy import Strategy

DAY_MS = 86_400_000
PURCHASE = "payment_succeeded"
EDGES = (0.05, 0.1, 0.2, 0.3, 0.5)
"""Upper edges of the ranges of predicted response in the calibration table."""


def share(hits: int, n: int) -> Share:
    """A share with its 95 % Wilson interval."""
    if not n:
        return Share(0, 0, None, 0.0, 1.0)
    interval = wilson(hits, n)
    return Share(hits, n, interval.value, interval.low, interval.high)


@dataclass(slots=True)
class _Members:
    people: int = 0
    confidence: float = 0.0
    engagement: float = 0.0
    consenting: int = 0
    buyers: int = 0
    blocked: int = 0
    money: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Sends:
    n: int = 0
    answered: int = 0
    predicted: float = 0.0

    def add(self, outcome: Outcome) -> None:
        self.n += 1
        self.answered += outcome.answered_ms > 0
        self.predicted += outcome.predicted


class Tally:
    """Takes people and outcomes one by one and gives the figures of all segments."""

    def __init__(self, now_ms: int, days: int) -> None:
        self.first_day = (now_ms - days * DAY_MS) // DAY_MS
        self.people = 0
        self._members: dict[str, _Members] = defaultdict(_Members)
        self._sends: dict[str, _Sends] = defaultdict(_Sends)
        self._arms = {False: [0, 0], True: [0, 0]}

    def person(self, record: PersonRecord, profile: Profile) -> None:
        """Count one person."""
        self.people += 1
        bought = self._bought_lately(record)
        arm = self._arms[record.holdout]
        arm[0] += 1
        arm[1] += bought
        for segment, confidence in record.segments.items():
            members = self._members[segment]
            members.people += 1
            members.confidence += confidence
            members.engagement += profile.engagement_score
            members.consenting += profile.consent
            members.buyers += record.state.totals.get(PURCHASE, 0) > 0
            members.blocked += any(link.blocked_ms > link.unblocked_ms for link in record.state.bots.values())
            members.money.update(record.state.money)

    def outcome(self, outcome: Outcome) -> None:
        """Count one optimizer message that was sent."""
        self._sends[outcome.segment].add(outcome)

    def figures(self, strategies: Mapping[str, Strategy]) -> tuple[SegmentFigures, ...]:
        """All segments, the most urgent first."""
        ordered = sorted(strategies.values(), key=lambda one: (-one.priority, one.segment))
        return tuple(self._one(strategy) for strategy in ordered)

    def lift(self) -> Lift:
        """People who were written to against the holdout."""
        (treated, bought), (holdout, bought_too) = self._arms[False], self._arms[True]
        arms = Group(treated, share(bought, treated)), Group(holdout, share(bought_too, holdout))
        found = lift(Sample(treated, bought, bought), Sample(holdout, bought_too, bought_too))
        return Lift(*arms, found.difference, found.low, found.high) if found else Lift(*arms)

    def _bought_lately(self, record: PersonRecord) -> bool:
        days = record.state.days.items()
        return any(day > self.first_day and counts.get(PURCHASE, 0) > 0 for day, counts in days)

    def _one(self, strategy: Strategy) -> SegmentFigures:
        members, sends = self._members[strategy.segment], self._sends[strategy.segment]
        people = members.people
        return SegmentFigures(
            segment=strategy.segment,
            priority=strategy.priority,
            people=people,
            confidence=members.confidence / people if people else 0.0,
            engagement=members.engagement / people if people else 0.0,
            consenting=members.consenting,
            response=share(sends.answered, sends.n),
            predicted=sends.predicted / sends.n if sends.n else None,
            buyers=share(members.buyers, people),
            blocked=share(members.blocked, people),
            money=dict(members.money),
        )


def learning(outcomes: Sequence[Outcome], model: ModelVersion | None, days: int) -> LearningReport:
    """What was predicted against what came, by kind, hour and size of the prediction."""
    total = share(sum(one.answered_ms > 0 for one in outcomes), len(outcomes))
    errors = [(one.predicted, float(one.answered_ms > 0)) for one in outcomes]
    rate = total.rate
    return LearningReport(
        days=days,
        version=model.version if model else 0,
        at_ms=model.at_ms if model else 0,
        sends=len(outcomes),
        response=total,
        brier=sum((p - y) ** 2 for p, y in errors) / len(errors) if errors else None,
        base_brier=None if rate is None else rate * (1 - rate),
        kinds=_bins((one.kind or "-", one) for one in outcomes),
        hours=_bins((f"{one.sent_ms // 3_600_000 % 24:02d}", one) for one in outcomes),
        calibration=_bins((_range(one.predicted), one) for one in outcomes),
    )


def _bins(named: Iterable[tuple[str, Outcome]]) -> tuple[Bin, ...]:
    groups: dict[str, _Sends] = defaultdict(_Sends)
    for name, outcome in named:
        groups[name].add(outcome)
    return tuple(
        Bin(name, group.predicted / group.n, share(group.answered, group.n))
        for name, group in sorted(groups.items())
    )


def _range(predicted: float) -> str:
    low = 0.0
    for edge in EDGES:
        if predicted < edge:
            return f"{low:.2f}-{edge:.2f}"
        low = edge
    return f"{low:.2f}-1.00"
