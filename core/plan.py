"""Planning: who gets a message, when, of which kind. Columns in, choices out; the dice are an argument.

Each person gets the pace that is worth most under fatigue (`learning.pace`), and when it is their turn
the hour and the kind are drawn, better ones more often, from those that the door leaves open. Only a
message that is worth more than it risks is planned. Every choice comes with its propensity and the
candidates beside it. Leaves to others: asking the door (its answers come in as `open_slots`), the ledger,
and the texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from core.learning.features import DAY_MS, HOUR_MS, Floats, Ints, Situation, chosen_facts, observe
from core.learning.logistic import sigmoid
from core.learning.model import Model, Parts, bounded, predict
from core.learning.pace import Pacing, Worth, best_pace

Bools = npt.NDArray[np.bool_]
LOOK_AGAIN_MS: Final = 6 * HOUR_MS
_LOGGED: Final = 5


class Dice(Protocol):
    """Uniform numbers in [0, 1); `numpy.random.Generator` throws them."""

    def random(self, size: int | tuple[int, ...]) -> Floats: ...


class Why(IntEnum):
    """What became of a person in this plan."""

    PLANNED = 0
    NOT_YET = 1
    NO_OPEN_HOUR = 2
    NOT_WORTH_IT = 3
    LEARNING_PERIOD = 4


@dataclass(frozen=True, slots=True)
class PlanColumns:
    """Columns about n people to plan for. Slot j is the UTC hour that starts j hours after
    `situation.now_ms`.

    segment: number of the sending segment (`choose_segment`). open_slots: [n, slots] that the door leaves
    open; allowed_kinds: [n, kinds]. period_days, daily_limit, cooldown_ms: [n] the pace of the segment's
    strategy. slot_noise: [n, slots] standard Gumbel noise that belongs to the absolute hour, where the
    same hour is planned again and again and the choice should stay; None: drawn from the dice."""

    person_no: Ints
    segment: Ints
    situation: Situation
    open_slots: Bools
    allowed_kinds: Bools
    period_days: Ints
    daily_limit: Ints
    cooldown_ms: Ints
    slot_noise: Floats | None = None


@dataclass(frozen=True, slots=True)
class PlanParams:
    """worth: the weights. temperature: how far from the best value a choice may lie and still be drawn at 1/e
    of its chance; floor: least propensity of an allowed kind; hour_band: share of the best value that an hour
    must reach. least_days: no shorter interval than this is tried yet (1 = one message a contact day).
    learning_period: the first 24 hours, only clear cases, of them the best `clear_share` of a plan (where
    plans are small, 1: the value must be positive at three times the cost of a block). stretch: [n] factors
    on the intervals, None = 1."""

    worth: Worth = Worth()
    temperature: float = 0.12
    floor: float = 0.02
    hour_band: float = 0.7
    least_days: float = 1.0
    learning_period: bool = False
    clear_share: float = 0.5
    stretch: Floats | None = None


@dataclass(frozen=True, slots=True)
class PlanChoice:
    """The r messages chosen: row [r] into the columns, slot and kind numbers, slot_ms; p: predicted
    response, p_block likewise; propensity with which (slot, kind) was drawn; value: expected, in the
    weights' unit; interval_days: the pace; facts [r, facts] for the decision log; candidates: for each a
    list of (slot, kind, propensity, p), the chosen one first. why, wait_ms: [n], what became of everybody
    and how long the planner need not look again."""

    row: Ints
    slot: Ints
    kind: Ints
    slot_ms: Ints
    p: Floats
    p_block: Floats
    propensity: Floats
    value: Floats
    interval_days: Floats
    facts: Floats
    candidates: tuple[tuple[tuple[int, int, float, float], ...], ...]
    why: Ints
    wait_ms: Ints


def choose_segment(confidence: Floats, priority: Ints) -> Ints:
    """[n] number of the sending segment: highest priority x confidence, the first of equals; -1 in none."""
    score = confidence * priority
    best: Ints = np.where(score.max(axis=1, initial=0.0) > 0, np.argmax(score, axis=1), -1)
    return best


def plan(columns: PlanColumns, model: Model, params: PlanParams, rng: Dice, log: bool = True) -> PlanChoice:
    """Choose at most one message a person within the slots. Deterministic given the state of `rng`; `log`
    False leaves the candidates out."""
    situation = columns.situation
    people = len(columns.person_no)
    slots = columns.open_slots.shape[1]
    facts = observe(situation, model.counted.base_rate)
    parts = predict(model, facts, situation.now_ms // HOUR_MS % 24, slots)
    pacing = _paced(columns, parts, params)
    due = _due(columns, pacing)
    open_slots = columns.open_slots & due
    kind, kind_chance = _draw_kind(columns, parts, (params, pacing), rng)
    slot, slot_chance = _draw_slot(columns, parts, (params, pacing, kind), open_slots, rng)
    everyone = np.arange(people)
    logit = parts.person + (parts.hour + parts.worn)[everyone, slot] + parts.kind[everyone, kind]
    p_block = _block(parts, slot, logit)
    gain = params.worth.response + params.worth.conversion * parts.conversion[everyone, kind]
    value = sigmoid(logit) * gain - p_block * pacing.block_cost * (3.0 if params.learning_period else 1.0)
    why = _why(columns, open_slots, value, params)
    row = np.flatnonzero(why == Why.PLANNED)
    slot_ms = situation.now_ms + slot * HOUR_MS
    propensity = kind_chance[everyone, kind] * slot_chance[everyone, slot]
    return PlanChoice(
        row=row,
        slot=slot[row],
        kind=kind[row],
        slot_ms=slot_ms[row],
        p=sigmoid(logit)[row],
        p_block=p_block[row],
        propensity=propensity[row],
        value=value[row],
        interval_days=pacing.interval_days[row],
        facts=chosen_facts(facts, row, slot_ms[row], kind[row], situation.now_ms),
        candidates=_candidates(parts, (slot_chance, kind_chance), (row, slot, kind)) if log else (),
        why=why,
        wait_ms=_wait(columns, pacing, why),
    )


def _paced(columns: PlanColumns, parts: Parts, params: PlanParams) -> Pacing:
    """The best interval below the ceiling of the strategy and what may be tried already."""
    within_day = np.maximum(1.0 / np.maximum(columns.daily_limit, 1), columns.cooldown_ms / DAY_MS)
    ceiling = np.where(columns.period_days > 1, columns.period_days, within_day)
    pacing = best_pace(parts, params.worth, np.maximum(ceiling, params.least_days))
    stretch = np.ones(len(ceiling)) if params.stretch is None else params.stretch
    return Pacing(pacing.interval_days * stretch, pacing.a_day, pacing.block_cost)


def _due(columns: PlanColumns, pacing: Pacing) -> Bools:
    """[n, slots]: far enough from the last message for the person's pace, with room for the better hour."""
    last = columns.situation.recent_ms.max(axis=1, initial=0)
    starts = columns.situation.now_ms + np.arange(columns.open_slots.shape[1]) * HOUR_MS
    reached: Bools = starts >= (last + _least_gap(pacing))[:, None]
    due: Bools = reached | (last == 0)[:, None]
    return due


def _least_gap(pacing: Pacing) -> Floats:
    days = pacing.interval_days
    return (days - np.minimum(0.4 * days, 0.4)) * DAY_MS


def _draw_kind(
    columns: PlanColumns, parts: Parts, how: tuple[PlanParams, Pacing], rng: Dice
) -> tuple[Ints, Floats]:
    """One kind a person by softmax over values in the person's best hour, and everybody's chances [n,
    kinds]."""
    params, pacing = how
    gain = params.worth.response + params.worth.conversion * parts.conversion
    best = (parts.hour + parts.worn).argmax(axis=1)
    rows = np.arange(len(best))
    logit = (parts.person + (parts.hour + parts.worn)[rows, best])[:, None] + parts.kind
    block = _block(parts, best, logit)
    value = sigmoid(logit) * gain - block * pacing.block_cost[:, None]
    allowed = columns.allowed_kinds
    scale = params.temperature * (sigmoid(logit) * gain).max(axis=1, keepdims=True)
    chance = _softmax(value / scale, allowed)
    spread = allowed / np.maximum(allowed.sum(axis=1, keepdims=True), 1)
    chance = np.where(allowed, (1 - params.floor * allowed.sum(1, keepdims=True)) * chance, 0.0)
    chance += params.floor * allowed.sum(1, keepdims=True) * spread
    ladder = np.cumsum(chance, axis=1)
    point = rng.random(len(best)) * ladder[:, -1]
    kind = np.minimum((ladder <= point[:, None]).sum(axis=1), chance.shape[1] - 1)
    return kind, chance


def _draw_slot(
    columns: PlanColumns,
    parts: Parts,
    how: tuple[PlanParams, Pacing, Ints],
    open_slots: Bools,
    rng: Dice,
) -> tuple[Ints, Floats]:
    """One hour a person by softmax over the values of the good hours (Gumbel maximum), and all chances."""
    params, pacing, kind = how
    rows = np.arange(len(kind))
    logit = (parts.person + parts.kind[rows, kind])[:, None] + parts.hour + parts.worn
    gain = params.worth.response + params.worth.conversion * parts.conversion[rows, kind]
    earned = sigmoid(logit) * gain[:, None]
    own = parts.block_person[:, None] + parts.block_hour + parts.block_worn
    block = sigmoid(own + parts.block_response * bounded(logit))
    value = earned - block * pacing.block_cost[:, None]
    top = np.where(open_slots, earned, 0.0).max(axis=1, keepdims=True)
    good = open_slots & (earned >= params.hour_band * top)
    scaled = value / (params.temperature * np.maximum(top, 1e-9))
    noise = gumbel(rng.random(scaled.shape)) if columns.slot_noise is None else columns.slot_noise
    slot = np.argmax(np.where(good, scaled + noise, -np.inf), axis=1)
    return slot, _softmax(scaled, good)


def _block(parts: Parts, slot: Ints, logit: Floats) -> Floats:
    """Chance of a block in these slots; `logit` [n] or [n, kinds]."""
    rows = np.arange(len(slot))
    own = parts.block_person + (parts.block_hour + parts.block_worn)[rows, slot]
    return sigmoid((own if logit.ndim == 1 else own[:, None]) + parts.block_response * bounded(logit))


def gumbel(uniform: Floats) -> Floats:
    """Standard Gumbel noise: the maximum of score + noise is drawn as softmax would draw it."""
    noise: Floats = -np.log(-np.log(np.clip(uniform, 1e-12, 1 - 1e-12)))
    return noise


def _why(columns: PlanColumns, open_slots: Bools, value: Floats, params: PlanParams) -> Ints:
    may: Bools = np.any(columns.open_slots, axis=1) & np.any(columns.allowed_kinds, axis=1)
    due: Bools = np.any(open_slots, axis=1)
    why = np.where(value > 0, int(Why.PLANNED), int(Why.NOT_WORTH_IT))
    if params.learning_period:
        clear = _clear_cases(columns.situation, value, np.logical_and(may, due), params.clear_share)
        why = np.where((why == Why.PLANNED) & ~clear, int(Why.LEARNING_PERIOD), why)
    why = np.where(due, why, int(Why.NOT_YET))
    return np.where(may, why, int(Why.NO_OPEN_HOUR)).astype(np.int64)


def _clear_cases(situation: Situation, value: Floats, candidates: Bools, share: float) -> Bools:
    """In the learning period: people whose hours are known, the best `share` of them, not yet written to."""
    least = float(np.quantile(value[candidates], 1 - share)) if candidates.any() else 0.0
    clear: Bools = (situation.hour_activity.sum(axis=1) >= 1.0) & (value >= least)
    return clear & ~(situation.recent_ms > situation.now_ms - DAY_MS).any(axis=1)


def _wait(columns: PlanColumns, pacing: Pacing, why: Ints) -> Ints:
    """How long nothing can change by itself: until a day before the pace allows, else some hours."""
    last = columns.situation.recent_ms.max(axis=1, initial=0)
    ahead = last + _least_gap(pacing) - DAY_MS - columns.situation.now_ms
    wait = np.where(why == Why.NOT_YET, np.maximum(ahead, HOUR_MS), LOOK_AGAIN_MS)
    return np.where(why == Why.PLANNED, 0, wait).astype(np.int64)


def _candidates(
    parts: Parts, chances: tuple[Floats, Floats], chosen: tuple[Ints, Ints, Ints]
) -> tuple[tuple[tuple[int, int, float, float], ...], ...]:
    """For each chosen message: itself, then the likeliest others, as (slot, kind, propensity, p)."""
    slot_chance, kind_chance = chances
    row, slot, kind = chosen
    found = []
    for each in row.tolist():
        joint = slot_chance[each][:, None] * kind_chance[each]
        order = np.argsort(-joint, axis=None, kind="stable")[:_LOGGED]
        pairs = [divmod(int(place), joint.shape[1]) for place in order]
        taken = (int(slot[each]), int(kind[each]))
        shown = [taken, *(pair for pair in pairs if pair != taken)][:_LOGGED]
        hour = parts.hour[each] + parts.worn[each]
        logits = np.array([parts.person[each] + hour[s] + parts.kind[each, k] for s, k in shown])
        scored = zip(shown, sigmoid(logits).tolist(), strict=True)
        found.append(tuple((s, k, round(float(joint[s, k]), 4), round(p, 4)) for (s, k), p in scored))
    return tuple(found)


def _softmax(score: Floats, allowed: Bools) -> Floats:
    masked = np.where(allowed, score, -np.inf)
    top = masked.max(axis=1, keepdims=True)
    weight = np.where(allowed, np.exp(masked - np.where(np.isfinite(top), top, 0.0)), 0.0)
    chances: Floats = weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-300)
    return chances
