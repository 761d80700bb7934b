"""Experiments: who belongs to which group for ever, and what the difference between groups is worth.

Assignment is a stable hash of an identity, so it needs no store and survives a rebuild. Judgement needs only
sufficient statistics (n, sum, sum of squares), so any store can feed it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import lgamma, log, log1p, sqrt

from core.identity import Identity


def position(identity: Identity, salt: str) -> float:
    """A point in [0, 1) of this identity in the experiment `salt`: evenly spread, always the same."""
    text = f"{salt}\x00{identity.namespace}\x00{identity.value}"
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest()) / 2**56


def holdout(identity: Identity, share: float, salt: str) -> bool:
    """Whether this person is in the control group. A larger share only adds people to it."""
    return position(identity, salt) < share


def assign(identity: Identity, weights: Sequence[float], salt: str) -> int:
    """The number of the variant for this person, with chances in proportion to `weights`."""
    point = position(identity, salt) * sum(weights)
    for variant, weight in enumerate(weights):
        point -= weight
        if point < 0:
            return variant
    return len(weights) - 1


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen in one group: people, the sum of their figures and the sum of the squares."""

    people: int = 0
    total: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, figures: Sequence[float]) -> Sample:
        """The statistics of these figures, one a person."""
        return cls(len(figures), float(sum(figures)), float(sum(each * each for each in figures)))

    @property
    def mean(self) -> float:
        """Figure per person; 0 of nobody."""
        return self.total / self.people if self.people else 0.0

    @property
    def variance(self) -> float:
        """Variance of one person's figure."""
        return max(0.0, self.squares / self.people - self.mean**2) if self.people else 0.0


@dataclass(frozen=True, slots=True)
class Lift:
    """Treated minus control per person, with bounds. `relative`: of the control mean, None where that is 0.
    `proven`: the interval excludes 0."""

    difference: float
    low: float
    high: float
    relative: float | None
    treated: float
    control: float

    @property
    def proven(self) -> bool:
        return self.low > 0 or self.high < 0


LEAST_PEOPLE = 20
"""Below so many people in a group nothing is said: the asymptotics would be a fiction."""


def lift(treated: Sample, control: Sample, alpha: float = 0.05, tightest_at: int = 2_000) -> Lift | None:
    """The difference with an asymptotic confidence sequence: it may be looked at any number of times.

    Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas (2021), "Time-uniform central limit theory and asymptotic
    confidence sequences", eq. 14 for the difference of means of a randomised experiment; `tightest_at` is the
    number of people for which the sequence is tuned. The guarantee is for people who enter with a finished
    figure; with figures that still grow it is approximate. None with too few people in a group."""
    if min(treated.people, control.people) < LEAST_PEOPLE:
        return None
    people = treated.people + control.people
    variance = people * (treated.variance / treated.people + control.variance / control.people)
    tuning = (-2 * log(alpha) + log(1 - 2 * log(alpha))) / tightest_at
    grown = people * tuning + 1
    half = sqrt(variance * 2 * grown / (people**2 * tuning) * log(sqrt(grown) / alpha))
    difference = treated.mean - control.mean
    relative = difference / control.mean if control.mean else None
    return Lift(difference, difference - half, difference + half, relative, treated.mean, control.mean)


_RATES = (0.5, 10.0)
"""What rates are thought of before anything was seen: Beta(0.5, 10), most of them below a tenth."""


def least_rate(hits: int, n: int, alpha: float = 0.005) -> float:
    """The lower end of a confidence sequence for the chance behind `hits` of `n`: with probability 1 - alpha
    it is never above the true chance, however often one looks.

    Exact: the likelihood of all rates under a beta distribution, divided by that of one rate, is a martingale
    if that one is true, and Ville's inequality bounds its maximum. Robbins (1970), "Statistical methods
    related to the law of the iterated logarithm"; Howard, Ramdas, McAuliffe, Sekhon (2021), "Time-uniform,
    nonparametric, nonasymptotic confidence sequences", section 3.2."""
    if not hits:
        return 0.0
    first, second = _RATES
    mixed = _log_beta(first + hits, second + n - hits) - _log_beta(first, second) + log(alpha)
    low, high = 0.0, hits / n
    for _ in range(40):
        middle = (low + high) / 2
        against = hits * log(middle) + (n - hits) * log1p(-middle)
        low, high = (middle, high) if mixed >= against else (low, middle)
    return low


def _log_beta(first: float, second: float) -> float:
    return lgamma(first) + lgamma(second) - lgamma(first + second)
