"""What operators write down about a person: tags, notes, facts; checked, shown, and taken back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.desk.facts import Facts
from app.desk.queries import Queries
from app.desk.workspace import Workspace
from console.main import run
from core.errors import ContentError, NotFoundError
from core.ports import Store
from tests.edges.console.town import workspace


@pytest.fixture
def config(database: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings of an installation whose database is the town."""
    file = database.parent / "config.yaml"
    file.write_text(f"store: {{url: 'sqlite:///{database}'}}\n", encoding="utf-8")
    monkeypatch.setenv("KAIROS_DEBUG", "1")
    return file


def said(config: Path, capsys: pytest.CaptureFixture[str], *line: str) -> Any:
    """The verb's document."""
    assert run([*line, "--json", "--config", str(config)]) == 0
    return json.loads(capsys.readouterr().out)


def test_tags_notes_and_facts_stand_in_the_record_and_the_timeline(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = ["--config", str(config)]
    assert run(["users", "tag", "1", "vip lounge", *there]) == 0
    assert run(["users", "note", "1", "called back", *there]) == 0
    assert run(["users", "set", "1", "city=Izmir", "tier=gold", *there]) == 0
    assert run(["users", "set", "1", "no equals sign", *there]) == 2
    assert run(["users", "tag", "99", "x", *there]) == 4
    capsys.readouterr()
    kinds = {one["event"] for one in said(config, capsys, "users", "show", "1")["timeline"]}
    assert {"tagged", "noted", "attributes_set"} <= kinds
    assert run(["segments", "test", "city = 'Izmir'", "--json", *there]) == 0
    assert json.loads(capsys.readouterr().out)["rule"]["matching"] == 1


def test_what_was_written_down_is_shown_on_the_card(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = ["--config", str(config)]
    assert run(["users", "tag", "1", "vip lounge", *there]) == 0
    assert run(["users", "note", "1", "called back", *there]) == 0
    assert run(["users", "set", "1", "city=Izmir", "age=41", "shoe_size=38", *there]) == 0
    capsys.readouterr()
    assert said(config, capsys, "users", "show", "1")["stated"] == {
        "tags": ["vip lounge"],
        "notes": 1,
        "facts": {"city": "Izmir", "age": 41, "shoe_size": "38"},
    }


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        (("tag", "1", ""), 2, "a tag must have 1 to 64 characters"),
        (("note", "1", " "), 2, "a note must have 1 to 2000 characters"),
        (("set", "1", "age=old"), 2, "age must be a whole number from 0 to 130"),
        (("set", "1", "age=131"), 2, "age must be a whole number from 0 to 130"),
        (("set", "1", "age=-1"), 2, "age must be a whole number from 0 to 130"),
        (("set", "1", "shoe size=38"), 2, "is no name of a fact"),
        (("untag", "1", "nobody has this"), 4, "person 1 has no tag nobody has this"),
    ],
)
def test_what_cannot_be_written_down_is_named(
    config: Path, capsys: pytest.CaptureFixture[str], line: tuple[str, ...], code: int, says: str
) -> None:
    assert run(["users", *line, "--config", str(config)]) == code
    stderr = capsys.readouterr().err
    assert says in stderr and "next: manage_crm.py" in stderr


@pytest.mark.parametrize(
    ("line", "would"),
    [
        (("tag", "1", "vip"), "would put the tag vip on person 1"),
        (("note", "1", "called"), "would write the note for person 1"),
        (("set", "1", "city=Izmir", "tier="), "would set city and take tier away for person 1"),
    ],
)
def test_a_dry_run_says_what_would_happen_and_changes_nothing(
    config: Path, capsys: pytest.CaptureFixture[str], line: tuple[str, ...], would: str
) -> None:
    before = said(config, capsys, "users", "show", "1")
    assert run(["users", *line, "--dry-run", "--config", str(config)]) == 0
    assert f"nothing changed: {would}" in capsys.readouterr().err
    after = said(config, capsys, "users", "show", "1")
    assert (after["stated"], after["timeline"]) == (before["stated"], before["timeline"])
    assert run(["users", *line, "--yes", "--config", str(config)]) == 0


async def test_what_was_stated_is_taken_back_while_the_clock_stands_still(space: Workspace) -> None:
    facts, queries = Facts(space, "test"), Queries(space)
    for _ in range(2):
        await facts.tag("1", "vip", on=True)
        await facts.put("1", {"city": "Izmir", "shoe": "38"})
        profile = (await queries.card("1")).profile
        assert (profile.tags, profile.city, profile.custom) == (("vip",), "Izmir", {"shoe": "38"})
        await facts.tag("1", "vip", on=False)
        await facts.put("1", {"city": "", "shoe": ""})
        profile = (await queries.card("1")).profile
        assert (profile.tags, profile.city, profile.custom) == ((), "", {})


async def test_a_dry_run_still_sees_what_is_wrong(store: Store) -> None:
    facts = Facts(workspace(store), "test", dry=True)
    with pytest.raises(NotFoundError):
        await facts.tag("1", "vip", on=False)
    with pytest.raises(ContentError):
        await facts.put("1", {"age": "4.5"})
