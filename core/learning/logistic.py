"""Bayesian logistic regression: a normal belief about coefficients, moved by weighted outcomes (Laplace).

The posterior of one batch is the prior of the next (Bishop, PRML 4.5), so nothing has to be kept but the
belief.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.learning.features import Floats


@dataclass(frozen=True, slots=True)
class Belief:
    """Normal belief about d coefficients: mean [d] and precision [d, d] (inverse covariance)."""

    mean: Floats
    precision: Floats

    @classmethod
    def independent(cls, mean: Floats, deviation: Floats) -> Belief:
        """Coefficients believed one by one: mean [d] and standard deviation [d]."""
        precision: Floats = np.diag(np.power(deviation, -2.0))
        return cls(mean, precision)

    @property
    def deviation(self) -> Floats:
        """[d] standard deviations, each coefficient by itself."""
        found: Floats = np.sqrt(np.diag(np.linalg.inv(self.precision)))
        return found

    def faded(self, keep: float, towards: Belief) -> Belief:
        """An older belief, of which the share `keep` is still held; what is lost returns to `towards`."""
        precision = keep * self.precision + (1 - keep) * towards.precision
        pull = keep * self.precision @ self.mean + (1 - keep) * towards.precision @ towards.mean
        mean: Floats = np.linalg.solve(precision, pull).astype(np.float64)
        return Belief(mean, precision)


def sigmoid(logit: Floats) -> Floats:
    """1 / (1 + exp(-logit)), safe for large arguments."""
    squashed: Floats = 1.0 / (1.0 + np.exp(-np.clip(logit, -30.0, 30.0)))
    return squashed


def update(prior: Belief, rows: Floats, outcome: Floats, weight: Floats, steps: int = 12) -> Belief:
    """The belief after r outcomes: rows [r, d], outcome [r] in 0..1, weight [r] >= 0. Newton's method with
    halved steps where the posterior would fall."""
    if not len(rows):
        return prior
    mean = prior.mean
    height = _log_posterior(prior, mean, rows, outcome, weight)
    for _ in range(steps):
        slope, curve = _derivatives(prior, mean, rows, outcome, weight)
        step: Floats = np.linalg.solve(curve, slope).astype(np.float64)
        mean, climbed = _climb(prior, mean, step, height, (rows, outcome, weight))
        if climbed - height < 1e-6 * (1.0 + abs(height)):
            break
        height = climbed
    return Belief(mean, _derivatives(prior, mean, rows, outcome, weight)[1])


def _climb(
    prior: Belief, mean: Floats, step: Floats, height: float, data: tuple[Floats, Floats, Floats]
) -> tuple[Floats, float]:
    for halvings in range(8):
        there = mean + step * 0.5**halvings
        found = _log_posterior(prior, there, *data)
        if found >= height:
            return there, found
    return mean, height


def _log_posterior(prior: Belief, mean: Floats, rows: Floats, outcome: Floats, weight: Floats) -> float:
    logit = rows @ mean
    likelihood = weight @ (outcome * logit - np.logaddexp(0.0, logit))
    away = mean - prior.mean
    return float(likelihood - away @ prior.precision @ away / 2)


def _derivatives(
    prior: Belief, mean: Floats, rows: Floats, outcome: Floats, weight: Floats
) -> tuple[Floats, Floats]:
    chance = sigmoid(rows @ mean)
    slope = rows.T @ (weight * (outcome - chance)) - prior.precision @ (mean - prior.mean)
    curve = (rows * (weight * chance * (1 - chance))[:, None]).T @ rows + prior.precision
    return slope, curve
