"""The command line itself: exit codes, sentences, suggestions, and that help costs nothing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import typer

from app.desk.workspace import ROOT
from console.main import FAILED, NOT_FOUND, REFUSED, USAGE, _everywhere, app, exit_code, run
from core.errors import (
    ContentError,
    KairosError,
    NotFoundError,
    RefusedError,
    RuleError,
    SettingsError,
    StoreError,
)

HEAVY = ("sqlalchemy", "sqlmodel", "aiogram", "numpy", "pydantic", "redis", "rich", "yaml")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["usres"], "Did you mean 'users'?"),
        (["users", "shw"], "Did you mean 'show'?"),
        (["users", "show"], "PERSON"),
        (["users", "list", "--limit", "0"], "--limit"),
        (["users", "list", "--nonsense"], "--nonsense"),
        (["decide"], "--stdio"),
        (["delivery", "pause", "--bot", "1", "--campaign", "opt", "--yes"], "give one of"),
        (["run", "--demo"], "`run` starts the real installation"),
        (["--demo", "import", "history.jsonl"], "`import` brings history into the real installation"),
        (["export", "events", "--segment", "HOT_LEAD"], "events are exported whole"),
        (["export", "messages", "--segment", "HOT_LEAD"], "messages are exported whole"),
        (["export", "events", "--json"], "JSON lines anyway"),
    ],
)
def test_wrong_usage_is_one_sentence_with_the_next_command(
    line: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(line) == USAGE
    stdout, stderr = capsys.readouterr()
    assert stdout == ""
    first, second = stderr.splitlines()
    assert first.startswith("error: ") and said in first
    assert second.startswith("next: manage_crm.py")


def test_without_a_terminal_the_menu_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == USAGE
    assert "needs a terminal" in capsys.readouterr().err


def test_errors_have_their_exit_codes() -> None:
    expected: dict[type[KairosError], int] = {
        NotFoundError: NOT_FOUND,
        RefusedError: REFUSED,
        SettingsError: USAGE,
        RuleError: USAGE,
        ContentError: USAGE,
        StoreError: FAILED,
    }
    assert {kind: exit_code(kind("x")) for kind in expected} == expected


def test_options_of_the_program_may_stand_behind_the_verb() -> None:
    assert _everywhere(["users", "list", "--demo", "--json"]) == ["--demo", "users", "list", "--json"]
    assert _everywhere(["users", "list", "--config", "a b.yaml"]) == ["--config", "a b.yaml", "users", "list"]
    assert _everywhere(["users", "--config=x", "list"]) == ["--config=x", "users", "list"]
    assert _everywhere(["users", "find", "--", "--demo"]) == ["users", "find", "--", "--demo"]


def test_every_verb_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    def explained(command: object, path: list[str]) -> int:
        children: dict[str, object] = getattr(command, "commands", {})
        assert run([*path, "-h"]) == 0
        assert "Usage: manage_crm.py" in capsys.readouterr().out
        return 1 + sum(explained(child, [*path, name]) for name, child in children.items())

    assert explained(typer.main.get_command(app), []) > 30


@pytest.mark.parametrize("name", ["groups", "inbox"])
def test_the_next_page_of_a_list_without_people_speaks_of_none(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([name, "list", "-h"]) == 0
    stdout = capsys.readouterr().out
    assert "--after" in stdout and "Only people" not in stdout


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from console.main import run; run(['-h']); "
        f"sys.exit(','.join(name for name in {HEAVY} if name in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "users" in done.stdout


def test_the_shell_completes_verbs() -> None:
    asked = {"_MANAGE_CRM.PY_COMPLETE": "complete_bash", "COMP_WORDS": "manage_crm.py us", "COMP_CWORD": "1"}
    code = "from console.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | asked,
    )
    assert done.stdout.split() == ["users"]


def test_a_group_of_verbs_alone_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["broadcast"]) == 2
    assert capsys.readouterr().err == (
        "error: manage_crm.py broadcast needs a verb of its own\n"
        "next: manage_crm.py broadcast -h lists them\n"
    )
