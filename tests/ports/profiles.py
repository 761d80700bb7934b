"""A profile for tests that need one."""

from __future__ import annotations

from dataclasses import replace

from core.profile import Profile

_DAY_MS = 86_400_000
_NOW_MS = 1_767_600_000_000


def profile(person_no: int, **changes: object) -> Profile:
    """A person of some activity; any field can be changed."""
    plain = Profile(
        person_no=person_no,
        now_ms=_NOW_MS,
        first_seen_ms=_NOW_MS - 20 * _DAY_MS,
        last_seen_ms=_NOW_MS - 1_000,
        days_since_joined=20.0,
        days_since_seen=0.00001,
        language="tr",
        premium=True,
        zone="Europe/Istanbul",
        tz_offset_min=180,
        tz_confidence=1.0,
        bots=2,
        last_bot=7_000_000_001,
        consent=True,
        reachable=True,
        interactions_1d=3,
        interactions_7d=12,
        interactions_30d=40,
        messages_7d=6,
        commands_7d=2,
        taps_7d=4,
        active_days_7d=5,
        active_days_30d=15,
        night_share=0.3333333,
        intent_score=61.25,
        intent_price=2,
        intent_vip=1,
        intent_buy=0,
        intent_support=0,
        received_30d=9,
        answered_30d=3,
        ignored_in_a_row=1,
        response_rate=0.28,
        engagement_score=55.5,
        conversions=1,
        purchases=1,
        amount_minor=49_900,
        days_since_purchase=3.25,
        campaign_first="spring_sale",
        campaign_last="ig_ads",
        hour_activity=tuple(float(hour % 5) for hour in range(24)),
    )
    return replace(plain, **changes)  # type: ignore[arg-type] # the caller names fields of Profile
