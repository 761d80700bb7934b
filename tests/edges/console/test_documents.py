"""What the documents tell operators to type works as it is written: files and commands in their order, and no
verb or option that there is not."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.sql.store import SqlStore
from app.desk.workspace import ROOT
from console.main import run
from core.identity import telegram
from tests.edges.console.town import NOW

PAGES = ("broadcasts", "journeys", "content", "gpt-texts")
ASKING = {"lists make", "broadcast start", "content put"}
ASKING |= {f"journey {verb}" for verb in ("put", "start", "approve", "migrate", "enrol")}
"""Verbs that want a yes, which nobody can give here."""
REALLY_SENT = "broadcast test"
"""Needs Telegram; `tests/edges/test_trial.py` has it."""
EDITED = ("  - send: welcome_2\n", "  - id: tour\n    send: welcome_2\n")
"""What docs/journeys.md says of the file before it is stored again."""


def page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Language and text of each block, in their order."""
    for found in re.finditer(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        yield found[1], found[2]


def file_of(block: str) -> str:
    """The file that a block shows: the name in its first line, else its content's or journey's; else none."""
    first = re.match(r"# (\S+\.yaml)", block)
    named = re.search(r"^name: (\w+)", block, re.MULTILINE)
    return first[1] if first else f"{named[1]}.yaml" if named else ""


def commands(block: str) -> list[list[str]]:
    """The verbs with what follows them."""
    lines = [shlex.split(line, comments=True) for line in block.splitlines()]
    return [line[2:] for line in lines if line[:2] == ["python3", "manage_crm.py"]]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new installation that knows one person and has learned nothing; its folder is the current one."""

    async def begin() -> None:
        store = await SqlStore(f"sqlite:///{tmp_path / 'new.db'}").open()
        try:
            async with store.transaction() as tx:
                await tx.people.resolve([telegram(901)], NOW)
        finally:
            await store.close()

    asyncio.run(begin())
    file = tmp_path / "config.yaml"
    file.write_text(f"store: {{url: 'sqlite:///{tmp_path / 'new.db'}'}}\n", encoding="utf-8")
    (tmp_path / "content").symlink_to(ROOT / "content")
    monkeypatch.chdir(tmp_path)
    return file


@pytest.mark.parametrize("name", PAGES)
def test_what_a_document_says_works_as_written(
    name: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = 0
    for language, block in blocks(page(name)):
        if language == "yaml" and (file := file_of(block)):
            Path(file).write_text(block, encoding="utf-8")
        for words in commands(block) if not language else ():
            asked = " ".join(words[:2])
            if asked == REALLY_SENT:
                continue
            more = ["--yes"] if asked in ASKING else []
            line = [*(word for word in words if word != "--watch"), *more, "--config", str(config)]
            code = run(line)
            told = capsys.readouterr()
            assert code == 0, f"{' '.join(words)}: {told.err}"
            typed += 1
            if asked == "journey enrol":
                _edit(Path("first_week.yaml"))
    assert typed


def _edit(file: Path) -> None:
    """Do with the file what the document says in words."""
    assert "`- {id: tour, send: welcome_2}`" in page("journeys")
    before = file.read_text(encoding="utf-8")
    assert before.count(EDITED[0]) == 1
    file.write_text(before.replace(*EDITED), encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_a_document_names_no_verb_or_option_that_there_is_not(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """All commands, also those with a NAME in them."""
    lines = re.findall(r"(?:`|^|python3 )manage_crm\.py ([^`#\n]+)", page(name), re.MULTILINE)
    assert lines
    for line in lines:
        words = line.replace("--demo ", "").split()
        verb = words[: 2 if words[1:] and re.fullmatch(r"[a-z-]+", words[1]) else 1]
        assert run([*verb, "-h"]) == 0, line
        told = capsys.readouterr().out
        assert [option for option in re.findall(r"--[a-z-]+", line) if option not in f"{told} --demo"] == []
