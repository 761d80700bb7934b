"""`kill -9` of `run`, of senders, of Redis, and a flushed Redis, in real time: nothing is lost, doubled or
sent unasked.

The short form of `manage_crm.py bench quality/faults`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.quality import _senders, _whole
from benchmarks.quality.faults import Runs, document_of

pytestmark = pytest.mark.timeout(300)  # several processes start, perhaps on a busy machine


def say(_: str) -> None:
    """Nobody watches."""


def missed(runs: Runs) -> dict[str, object]:
    document = document_of(runs, 0.0)
    return {name: target for name, target in document["targets"].items() if not target["ok"]}


async def test_killed_again_and_again_it_loses_and_doubles_nothing_and_bothers_nobody(tmp_path: Path) -> None:
    tally, found = await _whole.suffer(tmp_path, _whole.QUICK, say)
    assert tally.kills == _whole.QUICK.kills
    assert tally.redis_killed
    assert tally.redis_flushed
    assert not missed(Runs((tally, found), {})), found.verdict.details
    assert tally.in_flight, "no kill found a message on its way: this run proves nothing"
    assert found.verdict.messages > 10
    assert found.acknowledged > 20


async def test_senders_killed_in_the_middle_of_sending_double_and_lose_nothing(tmp_path: Path) -> None:
    found = await _senders.suffer(tmp_path, 1, "sqlite", 3, say)
    assert not missed(Runs(None, {"sqlite": found})), found.judged.verdict.details
    assert found.tally.kills_at_work, "no kill found a message on its way: this run proves nothing"
    assert found.tally.struck, "no request failed: this run proves nothing"
    assert found.judged.verdict.campaign_messages > 50
