"""The menu over the town: every screen opens, names its verb, and is left by b, q or the end of input."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from adapters.sql.store import SqlStore
from app.desk.queries import Queries
from console.menu import Menu
from console.output import Mode, Output
from console.session import Desk, Options
from console.terminal import Quit, Terminal
from tests.edges.console.streams import Screen
from tests.edges.console.town import workspace


class Visit:
    """An operator who types the given answers; afterwards `text` holds all that was shown."""

    def __init__(self, database: Path, answers: Sequence[str], *, simulated: bool = False) -> None:
        self.stdout = Screen()
        self.prompts: list[str] = []
        self._answers = iter(answers)
        out = Output(Mode.SCREEN, stdout=self.stdout, stderr=io.StringIO())
        out.simulated = simulated
        store = SqlStore(f"sqlite:///{database}")
        space = workspace(store)
        with asyncio.Runner() as runner:
            desk = Desk(space, Queries(space))
            try:
                Menu(desk, Terminal(out, self._read), runner, Options()).loop()
            except Quit:
                self.left = True
            finally:
                runner.run(store.close())
        self.text = self.stdout.getvalue()

    def _read(self, prompt: str) -> str:
        self.prompts.append(prompt)
        self.stdout.write(prompt)
        answer = next(self._answers, None)
        if answer is None:
            raise EOFError
        self.stdout.write(f"{answer}\n")
        return answer


@pytest.fixture(autouse=True)
def terminal_of_80_by_24(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in (("COLUMNS", "80"), ("LINES", "24"), ("TERM", "dumb")):
        monkeypatch.setenv(name, value)
    yield


@pytest.mark.parametrize(
    ("answers", "verb", "shown"),
    [
        (["1", "@anna_k", "", "", "", "", "q"], "users show 1", "Segments now"),
        (["1", "q"], "users list", "Bora [red]"),
        (["1", "nobody at all", "q"], "users find 'nobody at all'", "nobody matches"),
        (["1", "2", "w", "", "q"], "delivery why 2", "control group"),
        (["2", "", "q"], "segments report --days 30", "holdout"),
        (["3", "", "", "q"], "delivery status", "Next to be sent"),
        (["3", "w", "1", "", "q"], "delivery why 1", "may be written to"),
        (["4", "1", "q"], "segments members HOT_LEAD --limit 15", "Anna"),
        (["4", "1", "", "b", "q"], "segments members HOT_LEAD --limit 15", "this is the last page"),
        (["4", "night_owl", "", "q"], "segments members NIGHT_OWL", "nobody is in NIGHT_OWL"),
        (["5", "hot_lead", "q"], "strategy history HOT_LEAD", "no version is stored yet"),
        (["6", "", "", "q"], "learn report --days 30", "squared error"),
        (["11", "q"], "broadcast list", "manage_crm.py broadcast"),
        (["12", "q"], "journey list", "welcome"),
        (["12", "welcome", "", "q"], "journey show welcome", "not stored yet"),
        (["13", "hot_offer", "", "b", "q"], "content preview hot_offer", "set aside a small discount"),
        (["13", "w", "", "b", "q"], "content review", "waits"),
        (["7", "q"], "bots list", "42"),
    ],
)
def test_a_screen_shows_its_data_and_its_verb(
    database: Path, answers: list[str], verb: str, shown: str
) -> None:
    visit = Visit(database, answers)
    assert visit.left
    assert f"in a script: python3 manage_crm.py {verb}" in visit.text
    assert shown in visit.text


def test_every_page_fits_24_lines_of_80_cells(database: Path) -> None:
    visit = Visit(database, ["1", "1", *[""] * 4, "b", "2", "", "", "3", *[""] * 3, "b", "6", "", "", "q"])
    shown = visit.text
    for prompt in visit.prompts:
        shown = shown.replace(prompt, "", 1)
        assert len(prompt) <= 160
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert max(_pages(visit)) <= 22


def _pages(visit: Visit) -> list[int]:
    """Lines between two prompts."""
    rest, sizes = visit.text, list[int]()
    for prompt in visit.prompts:
        before, _, rest = rest.partition(prompt)
        sizes.append(before.count("\n") - bool(sizes))  # without the end of the answer before
    return sizes


@pytest.mark.parametrize("number", range(1, 14))
def test_every_screen_is_left_by_back_and_by_the_end_of_input(database: Path, number: int) -> None:
    back = Visit(database, [str(number), "b", "q"])
    assert back.left and back.text.count("choose 1-13") == 2
    assert Visit(database, [str(number)]).left


def test_nonsense_shows_the_menu_again(database: Path) -> None:
    assert Visit(database, ["14", "0", "", "x", "-1", "q"]).text.count("choose 1-13") == 6


def test_a_wrong_number_is_named_and_forgotten_with_the_next_answer(database: Path) -> None:
    visit = Visit(database, ["14", "", "q"])
    assert [prompt.startswith("there is no screen 14; choose") for prompt in visit.prompts] == [
        False,
        True,
        False,
    ]


def test_a_wrong_name_is_a_sentence_and_no_end(database: Path) -> None:
    visit = Visit(database, ["4", "NOTHING", "", "q"])
    assert "error: there is no segment NOTHING" in visit.text and visit.left


def test_a_broadcast_that_is_not_there_leads_back_to_the_list(database: Path) -> None:
    visit = Visit(database, ["11", "nothing", "", "", "q"], simulated=True)
    assert "error: there is no broadcast nothing" in visit.text
    assert "next: manage_crm.py --demo broadcast list" in visit.text
    assert visit.text.count("a name = that broadcast") == 2


def test_pause_and_resume_from_the_delivery_screen(database: Path) -> None:
    paused = Visit(database, ["3", "p", "y", "q"])
    assert "kill" in paused.text and "paused by terminal" in paused.text
    resumed = Visit(database, ["3", "r", "y", "q"])
    assert resumed.text.rindex("none: nothing is paused") > resumed.text.index("paused by terminal")


def test_a_simulated_workspace_says_so_on_every_screen(database: Path) -> None:
    visit = Visit(database, ["2", "", "7", "", "q"], simulated=True)
    assert visit.text.count("SIMULATED") == len(visit.prompts)
    assert "manage_crm.py --demo segments report" in visit.text


def test_the_people_of_a_segment_are_exported_for_their_owner_only(database: Path, tmp_path: Path) -> None:
    file = tmp_path / "hot leads.tsv"
    visit = Visit(database, ["4", "1", f"e {file}", "", f"e {file}", "", "q"])
    header, row = file.read_text(encoding="utf-8").splitlines()
    assert header.startswith("person\tname\tusername") and row.startswith("1\tAnna\tanna_k")
    assert file.stat().st_mode & 0o077 == 0
    assert "1 people are in" in visit.text and "can't be written: File exists" in visit.text
