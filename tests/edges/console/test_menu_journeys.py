"""The menu's screen of a journey: what its keys do, and the verb that each of them names."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapters.journeys import load_journeys
from adapters.sql.store import SqlStore
from app.desk.journeys import FOLDER
from core.flow.journey import take_files
from core.ports import Enrolment
from tests.edges.console.test_menu import Visit, terminal_of_80_by_24
from tests.edges.console.town import NOW

__all__ = ["terminal_of_80_by_24"]


@pytest.fixture
def ways(database: Path) -> Path:
    """The town with the ready journeys stored and open."""

    async def take() -> None:
        store = SqlStore(f"sqlite:///{database}")
        try:
            async with store.transaction() as tx:
                await take_files(tx, [file.document for file in load_journeys(FOLDER)], NOW)
        finally:
            await store.close()

    asyncio.run(take())
    return database


def seen(database: Path, *keys: str) -> Visit:
    """A visit to the journey `welcome` with these answers."""
    return Visit(database, ["12", "welcome", *keys, "q"])


def inside(database: Path) -> list[Enrolment]:
    """Who is on the way."""

    async def look() -> list[Enrolment]:
        store = SqlStore(f"sqlite:///{database}")
        try:
            async with store.transaction(write=False) as tx:
                return await tx.journeys.members("welcome", (0, 0), 10, "active")
        finally:
            await store.close()

    return asyncio.run(look())


@pytest.mark.parametrize(
    ("before", "keys", "verb", "after"),
    [
        ((), ("c", "y"), "journey stop welcome", "state closed"),
        (("c", "y"), ("s", "y"), "journey start welcome", "state open"),
        ((), ("p", "y"), "delivery pause --campaign j:welcome", "state paused: paused by terminal"),
        (("p", "y"), ("r", "y"), "delivery resume --campaign j:welcome", "state open"),
        ((), ("+ @anna_k", "y"), "journey enrol welcome @anna_k", "inside, in all versions 1"),
        (("+1", "y"), ("-1", "y"), "journey remove welcome 1", "inside, in all versions 0"),
        (("+1", "y"), ("e", "y"), "journey stop welcome --everybody", "inside, in all versions 0"),
    ],
)
def test_a_key_does_what_its_verb_does_and_names_it(
    ways: Path, before: tuple[str, ...], keys: tuple[str, ...], verb: str, after: str
) -> None:
    visit = seen(ways, *before, *keys)
    assert f"in a script: python3 manage_crm.py {verb} --yes" in visit.text
    last = visit.text.rsplit("12  Journeys: welcome", 1)[1]
    assert after in " ".join(last.split())


def test_nothing_is_done_without_a_yes(ways: Path) -> None:
    visit = seen(ways, "+1", "", "c", "b", "c", "n")
    assert inside(ways) == [] and visit.text.count("[y/N]") == 3
    assert "state open" in " ".join(visit.text.rsplit("12  Journeys: welcome", 1)[1].split())


def test_people_move_to_another_version_from_the_screen(ways: Path) -> None:
    visit = seen(ways, "+1", "y", "m 1", "y", "m 9", "y", "")
    assert "in a script: python3 manage_crm.py journey migrate welcome --to 1 --yes" in visit.text
    assert "error: " in visit.text and "no version 9" in visit.text
    assert [(one.person_no, one.version) for one in inside(ways)] == [(1, 1)]


@pytest.mark.parametrize(
    ("key", "verb"),
    [
        ("o", "journey report welcome"),
        ("w", "journey people welcome"),
        ("h", "journey history welcome"),
        ("d", "journey diff welcome 1 1"),
    ],
)
def test_what_a_key_shows_names_its_verb_and_leads_back_to_the_journey(
    ways: Path, key: str, verb: str
) -> None:
    visit = seen(ways, key, "", "b")
    assert max(len(prompt) for prompt in visit.prompts) <= 160, "two lines of a terminal"
    assert f"in a script: python3 manage_crm.py {verb}" in visit.text
    assert not visit.prompts[-1].startswith("choose")


def test_a_key_that_does_nothing_and_what_is_refused_are_sentences(ways: Path) -> None:
    visit = seen(ways, "x", "", "+ @nobody", "y", "", "s", "y", "")
    assert "error: nothing is done by x" in visit.text
    assert "error: there is no person @nobody" in visit.text
    assert "error: version 1 of welcome takes newcomers already" in visit.text
