"""What people read exists in every language."""

from __future__ import annotations

from pathlib import Path

import pytest
from fluent.runtime import FluentResource

from bot import texts

FOLDER = Path(texts.__file__).parent


def keys(language: str) -> set[str]:
    resource = FluentResource((FOLDER / f"{language}.ftl").read_text(encoding="utf-8"))
    return {entry.id.name for entry in resource.body if hasattr(entry, "id")}


def test_every_language_has_every_text() -> None:
    first, *others = (keys(language) for language in texts.LANGUAGES)
    assert first
    assert all(other == first for other in others)


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_text_can_be_said(language: str) -> None:
    for key in keys(language):
        said = texts.say(key, language, name="Ayşe", bot="Kairos", zone="Europe/Istanbul")
        assert said
        assert "{" not in said


def test_a_persons_name_is_put_in_and_never_interpreted() -> None:
    assert "{ $bot }" in texts.say("greeting", "en", name="{ $bot }", bot="Kairos")


def test_the_chosen_language_wins_over_the_clients_and_the_default() -> None:
    assert texts.pick("tr", "en") == "tr"
    assert texts.pick("", "fr", "tr") == "tr"
    assert texts.pick("xx") == texts.DEFAULT
