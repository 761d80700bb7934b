"""Outcomes -> the next model.

`fit` takes the model before and outcomes that it has not seen. Either all outcomes of the last weeks on
the cold model, or the finished ones once and for all and the open ones on top of that each time anew:
both are the same. Silence so far counts for as much of a "no" as its age allows. A conversion is earned
when it follows a response; conversions after silence measure what comes by itself and are taken off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from core.learning.delay import HORIZON_MS, Delay
from core.learning.features import DAY_MS, HOUR_MS, Floats, Ints, Layout, design, unnamed
from core.learning.logistic import Belief, sigmoid, update
from core.learning.model import Counted, Model, block_design, conversion_design

Bools = npt.NDArray[np.bool_]
HALF_LIFE_DAYS: Final = 30.0
"""An outcome so old weighs half: habits drift."""
_BLOCK_SURE_MS: Final = DAY_MS
_CONVERSION_MEMORY_MS: Final = 8 * HOUR_MS
_ROUNDS: Final = 3


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Columns about r sent messages: facts [r, facts] and kind as they were decided; answered_ms, blocked_ms,
    converted_ms 0 = not (yet). None: the caller doesn't know these, and their belief stays as it is."""

    facts: Floats
    kind: Ints
    sent_ms: Ints
    answered_ms: Ints
    blocked_ms: Ints | None = None
    converted_ms: Ints | None = None

    def where(self, mask: Bools) -> Outcomes:
        """Some of them."""
        blocked = None if self.blocked_ms is None else self.blocked_ms[mask]
        converted = None if self.converted_ms is None else self.converted_ms[mask]
        facts, kind = self.facts[mask], self.kind[mask]
        return Outcomes(facts, kind, self.sent_ms[mask], self.answered_ms[mask], blocked, converted)


class Sent(Protocol):
    """What is read of a sent message (`core.ports` has such a value)."""

    @property
    def message_id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def sent_ms(self) -> int: ...
    @property
    def answered_ms(self) -> int: ...
    @property
    def features(self) -> Mapping[str, object]: ...


def outcomes_of(
    layout: Layout,
    sent: Sequence[Sent],
    blocked: Mapping[int, int] | None = None,
    converted: Mapping[int, int] | None = None,
) -> Outcomes:
    """Columns of sent messages; `blocked` and `converted`: message id -> moment, None where not known at all.
    Messages of a kind that the layout does not know, or decided without facts, are left out."""
    rows = [each for each in sent if each.kind in layout.kinds and "one" in each.features]
    return Outcomes(
        facts=unnamed(layout, [each.features for each in rows]),
        kind=_column(layout.kinds.index(each.kind) for each in rows),
        sent_ms=_column(each.sent_ms for each in rows),
        answered_ms=_column(each.answered_ms for each in rows),
        blocked_ms=None if blocked is None else _column(blocked.get(each.message_id, 0) for each in rows),
        converted_ms=None
        if converted is None
        else _column(converted.get(each.message_id, 0) for each in rows),
    )


def fit(prior: Model, outcomes: Outcomes, now_ms: int) -> Model:
    """The model after these outcomes, as of `now_ms`. Deterministic; the order of the rows does not matter
    beyond rounding."""
    if not len(outcomes.kind):
        return prior
    age = now_ms - outcomes.sent_ms
    weight = 0.5 ** (np.maximum(age, 0) / DAY_MS / HALF_LIFE_DAYS)
    answered = outcomes.answered_ms > 0
    delay = prior.delay.seen((outcomes.answered_ms - outcomes.sent_ms)[answered], weight[answered])
    rows = design(prior.layout, outcomes.facts, outcomes.kind)
    response, believed = _response(prior.response, rows, answered, (delay, age, weight))
    counted = replace(
        prior.counted,
        sends=prior.counted.sends + float(weight.sum()),
        answers=prior.counted.answers + float(weight @ believed),
    )
    model = replace(prior, response=response, delay=delay, counted=counted)
    return _with_conversions(_with_blocks(model, outcomes, age, weight), outcomes, now_ms, weight)


def older(model: Model, cold: Model, days: float) -> Model:
    """The model when `days` have passed without new outcomes: all that was learned fades with the
    half-life."""
    keep = 0.5 ** (days / HALF_LIFE_DAYS)
    counted = model.counted
    return replace(
        model,
        response=model.response.faded(keep, cold.response),
        block=model.block.faded(keep, cold.block),
        conversion=model.conversion.faded(keep, cold.conversion),
        delay=Delay(keep * model.delay.mass + (1 - keep) * cold.delay.mass),
        counted=Counted(
            keep * counted.sends, keep * counted.answers, keep * counted.silent, keep * counted.unearned
        ),
    )


def _response(
    prior: Belief, rows: Floats, answered: Bools, seen: tuple[Delay, Ints, Floats]
) -> tuple[Belief, Floats]:
    """Expectation and maximisation in turn: what silence will become, and the coefficients."""
    delay, age, weight = seen
    belief = prior
    believed = answered.astype(np.float64)
    for _ in range(_ROUNDS):
        chance = sigmoid(rows @ belief.mean)
        believed = np.where(answered, 1.0, delay.still_to_come(chance, age))
        belief = update(prior, rows, believed, weight)
    return belief, believed


def _with_blocks(model: Model, outcomes: Outcomes, age: Ints, weight: Floats) -> Model:
    if outcomes.blocked_ms is None:
        return model
    blocked = outcomes.blocked_ms > 0
    sure = np.where(blocked, 1.0, np.clip(age / _BLOCK_SURE_MS, 0.0, 1.0))
    rows = block_design(model, outcomes.facts, outcomes.kind)
    return replace(model, block=update(model.block, rows, blocked.astype(np.float64), weight * sure))


def _with_conversions(model: Model, outcomes: Outcomes, now_ms: int, weight: Floats) -> Model:
    if outcomes.converted_ms is None:
        return model
    converted = outcomes.converted_ms > 0
    answered = outcomes.answered_ms > 0
    since = np.maximum(now_ms - outcomes.answered_ms, 0)
    sure = np.where(converted, 1.0, 1.0 - np.exp(-since / _CONVERSION_MEMORY_MS))[answered]
    rows = conversion_design(model.layout, outcomes.facts[answered], outcomes.kind[answered])
    earned = converted[answered].astype(np.float64)
    silent = ~answered & (now_ms - outcomes.sent_ms >= HORIZON_MS)
    counted = replace(
        model.counted,
        silent=model.counted.silent + float(weight[silent].sum()),
        unearned=model.counted.unearned + float(weight[silent & converted].sum()),
    )
    belief = update(model.conversion, rows, earned, weight[answered] * sure)
    return replace(model, conversion=belief, counted=counted)


def _column(values: Iterable[int]) -> Ints:
    return np.fromiter(values, dtype=np.int64)
