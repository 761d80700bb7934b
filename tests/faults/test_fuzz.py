"""Whatever comes from Telegram stops nothing and counts once.

The short form of `manage_crm.py bench quality/fuzz`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.quality._stream import Sort
from benchmarks.quality.fuzz import document_of, fuzz

pytestmark = pytest.mark.timeout(300)  # a second process starts, perhaps on a busy machine

UPDATES = 1_500


def missed(document: Mapping[str, Any]) -> set[str]:
    return {name for name, target in document["targets"].items() if not target["ok"]}


async def test_poison_garbage_and_doubles_stop_nothing_and_count_once(tmp_path: Path) -> None:
    said: list[str] = []
    ran = await fuzz(tmp_path, UPDATES, said.append)
    document = document_of(ran, 0.0)
    assert not missed(document), document["figures"]
    assert len(ran.handed.sorts) == UPDATES
    for sort in Sort:
        assert bytes([sort]) in ran.handed.sorts, f"no {sort.name} was handed out: this run proves nothing"
    assert ran.handed.repeated > UPDATES / 20
    assert ran.counts["handled"] > UPDATES * 0.8
    assert len(ran.held.kinds) > 25

    # The judge sees what he should: one lost, one done twice, one that waits, one whose record is wrong.
    good = min(ran.handed.numbers(Sort.GOOD))
    others = [state for state in ran.states if state[0] != good]
    assert missed(document_of(replace(ran, states=others), 0.0)) >= {"not_once_in_the_inbox"}
    assert "not_once_in_the_inbox" in missed(document_of(replace(ran, states=[*ran.states, others[0]]), 0.0))
    waits = [*others, (good, "received", "")]
    assert missed(document_of(replace(ran, states=waits), 0.0)) == {"waiting", "readable_not_handled"}
    aside = [*others, (good, "failed", "")]
    assert missed(document_of(replace(ran, states=aside), 0.0)) == {
        "good_ones_kept_aside",
        "readable_not_handled",
        "aside_without_reason",
    }
    assert missed(document_of(replace(ran, offset=ran.offset - 1), 0.0)) == {"offset_behind_the_last"}
