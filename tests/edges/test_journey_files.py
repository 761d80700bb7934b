"""Files of journeys are read whole, or refused with file and place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.journeys import load_journey, load_journeys
from core.errors import SettingsError
from core.journey import Send, missing

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "name: other\nenter: started\nsteps: [end]\n",
            "journeys/hello.yaml: name: must be hello, like the file",
        ),
        ("name: hello\nenter: startd\nsteps: [end]\n", "journeys/hello.yaml: enter.events: 'startd' is not"),
        (
            "name: hello\nname: hello\n",
            "journeys/hello.yaml: is no valid YAML in line 2: 'name' is given twice",
        ),
        ("- hello\n", "journeys/hello.yaml: the journey: must be a mapping"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_place(tmp_path: Path, text: str, words: str) -> None:
    folder = tmp_path / "journeys"
    folder.mkdir()
    (folder / "hello.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        load_journeys(folder)
    assert str(error.value).startswith(words)


def test_a_folder_without_journeys_is_fine(tmp_path: Path) -> None:
    assert load_journeys(tmp_path) == ()


def test_the_ready_journeys_are_gentle() -> None:
    """Nobody gets more than three messages of them, and whoever opts out or blocks leaves."""
    for file in load_journeys(ROOT / "journeys"):
        exits = {one.kind for one in file.journey.exit.happenings}
        assert {"consent_withdrawn", "bot_blocked"} <= exits
        assert 0 < len(file.journey.sends) <= 3
        assert file.journey.goal.happenings and file.journey.starts


def test_the_page_s_example_can_be_used_as_it_stands(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "journeys.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    path = tmp_path / "first_week.yaml"
    path.write_text(example, encoding="utf-8")
    journey = load_journey(path).journey
    assert [step.id for step in journey.steps if isinstance(step.act, Send)] == [
        f"welcome_{n}" for n in (1, 2, 3)
    ]
    assert missing(journey, {}) != []
