"""A broadcast's whole life by verbs: made of a file, looked over, started, watched, cancelled, exported."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from adapters.broadcasts import next_slot
from adapters.sql.store import SqlStore
from adapters.strategies import load_strategies
from app.desk.workspace import STRATEGIES
from app.trial import NoPacer
from console.main import run
from console.recipients import safe
from core.errors import HotStoreError
from core.event import Event, PersonEvent
from core.flow.broadcast import BroadcastDeps, expand_due
from core.intake import record
from core.ledger import Move, State
from core.ports import CampaignRow
from tests.edges.console.town import ANNA, NOW

FILE = """
name: spring
audience: everybody
variants: [{content: hot_offer, share: 1}, {content: engaged_tutorial, share: 1}]
lifetime_h: 48
note: for the tests
"""


@pytest.fixture
def config(database: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings of an installation whose database is the town."""
    file = database.parent / "config.yaml"
    file.write_text(f"store: {{url: 'sqlite:///{database}'}}\n", encoding="utf-8")
    (database.parent / "spring.yaml").write_text(FILE, encoding="utf-8")
    asyncio.run(in_utc(database))
    monkeypatch.setenv("KAIROS_DEBUG", "1")
    return file


@pytest.fixture
def made(config: Path) -> Path:
    """With the draft of the file in it."""
    assert verb(config, "create", str(config.parent / "spring.yaml")) == 0
    return config


async def in_utc(database: Path) -> None:
    """Anna's clock is known, so that a message to her can only have to wait."""
    store = SqlStore(f"sqlite:///{database}")
    try:
        async with store.transaction() as tx:
            zone = Event("zone:1", NOW, "timezone_declared", 0, {"zone": "UTC"})
            await record(tx, [PersonEvent(ANNA, zone)], NOW)
    finally:
        await store.close()


def verb(config: Path, *line: str) -> int:
    return run(["broadcast", *line, "--config", str(config)])


def said(config: Path, capsys: pytest.CaptureFixture[str], *line: str) -> Any:
    capsys.readouterr()
    assert verb(config, *line, "--json") == 0
    return json.loads(capsys.readouterr().out)


def sent(config: Path) -> int:
    """What the running installation would do: rows are made, the first is sent and answered."""

    async def work() -> int:
        store = SqlStore(f"sqlite:///{config.parent / 'town.db'}")
        try:
            async with store.transaction() as tx:
                row = await tx.campaigns.get("spring")
                assert isinstance(row, CampaignRow)
            now_ms = row.slot_ms + 1_000
            deps = BroadcastDeps(store, load_strategies(STRATEGIES), {}, next_slot)
            done = await expand_due(deps, now_ms)
            async with store.transaction() as tx:
                [first, *_] = await tx.ledger.of_campaign("b:spring", 0, 10)
                going = Move(first.id, State.PLANNED, State.SENDING, permit_ms=now_ms)
                await tx.ledger.move([going])
                await tx.ledger.move([Move(first.id, State.SENDING, State.SENT, sent_ms=now_ms)])
                await tx.ledger.answered({first.id: now_ms + 60_000})
                await tx.ledger.harmed({first.id: ("opt_out", now_ms + 90_000)})
            return done.messages
        finally:
            await store.close()

    return asyncio.run(work())


def test_a_file_becomes_a_draft_and_is_shown(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [line] = said(made, capsys, "list")["broadcasts"]
    assert (line["name"], line["state"], line["messages"]) == ("spring", "draft", 0)
    shown = said(made, capsys, "show", "spring")["broadcast"]
    assert shown["audience"] == "everybody"
    assert "hot_offer" in shown["variants"]
    assert shown["author"].startswith("terminal")


def test_a_dry_run_tells_who_gets_it_and_who_not_and_writes_nothing(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = said(made, capsys, "dry-run", "spring")
    figures = found["dry_run"]
    assert figures["audience"] == 4
    assert figures["messages"] + figures["never"] == 4
    reasons = {row["reason"]: row["people"] for row in found["never_reasons"]}
    assert reasons == {"blocked": 1, "no_consent": 1, "holdout": 1}
    assert sum(row["people"] for row in found["variants"]) == figures["messages"] == 1
    [sample] = found["samples"]
    assert "Anna" in sample["text"]
    assert verb(made, "dry-run", str(made.parent / "spring.yaml")) == 0
    assert said(made, capsys, "list")["broadcasts"][0]["messages"] == 0


def test_it_is_started_paused_resumed_and_cancelled(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verb(made, "start", "spring", "--dry-run") == 0
    assert "would start spring (1 messages, as soon as it is started)" in capsys.readouterr().err
    assert verb(made, "start", "spring") == 2  # nobody is there to say yes
    assert verb(made, "pause", "spring", "--yes") == 3  # a draft
    assert verb(made, "start", "spring", "--yes") == 0
    assert verb(made, "start", "spring", "--yes") == 3
    assert verb(made, "create", str(made.parent / "spring.yaml")) == 3
    assert verb(made, "pause", "spring", "--yes", "--reason", "wrong price") == 0
    shown = said(made, capsys, "show", "spring")["broadcast"]
    assert shown["state"] == "paused"
    assert verb(made, "pause", "spring", "--yes") == 0
    assert "stood still already" in capsys.readouterr().err
    assert verb(made, "resume", "spring", "--yes") == 0
    assert verb(made, "resume", "spring", "--yes") == 0
    assert "did not stand still" in capsys.readouterr().err
    assert sent(made) == 1
    capsys.readouterr()
    assert verb(made, "cancel", "spring", "--yes") == 0
    assert "0 messages withdrawn" in capsys.readouterr().err
    assert verb(made, "cancel", "spring", "--yes") == 3
    assert said(made, capsys, "show", "spring")["broadcast"]["state"] == "cancelled"


def test_the_report_counts_by_variant_with_intervals(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verb(made, "start", "spring", "--yes") == 0
    sent(made)
    found = said(made, capsys, "report", "spring")
    assert (found["broadcast"]["messages"], found["broadcast"]["states"]) == (1, {"sent": 1})
    [variant] = found["variants"]
    assert (variant["received"], variant["answered"], variant["blocked"], variant["opted_out"]) == (
        1,
        1,
        0,
        1,
    )
    assert 0 < variant["answered_low"] < 1
    assert {row["reason"] for row in found["skipped_reasons"]} == {"blocked", "no_consent", "holdout"}
    capsys.readouterr()
    assert verb(made, "report", "spring") == 0
    assert "answered" in capsys.readouterr().out


def test_recipients_are_exported_one_line_each(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verb(made, "start", "spring", "--yes") == 0
    sent(made)
    capsys.readouterr()
    assert verb(made, "export", "spring") == 0
    [line] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (line["telegram_id"], line["state"], line["harm"]) == ("901", "sent", "opt_out")
    file = made.parent / "out.json"
    assert verb(made, "export", "spring", "--format", "json", "--out", str(file)) == 0
    [row] = json.loads(file.read_text(encoding="utf-8"))["recipients"]
    assert (row["person"], row["answered_at"] is not None) == (1, True)
    assert file.stat().st_mode & 0o077 == 0
    assert verb(made, "export", "spring", "--out", str(file)) == 2


def test_no_cell_is_a_formula() -> None:
    row = {"reason": "=HYPERLINK(1)", "variant": "@a", "n": -5, "state": "sent", "tab": "\t=1"}
    assert safe(row) == {
        "reason": "'=HYPERLINK(1)",
        "variant": "'@a",
        "n": -5,
        "state": "sent",
        "tab": "'\t=1",
    }


def test_what_a_file_names_must_be_there(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = config.parent / "wrong.yaml"
    for audience, content, words in (
        ("everybody", "nothing_like_it", "there is no content"),
        ("{segment: NOBODY}", "hot_offer", "there is no segment NOBODY"),
        ("{list: nolist}", "hot_offer", "there is no list nolist"),
    ):
        file.write_text(f"name: x\naudience: {audience}\ncontent: {content}\n", encoding="utf-8")
        assert verb(config, "create", str(file)) == 4
        assert words in capsys.readouterr().err
    file.write_text("name: x\n", encoding="utf-8")
    assert verb(config, "create", str(file)) == 2


def test_one_that_is_not_there_is_not_found(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line in (("show", "x"), ("start", "x", "--yes"), ("export", "x")):
        assert verb(config, *line) == 4
        assert "there is no broadcast x" in capsys.readouterr().err


def test_a_moment_that_has_passed_can_not_be_started(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = made.parent / "late.yaml"
    file.write_text(FILE.replace("note", "when: {at: 2026-01-01 10:00}\nnote"), encoding="utf-8")
    assert verb(made, "create", str(file)) == 0
    assert verb(made, "start", "spring", "--yes") == 3
    assert "has passed" in capsys.readouterr().err


def test_a_test_needs_an_operator(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verb(made, "test", "spring") == 2
    assert "no operator who may send" in capsys.readouterr().err


async def test_without_a_redis_nobody_is_agreed_with() -> None:
    for call in (NoPacer().grant(1, [1], 0), NoPacer().limited(1, 1, 1, 0), NoPacer().status(1, 0)):
        with pytest.raises(HotStoreError):
            await call


def test_a_dry_run_of_a_file_leads_to_its_draft(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "all.yaml"
    file.write_text("name: all\naudience: everybody\ncontent: hot_offer\n")
    assert verb(config, "dry-run", str(file)) == 0
    assert f"broadcast create {file}" in capsys.readouterr().err


def test_a_campaign_that_nobody_knows_is_not_paused(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def pause(campaign: str) -> int:
        return run(["--config", str(made), "delivery", "pause", "--campaign", campaign, "--yes"])

    assert pause("b:nothing") == 4 and "there is no campaign b:nothing" in capsys.readouterr().err
    assert pause("opt") == 0
