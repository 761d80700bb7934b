"""Updates of the past come in through the same door as all else: once, checked line by line, answered by
nobody."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.importing import Documents, ImportDeps, Imported, import_lines, open_source
from app.importing.run import BATCH, SHOWN_ERRORS
from core.errors import SettingsError
from core.identity import telegram
from tests.core.flow.worlds import ANNA, BORA, BOT, NOW, OTHER_BOT, World, human

DAY_S = 86_400


def line(person: int, update_id: int, text: str = "hello", **changes: Any) -> dict[str, Any]:
    """A line as Telegram made it three days ago."""
    message = {
        "message_id": update_id,
        "date": NOW // 1000 - 3 * DAY_S + update_id,
        "from": human(person),
        "chat": {"id": person, "type": "private"},
        "text": text,
    }
    update = {"update_id": update_id, "message": message}
    return {"bot_id": BOT, "received_at_ms": NOW - 3 * DAY_S * 1000, "update": update} | changes


async def bring(world: World, lines: Sequence[object], name: str = "import:one", **options: Any) -> Imported:
    """Import lines under a name of their own."""
    return await import_lines(ImportDeps(world.capture), Documents(lines, name), NOW, **options)


async def test_lines_become_people_and_events_at_their_own_time() -> None:
    world = World()
    done = await bring(world, [line(ANNA, 1, "/start"), line(BORA, 2)])
    assert done == Imported(lines=2, good=2, new=2, events=2)
    assert await world.kinds(ANNA) == ["started"]
    record = await world.record(BORA)
    assert record.state.last_ms == NOW - 3 * DAY_S * 1000 + 2000


async def test_importing_again_changes_nothing() -> None:
    world = World()
    lines = [line(ANNA, 1), line(BORA, 2)]
    await bring(world, lines)
    before = await world.record(ANNA)
    done = await bring(world, lines, again=True)
    assert (done.lines, done.new, done.events) == (2, 0, 0)
    assert await world.record(ANNA) == before


async def test_who_was_forgotten_is_not_made_known_again_not_even_by_a_start() -> None:
    """Not even by one that is dated after the erasure: history is nobody's wish."""
    world = World()
    async with world.store.transaction() as tx:
        number = (await tx.people.resolve([telegram(ANNA)], 0))[telegram(ANNA)]
        await tx.erasures.erase(number, [str(telegram(ANNA))], 0)
    deps = ImportDeps(replace(world.capture, suppressed_as=str), str)
    done = await import_lines(deps, Documents([line(ANNA, 1, "/start"), line(BORA, 2)]), NOW)
    assert (done.lines, done.new, done.events) == (2, 2, 1)
    async with world.store.transaction(write=False) as tx:
        assert await tx.people.find(telegram(ANNA)) is None
        assert await tx.erasures.suppressed([str(telegram(ANNA))]) == {str(telegram(ANNA)): 0}


async def test_nobody_is_answered_whatever_the_lines_say() -> None:
    world = World()
    await bring(world, [line(ANNA, 1, "/start")])
    assert await world.inbox() == {"handled": 1}
    async with world.store.transaction(write=False) as tx:
        assert await tx.inbox.unhandled(10) == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("just words", "line 2: not a JSON object"),
        (line(ANNA, 9, bot_id="42"), "line 2: bot_id must be a positive whole number"),
        (line(ANNA, 9, bot_id=True), "line 2: bot_id must be a positive whole number"),
        (line(ANNA, 9, received_at_ms=-1), "line 2: received_at_ms must be a positive whole number"),
        (line(ANNA, 9, received_at_ms=2**63), "line 2: received_at_ms must be a positive whole number"),
        (line(ANNA, 9, received_at_ms=NOW + 1), "line 2: received_at_ms lies in the future"),
        (line(ANNA, 9, update={}), "line 2: update must be an object with an update_id"),
        (line(ANNA, 9, update=[1]), "line 2: update must be an object with an update_id"),
        (line(ANNA, 9, update={"update_id": 2**63}), "line 2: update must be an object with an update_id"),
    ],
)
async def test_a_wrong_line_is_named_and_the_others_come_in(wrong: object, says: str) -> None:
    world = World()
    done = await bring(world, [line(ANNA, 1), wrong, line(BORA, 3)])
    assert (done.lines, done.new, done.errors, done.error_count) == (3, 2, (says,), 1)


async def test_only_the_first_of_very_many_errors_are_shown_but_all_are_counted() -> None:
    done = await bring(World(), ["?"] * 100)
    assert (len(done.errors), done.error_count) == (SHOWN_ERRORS, 100)


async def test_a_line_that_means_nothing_is_kept_aside_without_stopping_the_others() -> None:
    world = World()
    strange = line(ANNA, 1, update={"update_id": 1, "message": {"chat": 5}})
    done = await bring(world, [strange, line(BORA, 2)])
    assert (done.new, done.events, done.aside) == (2, 1, 1)
    assert await world.inbox() == {"failed": 1, "handled": 1}


async def test_a_dry_run_checks_and_changes_nothing() -> None:
    world = World()
    done = await bring(world, [line(ANNA, 1), "?"], dry_run=True)
    assert (done.lines, done.new, done.error_count) == (2, 0, 1)
    assert await world.inbox() == {}


async def test_bots_may_take_turns_and_use_the_same_numbers() -> None:
    world = World()
    lines = [line(ANNA, n, bot_id=bot) for n in (1, 2) for bot in (BOT, OTHER_BOT)]
    done = await bring(world, lines)
    assert (done.new, done.events) == (4, 4)
    number = await world.number(ANNA)
    async with world.store.transaction(write=False) as tx:
        assert [one.bot_id for one in (await tx.people.reach([number]))[number]] == [BOT, OTHER_BOT]


async def test_long_histories_come_in_by_batches_and_say_how_far_they_are() -> None:
    world, seen = World(), list[int]()
    lines = [line(2000 + n % 7, n) for n in range(1, BATCH + 3)]
    done = await bring(world, lines, progress=seen.append)
    assert (done.lines, done.new, done.events) == (BATCH + 2, BATCH + 2, BATCH + 2)
    assert seen == [BATCH, BATCH + 2]


async def test_a_file_is_read_line_by_line_and_broken_ones_are_named(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text(f"{json.dumps(line(ANNA, 1))}\n\n{{oops\n{json.dumps(line(BORA, 3))}\n", encoding="utf-8")
    done = await import_lines(ImportDeps(World().capture), open_source(file), NOW)
    assert (done.lines, done.new, done.errors) == (3, 2, ("line 3: no JSON",))


async def test_a_line_without_end_is_one_error_and_the_next_one_comes_in(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text(f'{{"a": "{"x" * 3_000_000}"}}\n{json.dumps(line(ANNA, 1))}\n', encoding="utf-8")
    done = await import_lines(ImportDeps(World().capture), open_source(file), NOW)
    assert (done.new, done.errors) == (1, ("line 1: longer than 1 MB",))


def test_a_file_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="history.jsonl can't be read"):
        open_source(tmp_path / "history.jsonl")


async def test_an_interrupted_import_goes_on_behind_what_was_committed(tmp_path: Path) -> None:
    world, file = World(), tmp_path / "history.jsonl"
    lines = [json.dumps(line(2000 + n % 7, n)) for n in range(1, 2 * BATCH + 1)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def interrupt(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await import_lines(ImportDeps(world.capture), open_source(file), NOW, progress=interrupt)
    done = await import_lines(ImportDeps(world.capture), open_source(file), NOW)
    assert (done.resumed_at, done.lines, done.new) == (BATCH, BATCH, BATCH)
    once_more = await import_lines(ImportDeps(world.capture), open_source(file), NOW)
    assert (once_more.finished_before, once_more.lines) == (True, 0)
