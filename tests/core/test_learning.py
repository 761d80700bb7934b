"""What the models learn from outcomes, and that planning and learning see the same numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pytest

from core.errors import KairosError
from core.learning.delay import EDGES_H, HORIZON_MS, Delay
from core.learning.features import (
    DAY_MS,
    HOUR_MS,
    Floats,
    chosen_facts,
    design,
    expected_hours,
    kind_traces,
    named,
    observe,
    traces,
    unnamed,
)
from core.learning.fit import Outcomes, fit, older, outcomes_of
from core.learning.logistic import Belief, sigmoid, update
from core.learning.model import Model, predict
from core.learning.pace import Worth, best_pace
from core.learning.situation import Known, situation_of
from core.ledger import Message, MessageClass, State
from core.profile import ProfileState, view
from core.strategy import Pace, Strategy
from tests.core.columns import LAYOUT, NOW, situation

COLD = Model.cold(LAYOUT)


def outcomes(count: int, seed: int = 1, *, age_h: float = 100.0) -> Outcomes:
    """Silent messages to different people at different hours."""
    dice = np.random.default_rng(seed)
    known = observe(situation(count, seed=seed), 0.1)
    slot_ms = NOW + dice.integers(0, 24, count) * HOUR_MS
    kind = dice.integers(0, len(LAYOUT.kinds), count)
    nothing = np.zeros(count, dtype=np.int64)
    facts = chosen_facts(known, np.arange(count), slot_ms, kind, NOW)
    return Outcomes(facts, kind, nothing + NOW - round(age_h * HOUR_MS), nothing, nothing, nothing)


def answered(known: Outcomes, chance: Floats, seed: int = 2, delay_ms: int = 60_000) -> Outcomes:
    """The same messages, answered with these chances."""
    hit = np.random.default_rng(seed).random(len(chance)) < chance
    return replace(known, answered_ms=np.where(hit, known.sent_ms + delay_ms, 0))


def coefficient(model: Model, name: str) -> float:
    return model.describe()[name]


# ------------------------------------------------------------------------------------------- regression
def test_regression_finds_the_coefficients_and_knows_how_sure_it_is() -> None:
    dice = np.random.default_rng(5)
    rows = np.column_stack([np.ones(20_000), dice.normal(size=(20_000, 2))])
    truth = np.array([-1.5, 0.8, -0.4])
    outcome = (dice.random(20_000) < sigmoid(rows @ truth)).astype(float)
    belief = update(Belief.independent(np.zeros(3), np.ones(3)), rows, outcome, np.ones(20_000))
    assert np.abs(belief.mean - truth).max() < 4 * belief.deviation.max()
    assert belief.deviation.max() < 0.03


def test_batches_one_after_the_other_teach_the_same_as_all_at_once() -> None:
    known = outcomes(6_000)
    known = answered(known, 0.05 + 0.3 * known.facts[:, LAYOUT.place("attention")])
    whole = fit(COLD, known, NOW)
    half = np.arange(6_000) < 3_000
    parts = fit(fit(COLD, known.where(half), NOW), known.where(~half), NOW)
    chance = [
        sigmoid(design(LAYOUT, known.facts, known.kind) @ each.response.mean) for each in (whole, parts)
    ]
    assert np.abs(chance[0] - chance[1]).max() < 0.02


def test_no_outcomes_teach_nothing() -> None:
    assert fit(COLD, outcomes(0), NOW) is COLD


# ------------------------------------------------------------------------------------------- the facts
def test_the_plan_sees_the_same_numbers_that_learning_reads_from_the_log() -> None:
    known = situation(50, sent_days_ago=1.5)
    facts = observe(known, 0.1)
    parts = predict(COLD, facts, NOW // HOUR_MS % 24, 24)
    rows, slot, kind = np.arange(50), np.arange(50) % 24, np.arange(50) % 3
    logged = [named(LAYOUT, each) for each in chosen_facts(facts, rows, NOW + slot * HOUR_MS, kind, NOW)]
    read = unnamed(LAYOUT, logged)
    logit = parts.person + (parts.hour + parts.worn)[rows, slot] + parts.kind[rows, kind]
    assert np.allclose(design(LAYOUT, read, kind) @ COLD.response.mean, logit, atol=1e-3)


def test_traces_of_messages_add_up_and_fade() -> None:
    sent = np.array([[0, NOW - DAY_MS], [NOW - DAY_MS, NOW - DAY_MS], [0, 0]], dtype=np.int64)
    one, two, none = traces(sent, NOW)
    assert one[0] == pytest.approx(np.exp(-1))
    assert two.tolist() == pytest.approx((2 * one).tolist())
    assert none.tolist() == [0, 0, 0]
    assert (traces(sent, NOW + DAY_MS)[:2] < np.vstack([one, two])).all()


def test_traces_of_kinds_are_kept_apart() -> None:
    at = np.array([[NOW, NOW - 3 * DAY_MS, 0]], dtype=np.int64)
    found = kind_traces(at, np.array([[1, 2, 0]], dtype=np.int64), NOW, 3)
    assert found[0].tolist() == pytest.approx([0, 1, np.exp(-1)])


def test_who_has_a_zone_is_expected_to_live_like_others_of_that_clock() -> None:
    activity = np.zeros((3, 24))
    activity[0, 9] = 100.0
    prior = expected_hours(activity, np.array([3.0, 5.0, np.nan]))
    assert prior[1].argmax() == 7
    assert prior[2].argmax() == 9
    assert prior.sum(1).tolist() == pytest.approx([1, 1, 1])


def sent_message(at_ms: int, kind: str) -> Message:
    return Message(
        id=at_ms,
        cls=MessageClass.CAMPAIGN,
        campaign="opt",
        step=str(at_ms),
        person_no=1,
        bot_id=42,
        chat_id=1,
        state=State.SENT,
        due_ms=at_ms,
        expires_ms=at_ms,
        body={},
        segment="ENGAGED",
        content=kind,
        kind=kind,
        priority=1.0,
        predicted=0.1,
        strategy_version=1,
        reason="",
        attempts=1,
        permit_ms=at_ms,
        sent_ms=at_ms,
        telegram_id=1,
        answered_ms=0,
        created_ms=at_ms,
    )


def test_profiles_become_a_situation() -> None:
    state = ProfileState(
        first_ms=NOW - 9 * DAY_MS,
        sends=(NOW - DAY_MS,),
        kinds={"news": (3, 1)},
        slots={9: (3, 1)},
    )
    earlier = [sent_message(NOW - DAY_MS, "news"), sent_message(NOW - HOUR_MS, "poll")]
    person = Known(view(1, state, NOW), state, {"ENGAGED": 0.8}, earlier)
    known = situation_of(LAYOUT, [person], NOW + 5)
    assert known.now_ms == NOW
    assert known.confidence.tolist() == [[0.8, 0.0]]
    assert known.kind_sent.tolist() == [[0, 3, 0]]
    assert known.slot_answered[0, 9] == 1
    assert known.recent_ms.tolist() == [[NOW - DAY_MS, NOW - HOUR_MS]]
    assert known.kind_recent[0].argmax() == 2
    assert known.kind_recent[0, 0] == 0
    assert len(situation_of(LAYOUT, [], NOW).intent) == 0


# ------------------------------------------------------------------------------------------- learning
def test_hours_of_activity_earn_their_weight_when_they_are_answered() -> None:
    known = outcomes(8_000)
    attention = known.facts[:, LAYOUT.place("attention")]
    flat = fit(COLD, answered(known, np.full(8_000, 0.1)), NOW)
    steep = fit(COLD, answered(known, 0.02 + 0.3 * attention), NOW)
    assert coefficient(steep, "attention") + coefficient(steep, "lift") > 1.0
    assert abs(coefficient(flat, "attention")) < 0.4


def test_a_favourite_kind_of_a_segment_is_found() -> None:
    known = outcomes(12_000)
    engaged = known.facts[:, LAYOUT.place("in:ENGAGED")]
    chance = np.where(known.kind == 2, 0.05 + 0.3 * engaged, 0.08)
    model = fit(COLD, answered(known, chance), NOW)
    assert coefficient(model, "ENGAGED*poll") > coefficient(model, "COLD_LEAD*poll") + 0.3


def test_silence_so_far_is_not_taken_for_a_no() -> None:
    truth = 0.3
    old = answered(outcomes(4_000, 1), np.full(4_000, truth), delay_ms=8 * HOUR_MS)
    taught = fit(COLD, old, NOW)
    fresh = outcomes(4_000, 7, age_h=2.0)
    believed = fit(taught, fresh, NOW)
    naive = fit(taught, replace(fresh, sent_ms=fresh.sent_ms - HORIZON_MS), NOW)
    rows = design(LAYOUT, fresh.facts, fresh.kind)
    assert sigmoid(rows @ believed.response.mean).mean() == pytest.approx(truth, abs=0.05)
    assert sigmoid(rows @ naive.response.mean).mean() < 0.2


def test_the_share_of_answers_grows_with_age_to_one() -> None:
    delay = Delay.expected().seen(np.array([5 * HOUR_MS] * 50), np.ones(50))
    shares = delay.share_within(np.array([0, HOUR_MS, 5 * HOUR_MS, 100 * HOUR_MS]))
    assert shares[0] == 0
    assert (np.diff(shares) > 0).all()
    assert shares[-1] == pytest.approx(1)
    assert delay.still_to_come(np.array([0.3]), np.array([0])).tolist() == pytest.approx([0.3])
    assert delay.still_to_come(np.array([0.3]), np.array([HORIZON_MS])).tolist() == pytest.approx([0])
    assert len(delay.mass) == len(EDGES_H) - 1


def test_what_annoys_is_learned_from_blocks() -> None:
    known = outcomes(20_000)
    ignored = known.facts[:, LAYOUT.place("ignored")]
    hit = np.random.default_rng(4).random(20_000) < 0.002 + 0.03 * (ignored > 1)
    model = fit(COLD, replace(known, blocked_ms=np.where(hit, NOW, 0)), NOW)
    weary, fresh = situation(2), replace(situation(2), ignored=np.zeros(2))
    scores = [
        predict(model, observe(replace(each, ignored=count), 0.1), 12, 24).block_person
        for each, count in ((weary, np.full(2, 3.0)), (fresh, np.zeros(2)))
    ]
    assert (scores[0] - scores[1] > 0.7).all()


def test_blocks_that_nobody_counted_are_not_taken_for_none() -> None:
    model = fit(COLD, replace(outcomes(5_000), blocked_ms=None, converted_ms=None), NOW)
    assert model.block is COLD.block
    assert model.conversion is COLD.conversion


def test_sales_that_come_by_themselves_are_not_earned() -> None:
    known = answered(outcomes(20_000), np.full(20_000, 0.3))
    hit = np.random.default_rng(6).random(20_000) < 0.05
    model = fit(COLD, replace(known, converted_ms=np.where(hit, NOW, 0)), NOW)
    parts = predict(model, observe(situation(20), 0.1), 12, 24)
    assert model.counted.organic == pytest.approx(0.05, abs=0.01)
    assert parts.conversion.max() < 0.03


def test_what_was_learned_fades_towards_the_beginning() -> None:
    known = outcomes(5_000)
    taught = fit(COLD, answered(known, np.full(5_000, 0.5)), NOW)
    faded = older(taught, COLD, 60)
    assert faded.counted.sends == pytest.approx(taught.counted.sends / 4)
    assert (faded.response.deviation >= taught.response.deviation - 1e-9).all()


# ------------------------------------------------------------------------------------------- the document
def test_a_model_survives_its_document() -> None:
    known = outcomes(3_000)
    model = fit(COLD, answered(known, np.full(3_000, 0.2)), NOW)
    again = Model.from_body(model.to_body())
    facts = observe(situation(30), model.counted.base_rate)
    first, second = (predict(each, facts, 6, 24) for each in (model, again))
    for name in ("person", "hour", "worn", "kind", "block_person", "conversion"):
        assert np.allclose(getattr(first, name), getattr(second, name), atol=1e-3)
    assert again.delay.mass.tolist() == pytest.approx(model.delay.mass.tolist(), abs=1e-3)


def test_a_document_of_another_time_is_refused() -> None:
    with pytest.raises(KairosError, match="format"):
        Model.from_body({"format": 99})


def test_the_strategies_kinds_are_the_first_guess() -> None:
    pace = Pace(1, 2, 6)
    strategy = Strategy("ENGAGED", 1, 8, pace, pace, kinds=("poll", "news"))
    guess = Model.cold(LAYOUT, {"ENGAGED": strategy}).describe()
    assert guess["ENGAGED*poll"] > guess["ENGAGED*news"] > guess["ENGAGED*offer"] == 0


@dataclass(frozen=True)
class Row:
    message_id: int
    kind: str
    sent_ms: int
    answered_ms: int
    features: Mapping[str, object]


def test_rows_of_the_ledger_become_columns() -> None:
    facts = named(LAYOUT, outcomes(1).facts[0])
    rows = [Row(1, "poll", 5, 9, facts), Row(2, "gone", 5, 0, facts), Row(3, "offer", 6, 0, {})]
    known = outcomes_of(LAYOUT, rows, blocked={1: 12})
    assert known.kind.tolist() == [2]
    assert (known.answered_ms.tolist(), known.sent_ms.tolist()) == ([9], [5])
    assert known.blocked_ms is not None
    assert known.blocked_ms.tolist() == [12]
    assert known.converted_ms is None


# ------------------------------------------------------------------------------------------- the pace
def test_whom_messages_tire_is_written_to_less_often() -> None:
    facts = observe(situation(10), 0.1)
    parts = predict(COLD, facts, 6, 24)
    least = np.full(10, 1 / 3)
    easy = best_pace(replace(parts, weary=parts.weary * 0, block_weary=parts.block_weary * 0), Worth(), least)
    hard = best_pace(replace(parts, weary=parts.weary * 4), Worth(), least)
    assert (easy.interval_days == 1 / 3).all()
    assert (hard.interval_days > easy.interval_days).all()
    assert (hard.a_day < easy.a_day).all()


def test_no_interval_is_shorter_than_the_strategy_allows() -> None:
    parts = predict(COLD, observe(situation(10), 0.1), 6, 24)
    assert (best_pace(parts, Worth(), np.full(10, 7.0)).interval_days >= 7).all()
    assert (best_pace(parts, Worth(), np.full(10, 30.0)).interval_days == 14).all()
