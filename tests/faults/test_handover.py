"""Killed and frozen leaders of the schedule: no slot runs twice, none is passed over.

The short form of `manage_crm.py bench quality/handover`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.quality.handover import MINUTE_MS, change_hands, document_of, faults_of
from core.ports import AuditEntry


def trail(*effects: tuple[str, str, int]) -> Sequence[AuditEntry]:
    """Who did what of which minute."""
    return [AuditEntry(0, actor, action, str(slot * MINUTE_MS)) for actor, action, slot in effects]


@pytest.mark.timeout(300)  # several processes start, perhaps on a busy machine
async def test_leaders_that_die_or_freeze_run_no_slot_twice_and_miss_none(tmp_path: Path) -> None:
    tally = await change_hands(tmp_path, 1, "sqlite", lambda _: None)
    document = document_of({"sqlite": tally}, 1, 0.0)
    assert [name for name, target in document["targets"].items() if not target["ok"]] == []
    assert len({entry.actor for entry in tally.trail}) > 1


@pytest.mark.parametrize(
    ("effects", "wrong"),
    [
        ([("a", "one", 1), ("a", "one", 2), ("b", "one", 3)], {}),
        ([("a", "one", 1), ("b", "one", 1)], {"double": 1}),
        ([("a", "one", 1), ("b", "one", 4)], {"missing": 2}),
        ([("a", "part 1", 1), ("a", "part 2", 1), ("b", "part 1", 2)], {}),
        ([("a", "part 1", 1), ("b", "part 2", 1)], {"torn": 1}),
        ([("a", "part 1", 1), ("a", "part 3", 1)], {"torn": 1}),
        ([("a", "part 1", 1), ("a", "part 1", 1)], {"torn": 1}),
    ],
)
def test_what_is_wrong_with_a_trail_is_found(
    effects: list[tuple[str, str, int]], wrong: dict[str, int]
) -> None:
    assert faults_of(trail(*effects)) == {"double": 0, "missing": 0, "torn": 0} | wrong
