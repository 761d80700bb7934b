"""Python's garbage collector suits batches, and what was there before is set aside."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from app.collector import YOUNG, suit_to_batches


@pytest.fixture
def as_before() -> Iterator[None]:
    """The collector's settings are given back."""
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


@pytest.mark.usefixtures("as_before")
def test_a_batch_is_not_walked_through_again_and_again() -> None:
    suit_to_batches()
    assert gc.get_freeze_count() > 0
    before = [generation["collections"] for generation in gc.get_stats()]
    batch = [[number] for number in range(YOUNG - 1_000)]
    after = [generation["collections"] for generation in gc.get_stats()]
    assert len(batch) == YOUNG - 1_000
    assert sum(after) - sum(before) <= 1


class Knot:
    """Something that holds itself."""

    def __init__(self) -> None:
        self.held = self


@pytest.mark.usefixtures("as_before")
def test_what_becomes_garbage_is_found_without_being_asked_for() -> None:
    suit_to_batches()
    knot = weakref.ref(Knot())
    assert knot() is not None
    kept = [[number] for number in range(2 * YOUNG)]
    assert knot() is None
    assert len(kept) == 2 * YOUNG
