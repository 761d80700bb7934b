"""`delivery why` and `delivery queue` say what holds whom until when, and who goes first."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.desk.commands import Commands, Scope
from app.desk.queries import Queries
from app.desk.workspace import Workspace
from console.main import run
from console.report import Table, iso
from console.screens import delivery, holding
from console.screens.people import reason_in_words
from core.errors import NotFoundError
from core.ledger import MessageClass, NewMessage
from core.ports import Store
from tests.edges.console.town import ANNA, BOT, DAY, HOUR, NOW, workspace


def offer(campaign: str, priority: float, due_ms: int) -> NewMessage:
    return NewMessage(
        cls=MessageClass.CAMPAIGN,
        campaign=campaign,
        step="1",
        person_no=ANNA,
        bot_id=BOT,
        chat_id=901,
        due_ms=due_ms,
        expires_ms=NOW + DAY,
        body={"text": "x"},
        segment="HOT_LEAD",
        kind="offer",
        priority=priority,
    )


async def plan(store: Store) -> None:
    """Two more messages to Anna: a broadcast that waits for three hours, and a journey's that is new."""
    async with store.transaction() as tx:
        await tx.ledger.add([offer("j:win", 7.0, NOW), offer("b:spring", 2.0, NOW - 3 * HOUR)], NOW)
        await tx.ledger.queue_due(BOT, NOW, 10)


async def test_competing_messages_are_shown_in_the_order_of_their_places(store: Store) -> None:
    await plan(store)
    found = await Queries(workspace(store)).why("1")
    assert [(one.turn, one.message.campaign) for one in found.waiting] == [
        (1, "b:spring"),
        (2, "opt"),
        (3, "j:win"),
    ]


async def test_each_reason_says_until_when_it_holds_and_what_would_change_it(store: Store) -> None:
    space = workspace(store, NOW - DAY + HOUR)
    await plan(store)
    await Commands(space, "terminal").pause(Scope(segment="HOT_LEAD"), "checks")
    found = await Queries(space).why("1")
    assert not found.door.allowed
    holds = {one.reason: one for one in found.door.holds}
    cooldown, paused = holds["the last message is too recent"], holds["the segment is paused"]
    assert cooldown.until_ms == NOW - DAY + 1000 + 4 * HOUR
    assert (paused.until_ms, paused.change) == (0, "manage_crm.py delivery resume --segment NAME")
    assert all(not one.allowed and one.holds for one in found.waiting)


async def test_only_a_segment_that_exists_can_be_paused(space: Workspace) -> None:
    with pytest.raises(NotFoundError):
        Queries(space).known_segment("NOBODY")


def test_the_verbs_pause_a_segment_and_show_places(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = database.parent / "config.yaml"
    config.write_text(f"store: {{url: 'sqlite:///{database}'}}\n", encoding="utf-8")

    def does(line: str) -> int:
        return run([*line.split(), "--config", str(config)])

    assert does("delivery pause --segment HOT_LEAD --yes") == 0
    assert does("delivery pause --segment NOBODY --yes") == 4
    assert does("delivery pause --segment HOT_LEAD --bot 42 --yes") == 2
    capsys.readouterr()
    assert does("delivery why 1 --json") == 0
    document = json.loads(capsys.readouterr().out)
    assert "the segment is paused" in [one["reason"] for one in document["holds"]]
    assert document["waiting"][0]["campaign"] == "opt"
    assert does("delivery resume --segment HOT_LEAD --yes") == 0
    capsys.readouterr()
    assert does("delivery queue --json") == 0
    (row,) = json.loads(capsys.readouterr().out)["queue"]
    assert (row["place"], row["campaign"], row["priority"]) == (None, "opt", 9.0)


async def test_what_a_pause_holds_has_no_moment_at_which_it_is_due(store: Store) -> None:
    """It goes on at once when the pause ends, whenever that is."""
    async with store.transaction() as tx:
        until_ms, held = NOW + DAY, "planned; held by cooldown segment_paused"
        parked = replace(offer("b:spring", 2.0, until_ms), reason=held)
        await tx.ledger.add([parked, replace(offer("j:win", 2.0, until_ms), reason="planned")], NOW)
    found = await Queries(workspace(store)).why("1")
    status = await Queries(workspace(store)).delivery()
    for table in (holding.competing(found.waiting), delivery.queue(status.queue).parts[0]):
        assert isinstance(table, Table)
        due = {row["campaign"]: row["due"] for row in table.rows}
        assert (due["b:spring"], due["j:win"]) == (None, iso(until_ms))


def test_a_reason_names_the_message_that_went_first() -> None:
    told = reason_in_words("planned; held by cooldown daily_limit, after message 12 (b:spring)")
    assert told.startswith("planned; the door held it: ")
    assert told.endswith("the last message is too recent, after message 12 (b:spring)")
