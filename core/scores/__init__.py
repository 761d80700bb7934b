"""Derived numbers about a person's habits: hours, timezone, intent, engagement, response rate. Each defined
once, here.

Promises: pure functions of whole-number counts and a moment, so the same record gives the same figures in
Redis, SQL and on a screen; sums run in ascending order of days, so not even the last bit depends on the
order of arrival. Leaves to others: how counts come about (`core.profile`), what the hours mean for sending
(`core.limits`).

Hours are kept in half-hour buckets (index 0..47 of the UTC day), so that the clock hours of zones such as
Asia/Kolkata are exact. Activity fades with a half-life of 14 days, intent with 7; ages count in whole UTC
days.
"""

from core.scores.hours import (
    ACTIVITY_HALF_LIFE_DAYS,
    DAY_MS,
    HALF_HOUR_MS,
    HALF_HOURS,
    MINUTE_MS,
    NIGHT_HOURS,
    Rhythm,
    Traces,
    active_hour_mask,
    declared_zone,
    home_language,
    hour_activity,
    language_of,
    night_share,
    rhythm,
    zone_offset_min,
)
from core.scores.worth import (
    INTENT_HALF_LIFE_DAYS,
    INTENT_POINTS,
    PRIOR_RESPONSE_RATE,
    PRIOR_STRENGTH,
    engagement_score,
    intent_score,
    intent_weight,
    response_rate,
)
from core.scores.zones import WITHIN_MIN, estimate_timezone, guess_timezone

__all__ = [
    "ACTIVITY_HALF_LIFE_DAYS",
    "DAY_MS",
    "HALF_HOURS",
    "HALF_HOUR_MS",
    "INTENT_HALF_LIFE_DAYS",
    "INTENT_POINTS",
    "MINUTE_MS",
    "NIGHT_HOURS",
    "PRIOR_RESPONSE_RATE",
    "PRIOR_STRENGTH",
    "WITHIN_MIN",
    "Rhythm",
    "Traces",
    "active_hour_mask",
    "declared_zone",
    "engagement_score",
    "estimate_timezone",
    "guess_timezone",
    "home_language",
    "hour_activity",
    "intent_score",
    "intent_weight",
    "language_of",
    "night_share",
    "response_rate",
    "rhythm",
    "zone_offset_min",
]
