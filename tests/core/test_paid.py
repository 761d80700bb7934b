"""The account of Stars: never beyond the cap, one account a bot and UTC day."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.paid import cost_tenths, how_many_may_be_paid, stars_mark

NOON = 1_767_614_400_000  # 2026-01-05 12:00 UTC
HOUR = 3_600_000


def test_a_star_pays_for_ten_messages() -> None:
    assert how_many_may_be_paid(0, 1, 50) == 10
    assert how_many_may_be_paid(7, 1, 50) == 3
    assert how_many_may_be_paid(7, 1, 2) == 2
    assert how_many_may_be_paid(10, 1, 50) == 0
    assert how_many_may_be_paid(25, 1, 50) == 0, "a cap that was lowered meanwhile"
    assert how_many_may_be_paid(0, 0, 50) == 0


def test_a_day_is_utcs_and_a_bot_has_its_own() -> None:
    assert stars_mark(7001, NOON) == stars_mark(7001, NOON + 11 * HOUR) == "stars:7001:2026-01-05"
    assert stars_mark(7001, NOON + 12 * HOUR) == "stars:7001:2026-01-06"
    assert stars_mark(7002, NOON) != stars_mark(7001, NOON)


@given(st.integers(0, 50), st.lists(st.integers(0, 200), max_size=20))
def test_however_it_is_asked_the_cap_is_never_passed(cap: int, asked: list[int]) -> None:
    spent = 0
    for wanted in asked:
        spent += cost_tenths(how_many_may_be_paid(spent, cap, wanted))
        assert spent <= cap * 10
    assert spent == min(cap * 10, sum(asked))
