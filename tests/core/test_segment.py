"""Segments: the rule decides who may belong, the evidence how surely, and both can be read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.content import Content
from core.grammar import FIELDS, parse
from core.profile import ProfileState, view
from core.segment import Evidence, SegmentSpec, assess, explain
from core.strategy import Pace, Strategy

PACE = Pace(1, 2, 6)
STRATEGY = Strategy("WARM", 1, 5, PACE, PACE, ("news",))
NEWS = Content("n", "news", {"en": "Hello"})
PERSON = replace(view(1, ProfileState(), 10**12), intent_score=40.0, interactions_7d=5, days_since_seen=2.0)


def spec(*evidence: Evidence, rule: object = "intent_score >= 30", threshold: float = 0.5) -> SegmentSpec:
    return SegmentSpec("WARM", parse(rule), evidence, STRATEGY, (NEWS,), threshold)


def sign(name: str, start: float, full: float, weight: float = 1.0) -> Evidence:
    return Evidence(FIELDS[name], start, full, weight)


def test_without_the_rule_no_evidence_helps() -> None:
    found = assess([spec(sign("intent_score", 0, 1), rule="intent_score > 50")], PERSON)["WARM"]
    assert (found.confidence, found.member, found.evidence) == (0.0, False, ())


def test_the_rule_alone_is_certain() -> None:
    assert assess([spec()], PERSON)["WARM"].confidence == 1.0


def test_confidence_is_the_weighted_mean_of_the_evidence() -> None:
    graded = spec(sign("intent_score", 20, 60, 3), sign("days_since_seen", 4, 0, 1), sign("bots", 0, 2, 4))
    found = assess([graded], PERSON)["WARM"]
    assert found.confidence == pytest.approx((3 * 0.5 + 1 * 0.5 + 4 * 0) / 8)
    assert not found.member
    assert [score for _, score in found.evidence] == [0.5, 0.5, 0.0]
    assert found.evidence[0][0] == "intent_score 40"


def test_unknown_evidence_counts_nothing() -> None:
    falling = spec(sign("days_since_purchase", 30, 0))
    assert assess([falling], PERSON)["WARM"].confidence == 0.0


def test_the_threshold_itself_is_enough() -> None:
    half = sign("intent_score", 20, 60)
    assert assess([spec(half, threshold=0.5)], PERSON)["WARM"].member
    assert not assess([spec(half, threshold=0.51)], PERSON)["WARM"].member


@given(
    st.lists(st.tuples(st.floats(-50, 50), st.floats(51, 200), st.floats(0.1, 9)), max_size=4),
    st.floats(-1e6, 1e6),
)
def test_confidence_stays_between_0_and_1(pieces: list[tuple[float, float, float]], value: float) -> None:
    for turned in (False, True):
        signs = [sign("intent_score", *((b, a) if turned else (a, b)), weight) for a, b, weight in pieces]
        found = assess([spec(*signs, rule="bots = 0")], replace(PERSON, intent_score=value))["WARM"]
        assert 0.0 <= found.confidence <= 1.0


def test_reasons_name_rule_evidence_and_confidence_in_words() -> None:
    graded = spec(sign("intent_score", 20, 60), sign("days_since_purchase", 9, 1))
    assert explain(graded, PERSON) == [
        "The rule holds: Intent score is at least 30.",
        "intent score: 40 (20 → 60): 0.50",
        "days since last purchase: ? (9 → 1): 0.00",
        "confidence 0.25 (threshold 0.5)",
    ]
    outside = explain(graded, replace(PERSON, intent_score=1.0), "tr")
    assert outside[0] == "Kural sağlanmıyor: Niyet puanı: en az 30."
    assert outside[-1] == "güven 0.00 (eşik 0.5)"


def test_contents_are_found_by_kind_and_by_name() -> None:
    assert spec().of_kind("news") == (NEWS,)
    assert spec().of_kind("offer") == ()
    assert spec().content("n") is NEWS
    assert spec().content("m") is None
