"""What the benchmark of sending concludes from the server's list of calls."""

from __future__ import annotations

import math

import pytest

from benchmarks.speed import _lanes as lanes
from benchmarks.speed._answering import Talk
from benchmarks.speed._strict import OTHERWISE, REFUSED, TAKEN, Call


def test_calls_are_told_apart_by_their_end() -> None:
    calls = [Call(1, 7, TAKEN), Call(2, 8, REFUSED), Call(3, 9, OTHERWISE), Call(4, 7, TAKEN)]
    assert lanes.taken(calls) == [1, 4]
    assert lanes.refused(calls) == [2]


def test_rates_are_per_second_and_of_half_open_spans() -> None:
    moments = list(range(0, 10_000, 50))
    assert lanes.rate(moments, 0, 10_000) == 20
    assert lanes.rate(moments, 0, 500) == 20
    assert lanes.rate([], 0, 1_000) == 0


def test_refusals_of_messages_under_way_together_are_one_event() -> None:
    assert lanes.events([10_000, 10_030, 10_900]) == 1
    assert lanes.events([10_000, 10_030, 15_000, 15_010]) == 2
    assert lanes.events([]) == 0


def test_the_slowest_window_shows_a_pause() -> None:
    moments = [at for at in range(0, 30_000, 50) if not 10_000 <= at < 12_000]
    assert lanes.slowest(moments, 0, 30_000, 4_000) == pytest.approx(10)
    assert lanes.slowest(moments, 13_000, 30_000, 4_000) == pytest.approx(20)


def test_the_way_back_ends_where_a_window_has_the_wanted_rate() -> None:
    moments = [*range(0, 5_000, 100), *range(5_000, 20_000, 40)]
    assert lanes.back_after_s(moments, 0, 20, 2_000) == pytest.approx(4.4, abs=0.3)
    assert lanes.back_after_s(moments, 0, 40, 2_000) == math.inf
    assert lanes.back_after_s([], 0, 1, 2_000) == math.inf


def test_who_got_no_answer_counts_as_slowest() -> None:
    talk = Talk([0.1] * 98 + [0.5, math.inf], 0, 0, 0, 0, 0)
    assert talk.quantile(0.5) == 0.1
    assert talk.quantile(0.98) == 0.5
    assert talk.quantile(0.99) == math.inf
