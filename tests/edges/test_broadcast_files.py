"""Broadcasts as files, and the times of their crons."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.broadcasts import load_broadcast, next_slot
from core.errors import ContentError, SettingsError

BOTS = {"shop": 42}
PLAIN = "name: x\naudience: everybody\ncontent: news\n"


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "x.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def test_a_bot_may_be_named(tmp_path: Path) -> None:
    assert load_broadcast(written(tmp_path, PLAIN + "bot: shop\n"), BOTS).bot_id == 42
    assert load_broadcast(written(tmp_path, PLAIN + "bot: 43\n"), BOTS).bot_id == 43


def test_moments_are_read_however_yaml_takes_them(tmp_path: Path) -> None:
    for text in ("2026-04-01 10:00", "2026-04-01 10:00:00", "'2026-04-01 10:00'", "2026-04-01T10:00:00Z"):
        found = load_broadcast(written(tmp_path, f"{PLAIN}when: {{at: {text}}}\n"), BOTS)
        assert found.when.at_ms == moment("2026-04-01 10:00")
    assert load_broadcast(written(tmp_path, f"{PLAIN}when: {{local: 10:30}}\n"), BOTS).when.local_min == 630


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (PLAIN + "bot: nobot\n", "x.yaml: bot: there is no bot 'nobot'; there are shop"),
        (PLAIN + "when: {cron: 0 9 31 2 mon}\n", "x.yaml: when.cron: must be five fields that come true"),
        (PLAIN + "when: {cron: 0 99 * * mon}\n", "x.yaml: when.cron: must be five fields that come true"),
        ("name: x\naudience: everybody\n", "x.yaml: variants: give either content"),
        ("- 1\n", "x.yaml: the broadcast: must be names and values"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ContentError) as caught:
        load_broadcast(written(tmp_path, text), BOTS)
    assert str(caught.value).startswith(words)


def test_what_is_no_yaml_or_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no valid YAML"):
        load_broadcast(written(tmp_path, "name: [\n"), BOTS)
    with pytest.raises(SettingsError, match="can't be read"):
        load_broadcast(tmp_path / "none.yaml", BOTS)


@pytest.mark.parametrize(
    ("cron", "following"),
    [
        ("0 9 * * *", "2026-01-06 09:00"),
        ("0 9 * * mon", "2026-01-12 09:00"),
        ("30 10 * * mon-fri", "2026-01-05 10:30"),
        ("0 10 1 * *", "2026-02-01 10:00"),
        ("0 10 * * *", "2026-01-06 10:00"),
    ],
)
def test_the_next_time_of_a_cron_lies_after_the_moment(cron: str, following: str) -> None:
    assert next_slot(cron, moment("2026-01-05 10:00")) == moment(following)
