"""How long answers take, so that silence is not taken for a "no" too early.

A silent message of age a with response probability p will still be answered with probability
p (1 - F(a)) / (1 - p F(a)), F being the share of answers that come within a.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from core.learning.features import HOUR_MS, Floats, Ints

EDGES_H: Final = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 6.0, 12.0, 24.0, 48.0, 72.0)
"""Edges of the bins of delay, in hours."""
HORIZON_MS: Final = round(EDGES_H[-1]) * HOUR_MS
"""After so long a silence is final."""
_PRIOR_MEDIAN_H: Final = 0.25
_PRIOR_SPREAD: Final = 1.0
_PRIOR_ANSWERS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Delay:
    """mass: [13] answers seen (and believed in beforehand) by bin of delay."""

    mass: Floats

    @classmethod
    def expected(cls) -> Delay:
        """Before any answer: half of them within a quarter of an hour, with a long tail (log-logistic)."""
        edges = np.array(EDGES_H)
        below = edges**_PRIOR_SPREAD / (edges**_PRIOR_SPREAD + _PRIOR_MEDIAN_H**_PRIOR_SPREAD)
        return cls(_PRIOR_ANSWERS * np.diff(below) / below[-1])

    def seen(self, delay_ms: Ints, weight: Floats) -> Delay:
        """With more answers."""
        hours = np.clip(delay_ms / HOUR_MS, 0.0, EDGES_H[-1])
        bins = np.clip(np.searchsorted(np.array(EDGES_H), hours, side="right") - 1, 0, len(self.mass) - 1)
        return Delay(self.mass + np.bincount(bins, weights=weight, minlength=len(self.mass)))

    def share_within(self, age_ms: Ints) -> Floats:
        """F(age): the share of answers that come within it; linear inside a bin."""
        within = np.concatenate([[0.0], np.cumsum(self.mass) / self.mass.sum()])
        hours = np.maximum(age_ms, 0) / HOUR_MS
        found: Floats = np.interp(hours, EDGES_H, within)
        return found

    def still_to_come(self, chance: Floats, age_ms: Ints) -> Floats:
        """Probability that silent messages of these ages, answered with `chance` in all, will be answered
        yet."""
        within = self.share_within(age_ms)
        found: Floats = chance * (1 - within) / np.maximum(1 - chance * within, 1e-9)
        return found
