"""The ledger's arrows: what a message may become, and what it can never become."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import AmbiguousError, RateLimitedError, RefusedError, RejectedError, TransportError
from core.ledger import COUNTED, MOVES, OPEN, REJECTIONS, Move, State, check_move, end_of, proof

CLOSED = (State.SENT, State.FAILED, State.UNREACHABLE, State.EXPIRED, State.SUPPRESSED)


def walk(states: list[State]) -> list[State]:
    """The states that a message takes when it is asked to become each of these in turn."""
    now = State.PLANNED
    path = [now]
    for wanted in states:
        try:
            check_move(now, wanted)
        except RefusedError:
            continue
        now = wanted
        path.append(now)
    return path


@given(st.lists(st.sampled_from(State), max_size=40))
def test_no_sequence_of_moves_leaves_a_closed_state_or_sends_without_the_mark(states: list[State]) -> None:
    path = walk(states)
    for before, after in zip(path, path[1:], strict=False):
        assert before not in CLOSED
        if after is State.SENT:
            assert before in {State.SENDING, State.UNKNOWN}
        if after in {State.FAILED, State.UNREACHABLE, State.UNKNOWN, State.RETRY}:
            assert before is State.SENDING


@given(st.lists(st.sampled_from(State), max_size=40))
def test_what_may_have_arrived_is_never_sent_again(states: list[State]) -> None:
    path = walk(states)
    if State.UNKNOWN in path:
        after = path[path.index(State.UNKNOWN) + 1 :]
        assert after in ([], [State.SENT])


def test_every_state_is_waiting_counted_or_closed_without_a_trace() -> None:
    never_arrived = {State.FAILED, State.UNREACHABLE, State.EXPIRED, State.SUPPRESSED}
    assert set(OPEN) | set(COUNTED) | never_arrived == set(State) == set(MOVES)
    assert not set(OPEN) & set(COUNTED)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (AmbiguousError("no answer"), State.UNKNOWN),
        (RateLimitedError("slow", retry_after_s=3), State.RETRY),
        (TransportError("no route"), State.RETRY),
        (RejectedError("blocked", code="blocked"), State.UNREACHABLE),
        (RejectedError("bad", code="bad_content"), State.FAILED),
        (RejectedError("new to us", code="never heard of"), State.FAILED),
    ],
)
def test_how_a_request_ended_decides_the_state(error: TransportError, state: State) -> None:
    assert end_of(error)[0] is state


def test_every_refusal_closes_its_message() -> None:
    assert set(REJECTIONS.values()) <= MOVES[State.SENDING]


def test_a_receipt_proves_what_was_called_unknown() -> None:
    receipt = Move(7, State.SENDING, State.SENT, sent_ms=5, telegram_id=9)
    late = proof(receipt)
    check_move(late.old, late.new)
    assert (late.id, late.old, late.sent_ms, late.telegram_id) == (7, State.UNKNOWN, 5, 9)
