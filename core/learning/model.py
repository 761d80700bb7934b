"""The model: beliefs about response, conversion and block, and what they predict. A plain document to the
store.

`Model.cold` is the belief before any message was sent: orders of magnitude of the field, activity as a
sign of a good hour, and the strategies' kinds of content as a mild preference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from core.errors import KairosError
from core.learning.delay import Delay
from core.learning.features import FATIGUE_DAYS, HOUR_FACTS, Columns, Floats, Ints, Layout, design, fading
from core.learning.logistic import Belief, sigmoid
from core.strategy import Strategy

TYPICAL_RATE: Final = 0.1
_FORMAT: Final = 1
_COMMON: Final[Mapping[str, tuple[float, float]]] = {
    "one": (-2.0, 1.0),
    "rate": (0.8, 0.3),
    "intent": (0.2, 0.4),
    "activity": (0.2, 0.4),
    "unseen": (-0.2, 0.3),
    "premium": (0.0, 0.3),
    "fatigue_1d": (-0.15, 0.2),
    "fatigue_3d": (-0.06, 0.15),
    "fatigue_7d": (-0.02, 0.08),
    "ignored": (-0.15, 0.2),
    "lift": (0.25, 0.3),
    "attention": (0.8, 0.5),
    "slot": (0.4, 0.3),
    "taste": (0.8, 0.3),
    "repeat": (-0.1, 0.2),
}
_BLOCK: Final[Mapping[str, tuple[float, float]]] = {
    "one": (-5.3, 0.7),
    "fatigue_1d": (0.2, 0.25),
    "fatigue_3d": (0.08, 0.2),
    "fatigue_7d": (0.02, 0.1),
    "ignored": (0.15, 0.3),
    "attention": (-0.8, 0.6),
    "rate": (-0.2, 0.4),
    "response": (-0.25, 0.25),
}
_PREFERENCE: Final = 0.25
"""Added logit of the first kind in a strategy's list, fading along the list."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What was seen, with older outcomes weighing less: sends, answers, silent sends followed to their
    end, and conversions after those (which no message earned)."""

    sends: float = 0.0
    answers: float = 0.0
    silent: float = 0.0
    unearned: float = 0.0

    @property
    def base_rate(self) -> float:
        """Responses per message over all, drawn to a typical rate while little is known."""
        return (self.answers + 20 * TYPICAL_RATE) / (self.sends + 20)

    @property
    def organic(self) -> float:
        """Chance that a person converts within the horizon without any message having earned it."""
        return (self.unearned + 0.5) / (self.silent + 100)


@dataclass(frozen=True, slots=True)
class Model:
    """Everything learned. Coefficients by place: response as `Layout.design`, block as `block_names`,
    conversion (given a response) as `conversion_names`."""

    layout: Layout
    response: Belief
    block: Belief
    conversion: Belief
    delay: Delay
    counted: Counted = Counted()

    @classmethod
    def cold(cls, layout: Layout, strategies: Mapping[str, Strategy] | None = None) -> Model:
        """The belief before any message was sent."""
        return cls(
            layout=layout,
            response=_response_prior(layout, strategies or {}),
            block=_independent(tuple(_BLOCK), _BLOCK, (0.0, 0.3)),
            conversion=_independent(
                conversion_names(layout),
                {"one": (-3.2, 0.7), "intent": (1.0, 0.7), "activity": (0.0, 0.4)},
                (0.0, 0.35),
            ),
            delay=Delay.expected(),
        )

    def to_body(self) -> dict[str, Any]:
        """A document of numbers and names. Of the beliefs it keeps means and standard deviations."""
        beliefs = {"response": self.response, "block": self.block, "conversion": self.conversion}
        return {
            "format": _FORMAT,
            "segments": list(self.layout.segments),
            "kinds": list(self.layout.kinds),
            "beliefs": {name: _to_list(belief) for name, belief in beliefs.items()},
            "delay": [round(float(each), 4) for each in self.delay.mass],
            "counted": {
                name: round(getattr(self.counted, name), 3)
                for name in ("sends", "answers", "silent", "unearned")
            },
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Model:
        """The way back; raises KairosError for a document of another format."""
        if body.get("format") != _FORMAT:
            raise KairosError(
                "the stored model has a format that this version does not know",
                next_step="python3 manage_crm.py learn now",
            )
        return cls(
            layout=Layout(tuple(body["segments"]), tuple(body["kinds"])),
            response=_from_list(body["beliefs"]["response"]),
            block=_from_list(body["beliefs"]["block"]),
            conversion=_from_list(body["beliefs"]["conversion"]),
            delay=Delay(np.array(body["delay"], dtype=np.float64)),
            counted=Counted(**body["counted"]),
        )

    def describe(self) -> dict[str, float]:
        """The response coefficients by name: what a report shows of what has been learned."""
        return {
            name: round(float(value), 3)
            for name, value in zip(self.layout.design, self.response.mean, strict=True)
        }


def conversion_names(layout: Layout) -> tuple[str, ...]:
    """Names of the coefficients of a conversion given a response."""
    return ("one", "intent", "activity", "premium", *layout.kinds, *layout.segments)


@dataclass(frozen=True, slots=True)
class Parts:
    """Predictions in parts. Logit of a response = person [n] + hour [n, slots] + worn [n, slots] + kind
    [n, kinds]; logit of a block = block_person [n] + block_hour [n, slots] + block_worn [n, slots] +
    block_response * logit of the response. The worn parts are what earlier messages do, fading by slot;
    weary and block_weary [3] are their coefficients. conversion: [n, kinds], the chance of an earned
    conversion given a response."""

    person: Floats
    hour: Floats
    worn: Floats
    kind: Floats
    block_person: Floats
    block_hour: Floats
    block_worn: Floats
    block_response: float
    conversion: Floats
    weary: Floats
    block_weary: Floats


def bounded(logit: Floats) -> Floats:
    """The response logit as the block model sees it."""
    return np.clip(logit, -5.0, 1.0)


def predict(model: Model, columns: Columns, first_hour: int, slots: int) -> Parts:
    """Score everybody for the next `slots` hours, the first of which is the UTC hour `first_hour`."""
    layout = model.layout
    hours = (first_hour + np.arange(slots)) % 24
    person, mean = columns.person, model.response.mean
    steady, traces = _split(layout)
    fade = fading(slots)
    shared = mean[len(layout.person) : len(layout.person) + len(HOUR_FACTS)]
    block = dict(zip(_BLOCK, model.block.mean.tolist(), strict=True))
    weary = np.array([block[f"fatigue_{days:.0f}d"] for days in FATIGUE_DAYS])
    attention = columns.hour[:, :, HOUR_FACTS.index("attention")][:, hours]
    ignored, rate = person[:, layout.place("ignored")], person[:, layout.place("rate")]
    return Parts(
        person=person[:, steady] @ mean[steady],
        hour=(columns.hour @ shared)[:, hours],
        worn=(person[:, traces] * mean[traces]) @ fade,
        kind=_kind_logits(model, columns),
        block_person=block["one"] + block["ignored"] * ignored + block["rate"] * rate,
        block_hour=block["attention"] * attention,
        block_worn=(person[:, traces] * weary) @ fade,
        block_response=block["response"],
        conversion=_earned(model, person),
        weary=mean[traces],
        block_weary=weary,
    )


def block_design(model: Model, facts: Floats, kind: Ints) -> Floats:
    """[r, 8]: what the block model sees of r decisions."""
    logit = design(model.layout, facts, kind) @ model.response.mean
    known = [name for name in _BLOCK if name not in ("one", "response")]
    columns = [facts[:, model.layout.place(name)] for name in known]
    return np.column_stack([np.ones(len(facts)), *columns, bounded(logit)])


def conversion_design(layout: Layout, facts: Floats, kind: Ints) -> Floats:
    """[r, len(conversion_names)]: what the conversion model sees of r decisions that were answered."""
    names = [layout.place(name) for name in ("one", "intent", "activity", "premium")]
    member = facts[:, 1 : 1 + len(layout.segments)]
    return np.concatenate([facts[:, names], np.eye(len(layout.kinds))[kind], member], axis=1)


def _earned(model: Model, person: Floats) -> Floats:
    layout = model.layout
    mean = model.conversion.mean
    kinds = len(layout.kinds)
    names = [layout.place(name) for name in ("one", "intent", "activity", "premium")]
    own = person[:, names] @ mean[:4] + person[:, 1 : 1 + len(layout.segments)] @ mean[4 + kinds :]
    chance = sigmoid(own[:, None] + mean[4 : 4 + kinds])
    return np.maximum(chance - model.counted.organic, 0.0)


def _kind_logits(model: Model, columns: Columns) -> Floats:
    layout, mean = model.layout, model.response.mean
    kinds, segments = len(layout.kinds), len(layout.segments)
    start = len(layout.facts)
    plain, wanted = mean[start : start + kinds], mean[start + kinds : start + 2 * kinds]
    mixed = mean[start + 2 * kinds :].reshape(segments, kinds)
    intent = columns.person[:, layout.place("intent")][:, None]
    own = columns.kind @ mean[start - 2 : start]
    found: Floats = plain + intent * wanted + columns.person[:, 1 : 1 + segments] @ mixed + own
    return found


def _split(layout: Layout) -> tuple[Ints, Ints]:
    names = [f"fatigue_{days:.0f}d" for days in FATIGUE_DAYS]
    traces = np.array([layout.place(name) for name in names])
    steady = np.setdiff1d(np.arange(len(layout.person)), traces)
    return steady, traces


def _response_prior(layout: Layout, strategies: Mapping[str, Strategy]) -> Belief:
    belief = _independent(layout.design, _COMMON, (0.0, 0.3))
    mean = belief.mean.copy()
    for name, strategy in strategies.items():
        for place, kind in enumerate(strategy.kinds):
            if name in layout.segments and kind in layout.kinds:
                mean[layout.design.index(f"{name}*{kind}")] = _PREFERENCE / (1 + place)
    return Belief(mean, belief.precision)


def _independent(
    names: tuple[str, ...], known: Mapping[str, tuple[float, float]], other: tuple[float, float]
) -> Belief:
    pairs = np.array([known.get(name, other) for name in names])
    return Belief.independent(pairs[:, 0], pairs[:, 1])


def _to_list(belief: Belief) -> dict[str, list[float]]:
    return {
        "mean": [round(float(each), 6) for each in belief.mean],
        "deviation": [round(float(each), 6) for each in belief.deviation],
    }


def _from_list(body: Mapping[str, Any]) -> Belief:
    return Belief.independent(np.array(body["mean"], dtype=float), np.array(body["deviation"], dtype=float))
