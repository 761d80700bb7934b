"""What a person has spent: purchases, refunds, subscriptions, and RFM scores by fixed cut points.

A purchase is a payment that was not given back; amounts of different currencies are never added up. Recency,
frequency and money are scored 1 to 5 by the tables below, the same for everybody, so that a score means the
same tomorrow; people without a purchase have none.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from core.profile.values import Purchase
from core.scores import DAY_MS

NO_SCORE: Final = -1

RECENCY_DAYS: Final = (7, 30, 90, 180)
"""The last purchase at most so many days ago: 5, 4, 3, 2; else 1."""
FREQUENCY: Final = (2, 3, 5, 10)
"""At least so many purchases: 2, 3, 4, 5; else 1."""
MONEY_MINOR: Final[Mapping[str, tuple[int, int, int, int]]] = {
    "TRY": (50_000, 150_000, 500_000, 1_500_000),
    "XTR": (100, 300, 1_000, 3_000),
    "": (2_000, 5_000, 15_000, 50_000),
}
"""Spent at least so much in minor units of the currency: 2, 3, 4, 5; else 1. "" = every other currency."""


@dataclass(frozen=True, slots=True)
class Money:
    """The figures about purchases; see `core.profile.Profile` for each."""

    purchases: int = 0
    refunds: int = 0
    currency: str = ""
    amount_minor: int = 0
    average_minor: int = 0
    last_ms: int = 0
    subscribed_until_ms: int = 0


NO_MONEY: Final = Money()


def money_of(charges: Iterable[Purchase]) -> Money:
    """All charges of a person, as figures. Money is that of the currency most was spent in, the last by name
    on a tie."""
    purchases = refunds = last_ms = until_ms = 0
    amounts: dict[str, tuple[int, int]] = {}
    for each in charges:
        refunds += each.refunded_ms > 0
        if not each.kept:
            continue
        purchases += 1
        last_ms, until_ms = max(last_ms, each.paid_ms), max(until_ms, each.until_ms)
        amount, number = amounts.get(each.currency, (0, 0))
        amounts[each.currency] = (amount + each.amount_minor, number + 1)
    if not purchases:
        return Money(refunds=refunds)
    (amount, number), currency = max((spent, name) for name, spent in amounts.items())
    average = (amount + number // 2) // number
    return Money(purchases, refunds, currency, amount, average, last_ms, until_ms)


def rfm(money: Money, now_ms: int) -> tuple[int, int, int]:
    """(recency, frequency, money), each 1 to 5; -1 without a purchase."""
    if not money.purchases:
        return NO_SCORE, NO_SCORE, NO_SCORE
    days = max(0, now_ms - money.last_ms) / DAY_MS
    spent = MONEY_MINOR.get(money.currency, MONEY_MINOR[""])
    return (
        5 - bisect_left(RECENCY_DAYS, days),
        1 + bisect_right(FREQUENCY, money.purchases),
        1 + bisect_right(spent, money.amount_minor),
    )
