"""What each figure means, once: a numerator and a denominator among the counted things, and how sure it is.

Promises: a share is shown with its Wilson interval, never alone. Leaves to others: where counts come from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Final

Z_95: Final = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and its bounds."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure: `part` of `whole`, both names of counts; `per`: what one unit of the whole is."""

    name: str
    meaning: str
    part: str
    whole: str
    per: str = "message"


_METRICS: Final = (
    Metric("response_rate", "campaign messages that earned a response", "answered", "sent"),
    Metric("conversion_rate", "campaign messages that earned a conversion", "converted", "sent"),
    Metric("block_rate", "campaign messages after which the person blocked the bot", "blocked", "sent"),
    Metric("opt_out_rate", "campaign messages after which the person said stop", "opted_out", "sent"),
    Metric("delivery_rate", "tried campaign messages that arrived", "sent", "tried"),
    Metric("unknown_rate", "tried campaign messages of unknown outcome", "unknown", "tried"),
    Metric(
        "engagement", "people with a sign of life in the last seven days", "active_7d", "people", "person"
    ),
    Metric("buyer_share", "people with at least one conversion", "buyers", "people", "person"),
    Metric("consent_share", "people who agreed to campaign messages", "consented", "people", "person"),
)
METRICS: Final[Mapping[str, Metric]] = {metric.name: metric for metric in _METRICS}


def wilson(part: float, whole: float, z: float = Z_95) -> Interval:
    """Wilson's score interval of a share (Wilson 1927); nothing counted is anything between 0 and 1."""
    if whole <= 0:
        return Interval(0.0, 0.0, 1.0)
    share = min(part / whole, 1.0)
    spread = 1 + z * z / whole
    middle = (share + z * z / (2 * whole)) / spread
    half = z / spread * sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def measure(counts: Mapping[str, float]) -> dict[str, Interval]:
    """Every metric whose counts are there."""
    return {
        metric.name: wilson(counts[metric.part], counts[metric.whole])
        for metric in _METRICS
        if metric.part in counts and metric.whole in counts
    }
