"""The whole system lives a day among simulated people, and misfortunes change nothing of its promises."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.scenarios.towns import a_day, books, flush, stall, strangers_to_their_events

CLEAN = {"limits": 0, "quiet_hours": 0, "consent": 0, "duplicates": 0, "lost": 0}
AFTERNOON = 0.65
"""Of a day: until some hours after noon, when things happen."""


def test_the_same_seed_gives_the_same_run_even_when_the_database_stalls_for_a_real_second(
    tmp_path: Path,
) -> None:
    calm, stalled = tmp_path / "calm", tmp_path / "stalled"
    short: dict[str, float] = {}
    long: dict[str, float] = {}
    first = a_day(calm, 11, stall(0, short), days=AFTERNOON)
    second = a_day(stalled, 11, stall(1.0, long), days=AFTERNOON)
    assert first["violations"] == CLEAN
    assert first["messages"]["sent"] > 0
    assert first["responses"] > 0
    assert long["real"] > 0.5, "the write had to wait in real time"
    assert (short["town"], long["town"]) == (0, 0), "and took no time in the town"
    assert second == first
    assert asyncio.run(books(stalled)) == asyncio.run(books(calm))


def test_a_flushed_redis_is_made_whole_again_and_nobody_is_bothered(tmp_path: Path) -> None:
    found: dict[str, Any] = {}
    document = a_day(tmp_path, 12, flush(found))
    assert (found["before"], found["flushed"], found["mark"]) == (True, False, None)
    assert (found["after"], found["at the end"]) == (True, True)
    assert document["violations"] == CLEAN
    assert 0 < found["sent before"] < document["messages"]["sent"]
    assert asyncio.run(strangers_to_their_events(tmp_path)) == []
    ledger, inbox, _ = asyncio.run(books(tmp_path))
    assert {row["state"] for row in ledger} <= {"planned", "sent", "expired", "suppressed", "unreachable"}
    assert {state for _, _, state in inbox} <= {"applied", "handled"}
