"""What may be spent on texts."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Final

from core.ports import Spent
from core.writing import Usage

DAY_MS: Final = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent: requests in an hour, tokens and money (millionths of the currency) in 24 hours.
    price_in, price_out: of a million tokens, in the currency."""

    requests_an_hour: int
    tokens_a_day: int
    money_a_day: int
    price_in: float
    price_out: float

    def cost(self, usage: Usage) -> Spent:
        """One request that used so many tokens."""
        money = ceil(usage.tokens_in * self.price_in + usage.tokens_out * self.price_out)
        return Spent(1, usage.tokens_in, usage.tokens_out, money)

    def refuses(self, more: Spent, hour: Spent, day: Spent) -> str:
        """Which bound another request would break; empty if none."""
        if hour.requests + more.requests > self.requests_an_hour:
            return "budget: requests of the hour"
        if day.tokens_in + day.tokens_out + more.tokens_in + more.tokens_out > self.tokens_a_day:
            return "budget: tokens of the day"
        return "budget: money of the day" if day.money + more.money > self.money_a_day else ""


def difference(one: Spent, other: Spent) -> Spent:
    """What must be added to `other` to make it `one`."""
    return Spent(
        one.requests - other.requests,
        one.tokens_in - other.tokens_in,
        one.tokens_out - other.tokens_out,
        one.money - other.money,
    )
