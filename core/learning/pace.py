"""How often is good for whom: the interval between messages with the best value a day.

Every message leaves a trace that fades (`features.traces`) and makes the next one less welcome. With one
message every d days the trace with time constant tau settles at 1 / (exp(d / tau) - 1), so the value of
each interval can be told for everybody at once, and the best one taken: a message that is worth something
today may still cost more tomorrow. A block costs its price and all that the person would have been worth
afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from core.learning.features import FATIGUE_DAYS, Floats
from core.learning.logistic import sigmoid
from core.learning.model import Parts, bounded

INTERVALS: Final = (1 / 3, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 14.0)
"""Days between messages that are weighed against each other."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What outcomes are worth, in one unit. block: the price of a block by itself; horizon_days: for how
    long a person who stays is expected to bring what they bring now."""

    response: float = 1.0
    conversion: float = 20.0
    block: float = 30.0
    horizon_days: float = 30.0


@dataclass(frozen=True, slots=True)
class Pacing:
    """interval_days: [n] the best interval; a_day: [n] its value a day (may be negative: better not at all);
    block_cost: [n] what losing this person costs."""

    interval_days: Floats
    a_day: Floats
    block_cost: Floats


def best_pace(parts: Parts, worth: Worth, least_days: Floats) -> Pacing:
    """The best interval of each person that is not shorter than `least_days` [n], in their best hour and with
    their best kind."""
    gain = worth.response + worth.conversion * parts.conversion
    best_hour = np.argmax(parts.hour, axis=1)
    rows = np.arange(len(parts.person))
    logits = (parts.person + parts.hour[rows, best_hour])[:, None] + parts.kind
    kind = np.argmax(sigmoid(logits) * gain, axis=1)
    settled = 1.0 / np.expm1(np.array(INTERVALS) / np.array(FATIGUE_DAYS)[:, None])
    logit = logits[rows, kind][:, None] + parts.weary @ settled
    earned = sigmoid(logit) * gain[rows, kind][:, None]
    own = (parts.block_person + parts.block_hour[rows, best_hour])[:, None]
    block = sigmoid(own + parts.block_weary @ settled + parts.block_response * bounded(logit))
    too_often = np.array(INTERVALS) < least_days[:, None] - 1e-9
    too_often[:, -1] = False
    cost = np.full(len(rows), worth.block)
    for _ in range(2):
        a_day = np.where(too_often, -np.inf, (earned - block * cost[:, None]) / np.array(INTERVALS))
        cost = worth.block + worth.horizon_days * np.maximum(a_day.max(axis=1), 0.0)
    choice = np.argmax(a_day, axis=1)
    return Pacing(np.array(INTERVALS)[choice], a_day[rows, choice], cost)
