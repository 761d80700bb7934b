"""The checkers work: a violation of every contract and every rule, planted in a copy, is found."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from console.checks import CONTRACTS
from tests.house import documented
from tests.house.rules import RULES, files

ROOT = Path(__file__).resolve().parents[2]
LARGE = {"adapters", "benchmarks", "bot", "sandbox", "tests"}
COPIED = {".py", ".toml", ".txt", ".yaml", ".md", ".ftl"}

# One violation for each contract, by its id in pyproject.toml: (file, line added at its end).
BREACHES = {
    "floors": (("core/errors.py", "import sandbox.clock"), ("bot/planted.py", "import adapters")),
    "sandbox": (("sandbox/planted.py", "import core.errors"),),
    "joins": (("console/planted.py", "import adapters.planted"),),
    "aiogram": (("app/planted.py", "import aiogram"),),
    "pure": (("core/ledger.py", "import random"), ("core/event.py", "import sqlalchemy")),
    "core": (("core/strategy.py", "import core.ports"), ("core/homeless.py", "")),
    "flow": (
        ("core/flow/planted_one.py", "import core.flow.planted_two"),
        ("core/flow/planted_two.py", ""),
    ),
    "circles": (
        ("app/planted_one.py", "import app.planted_two"),
        ("app/planted_two.py", "import app.planted_one"),
    ),
}

# One violation for each rule of ruff's families that the house relies on, and the code that must be told.
LINT = {
    "DTZ005": ("app", "import datetime\n\nprint(datetime.datetime.now())\n"),
    "T201": ("app", "print('a word')\n"),
    "BLE001": ("app", "try:\n    pass\nexcept Exception:\n    pass\n"),
    "S110": ("app", "try:\n    pass\nexcept Exception:\n    pass\n"),
    "PLR0913": ("app", "def f(a, b, c, d, e, g, h): ...\n"),
    "C901": ("app", "def f(x):\n" + "".join(f"    if x == {n}:\n        return {n}\n" for n in range(9))),
    "TID252": ("app", "from . import clock\n"),
    "F401": ("app", "import json\n"),
    "ASYNC251": ("app", "import time\n\n\nasync def f():\n    time.sleep(1)\n"),
    "TID251": ("core", "import random\n\nprint(random.random())\n"),
}


@dataclass(frozen=True, slots=True)
class Planted:
    """A copy of the sources in which anything may be broken."""

    root: Path

    def add(self, name: str, text: str) -> None:
        """Put text at the end of a file, which need not exist."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as out:
            out.write(text)

    def check(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a checker in the copy, with the environment's own Python."""
        return subprocess.run(
            (sys.executable, *command), cwd=self.root, capture_output=True, text=True, check=False
        )


@pytest.fixture
def copy(tmp_path: Path) -> Planted:
    return copied(tmp_path, lambda _: True)


@pytest.fixture
def half(tmp_path: Path) -> Planted:
    """Without the larger rooms: a rule finds a breach in the others as well."""
    return copied(tmp_path, lambda place: place.parts[0] not in LARGE)


def copied(root: Path, wanted: Callable[[Path], bool]) -> Planted:
    for file in files(ROOT):
        place = file.relative_to(ROOT)
        if file.suffix in COPIED and wanted(place):
            (root / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, root / place)
    return Planted(root)


def test_every_import_contract_finds_its_breach(copy: Planted) -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    names = {contract["id"]: contract["name"] for contract in contracts}
    assert set(BREACHES) == set(names)
    for name in ("adapters/planted.py", "adapters/telegram/planted.py"):
        copy.add(name, "import aiogram\n")
    for room in ("adapters", "adapters/telegram", "app", "bot"):
        copy.add(f"{room}/__init__.py", "\n")
    for breach in BREACHES.values():
        for file, line in breach:
            copy.add(file, f"\n{line}\n")
    done = copy.check("-c", CONTRACTS.replace("no_logo=True", "no_logo=True, no_cache=True"))
    broken = {name for name in names.values() if f"{name} BROKEN" in done.stdout}
    assert done.returncode != 0
    assert broken == set(names.values()), done.stdout + done.stderr


def test_every_family_of_lint_finds_its_breach(copy: Planted) -> None:
    for code, (room, text) in LINT.items():
        copy.add(f"{room}/planted_{code.lower()}.py", text)
    done = copy.check("-m", "ruff", "check", "--no-cache", "--output-format", "concise", "app", "core")
    told = {
        code for code in LINT if f"planted_{code.lower()}.py" in done.stdout and f" {code} " in done.stdout
    }
    assert done.returncode != 0
    assert told == set(LINT), done.stdout + done.stderr


def test_a_file_out_of_format_is_found(copy: Planted) -> None:
    copy.add("core/errors.py", "x  =  1\n")
    assert copy.check("-m", "ruff", "format", "--check", "--no-cache", "core").returncode != 0


def test_a_function_without_types_is_found(copy: Planted) -> None:
    copy.add("bare/planted.py", "def f(x):\n    return x\n")
    done = copy.check("-m", "mypy", "--cache-dir", str(copy.root / ".cache"), "bare/planted.py")
    assert done.returncode != 0
    assert "no-untyped-def" in done.stdout


def test_a_warning_fails_the_tests(half: Planted) -> None:
    half.add("tests/planted/test_it.py", "import warnings\n\n\ndef test_it():\n    warnings.warn('a word')\n")
    done = half.check("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/planted")
    assert done.returncode != 0
    assert "UserWarning: a word" in done.stdout


BREAK_RULE: dict[str, tuple[str, str]] = {
    "sizes": ("core/planted.py", "def f() -> None:\n" + "    f()\n" * 60),
    "program": ("console/bootstrap.py", "import yaml\n"),
    "pure_core": ("core/planted.py", "import numpy as np\n\nDICE = np.random.default_rng()\n"),
    "rooms": ("helpers/planted.py", "X = 1\n"),
    "introduced": ("app/planted.py", "X = 1\n"),
    "reasons": ("app/planted.py", "X = 1  # no" + "qa: F401\n"),
    "no_machine": ("docs/planted.md", "see /wo" + "rk/main\n"),
    "no_patches": ("tests/planted.py", "from unittest import" + " mock\n"),
    "pins": ("requirements/run.txt", "left-pad>=1\n"),
}


@pytest.mark.parametrize("name", RULES)
def test_every_rule_of_the_house_finds_its_breach(half: Planted, name: str) -> None:
    file, text = BREAK_RULE[name]
    assert not any(file in violation for violation in RULES[name](half.root))
    half.add(file, text)
    assert any(violation.startswith(("requirements", file)) for violation in RULES[name](half.root))


@pytest.mark.parametrize(
    "line",
    [
        "X = datetime.now(UTC)",
        "X = datetime.datetime.utcnow()",
        "X = date.today()",
        "import time",
        "from random import choice",
        "import os",
        "from uuid import uuid4\nX = uuid4()",
        "import secrets",
        "X = open('file')",
        "from numpy.random import default_rng",
        "import pydantic",
        "import asyncio",
        "print('word')",
    ],
)
def test_nothing_of_the_outside_gets_into_core(tmp_path: Path, line: str) -> None:
    planted = Planted(tmp_path)
    planted.add("core/planted.py", f"{line}\n")
    assert RULES["pure_core"](tmp_path)


def test_dice_may_come_as_an_argument(tmp_path: Path) -> None:
    Planted(tmp_path).add("core/planted.py", "def f(dice: np.random.Generator) -> None: ...\n")
    assert RULES["pure_core"](tmp_path) == []


@pytest.mark.parametrize(
    ("comment", "lawful"),
    [
        ("no" + "qa", False),
        ("no" + "qa: S603", False),
        ("no" + "qa: S603, S607", False),
        ("no" + "qa: S603 - our own command", True),
        ("no" + "qa: S603, S607 - our own command", True),
        ("type: ig" + "nore", False),
        ("type: ig" + "nore[arg-type]", False),
        ("type: ig" + "nore[arg-type]  # the library says so", True),
        ("pragma: no" + " cover", False),
    ],
)
def test_an_ignored_rule_needs_a_reason(tmp_path: Path, comment: str, lawful: bool) -> None:
    Planted(tmp_path).add("app/planted.py", f"X = 1  # {comment}\n")
    assert (RULES["reasons"](tmp_path) == []) is lawful


def _add_setting(copy: Planted) -> list[str]:
    copy.add("config.yaml", "\nplanted:\n  unsaid: 1\n")
    return documented.settings(copy.root)


def _add_segment(copy: Planted) -> list[str]:
    copy.add("strategies/planted.yaml", "name: PLANTED\n")
    return documented.segments(copy.root)


@pytest.mark.parametrize("plant", [_add_setting, _add_segment])
def test_an_undocumented_thing_is_found(half: Planted, plant: Callable[[Planted], list[str]]) -> None:
    assert any("planted" in violation.lower() for violation in plant(half))


def test_an_undocumented_event_or_verb_is_found(half: Planted) -> None:
    assert any("planted" in violation for violation in documented.events(half.root, ["planted"]))
    assert any("users plant" in violation for violation in documented.verbs(half.root, ["users plant"]))


def test_a_named_setting_with_a_comment_is_lawful(tmp_path: Path) -> None:
    planted = Planted(tmp_path)
    planted.add("config.yaml", "# the bots\nbots:\n  - name: x  # its name\n# the rest\nrest: {}\n")
    planted.add("docs/reference/settings.md", "`bots[].name` and `rest`\n")
    assert documented.settings(tmp_path) == []
