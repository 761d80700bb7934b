"""People as they are: weeks of talk, campaigns and purchases, made from events with seeded dice."""

from __future__ import annotations

from random import Random

from core.event import Event, Scalar
from core.profile import Profile, ProfileState, fold, view

DAY_MS = 86_400_000
HALF_HOUR_MS = 1_800_000
NOW = 1_767_600_000_000
BOT = 7_000_000_001
SEGMENTS = {"ENGAGED": 0.8123, "HOT_LEAD": 0.7312, "NIGHT_OWL": 0.55}
"""What a lively person is in."""

_TALK = ("message_received", "message_received", "button_tapped", "command_used", "group_message", "reacted")


def history(seed: int, days: int = 14) -> list[Event]:
    """One person's last `days` active days."""
    dice = Random(seed)
    props: dict[str, Scalar] = {"language": "tr", "premium": seed % 5 == 0}
    start = NOW - (days + 1) * DAY_MS
    known = [
        Event("s", start, "started", BOT, {"campaign": "spring_sale", **props}),
        Event("c", start + 9_000, "consent_given", BOT, {"purpose": "campaigns"}),
    ]
    for day in range(days):
        for visit in range(3):
            at_ms = NOW - day * DAY_MS - (visit * 5 + dice.randrange(4)) * HALF_HOUR_MS
            for number in range(2):
                kind, topic = dice.choice(_TALK), dice.choice(("", "", "price", "vip"))
                group_no = 3 if kind == "group_message" else 0
                key = f"{day}.{visit}.{number}"
                known.append(
                    Event(key, at_ms - number * 60_000, kind, BOT, {"topics": topic, **props}, group_no)
                )
        if day % 2:
            known.append(Event(f"m{day}", NOW - day * DAY_MS, "campaign_sent", BOT, {"kind": "offer"}))
    if seed % 3 == 0:
        price: dict[str, Scalar] = {"currency": "TRY", "amount_minor": 49_900, "charge": "x" * 60}
        known.append(Event("p", NOW - 3 * DAY_MS, "payment_succeeded", BOT, price))
    if seed % 4 == 0:
        known.append(Event("z", NOW - DAY_MS, "timezone_declared", BOT, {"zone": "Europe/Istanbul"}))
    return known


def state(seed: int, days: int = 14) -> ProfileState:
    """Their record."""
    return fold(ProfileState(), history(seed, days))


def person(seed: int, days: int = 14) -> Profile:
    """Their profile."""
    return view(seed, state(seed, days), NOW)
