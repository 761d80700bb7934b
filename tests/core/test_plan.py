"""Planning: what is chosen, what never is, and that the log tells the chances as they were."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.learning.features import DAY_MS, HOUR_MS, design
from core.learning.logistic import sigmoid
from core.learning.model import Model
from core.learning.pace import Worth
from core.plan import PlanChoice, PlanColumns, PlanParams, Why, choose_segment, plan
from tests.core.columns import LAYOUT, NOW, columns, situation

COLD = Model.cold(LAYOUT)
KIND = PlanParams(worth=Worth(block=1.0))


def choose(known: PlanColumns, params: PlanParams = KIND, seed: int = 1) -> PlanChoice:
    return plan(known, COLD, params, np.random.default_rng(seed))


def test_same_dice_same_plan() -> None:
    first, second, other = (choose(columns(situation(200)), seed=seed) for seed in (1, 1, 2))
    assert first.slot.tolist() == second.slot.tolist()
    assert first.kind.tolist() == second.kind.tolist()
    assert first.kind.tolist() != other.kind.tolist()


def test_messages_go_to_the_hours_in_which_people_are_there() -> None:
    choice = choose(columns(situation(300, peak=18)))
    hours = choice.slot_ms // HOUR_MS % 24
    assert len(choice.row) == 300
    assert np.isin(hours, [16, 17, 18, 19, 20]).mean() > 0.95


def test_only_open_slots_and_allowed_kinds_are_chosen() -> None:
    known = columns(situation(300))
    slots = np.zeros_like(known.open_slots)
    slots[:, 3] = slots[:, 4] = True
    kinds = known.allowed_kinds.copy()
    kinds[:, 0] = False
    choice = choose(replace(known, open_slots=slots, allowed_kinds=kinds))
    assert set(choice.slot.tolist()) <= {3, 4}
    assert set(choice.kind.tolist()) == {1, 2}


def test_who_has_no_open_hour_or_no_kind_gets_nothing() -> None:
    known = columns(situation(2))
    slots, kinds = known.open_slots.copy(), known.allowed_kinds.copy()
    slots[0], kinds[1] = False, False
    choice = choose(replace(known, open_slots=slots, allowed_kinds=kinds))
    assert len(choice.row) == 0
    assert choice.why.tolist() == [Why.NO_OPEN_HOUR, Why.NO_OPEN_HOUR]
    assert (choice.wait_ms > 0).all()


def test_a_message_that_risks_more_than_it_brings_is_not_planned() -> None:
    choice = choose(columns(situation(50)), PlanParams(worth=Worth(block=10_000.0)))
    assert choice.why.tolist() == [Why.NOT_WORTH_IT] * 50


def test_nobody_is_written_to_again_before_their_pace_allows() -> None:
    strict = replace(KIND, least_days=3.0)
    soon = choose(columns(situation(50, sent_days_ago=0.2)), strict)
    later = choose(columns(situation(50, sent_days_ago=2.9)), strict)
    assert soon.why.tolist() == [Why.NOT_YET] * 50
    assert (soon.wait_ms > DAY_MS).all()
    assert (later.why == Why.PLANNED).any()


def test_the_strategys_period_bounds_the_pace() -> None:
    known = columns(situation(50, sent_days_ago=2.0))
    weekly = replace(known, period_days=np.full(50, 7))
    assert choose(weekly).why.tolist() == [Why.NOT_YET] * 50


def test_in_the_learning_period_only_clear_cases_are_written_to() -> None:
    known = columns(situation(200))
    early = choose(known, replace(KIND, learning_period=True))
    assert 0 < len(early.row) <= 101
    assert (early.why == Why.LEARNING_PERIOD).any()
    again = choose(columns(situation(200, sent_days_ago=0.9)), replace(KIND, learning_period=True))
    assert len(again.row) == 0


def test_the_prediction_is_the_models_for_the_logged_facts() -> None:
    choice = choose(columns(situation(100, sent_days_ago=2.0)))
    logit = design(LAYOUT, choice.facts, choice.kind) @ COLD.response.mean
    assert np.allclose(sigmoid(logit), choice.p)
    assert ((choice.p_block > 0) & (choice.p_block < 0.1)).all()


def test_the_logged_chance_is_how_often_it_is_chosen() -> None:
    one = situation(1)
    names = [name for name in one.__slots__ if name != "now_ms"]
    copies: dict[str, Any] = {name: np.repeat(getattr(one, name), 20_000, 0) for name in names}
    many = replace(one, **copies)
    choice = choose(columns(many))
    for slot, kind in {(int(s), int(k)) for s, k in zip(choice.slot, choice.kind, strict=True)}:
        mask = (choice.slot == slot) & (choice.kind == kind)
        assert mask.mean() == pytest.approx(float(choice.propensity[mask][0]), abs=0.012)


def test_every_allowed_kind_keeps_a_chance() -> None:
    choice = choose(columns(situation(3_000)))
    assert set(choice.kind.tolist()) == {0, 1, 2}
    assert choice.propensity.min() > 0


def test_the_log_shows_the_chosen_first_and_the_likeliest_beside_it() -> None:
    choice = choose(columns(situation(20)))
    for place, shown in enumerate(choice.candidates):
        assert shown[0][:2] == (choice.slot[place], choice.kind[place])
        assert shown[0][2] == pytest.approx(choice.propensity[place], abs=1e-4)
        assert shown[0][3] == pytest.approx(choice.p[place], abs=1e-4)
        assert len({each[:2] for each in shown}) == len(shown) > 1


def test_noise_that_belongs_to_the_hours_keeps_a_choice_made_for_later() -> None:
    known = columns(situation(100))
    noise = np.random.default_rng(8).gumbel(size=known.open_slots.shape)
    first = choose(replace(known, slot_noise=noise), seed=1)
    second = choose(replace(known, slot_noise=noise), seed=1)
    assert first.slot.tolist() == second.slot.tolist()


def test_nobody_to_plan_for_is_no_error() -> None:
    assert len(choose(columns(situation(0))).row) == 0


def test_the_sending_segment_is_priority_times_confidence() -> None:
    confidence = np.array([[0.9, 0.5], [0.2, 0.9], [0.0, 0.0], [0.5, 1.0]])
    assert choose_segment(confidence, np.array([10, 5])).tolist() == [0, 1, -1, 0]


def test_slots_are_whole_hours_from_now() -> None:
    choice = choose(columns(situation(30)))
    assert (choice.slot_ms == NOW + choice.slot * HOUR_MS).all()
