"""Who a simulated person is: the hidden type that the product never sees and has to learn.

Promises: `draw_traits` is a function of (seed, place in the town) alone, so the same seed makes the same
people, whatever the number of people or the order in which they are drawn. Leaves to others: what a type does
with a message (`behaviour`), what a person has done so far (`life`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from random import Random
from types import MappingProxyType
from typing import Final, Literal, TypeVar
from zoneinfo import ZoneInfo

from sandbox.people.texts import FIRST_NAMES

T = TypeVar("T")

Attitude = Literal["accepts", "refuses", "ignores"]
Interest = Literal["vip", "order"]
Language = Literal["tr", "en"]

KINDS: Final = ("offer", "reminder", "tutorial", "social", "news", "poll")
FIRST_USER_ID: Final = 700_000_001
TYPICAL_ACTIVITY: Final = 1.5


class Intent(IntEnum):
    """How near a person is to spending money."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2


# How likely somebody looks at the phone, by local hour 0..23; the peak is 1.
RHYTHMS: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {
        "office": (
            *(0.05, 0.03, 0.02, 0.02, 0.02, 0.04, 0.12, 0.35, 0.50, 0.40, 0.40, 0.55),
            *(1.00, 0.80, 0.45, 0.40, 0.45, 0.60, 0.80, 0.75, 0.70, 0.60, 0.30, 0.12),
        ),
        "morning": (
            *(0.02, 0.02, 0.02, 0.02, 0.05, 0.15, 0.40, 0.75, 1.00, 0.95, 0.80, 0.60),
            *(0.50, 0.40, 0.35, 0.30, 0.30, 0.30, 0.30, 0.25, 0.20, 0.12, 0.05, 0.03),
        ),
        "evening": (
            *(0.12, 0.05, 0.03, 0.02, 0.02, 0.02, 0.05, 0.12, 0.18, 0.20, 0.20, 0.25),
            *(0.30, 0.30, 0.30, 0.30, 0.35, 0.45, 0.65, 0.85, 1.00, 0.95, 0.60, 0.30),
        ),
        "night": (
            *(1.00, 0.95, 0.80, 0.50, 0.20, 0.06, 0.03, 0.02, 0.02, 0.02, 0.03, 0.05),
            *(0.10, 0.15, 0.15, 0.15, 0.18, 0.20, 0.25, 0.30, 0.35, 0.45, 0.70, 0.95),
        ),
    }
)
_RHYTHM_SHARES: Final = {"office": 0.38, "morning": 0.17, "evening": 0.33, "night": 0.12}
_ZONE_SHARES: Final = {
    "Europe/Istanbul": 0.62,
    "Europe/Berlin": 0.14,
    "Europe/London": 0.10,
    "Asia/Kolkata": 0.07,
    "America/New_York": 0.07,
}
_TURKISH_SHARE: Final = {"Europe/Istanbul": 0.88, "Europe/Berlin": 0.45, "Europe/London": 0.12}
_USERNAME_SHARE: Final = 0.7
_PREMIUM_SHARE: Final = 0.15
_DECLARES_ZONE_SHARE: Final = 0.22
_WANTS_VIP_SHARE: Final = 0.55
_TWO_BOTS_SHARE: Final = 0.13
_ORIGINS: Final = {None: 0.45, "spring_sale": 0.22, "ig_ads": 0.20, "friend": 0.08, "tiktok_may": 0.05}


@dataclass(frozen=True, slots=True)
class Traits:
    """The hidden type of one person. `activity` is interactions a day, `joins_at` a share 0..1 of the joining
    span.
    """

    user_id: int
    first_name: str
    username: str | None
    language: Language
    is_premium: bool
    zone: ZoneInfo
    declares_zone: bool
    rhythm_name: str
    rhythm: tuple[float, ...]
    activity: float
    intent: Intent
    interest: Interest
    taste: Mapping[str, float]
    fatigue_weight: float
    block_propensity: float
    attitude: Attitude
    bots: tuple[int, ...]
    origin: str | None
    joins_at: float

    def as_dict(self) -> dict[str, object]:
        """Plain values, for benchmarks that compare what was learned with what is true."""
        return {
            "user_id": self.user_id,
            "language": self.language,
            "is_premium": self.is_premium,
            "zone": self.zone.key,
            "declares_zone": self.declares_zone,
            "rhythm": self.rhythm_name,
            "activity": self.activity,
            "intent": self.intent.name.lower(),
            "interest": self.interest,
            "taste": dict(self.taste),
            "fatigue_weight": self.fatigue_weight,
            "block_propensity": self.block_propensity,
            "attitude": self.attitude,
            "bots": list(self.bots),
            "origin": self.origin,
        }


def person_random(seed: int, user_id: int, purpose: str) -> Random:
    """A person's own dice; different purposes never disturb each other."""
    return Random(f"{seed}:{user_id}:{purpose}")


def draw_traits(seed: int, index: int, bots: tuple[int, ...]) -> Traits:
    """The person at place `index` of the town with this seed."""
    user_id = FIRST_USER_ID + index
    dice = person_random(seed, user_id, "traits")
    zone = _pick(dice, _ZONE_SHARES)
    language: Language = "tr" if dice.random() < _TURKISH_SHARE.get(zone, 0.04) else "en"
    first_name = dice.choice(FIRST_NAMES[language])
    rhythm_name = _pick(dice, _RHYTHM_SHARES)
    intent = Intent(_pick(dice, {0: 0.58, 1: 0.27, 2: 0.15}))
    return Traits(
        user_id=user_id,
        first_name=first_name,
        username=f"sim_{index:05d}" if dice.random() < _USERNAME_SHARE else None,
        language=language,
        is_premium=dice.random() < _PREMIUM_SHARE,
        zone=ZoneInfo(zone),
        declares_zone=dice.random() < _DECLARES_ZONE_SHARE,
        rhythm_name=rhythm_name,
        rhythm=_personal_rhythm(dice, RHYTHMS[rhythm_name]),
        activity=_draw_activity(dice, intent, rhythm_name),
        intent=intent,
        interest="vip" if dice.random() < _WANTS_VIP_SHARE else "order",
        taste=_draw_taste(dice, intent),
        fatigue_weight=round(dice.uniform(0.06, 0.22), 3),
        block_propensity=round(min(0.03, dice.lognormvariate(-6.0, 0.8)), 5),
        attitude=_pick(dice, {"accepts": 0.85, "refuses": 0.08, "ignores": 0.07}),
        bots=_draw_bots(dice, bots),
        origin=_pick(dice, _ORIGINS),
        joins_at=dice.random(),
    )


def _pick(dice: Random, shares: Mapping[T, float]) -> T:
    point = dice.random() * sum(shares.values())
    for value, share in shares.items():
        point -= share
        if point < 0:
            return value
    return next(reversed(list(shares)))


def _personal_rhythm(dice: Random, base: tuple[float, ...]) -> tuple[float, ...]:
    """The common rhythm, moved by up to an hour and roughened, so that hours are worth learning per
    person.
    """
    shift = dice.choice((-1, 0, 0, 1))
    rough = [base[(hour - shift) % 24] * dice.uniform(0.75, 1.25) for hour in range(24)]
    peak = max(rough)
    return tuple(round(value / peak, 4) for value in rough)


def _draw_activity(dice: Random, intent: Intent, rhythm_name: str) -> float:
    """Interactions a day: a good quarter cold, a fifth very active; the mean is about 1.5."""
    kind = _pick(dice, {"cold": 0.30, "usual": 0.48, "active": 0.22})
    spans = {"cold": (0.1, 0.35), "usual": (0.5, 1.9), "active": (2.2, 5.5)}
    low, high = spans[kind]
    activity = dice.uniform(low, high)
    if intent is Intent.HIGH or rhythm_name == "night":
        activity = max(activity, dice.uniform(0.8, 1.6))
    return round(activity, 3)


def _draw_taste(dice: Random, intent: Intent) -> Mapping[str, float]:
    """One or two favourite kinds of content; who wants to buy tends to like offers."""
    favourites = set(dice.sample(KINDS, dice.choice((1, 2))))
    if dice.random() < (0.1, 0.3, 0.6)[intent]:
        favourites.add("offer")
    taste = {
        kind: round(dice.uniform(1.1, 1.5) if kind in favourites else dice.uniform(0.3, 0.75), 3)
        for kind in KINDS
    }
    return MappingProxyType(taste)


def _draw_bots(dice: Random, bots: tuple[int, ...]) -> tuple[int, ...]:
    first = dice.choice(bots)
    others = [bot for bot in bots if bot != first]
    if others and dice.random() < _TWO_BOTS_SHARE:
        return (first, dice.choice(others))
    return (first,)
