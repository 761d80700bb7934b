"""The demo's verb: what it refuses before anything is made."""

from __future__ import annotations

import fcntl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.demo import DemoOptions, run_demo
from app.parts import Logs
from core.errors import RefusedError, SettingsError
from tests.scenarios.towns import Silent

LOGS = Logs(Silent(), Silent(), Silent())


def test_nothing_of_the_last_demo_is_left_when_one_begins(tmp_path: Path) -> None:
    old = [tmp_path / name for name in ("kairos.db", "summary.json", "violations.json", "evidence.jsonl")]
    for file in old:
        file.write_text("old", encoding="utf-8")
    with pytest.raises(SettingsError, match="strategies"):
        run_demo(DemoOptions(tmp_path / "no project", tmp_path), LOGS)
    assert not [file for file in old if file.exists()]


def test_a_second_demo_in_the_same_folder_is_refused_and_touches_nothing(tmp_path: Path) -> None:
    database = tmp_path / "kairos.db"
    database.write_bytes(b"of the first")
    with (tmp_path / "lock").open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(RefusedError, match="another demo is running") as refused:
            run_demo(DemoOptions(tmp_path, tmp_path), LOGS)
    assert refused.value.next_step
    assert database.read_bytes() == b"of the first"


@pytest.mark.parametrize(
    "wrong",
    [{"days": 0}, {"days": 61}, {"people": 0}, {"people": 20_001}, {"speed": 0.0}, {"days": float("nan")}],
)
def test_wrong_measures_are_refused_before_anything_is_made(tmp_path: Path, wrong: dict[str, Any]) -> None:
    folder = tmp_path / "demo"
    with pytest.raises(SettingsError, match="--"):
        run_demo(replace(DemoOptions(tmp_path, folder), **wrong), LOGS)
    assert not folder.exists()
