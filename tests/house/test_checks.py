"""The test command on a house of one room: it passes, or shows every complaint and stops."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from console.checks import FAST, SPREAD, pytest_arguments

ROOT = Path(__file__).resolve().parents[2]
RUN = "import sys; from console.checks import run_checks; sys.exit(run_checks(sys.argv[1:]))"

# The contracts want to know who imports aiogram; its types would take a minute of every test here.
TALK = """import sys

if sys.platform == "win32":
    import aiogram

    TALKER = aiogram.Bot
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    for room in (
        "adapters/telegram",
        "app",
        "bot",
        "console",
        "core/flow",
        "sandbox",
        "tests/core",
        "tests/house",
    ):
        (tmp_path / room).mkdir(parents=True)
    for room in ("adapters", "adapters/telegram", "app", "bot", "console", "core", "core/flow", "sandbox"):
        (tmp_path / room / "__init__.py").touch()
    (tmp_path / "bot" / "talk.py").write_text(TALK)
    (tmp_path / "tests" / "core" / "test_one.py").write_text("def test_one() -> None:\n    assert True\n")
    for name in ("pyproject.toml", "core/ruff.toml", "console/checks.py"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


def run(house: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """As somebody who wants no bytecode beside sources."""
    return subprocess.run(
        (sys.executable, "-c", RUN, *arguments),
        cwd=house,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_sound_house_passes_a_failing_test_does_not_and_pytest_has_the_last_word(house: Path) -> None:
    done = run(house, "-n", "0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split()[:2] for line in done.stdout.splitlines()[:5]] == [
        ["format", "ok"],
        ["lint", "ok"],
        ["types", "ok"],
        ["imports", "ok"],
        ["loading", "ok"],
    ]
    assert "1 passed" in done.stdout.splitlines()[-1]
    assert list((house / "tests" / "core" / "__pycache__").glob("test_one.*")), "no worker compiles it again"
    (house / "tests" / "core" / "test_one.py").write_text("def test_one() -> None:\n    assert [] == [1]\n")
    done = run(house, "--fast", "-n", "0")
    assert done.returncode == 1
    assert "1 failed" in done.stdout.splitlines()[-1]


def test_every_complaint_is_shown_before_it_stops(house: Path) -> None:
    (house / "core" / "planted.py").write_text("import  random\ndef f(x): return random.random()\n")
    (house / "tests" / "core" / "test_two.py").write_text("import nowhere\n")
    done = run(house)
    assert done.returncode == 1
    for name in ("format", "lint", "types", "imports", "loading"):
        assert f"{name:<8} FAILED" in done.stdout
    assert "the tests wait" in done.stdout.splitlines()[-1]


def test_what_is_asked_goes_to_pytest_on_all_processors_unless_one_debugs() -> None:
    assert pytest_arguments(["-k", "door"]) == [*SPREAD, "-k", "door"]
    assert pytest_arguments(["--fast"]) == [*SPREAD, *FAST]
    assert pytest_arguments(["--pdb", "tests/core"]) == ["--pdb", "tests/core"]
