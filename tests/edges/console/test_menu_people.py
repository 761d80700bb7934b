"""The menu's lists of people: pages forth and back, and back leads to where one came from."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.sql.store import SqlStore
from core.identity import telegram
from core.ports import PersonRecord
from tests.edges.console.test_menu import Visit, terminal_of_80_by_24
from tests.edges.console.town import DAY, NOW

__all__ = ["terminal_of_80_by_24"]
MORE = 30
"""People beside the four of the town: 34 are three pages."""
PEOPLE = "1  User analysis and segmentation"


@pytest.fixture
def crowd(database: Path) -> Path:
    """The town with more people, all of them in one segment too."""

    async def come() -> None:
        store = SqlStore(f"sqlite:///{database}")
        try:
            async with store.transaction() as tx:
                who = [telegram(5_000 + number) for number in range(MORE)]
                numbers = sorted((await tx.people.resolve(who, NOW - DAY)).values())
                loaded = await tx.people.load(numbers)
                await tx.people.save([_owl(loaded[number]) for number in numbers])
        finally:
            await store.close()

    asyncio.run(come())
    return database


def _owl(one: PersonRecord) -> PersonRecord:
    return replace(one, segments={"NIGHT_OWL": 0.5})


def verbs(visit: Visit) -> list[str]:
    """The verbs of the screens in the order in which they were shown."""
    said = "in a script: python3 manage_crm.py "
    return [line.removeprefix(said) for line in visit.text.splitlines() if line.startswith(said)]


def test_people_are_turned_page_by_page_forth_and_back(crowd: Path) -> None:
    visit = Visit(crowd, ["1", "n", "", "n", "p", "p", "p", "q"])
    first, second, third = (f"users list --limit 15{after}" for after in ("", " --after 15", " --after 30"))
    assert verbs(visit) == [first, second, third, third, second, first, first]
    assert [prompt.partition(";")[0] for prompt in visit.prompts if "this is the" in prompt] == [
        "this is the last page",
        "this is the first page",
    ]


def test_the_people_of_a_segment_are_turned_likewise(crowd: Path) -> None:
    members = "segments members NIGHT_OWL --limit 15"
    visit = Visit(crowd, ["4", "night_owl", "n", "n", "p", "b", "b", "q"])
    shown = [verb for verb in verbs(visit) if verb.startswith("segments members")]
    assert shown == [members, f"{members} --after 19", f"{members} --after 19", members]
    assert visit.prompts[-2].startswith("segment (1-8")


def test_a_full_last_page_is_known_to_be_the_last(crowd: Path) -> None:
    visit = Visit(crowd, ["4", "night_owl", "n", "n", "q"])
    assert "--after 34" not in visit.text and visit.prompts[-1].startswith("this is the last page")


def test_back_from_why_leads_to_the_person_and_then_to_the_page_one_came_from(crowd: Path) -> None:
    first, page = "users list --limit 15", "users list --limit 15 --after 15"
    at_once = Visit(crowd, ["1", "n", "17", "w", "b", "", "", "b", "q"])
    assert "Why a person is written to or not" in at_once.text
    assert verbs(at_once) == [first, page, "users show 17", page]
    read_through = Visit(crowd, ["1", "n", "17", "w", "", "", "", "", "b", "q"])
    assert verbs(read_through) == [first, page, "delivery why 17", "users show 17", page]


def test_back_from_whom_a_text_found_leads_to_the_page_before(crowd: Path) -> None:
    first, page, found = (
        "users list --limit 15",
        "users list --limit 15 --after 15",
        "users find ann --limit 15",
    )
    visit = Visit(crowd, ["1", "n", "ann", "1", "b", "", "b", "q"])
    assert verbs(visit) == [first, page, found, found, page]
    assert visit.prompts[-1].startswith("choose 1-13")


def test_back_from_a_member_leads_to_the_members(crowd: Path) -> None:
    visit = Visit(crowd, ["4", "night_owl", "n", "20", "w", "b", "b", "b", "b", "q"])
    assert verbs(visit)[-1].startswith("segments list")
    assert verbs(visit)[-2] == "segments members NIGHT_OWL --limit 15 --after 19"


def test_a_person_who_is_not_there_leaves_one_on_the_page(crowd: Path) -> None:
    visit = Visit(crowd, ["4", "night_owl", "n", "999", "", "q"])
    assert "error: there is no person 999" in visit.text
    assert verbs(visit)[-1] == "segments members NIGHT_OWL --limit 15 --after 19"


@pytest.mark.parametrize("answers", [["3", "w", "b", "q"], ["3", "p", "b", "q"], ["5", "hot_lead", "b", "q"]])
def test_back_from_a_question_leads_to_the_screen_that_asked(crowd: Path, answers: list[str]) -> None:
    visit = Visit(crowd, answers)
    assert not visit.prompts[-1].startswith("choose")


def test_every_page_of_people_fits_24_lines(crowd: Path) -> None:
    for answers in (["1", "n", "q"], ["4", "night_owl", "n", "q"]):
        screen = Visit(crowd, answers, simulated=True).text.rsplit("SIMULATED", 1)[1]
        rows = sum(max(1, -(-len(line) // 80)) for line in screen.splitlines())
        assert rows <= 24, screen
