"""What a person's doings are worth: intent, engagement, willingness to answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

INTENT_HALF_LIFE_DAYS: Final = 7.0
INTENT_POINTS: Final[Mapping[str, float]] = {"buy": 14.0, "vip": 10.0, "price": 9.0, "support": 2.0}
"""What one mention of a topic is worth today."""
_INTENT_SCALE: Final = 60.0
PRIOR_RESPONSE_RATE: Final = 0.1
PRIOR_STRENGTH: Final = 10.0


_MAX_AGE_DAYS: Final = 400
_COOLING: Final = tuple(math.pow(0.5, age / INTENT_HALF_LIFE_DAYS) for age in range(_MAX_AGE_DAYS + 1))


def intent_score(mentions: Mapping[str, float]) -> float:
    """0..100 from faded mentions of topics: 100 * (1 - exp(-points / 60))."""
    points = sum(INTENT_POINTS[topic] * mentions[topic] for topic in INTENT_POINTS if topic in mentions)
    return 100.0 * (1.0 - math.exp(-points / _INTENT_SCALE))


def intent_weight(age_days: int) -> float:
    """What a mention of so many whole UTC days ago still counts."""
    return _COOLING[min(max(age_days, 0), _MAX_AGE_DAYS)]


def engagement_score(
    interactions_7d: int, active_days_30d: int, days_since_seen: float, rate: float
) -> float:
    """0..100: how much this week (35), how regularly (30), how lately (20), how willing to answer (15).

    Full marks: 20 interactions a week, 12 active days of 30, seen today, every third message answered."""
    if days_since_seen < 0:
        return 0.0
    amount = min(1.0, interactions_7d / 20)
    regular = min(1.0, active_days_30d / 12)
    lately = math.pow(0.5, days_since_seen / 7)
    willing = min(1.0, rate * 3)
    return 35.0 * amount + 30 * regular + 20 * lately + 15 * willing


def response_rate(answered: int, received: int) -> float:
    """Share of campaign messages answered, drawn to 0.1 as if ten more had been sent at that rate."""
    return (min(answered, received) + PRIOR_RESPONSE_RATE * PRIOR_STRENGTH) / (received + PRIOR_STRENGTH)
