"""`kill -9` of `run`, of Redis, and a flushed Redis, in real time: nothing is lost, doubled or sent unasked.

The short form of `manage_crm.py bench quality/faults`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.quality.faults import QUICK, document_of, suffer

pytestmark = pytest.mark.timeout(300)  # several processes start, perhaps on a busy machine


async def test_killed_again_and_again_it_loses_and_doubles_nothing_and_bothers_nobody(tmp_path: Path) -> None:
    tally, found = await suffer(tmp_path, QUICK)
    document = document_of(tally, found, 0.0)
    assert tally.kills == QUICK.kills
    assert tally.redis_killed
    assert tally.redis_flushed
    missed = {name: target for name, target in document["targets"].items() if not target["ok"]}
    assert not missed, document["figures"]["violations"]
    assert tally.in_flight, "no kill found a message on its way: this run proves nothing"
    assert found.verdict.campaign_messages > 10
    assert found.acknowledged > 20
