"""Somebody withdraws while their message is about to leave: whoever was first is obeyed.

The short form of `manage_crm.py bench quality/revoke`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.quality._races import Options
from benchmarks.quality.revoke import document_of, run

pytestmark = pytest.mark.timeout(120)  # a process of its own starts, perhaps on a busy machine


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_no_permit_follows_a_withdrawal(tmp_path: Path, database: str) -> None:
    found = await run(tmp_path, database, Options(races=200, per_s=150))
    targets = document_of({database: found}, 0.0)["targets"]
    assert [name for name, target in targets.items() if not target["ok"]] == []
    assert found.races >= 100
