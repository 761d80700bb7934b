"""`kill -9` of `run bot` under a stream of updates, polled and by webhook: each takes effect exactly once.

The short form of `manage_crm.py bench quality/inbound`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.quality._killed import suffer
from benchmarks.quality.inbound import SHORT, document_of

pytestmark = pytest.mark.timeout(300)  # several processes start, perhaps on a busy machine


async def test_killed_under_updates_each_takes_effect_once_by_the_senders_own_list(tmp_path: Path) -> None:
    said: list[str] = []
    found = await suffer(tmp_path, SHORT, "sqlite", said.append)
    document = document_of({"sqlite": found}, 0.0)
    missed = {name: target for name, target in document["targets"].items() if not target["ok"]}
    assert not missed, found.accounts.details
    assert found.tally.kills == len(said) == SHORT.kills
    assert found.tally.redis_killed
    assert found.tally.updates >= SHORT.updates
    assert found.tally.repeated
    assert found.tally.refused, "nothing was brought to the dead: this run proves nothing"
    assert found.accounts.events > SHORT.updates / 2
    assert found.compared.looked > SHORT.people
