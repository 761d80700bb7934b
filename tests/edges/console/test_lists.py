"""Lists of people from the terminal: made, filled, looked at, and honoured by the door."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.desk.lists import PAGE
from console.main import run


@pytest.fixture
def config(database: Path) -> Path:
    """Settings of an installation whose database is the town."""
    file = database.parent / "config.yaml"
    file.write_text(f"store: {{url: 'sqlite:///{database}'}}\n", encoding="utf-8")
    return file


class Terminal:
    """Runs verbs of one installation."""

    def __init__(self, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._config, self._capsys = config, capsys

    def does(self, line: str, code: int = 0) -> str:
        """What it said, data and messages."""
        self._capsys.readouterr()
        assert run([*line.split(), "--config", str(self._config)]) == code
        told = self._capsys.readouterr()
        return told.out + told.err

    def answers(self, line: str) -> Any:
        """Its JSON document."""
        return json.loads(self.does(f"{line} --json"))


@pytest.fixture
def terminal(config: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(config, capsys)


def test_whoever_is_on_a_list_is_left_out_until_taken_off(terminal: Terminal) -> None:
    assert "next: " in terminal.does("lists make our-staff --title Own --yes")
    assert "2 put on it" in terminal.does("lists add our-staff 2 @anna_k")
    (found,) = terminal.answers("lists list")["lists"]
    assert (found["list"], found["people"], found["excludes"], found["title"]) == (
        "our-staff",
        2,
        True,
        "Own",
    )
    members = terminal.answers("lists show our-staff")["members"]
    assert [one["person"] for one in members] == [1, 2]
    assert "is on an exclusion list" in terminal.does("delivery why 1")
    assert "1 taken off" in terminal.does("lists remove our-staff tg:901")
    assert "is on an exclusion list" not in terminal.does("delivery why 1")
    assert "1 people were on it" in terminal.does("lists drop our-staff --yes")
    assert terminal.answers("lists list")["lists"] == []


def test_a_plain_list_excludes_nobody_and_can_be_turned(terminal: Terminal) -> None:
    terminal.does("lists make guests --plain --yes")
    terminal.does("lists add guests 1")
    assert "is on an exclusion list" not in terminal.does("delivery why 1")
    assert "changed" in terminal.does("lists make guests --excludes --yes")
    assert "is on an exclusion list" in terminal.does("delivery why 1")


def test_a_dry_run_changes_nothing(terminal: Terminal) -> None:
    assert "would make" in terminal.does("lists make our-staff --dry-run")
    assert terminal.answers("lists list")["lists"] == []
    terminal.does("lists make our-staff --yes")
    assert "1 would be put on it" in terminal.does("lists add our-staff 1 --dry-run")
    terminal.does("lists add our-staff 1")
    assert "1 would be taken off" in terminal.does("lists remove our-staff 1 --dry-run")
    assert "would drop" in terminal.does("lists drop our-staff --dry-run")
    assert terminal.answers("lists list")["lists"][0]["people"] == 1


def test_people_come_from_a_file_and_unknown_ones_are_named(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text('# who works here\n1,Anna\n"@dora";x\n\n4711\nnobody\n', encoding="utf-8")
    terminal.does("lists make our-staff --yes")
    told = terminal.does(f"lists add our-staff 1 --file {file}")
    assert "2 put on it" in told
    assert "2 known, 2 unknown: nobody is known as 4711, nobody" in told
    assert "2 were on it already" in terminal.does(f"lists add our-staff --file {file}")


def test_a_long_file_is_taken_page_by_page_and_nobody_counts_twice(
    terminal: Terminal, tmp_path: Path
) -> None:
    strangers = [f"tg:{number}" for number in range(500_000, 500_000 + PAGE)]
    file = tmp_path / "people.txt"
    file.write_text("\n".join(["1", *strangers, "2", "@anna_k"]), encoding="utf-8")
    terminal.does("lists make our-staff --yes")
    told = terminal.does(f"lists add our-staff --file {file}")
    assert "2 put on it" in told
    assert "already" not in told
    assert "2 taken off" in terminal.does(f"lists remove our-staff --file {file}")


@pytest.mark.parametrize("verb", ["add", "remove"])
def test_nobody_known_is_an_error_that_names_them(terminal: Terminal, verb: str) -> None:
    terminal.does("lists make our-staff --yes")
    strangers = " ".join(f"tg:{number}" for number in range(71, 78))
    told = terminal.does(f"lists {verb} our-staff {strangers}", 4)
    assert "nobody is known as tg:71, tg:72, tg:73, tg:74, tg:75 and 2 more" in told
    assert "next: " in told and "users find" in told
    found = json.loads(terminal.does(f"lists {verb} our-staff @nobody --json", 4).partition("error:")[0])
    assert found["changed"]["unknown_people"] == ["@nobody"]


def test_the_document_says_who_was_known_and_who_not(terminal: Terminal) -> None:
    terminal.does("lists make our-staff --yes")
    terminal.does("lists add our-staff 2")
    told = terminal.does("lists add our-staff 1 2 @nobody 4711 --json").partition("list our-staff")[0]
    assert json.loads(told)["changed"] == {
        "list": "our-staff",
        "changed": 1,
        "already": 1,
        "known": 2,
        "unknown": 2,
        "unknown_people": ["@nobody", "4711"],
        "dry_run": False,
    }


def test_pages_follow_one_another(terminal: Terminal) -> None:
    terminal.does("lists make guests --plain --yes")
    terminal.does("lists add guests 1 2 3")
    assert "lists show guests --after 2 --limit 2" in terminal.does("lists show guests --limit 2")
    rest = terminal.answers("lists show guests --after 2 --limit 2")["members"]
    assert [one["person"] for one in rest] == [3]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("lists make Bad.Name --yes", 3),
        ("lists show nobody", 4),
        ("lists add nobody 1", 4),
        ("lists drop nobody --yes", 4),
        ("lists add nobody", 2),
        ("lists add nobody --file /no/such/file", 2),
        ("lists make waiting", 2),
    ],
)
def test_what_can_t_be_is_said_in_a_sentence(terminal: Terminal, line: str, code: int) -> None:
    assert "next" in terminal.does(line, code) or code == 2
