"""Contents at the desk: what is there, how it looks, what is wrong, and versions."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.contents import read_contents
from adapters.sql.store import SqlStore
from app.desk.contents import ContentDesk, read_file
from app.desk.workspace import Sending, Workspace
from console.main import run
from core.content import Content, to_document
from core.errors import ContentError, NotFoundError, RefusedError, SettingsError
from core.event import Event, PersonEvent
from core.ledger import MessageClass, NewMessage
from tests.edges.console.town import ANNA, BORA, BOT, NOW

SPRING = Content(
    "spring",
    "offer",
    {
        "en": 'Hi {first_name}, <b>spring</b> <a href="https://shop.example/">here</a>',
        "tr": "Selam &amp; bahar",
    },
)
FILE = """
name: spring
kind: offer
texts: {en: "Hi {first_name}"}
"""


@pytest.fixture
def desk(space: Workspace) -> ContentDesk:
    return ContentDesk(space, "test")


@pytest.fixture
def config(database: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings of an installation whose database is the town."""
    file = database.parent / "config.yaml"
    file.write_text(f"store: {{url: 'sqlite:///{database}'}}\n", encoding="utf-8")
    monkeypatch.setenv("KAIROS_DEBUG", "1")
    return file


async def test_contents_of_files_and_store_are_listed_with_where_they_are_from(desk: ContentDesk) -> None:
    found = {one.content.name: one for one in await desk.lines()}
    assert (found["hot_offer"].segments, found["hot_offer"].version) == (("HOT_LEAD",), 0)
    assert found["welcome_1"].segments == ()
    assert {one.segments for one in await desk.lines("HOT_LEAD")} == {("HOT_LEAD",)}
    with pytest.raises(NotFoundError, match="there are HOT_LEAD"):
        await desk.lines("HOT")
    await desk.put([SPRING])
    line = await desk.line("spring")
    assert (line.content, line.version, line.author, line.at_ms) == (SPRING, 1, "test", NOW)


async def test_a_person_is_shown_exactly_what_they_would_get(desk: ContentDesk) -> None:
    await desk.put([SPRING])
    [one] = await desk.preview("spring", str(ANNA))
    assert one.html == 'Hi Anna, <b>spring</b> <a href="https://shop.example/">here</a>'
    assert one.words == "Hi Anna, spring here (https://shop.example/)"
    assert (one.length, one.language) == (len("Hi Anna, spring here"), "en")
    assert one.links == ("https://shop.example/",)
    [turkish] = await desk.preview("spring", language="tr")
    assert (turkish.words, turkish.length) == ("Selam & bahar", 13)
    assert [each.language for each in await desk.preview("spring")] == ["en", "tr"]
    with pytest.raises(ContentError, match="does not speak 'de'; it speaks en, tr"):
        await desk.preview("spring", language="de")
    with pytest.raises(NotFoundError, match="no content nothing"):
        await desk.preview("nothing")
    with pytest.raises(NotFoundError, match="no person 99"):
        await desk.preview("spring", "99")


async def test_whose_language_is_unknown_is_shown_the_installations(space: Workspace) -> None:
    turkish = replace(space, sending=Sending(language="tr"))
    desk = ContentDesk(turkish, "test")
    await desk.put([SPRING])
    async with space.store.transaction() as tx:
        [bora] = (await tx.people.load([BORA])).values()
        await tx.people.save([replace(bora, contact=replace(bora.contact, language=""))])
    [shown] = await desk.preview("spring", str(BORA))
    assert shown.language == "tr"


async def test_a_change_is_a_version_and_the_files_words_are_kept_as_the_first(desk: ContentDesk) -> None:
    old = (await desk.line("hot_offer")).content
    new = replace(old, texts={"en": "New", "tr": "Yeni"}, silent=True)
    [tried] = await desk.put([new], dry_run=True)
    assert (tried.changed, tried.keys, tried.version) == (True, ("silent", "texts"), 0)
    assert (await desk.line("hot_offer")).content == old
    [done] = await desk.put([new])
    assert done.version == 2
    assert [(one.version, one.author, one.live) for one in await desk.history("hot_offer")] == [
        (2, "test", True),
        (1, "file", False),
    ]
    assert [one.version for one in await desk.history("hot_poll")] == [0]
    [again] = await desk.put([new])
    assert (again.changed, again.version) == (False, 2)
    with pytest.raises(RefusedError, match="is the offer of a segment"):
        await desk.put([replace(new, kind="news")])


async def test_what_is_retired_says_so_until_it_is_put_again(desk: ContentDesk, space: Workspace) -> None:
    assert (await desk.retire("hot_offer", dry_run=True)).state == "live"
    await desk.retire("hot_offer")
    line = await desk.line("hot_offer")
    assert (line.state, line.version) == ("retired", 1)
    with pytest.raises(RefusedError, match="retired already"):
        await desk.retire("hot_offer")
    [done] = await desk.put([line.content])
    assert (done.changed, done.version) == (True, 2)
    assert (await desk.line("hot_offer")).state == "live"
    async with space.store.transaction(write=False) as tx:
        actions = [entry.action for entry in await tx.control.audit_trail(2)]
    assert actions == ["content.put", "content.retire"]


async def test_faults_of_the_store_are_named_with_their_version(desk: ContentDesk, space: Workspace) -> None:
    assert await desk.faults() == []
    async with space.store.transaction() as tx:
        wrong = to_document(Content("wrong", "news", {"en": "<b>", "tr": "{nickname}"}))
        await tx.contents.put("wrong", wrong, NOW, author="older program")
    first, second = await desk.faults()
    assert first == "store, wrong version 1: content wrong, en: <b> is not closed"
    assert "tr: {nickname} is unknown" in second


async def test_links_show_how_many_people_opened_them(desk: ContentDesk, space: Workspace) -> None:
    await desk.put([SPRING])
    async with space.store.transaction() as tx:
        new = [_message(ANNA, "1"), _message(ANNA, "2"), _message(BORA, "1")]
        rows = [row.id for row in await tx.ledger.add(new, NOW) if row is not None]
        clicks = [(ANNA, rows[0]), (ANNA, rows[1]), (BORA, rows[2])]
        await tx.events.append(
            [
                PersonEvent(
                    no, Event(f"click:{row}:0", NOW, "link_clicked", BOT, {"message": row, "link": 0})
                )
                for no, row in clicks
            ]
        )
    found = {(one.content, one.where): one for one in await desk.links()}
    assert found["spring", "text"].people == 2
    assert found["spring", "text"].address == "https://shop.example/"


def _message(person_no: int, step: str) -> NewMessage:
    body = {"text": '<a href="{link:0}">here</a>', "links": ["https://shop.example/"]}
    return NewMessage(
        MessageClass.CAMPAIGN, "b:x", step, person_no, BOT, 901, NOW, NOW + 1, body, content="spring"
    )


async def test_what_stands_in_a_file_only_is_stored_as_it_is_and_once(desk: ContentDesk) -> None:
    content = (await desk.line("news")).content
    assert [(one.changed, one.keys) for one in await desk.put([content], dry_run=True)] == [(True, ())]
    assert [(one.version, one.changed) for one in await desk.put([content])] == [(1, True)]
    assert [(one.version, one.changed) for one in await desk.put([content])] == [(1, False)]
    assert [one.author for one in await desk.history("news")] == ["test"]
    of_a_segment = (await desk.line("hot_offer")).content
    assert [one.changed for one in await desk.put([of_a_segment])] == [False]


def test_a_file_is_put_in_force_by_a_verb(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "spring.yaml"
    file.write_text(FILE, encoding="utf-8")
    at = ["--config", str(config)]
    assert run(["content", "put", str(file), "--dry-run", *at]) == 0
    assert run(["content", "show", "spring", *at]) == 4
    assert run(["content", "put", str(file), *at]) == 2, "nobody can be asked"
    capsys.readouterr()
    assert run(["content", "put", str(file), "--yes", "--json", *at]) == 0
    [done] = json.loads(capsys.readouterr().out)["contents"]
    assert (done["content"], done["version"], done["changed"]) == ("spring", 1, True)
    assert run(["content", "preview", "spring", "--json", *at]) == 0
    assert json.loads(capsys.readouterr().out)["preview"]["text"] == "Hi friend"
    assert run(["content", "retire", "spring", "--yes", *at]) == 0
    assert run(["content", "retire", "spring", "--yes", *at]) == 3
    file.write_text(FILE.replace("{first_name}", "{nick_name}"), encoding="utf-8")
    assert run(["content", "put", str(file), "--yes", *at]) == 2
    assert "{nick_name} is unknown" in capsys.readouterr().err
    assert run(["content", "put", str(tmp_path / "no.yaml"), *at]) == 2


def test_check_ends_with_1_when_something_can_not_be_sent(
    config: Path, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["content", "check", "--json", "--config", str(config)]) == 0
    assert json.loads(capsys.readouterr().out) == {"faults": []}
    asyncio.run(spoil(f"sqlite:///{database}"))
    assert run(["content", "check", "--json", "--config", str(config)]) == 1
    [fault] = json.loads(capsys.readouterr().out)["faults"]
    assert fault["where"] == "store, wrong version 1"
    assert fault["fault"] == "content wrong, en: <b> is not closed"


async def spoil(url: str) -> None:
    """Put in what an older program may have let through."""
    store = SqlStore(url)
    async with store.transaction() as tx:
        wrong = to_document(Content("wrong", "news", {"en": "<b>"}))
        await tx.contents.put("wrong", wrong, NOW, author="older program")
    await store.close()


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't be read"):
        read_contents(tmp_path / "no.yaml", tmp_path)


def test_all_faults_of_a_file_are_said_at_once(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("name: bad\nkind: offr\nbutons: 1\n")
    with pytest.raises(
        SettingsError, match=r"bad\.yaml: content bad: kind: .*; content bad: butons: "
    ) as found:
        read_file(file)
    assert found.value.next_step == "correct the file, see docs/content.md"


def test_a_bare_list_is_told_how_several_contents_are_written(tmp_path: Path) -> None:
    file = tmp_path / "list.yaml"
    file.write_text("- name: a\n")
    with pytest.raises(SettingsError, match="as a list under content:"):
        read_file(file)
