"""Groups are stable and of the right size; intervals hold what they promise also for those who peek."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.experiment import Sample, assign, holdout, lift
from core.identity import telegram
from core.metrics import METRICS, measure, wilson

PEOPLE = [telegram(number) for number in range(7_000, 27_000)]


def test_the_holdout_is_stable_has_its_share_and_only_grows() -> None:
    tenth = {person for person in PEOPLE if holdout(person, 0.1, "a")}
    fifth = {person for person in PEOPLE if holdout(person, 0.2, "a")}
    assert tenth == {person for person in PEOPLE if holdout(person, 0.1, "a")}
    assert tenth < fifth
    assert len(tenth) / len(PEOPLE) == pytest.approx(0.1, abs=0.01)


def test_another_salt_draws_another_group() -> None:
    first = {person for person in PEOPLE if holdout(person, 0.1, "a")}
    second = {person for person in PEOPLE if holdout(person, 0.1, "b")}
    assert len(first & second) / len(first) == pytest.approx(0.1, abs=0.03)


def test_variants_come_in_proportion_to_their_weights() -> None:
    drawn = [assign(person, (1, 2, 1), "colours") for person in PEOPLE]
    assert [drawn.count(each) / len(drawn) for each in range(3)] == pytest.approx(
        [0.25, 0.5, 0.25], abs=0.015
    )


def test_a_real_difference_is_found_and_too_few_people_say_nothing() -> None:
    treated = Sample(4_000, 800.0, 800.0)
    control = Sample(1_000, 120.0, 120.0)
    found = lift(treated, control)
    assert found is not None
    assert found.proven
    assert found.low < 0.08 < found.high
    assert found.relative == pytest.approx(2 / 3)
    assert lift(treated, Sample(10, 1.0, 1.0)) is None


def test_whoever_peeks_after_every_hundred_people_is_seldom_fooled() -> None:
    dice = np.random.default_rng(11)
    fooled = 0
    for _ in range(200):
        figures = dice.random((2, 4_000)) < 0.1
        looks = [
            lift(Sample.of(figures[0, :seen].tolist()), Sample.of(figures[1, :seen].tolist()))
            for seen in range(100, 4_001, 300)
        ]
        fooled += any(look is not None and look.proven for look in looks)
    assert fooled / 200 <= 0.05


def test_wilson_agrees_with_the_published_figures() -> None:
    # Newcombe 1998, table I, method 3: 81 of 263 and 0 of 20.
    assert (round(wilson(81, 263).low, 4), round(wilson(81, 263).high, 4)) == (0.2553, 0.3662)
    assert (round(wilson(0, 20).low, 4), round(wilson(0, 20).high, 4)) == (0.0, 0.1611)


def test_nothing_counted_may_be_anything() -> None:
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)


def test_figures_are_measured_where_their_counts_are_there() -> None:
    figures = measure({"answered": 20, "sent": 100, "tried": 110})
    assert set(figures) == {"response_rate", "delivery_rate"}
    assert figures["response_rate"].value == pytest.approx(0.2)
    assert all(metric.meaning for metric in METRICS.values())


def test_every_figure_stands_in_the_reference() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` | {metric.meaning} |" in page for name, metric in METRICS.items())
