"""Verbs of journeys: an operator looks, stores, opens, closes, and moves people; over a real database."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from adapters.journeys import load_journeys
from adapters.memory import MemoryHot
from adapters.sql.store import SqlStore
from app.desk.journeys import FOLDER, JourneyDesk
from app.desk.travels import travel_report
from app.desk.workspace import Workspace
from console.main import run
from core.content import Content, to_document
from core.errors import NotFoundError, RefusedError
from core.event import Event, PersonEvent
from core.flow.journey import (
    AdvanceDeps,
    EnrolDeps,
    Says,
    advance_due,
    enrol_due,
    take_files,
)
from core.intake import record, sent_event
from core.ledger import Move, State
from core.ports import Store
from tests.edges.console.town import ANNA, BORA, BOT, NOW

HELLO = """
name: hello
enter: {if: reachable = true}
goal: payment_succeeded
steps:
  - send: hi
  - wait: 2d
  - {send: bye, lifetime_h: 12}
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "journeys"
    folder.mkdir()
    (folder / "hello.yaml").write_text(HELLO, encoding="utf-8")
    return folder


@pytest.fixture
def config(database: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings of an installation whose database is the town, with the journey stored and two contents."""
    file = database.parent / "config.yaml"
    file.write_text(f"store: {{url: 'sqlite:///{database}'}}\n", encoding="utf-8")
    monkeypatch.setenv("KAIROS_DEBUG", "1")

    async def settle() -> None:
        store = SqlStore(f"sqlite:///{database}")
        try:
            await say(store, "hi", "bye")
        finally:
            await store.close()

    asyncio.run(settle())
    return file


async def say(store: Store, *names: str) -> None:
    async with store.transaction() as tx:
        for name in names:
            content = Content(name, "news", {"tr": "Selam", "en": "Hi"})
            await tx.contents.put(name, to_document(content), NOW, author="test")


async def travel(store: Store, now_ms: int) -> None:
    """The schedule's two steps, until nobody is left."""
    while (await enrol_due(EnrolDeps(store, MemoryHot()), now_ms)).people:
        pass
    while (await advance_due(AdvanceDeps(store, MemoryHot(), Says(())), now_ms)).people:
        pass


@pytest.fixture
async def desk(space: Workspace, store: Store, files: Path, tmp_path: Path) -> JourneyDesk:
    """The desk over the town, with the file of one journey."""
    await say(store, "hi", "bye")
    return JourneyDesk(space, "ann", files, tmp_path)


def said(config: Path, capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = run(["--config", str(config), "journey", *argv])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def asked(config: Path, capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, Any]:
    code, out, _ = said(config, capsys, *argv, "--json")
    assert code == 0
    found: dict[str, Any] = json.loads(out)
    return found


def test_the_ready_journeys_are_sound_and_everything_that_they_send_is_there(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [one.journey.name for one in load_journeys(FOLDER)] == ["welcome", "win_back"]
    assert said(config, capsys, "check")[0] == 0


def test_a_file_is_stored_opened_and_changed(
    config: Path, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(files / "hello.yaml")
    code, _, words = said(config, capsys, "put", file, "--dry-run")
    assert (code, "would store hello.yaml as version 1 of hello" in words) == (0, True)
    assert said(config, capsys, "put", file)[0] == 2, "nobody can be asked here"
    assert said(config, capsys, "put", file, "--yes")[0] == 0
    assert said(config, capsys, "start", "hello", "--yes")[0] == 0
    (files / "hello.yaml").write_text(HELLO + "  - wait: 3d\n", encoding="utf-8")
    assert said(config, capsys, "put", file, "--yes")[0] == 0
    [hello, *_] = asked(config, capsys, "list")["journeys"]
    assert (hello["state"], hello["version"], hello["newest"]) == ("open", 1, 2)
    code, out, words = said(config, capsys, "diff", "hello")
    assert "step wait_4" in out and "journey approve hello 2" in words
    assert said(config, capsys, "approve", "hello", "2", "--yes")[0] == 0
    card = asked(config, capsys, "show", "hello", "--version", "1")
    assert card["journey"]["goal"] == ["payment_succeeded"]
    assert [one["does"] for one in card["steps"]] == ["send hi", "wait 2d", "send bye"]
    assert said(config, capsys, "stop", "hello", "--yes")[0] == 0
    assert said(config, capsys, "stop", "hello", "--yes")[0] == 3
    assert said(config, capsys, "approve", "hello", "9")[0] == 4


def test_a_person_is_put_in_and_taken_out(
    config: Path, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(config, capsys, "put", str(files / "hello.yaml"), "--yes")
    assert said(config, capsys, "enrol", "hello", "@anna_k", "--yes")[0] == 0
    [anna] = asked(config, capsys, "people", "hello")["people"]
    assert (anna["person_no"], anna["run"], anna["step"], anna["state"]) == (1, 1, "hi", "active")
    assert said(config, capsys, "remove", "hello", "1", "--yes")[0] == 0
    code, out, _ = said(config, capsys, "report", "hello", "--version", "1")
    assert (code, out.splitlines()[1]) == (0, "hi\tsend hi\t1\t0\t0\t0\t0\t0\t1")
    assert said(config, capsys, "people", "hello", "--state", "lost")[0] == 2


async def test_what_makes_no_sense_is_refused(desk: JourneyDesk, files: Path) -> None:
    [file] = load_journeys(files)
    await desk.put(file)
    with pytest.raises(RefusedError, match="version 1 of hello says the same"):
        await desk.put(file)
    await desk.open("hello")
    with pytest.raises(RefusedError, match="takes newcomers already"):
        await desk.open("hello")
    with pytest.raises(NotFoundError, match="no version 9"):
        await desk.open("hello", 9)
    for question in (
        desk.card("nowhere"),
        desk.history("nowhere"),
        desk.open("nowhere"),
        desk.close("nowhere"),
    ):
        with pytest.raises(NotFoundError):
            await question
    with pytest.raises(NotFoundError, match="there is no person 77"):
        await desk.enrol("hello", "77")
    with pytest.raises(NotFoundError, match="person 1 is not in hello"):
        await desk.remove("hello", "1")
    await desk.enrol("hello", "1")
    with pytest.raises(RefusedError, match="is in hello already, at step hi"):
        await desk.enrol("hello", "1")


async def test_a_page_of_people_ends_with_all_runs_of_somebody(desk: JourneyDesk, files: Path) -> None:
    await desk.put(*load_journeys(files))
    await desk.enrol("hello", "1")
    await desk.remove("hello", "1")
    await desk.enrol("hello", "1")
    await desk.enrol("hello", "2")
    assert [(one.person_no, one.run) for one in await desk.people("hello", 0, 1)] == [(1, 1), (1, 2)]
    assert [(one.person_no, one.run) for one in await desk.people("hello", 1, 1)] == [(2, 1)]
    assert await desk.empty("hello") == 2
    assert await desk.people("hello", 0, 9, "active") == []


async def test_the_report_counts_steps_messages_and_the_control_group(
    store: Store, desk: JourneyDesk, space: Workspace, files: Path
) -> None:
    await desk.put(next(iter(load_journeys(files))))
    await desk.open("hello")
    await travel(store, NOW)
    async with store.transaction() as tx:
        [row] = [one for one in await tx.journeys.sends("j:hello", [ANNA]) if one.person_no == ANNA]
        await tx.ledger.move([Move(row.id, State.PLANNED, State.SENDING, permit_ms=NOW)])
        await tx.ledger.move([Move(row.id, State.SENDING, State.SENT, sent_ms=NOW)])
        await tx.ledger.answered({row.id: NOW + 5})
        message = (await tx.ledger.get([row.id]))[row.id]
        paid = Event(
            "pay", NOW + 9, "payment_succeeded", BOT, {"charge": "x", "amount_minor": 5, "currency": "TRY"}
        )
        await record(tx, [sent_event(message, NOW), PersonEvent(ANNA, paid)], NOW)
    await travel(store, NOW + 10 * 60_000)
    found = await travel_report(space, await desk.card("hello"))
    assert found.runs["goal"] == 1
    assert (found.treated.goals, found.treated.ended, found.control.ended) == (1, 1, 0)
    first = found.steps[0]
    assert (first.sent, first.answered, first.left) == (1, 1, 1)
    assert first.entered == sum(found.runs.values())
    assert found.treated.rate.low > 0


async def test_people_move_to_another_version_only_where_their_step_has_a_place(
    store: Store, desk: JourneyDesk, files: Path
) -> None:
    await desk.put(next(iter(load_journeys(files))))
    await desk.enrol("hello", "1")
    text = HELLO.replace("  - send: hi\n", "  - {id: greet, send: bye}\n").replace(
        "{send: bye,", "{id: end_, send: bye,"
    )
    (files / "hello.yaml").write_text(text, encoding="utf-8")
    await desk.put(next(iter(load_journeys(files))))
    with pytest.raises(RefusedError, match="has no step hi") as error:
        await desk.migrate("hello", 2, {})
    assert "--map hi=greet" in error.value.next_step
    with pytest.raises(NotFoundError):
        await desk.migrate("hello", 3, {})
    assert await desk.migrate("hello", 2, {"hi": "greet"}, dry_run=True) == 1
    assert await desk.migrate("hello", 2, {"hi": "greet"}) == 1
    assert await desk.migrate("hello", 2, {}) == 0
    [anna] = await desk.people("hello", 0, 10)
    assert (anna.version, anna.step) == (2, "greet")


async def test_what_sends_something_that_is_not_there_is_refused_and_found(
    store: Store, desk: JourneyDesk, files: Path
) -> None:
    async with store.transaction() as tx:
        await tx.contents.retire("bye")
    with pytest.raises(RefusedError, match="there is no content bye"):
        await desk.put(next(iter(load_journeys(files))))
    (files / "broken.yaml").write_text("name: broken\nenter: startd\nsteps: [end]\n", encoding="utf-8")
    assert [one.partition(" (")[0] for one in await desk.check()] == [
        "journeys/broken.yaml: enter.events: 'startd' is not an event; did you mean 'started'?",
        "journeys/hello.yaml: step bye: there is no content bye",
    ]


async def test_every_change_leaves_a_line_in_the_audit_trail(
    store: Store, desk: JourneyDesk, files: Path
) -> None:
    await desk.put(next(iter(load_journeys(files))))
    await desk.open("hello", dry_run=True)
    await desk.open("hello")
    await desk.enrol("hello", str(BORA))
    await desk.remove("hello", str(BORA))
    await desk.close("hello")
    async with store.transaction(write=False) as tx:
        trail = [(one.actor, one.action) for one in await tx.control.audit_trail(5)]
    verbs = ("stop", "remove", "enrol", "start", "put")
    assert trail == [("ann", f"journey.{verb}") for verb in verbs]


async def test_a_journey_of_a_file_is_shown_before_it_is_stored(
    desk: JourneyDesk, files: Path, store: Store
) -> None:
    [line] = await desk.lines()
    assert (line.name, line.state, line.newest) == ("hello", "file", 0)
    assert (await desk.card("hello")).journey is not None
    async with store.transaction() as tx:
        await take_files(tx, [file.document for file in load_journeys(files)], NOW)
    [line] = await desk.lines()
    assert (line.state, line.newest, line.proposal) == ("closed", 1, False)
