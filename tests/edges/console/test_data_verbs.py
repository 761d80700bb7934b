"""Verbs about data: what is kept aside, links, groups, facts about people, their rights, and the way out and
in again."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.memory import MemoryHot
from adapters.sql.store import SqlStore
from adapters.telegram.updates import raw_update
from app.clock import WallClock
from app.exporter import export_events
from app.importing import Documents, ImportDeps, import_lines
from console.main import run
from core.flow.capture import CaptureDeps, apply_pending
from core.ports import RawUpdate
from tests.core.flow.worlds import read
from tests.edges.console.streams import Screen
from tests.edges.console.town import NOW

GROUP = -1_001_234_567_890


@pytest.fixture
def config(database: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings of an installation whose database is the town, with a group and two broken updates."""
    file = database.parent / "config.yaml"
    file.write_text(f"store: {{url: 'sqlite:///{database}'}}\n", encoding="utf-8")
    monkeypatch.setenv("KAIROS_DEBUG", "1")
    asyncio.run(_settle(database))
    return file


async def _settle(database: Path) -> None:
    store = SqlStore(f"sqlite:///{database}")
    try:
        lines = [
            {
                "person": f"telegram:{900 + who}",
                "at_ms": NOW - 3_600_000,
                "event": "group_message",
                "group": GROUP,
                "bot_id": 42,
                "props": {"length": 5},
            }
            for who in (1, 2)
        ]
        deps = ImportDeps(CaptureDeps(store, MemoryHot(), read))
        await import_lines(deps, Documents(lines), NOW)
        async with store.transaction() as tx:
            await tx.inbox.add(42, [RawUpdate(n, b'{"message": 5}', NOW) for n in (71, 72)])
            rows = await tx.inbox.pending(5)
            await tx.inbox.failed([row.id for row in rows], "the update has no body")
    finally:
        await store.close()


def said(config: Path, capsys: pytest.CaptureFixture[str], *line: str) -> Any:
    """The verb's document."""
    assert run([*line, "--json", "--config", str(config)]) == 0
    return json.loads(capsys.readouterr().out)


def test_what_is_kept_aside_is_listed_shown_tried_again_and_dropped(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = said(config, capsys, "inbox", "list")["updates"]
    assert [(row["update"], row["reason"]) for row in rows] == [
        (71, "the update has no body"),
        (72, "the update has no body"),
    ]
    first, second = (str(row["id"]) for row in rows)
    capsys.readouterr()
    assert said(config, capsys, "inbox", "show", first)["update"]["body"] == '{"message": 5}'
    there = ["--config", str(config)]
    assert run(["inbox", "replay", first, *there]) == 2  # nobody is there to say yes
    assert run(["inbox", "replay", first, "7777", *there]) == 4  # before anybody is asked
    assert "no update 7777 is kept aside" in capsys.readouterr().err
    assert run(["inbox", "replay", "--dry-run", *there]) == 0
    assert "would try 2 updates again" in capsys.readouterr().err
    assert run(["inbox", "replay", first, "--yes", *there]) == 0
    assert "1 update waits again" in capsys.readouterr().err
    assert [row["update"] for row in said(config, capsys, "inbox", "list")["updates"]] == [72]
    assert run(["inbox", "drop", second, "--yes", *there]) == 0
    assert "1 update was deleted" in capsys.readouterr().err
    assert said(config, capsys, "inbox", "list")["updates"] == []
    assert run(["inbox", "show", second, *there]) == 4
    assert run(["inbox", "drop", "--yes", *there]) == 0
    assert "no update is kept aside" in capsys.readouterr().err


def test_a_link_is_made_plain_or_signed_and_a_bad_code_is_a_sentence(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = said(config, capsys, "links", "make", "spring", "--bot", "@shop_bot")["link"]
    assert (plain["url"], plain["signed"]) == ("https://t.me/shop_bot?start=spring", False)
    signed = said(config, capsys, "links", "make", "spring", "--days", "30")["link"]
    assert signed["signed"] and signed["payload"].startswith("-k") and len(signed["payload"]) <= 64
    again = said(config, capsys, "links", "make", "spring", "--days", "30")["link"]
    assert again["payload"][:8] == signed["payload"][:8]  # the same key, also in another process
    for code in ("two words", "-kforged", "x" * 65):
        assert run(["links", "make", "--config", str(config), "--", code]) == 2
        stderr = capsys.readouterr().err
        assert "a code has 1 to 64 characters" in stderr and "links make -h" in stderr
    assert run(["links", "make", "x" * 32, "--days", "9", "--config", str(config)]) == 2
    assert "a signed code has 1 to 31 characters" in capsys.readouterr().err


def test_a_link_without_a_bot_is_no_dead_address(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["links", "make", "spring", "--json", "--config", str(config)]) == 0
    stdout, stderr = capsys.readouterr()
    link = json.loads(stdout)["link"]
    assert (link["url"], link["payload"]) == ("", "spring")
    assert "its address is left empty" in stderr
    assert run(["links", "make", "spring", "--days", "9", "--config", str(config)]) == 0
    stdout, stderr = capsys.readouterr()
    assert "t.me" not in stdout and "links make spring --days 9 --bot USERNAME" in stderr


def test_a_link_report_about_nobody_names_one_next_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("workspace: {name: empty}\n", encoding="utf-8")
    assert run(["links", "report", "--config", str(config)]) == 0
    assert capsys.readouterr().err.count("next:") == 1


def test_the_link_report_counts_people_by_first_and_last_touch(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = said(config, capsys, "links", "report")
    assert found["campaigns"] == [
        {"campaign": "spring", "first": 4, "first_converted": 1, "last": 4, "last_converted": 1}
    ]


def test_the_link_report_counts_starts_by_kind_of_link(
    config: Path, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = said(config, capsys, "links", "report")["starts"]
    asyncio.run(_start(database, "-kforged-by-somebody", "winter", ""))
    found = said(config, capsys, "links", "report")
    assert found["starts"] == before | {"forged": 1, "plain": before["plain"] + 1}
    assert {row["campaign"]: row["first"] for row in found["campaigns"]} == {"": 2, "spring": 4, "winter": 1}


async def _start(database: Path, *payloads: str) -> None:
    """Strangers open the bot by these links."""
    updates = [
        {
            "update_id": 100 + n,
            "message": {
                "message_id": n,
                "date": NOW // 1000,
                "from": {"id": 5000 + n, "is_bot": False, "first_name": "New"},
                "chat": {"id": 5000 + n, "type": "private"},
                "text": f"/start {payload}".strip(),
            },
        }
        for n, payload in enumerate(payloads)
    ]
    store = SqlStore(f"sqlite:///{database}")
    try:
        async with store.transaction() as tx:
            await tx.inbox.add(42, [raw_update(one, NOW) for one in updates])
        await apply_pending(CaptureDeps(store, MemoryHot(), read), NOW)
    finally:
        await store.close()


def test_groups_are_listed_and_shown_by_either_number(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [row] = said(config, capsys, "groups", "list")["groups"]
    assert (row["chat_id"], row["members_seen"]) == (GROUP, 2)
    for name in (str(row["group"]), str(GROUP)):
        found = said(config, capsys, "groups", "show", name)
        assert [one["name"] for one in found["members"]] == ["Anna", "Bora [red]"]
        assert len(found["group"]["hours"]) == 24
    with redirect_stdout(Screen()) as screen:
        assert run(["groups", "show", str(GROUP), "--config", str(config)]) == 0
    assert re.search(r"last seen +2026-01-05 09:00\n", screen.getvalue())
    assert re.search(r"busiest hours \(UTC\) +09 h\n", screen.getvalue())
    assert run(["groups", "show", "99", "--config", str(config)]) == 4


def test_a_group_says_why_it_may_or_may_not_be_posted_to(
    config: Path, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(_join(database))
    known = {row["bot"]: row for row in said(config, capsys, "groups", "show", str(GROUP))["bots"]}
    assert known[42]["may_post"] is True
    assert known[42]["reasons"] == []
    assert known[43]["may_post"] is False
    assert known[43]["until"] is None
    assert "may not write" in known[43]["reasons"][0]


async def _join(database: Path) -> None:
    """One bot may write, another was removed, and people write at every hour."""
    store = SqlStore(f"sqlite:///{database}")
    try:
        async with store.transaction() as tx:
            number = await tx.groups.find(GROUP)
            assert number is not None
            record = (await tx.groups.load([number]))[number]
            bots = {"bot:42": (NOW, "member send_messages"), "bot:43": (NOW, "removed")}
            today = WallClock().now_ms() // 86_400_000
            hours = {today: dict.fromkeys(range(48), 2)}
            await tx.groups.save([replace(record, state=replace(record.state, latest=bots, hours=hours))])
    finally:
        await store.close()


def test_a_person_gets_everything_as_a_document_and_as_a_text(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["users", "data", "1", "--config", str(config)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["person"]["first_name"] == "Anna"
    assert {one["kind"] for one in found["events"]} >= {"started", "payment_succeeded"}
    assert run(["users", "data", "1", "--readable", "--language", "tr", "--config", str(config)]) == 0
    assert "Anna" in capsys.readouterr().out


def test_events_go_out_as_lines_that_come_in_again(
    config: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(["export", "events", "--config", str(config)]) == 0
    file = tmp_path / "events.jsonl"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    other = tmp_path / "other" / "config.yaml"
    other.parent.mkdir()
    other.write_text("workspace: {name: other}\n", encoding="utf-8")
    found = said(other, capsys, "import", str(file))["imported"]
    assert found["errors"] == 0 and found["new"] == found["lines"] > 10
    assert run(["users", "show", "tg:901", "--config", str(other)]) == 0


async def test_the_export_has_every_event_once(config: Path, database: Path) -> None:
    store = SqlStore(f"sqlite:///{database}")
    try:
        lines = [one async for one in export_events(store)]
        async with store.transaction(write=False) as tx:
            counts = await tx.events.counts()
    finally:
        await store.close()
    assert len(lines) == sum(counts.values()) == len({(one["at_ms"], one["key"]) for one in lines})


def test_a_person_is_forgotten_by_an_operator(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = ["--config", str(config)]
    assert run(["users", "forget", "1", *there]) == 2
    assert run(["users", "forget", "1", "--dry-run", *there]) == 0
    assert run(["users", "show", "1", *there]) == 0
    assert run(["users", "forget", "1", "--yes", *there]) == 0
    assert "is erased" in capsys.readouterr().err
    assert run(["users", "show", "1", *there]) == 4
    assert run(["users", "show", "2", *there]) == 0


def test_redis_memory_needs_a_running_redis(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["memory", "--config", str(config)]) == 1
    assert "is not running" in capsys.readouterr().err
    assert run(["memory", "--demo"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "error: the demo's Redis runs while the demo runs",
        "next: manage_crm.py demo",
    ]


def test_a_dry_run_makes_nothing_not_even_a_database(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, file = tmp_path / "config.yaml", tmp_path / "events.jsonl"
    config.write_text("workspace: {name: fresh}\n", encoding="utf-8")
    line = {"person": "telegram:1", "at_ms": NOW, "event": "command_used", "props": {"command": "help"}}
    file.write_text(json.dumps(line), encoding="utf-8")
    found = said(config, capsys, "import", str(file), "--dry-run")["imported"]
    assert (found["lines"], found["errors"]) == (1, 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.yaml", "events.jsonl"]
