"""Files of contents: what they say is sound, and every fault is found and named."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.contents import load_contents, read_contents, survey
from core.content import LANGUAGES, Links, from_document, render, to_document, with_id
from core.errors import SettingsError

ROOT = Path(__file__).resolve().parents[2]

GOOD = """
name: spring
kind: offer
texts: {tr: "Selam", en: "Hello {first_name}"}
media: [{type: photo, source: "file:a.jpg"}]
buttons:
  - {url: "https://shop.example/", texts: {tr: "Git", en: "Go"}}
  - {start: spring, texts: {tr: "Aç", en: "Open"}}
"""
POLL = """
content:
  - name: ask
    kind: poll
    poll: {question: {en: "Well?"}, options: [{en: "Yes"}, {en: "No"}]}
  - name: tell
    kind: news
    texts: {en: "News"}
    ages: [3, 30]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "a.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "spring.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "more.yaml").write_text(POLL, encoding="utf-8")
    return tmp_path


def test_a_folder_is_read_whole_one_content_or_several_a_file(folder: Path) -> None:
    found = {content.name: content for content in load_contents(folder)}
    assert sorted(found) == ["ask", "spring", "tell"]
    assert found["spring"].buttons[0].url == {"tr": "https://shop.example/", "en": "https://shop.example/"}
    assert found["tell"].ages == (3, 30)
    assert found["ask"].languages == ("en",)
    for content in found.values():
        assert from_document(to_document(content)) == content
    assert read_contents(folder / "spring.yaml", folder / "media") == (found["spring"],)
    assert load_contents(folder / "nothing") == ()


def test_all_faults_are_found_with_file_content_and_place(folder: Path) -> None:
    (folder / "bad.yaml").write_text(
        "content:\n"
        "  - {name: bold, kind: news, texts: {en: '<b>x', tr: '{nickname}'}}\n"
        "  - {name: odd, kind: gossip, texts: {en: x}, colour: red}\n"
        "  - {name: tell, kind: news, texts: {en: x}, media: [{type: photo, source: 'file:no.jpg'}]}\n",
        encoding="utf-8",
    )
    (folder / "broken.yaml").write_text("a: [", encoding="utf-8")
    (folder / "twice.yaml").write_text("name: spring\nkind: news\ntexts: {en: x}\n", encoding="utf-8")
    (folder / "words.yaml").write_text("just words", encoding="utf-8")
    found = survey(folder).faults
    name = folder.name
    expected = (
        f"{name}/bad.yaml: content bold, en: <b> is not closed",
        f"{name}/bad.yaml: content bold, tr: {{nickname}} is unknown",
        f"{name}/bad.yaml: content odd: kind: ",
        f"{name}/bad.yaml: content odd: colour: ",
        f"{name}/bad.yaml: content tell: there is no file no.jpg in {name}/media",
        f"{name}/broken.yaml: is no valid YAML",
        f"{name}/words.yaml: content 1: ",
        f"{name}/twice.yaml: the content spring stands in {name}/spring.yaml already",
    )
    for one in expected:
        assert any(fault.startswith(one) for fault in found), (one, found)
    assert len(found) == len(expected)
    with pytest.raises(SettingsError, match=r"is not closed \(and 7 more\)"):
        load_contents(folder)


def test_media_must_have_a_size_that_telegram_takes(folder: Path) -> None:
    with (folder / "media" / "a.jpg").open("wb") as file:
        file.truncate(10 * 1024 * 1024 + 1)
    assert "a.jpg must have 1 byte to 10 MB as a photo" in survey(folder).faults[0]
    (folder / "media" / "a.jpg").write_bytes(b"")
    assert "must have 1 byte" in survey(folder).faults[0]


def test_the_files_that_come_along_are_sound_and_speak_all_languages() -> None:
    found = survey(ROOT / "content", ROOT / "strategies")
    assert found.faults == []
    ready = {content.name: content for content in load_contents(ROOT / "content")}
    assert {"welcome_1", "welcome_2", "welcome_3", "win_back_1", "win_back_2", "news", "poll"} <= set(ready)
    for content in ready.values():
        assert content.languages == tuple(sorted(LANGUAGES))
        for language in LANGUAGES:
            body = with_id(render(content, language, {}, Links(track=True)), 2**62)
            assert "{" not in str(body.get("text", "") or body["poll"]["question"])  # type: ignore[index] # a poll
