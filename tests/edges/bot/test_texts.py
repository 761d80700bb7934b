"""What people read exists in every language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fluent.runtime import FluentResource
from fluent.syntax import FluentSerializer
from fluent.syntax.ast import Message

from bot import texts

FOLDER = Path(texts.__file__).parent
VALUE = re.compile(r"\$(\w+)")
NUMBERS = {"stars", "days", "n", "share"}


def texts_in(language: str) -> dict[str, set[str]]:
    """Key -> the names of the values that stand in its text."""
    source = (FOLDER / f"{language}.ftl").read_text(encoding="utf-8")
    entries = [entry for entry in FluentResource(source).body if isinstance(entry, Message)]
    found = {
        entry.id.name: set(VALUE.findall(FluentSerializer().serialize_entry(entry))) for entry in entries
    }
    assert len(found) == len(entries), "a key stands twice"
    return found


def test_every_language_has_every_text_with_the_same_values() -> None:
    first, *others = (texts_in(language) for language in texts.LANGUAGES)
    assert first
    assert all(other == first for other in others)


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_text_can_be_said(language: str) -> None:
    for key, names in texts_in(language).items():
        for number in (0, 1, 2, 7, 30):
            values: dict[str, str | int] = {name: number if name in NUMBERS else "Ayşe" for name in names}
            said = texts.say(key, language, **values)
            assert said
            assert "{" not in said


def test_a_missing_value_is_an_error_and_no_hole_in_a_sentence() -> None:
    with pytest.raises(KeyError, match="greeting"):
        texts.say("greeting", "en", name="Ayşe")
    with pytest.raises(KeyError):
        texts.say("no-such-text", "en")


def test_every_text_is_said_somewhere() -> None:
    """By its whole name, or by the beginning that a handler completes."""
    code = "".join(path.read_text(encoding="utf-8") for path in FOLDER.parent.rglob("*.py"))
    for key in texts_in(texts.DEFAULT):
        beginnings = {key[: end + 1] + "{" for end, char in enumerate(key) if char == "-"}
        assert f'"{key}"' in code or any(f'f"{beginning}' in code for beginning in beginnings), key


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert "1,500" in texts.say("buy-vip-button", "en", stars=1500)
    assert "1.500" in texts.say("buy-vip-button", "tr", stars=1500)


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_no_text_names_a_price_that_nobody_has_set(language: str) -> None:
    for key, names in texts_in(language).items():
        if key.startswith("answer-") and not names:
            assert not re.search(r"\d", texts.say(key, language)), key


def test_a_name_is_one_printable_line_of_bounded_length() -> None:
    assert texts.one_line("  Anna\n\u202e<b>\x00 ") == "Anna <b>"
    assert len(texts.one_line("x" * 5_000)) == texts.MAX_NAME


def test_a_persons_name_is_put_in_and_never_interpreted() -> None:
    assert "{ $bot }" in texts.say("greeting", "en", name="{ $bot }", bot="Kairos")


def test_the_chosen_language_wins_over_the_clients_and_the_default() -> None:
    assert texts.pick("tr", "en") == "tr"
    assert texts.pick("", "fr", "tr") == "tr"
    assert texts.pick("xx") == texts.DEFAULT
