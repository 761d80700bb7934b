"""What a person has spent: a charge counts once, a refund takes it back, whatever comes first."""

from __future__ import annotations

from itertools import permutations

import pytest

from adapters.codec import group_from_bytes, group_to_bytes, state_from_bytes, state_to_bytes
from core.event import Event, Scalar
from core.profile import GroupState, Profile, ProfileState, Purchase, fold, fold_group, view
from core.profile.money import Money, money_of, rfm
from core.scores import DAY_MS

NOW = 20_050 * DAY_MS


def paid(charge: str, age_d: float, amount: int, currency: str = "TRY", until_ms: int = 0) -> Event:
    ts_ms = NOW - round(age_d * DAY_MS)
    props: dict[str, Scalar] = {
        "charge": charge,
        "amount_minor": amount,
        "currency": currency,
        "until_ms": until_ms,
    }
    return Event(f"paid:{charge}:{ts_ms}", ts_ms, "payment_succeeded", 1, props)


def refunded(charge: str, age_d: float) -> Event:
    ts_ms = NOW - round(age_d * DAY_MS)
    return Event(f"refund:{charge}:{ts_ms}", ts_ms, "payment_refunded", 1, {"charge": charge})


def seen(*known: Event) -> Profile:
    return view(7, fold(ProfileState(), known), NOW)


def test_money_is_counted_per_currency_and_never_mixed() -> None:
    state = fold(ProfileState(), [paid("a", 30, 500), paid("b", 20, 401), paid("c", 10, 600, "XTR")])
    profile = view(7, state, NOW)
    assert (profile.purchases, profile.conversions) == (3, 3)
    assert (profile.currency, profile.amount_minor, profile.average_minor) == ("TRY", 901, 451)
    assert profile.days_since_purchase == 10
    assert state.money == {"TRY": 901, "XTR": 600}


def test_one_charge_counts_once_and_the_earlier_report_stands() -> None:
    reports = [paid("a", 9, 500), paid("a", 8, 700), paid("a", 9, 600)]
    for order in permutations(reports):
        profile = seen(*order)
        assert (profile.purchases, profile.amount_minor, profile.days_since_purchase) == (1, 500, 9)


def test_a_payment_without_a_charge_is_one_of_its_own() -> None:
    assert seen(paid("", 9, 500), paid("", 8, 500)).purchases == 2


def test_a_refund_takes_the_purchase_back_also_when_it_is_heard_of_first() -> None:
    known = [paid("a", 9, 500), refunded("a", 8), refunded("a", 7), paid("b", 20, 300)]
    for order in permutations(known):
        state = fold(ProfileState(), order)
        assert state.purchases["a"] == Purchase(known[0].ts_ms, "TRY", 500, 0, known[1].ts_ms)
        profile = view(7, state, NOW)
        assert (profile.purchases, profile.refunds, profile.amount_minor) == (1, 1, 300)
        assert (profile.conversions, profile.days_since_purchase) == (1, 20)


def test_a_subscription_lasts_as_long_as_the_longest_that_was_kept() -> None:
    known = [paid("a", 9, 1, "XTR", NOW + 5), paid("b", 8, 1, "XTR", NOW + 9), paid("c", 7, 1)]
    assert seen(*known).subscribed_until_ms == NOW + 9
    assert seen(*known, refunded("b", 1)).subscribed_until_ms == NOW + 5


def test_nobody_has_scores_without_a_purchase() -> None:
    for profile in (seen(), seen(paid("a", 9, 500), refunded("a", 8))):
        assert (profile.rfm_recency, profile.rfm_frequency, profile.rfm_money) == (-1, -1, -1)
        assert (profile.days_since_purchase, profile.currency) == (-1, "")


@pytest.mark.parametrize(
    ("days", "purchases", "amount", "currency", "scores"),
    [
        (7, 1, 1_999, "EUR", (5, 1, 1)),
        (7.1, 2, 2_000, "EUR", (4, 2, 2)),
        (90, 4, 14_999, "USD", (3, 3, 3)),
        (180, 5, 15_000, "USD", (2, 4, 4)),
        (181, 10, 50_000, "USD", (1, 5, 5)),
        (0, 9, 999, "XTR", (5, 4, 3)),
        (0, 3, 50_000, "TRY", (5, 3, 2)),
    ],
)
def test_cut_points_belong_to_the_better_score(
    days: float, purchases: int, amount: int, currency: str, scores: tuple[int, int, int]
) -> None:
    money = Money(purchases, 0, currency, amount, 0, NOW - round(days * DAY_MS))
    assert rfm(money, NOW) == scores


def test_of_two_currencies_with_the_same_amount_the_choice_is_stable() -> None:
    charges = [Purchase(1, "EUR", 5), Purchase(2, "USD", 5)]
    assert money_of(charges) == money_of(reversed(charges))


@pytest.mark.parametrize("amount", ["49900", 49_900, 49_900.0])
def test_an_amount_is_a_whole_number_however_it_is_written(amount: Scalar) -> None:
    event = Event("p", NOW, "payment_succeeded", 1, {"amount_minor": amount, "currency": "TRY"})
    assert seen(event).amount_minor == 49_900


@pytest.mark.parametrize("amount", [None, "", "much", "9" * 5000, float("nan"), float("inf"), 10**30])
def test_no_amount_keeps_a_record_from_being_stored(amount: Scalar) -> None:
    odd: dict[str, Scalar] = {"amount_minor": amount, "until_ms": amount, "size": amount, "thread": amount}
    kinds = ("payment_succeeded", "attributes_set", "campaign_answered", "group_message", "topic_changed")
    known = [Event(kind, NOW, kind, 1, odd, 1) for kind in kinds]
    state, group = fold(ProfileState(), known), fold_group(GroupState(), known)
    assert state_from_bytes(state_to_bytes(state)) == state
    assert group_from_bytes(group_to_bytes(group)) == group
