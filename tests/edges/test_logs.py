"""Log files: by area and day, without anybody's words, and never the reason for a crash."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.logs import LogFiles, open_logs
from adapters.logs.files import AREAS
from adapters.logs.privacy import PERSONAL, clean, masked
from core.errors import RejectedError, SettingsError

TOKEN = "123456789:AAF-abcdefghijklmnopqrstuvwxyz012345"
DAY_MS = 86_400_000
T0 = 1_767_571_200_000
"""2026-01-05 00:00 UTC."""


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.ms = T0

    def now_ms(self) -> int:
        return self.ms


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def logs(tmp_path: Path, hand: Hand) -> Iterator[LogFiles]:
    with open_logs(tmp_path / "logs", hand.now_ms, keep_days=3) as files:
        yield files


def lines(folder: Path, area: str = "crm_analytics", day: str = "20260105") -> list[dict[str, Any]]:
    text = (folder / "logs" / f"{area}_{day}.log").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_each_area_has_its_file_of_json_lines(tmp_path: Path, logs: LogFiles) -> None:
    for area in AREAS:
        logs.get(area).info("it_happened", bot=42, messages=17, share=0.5, why={"cooldown": 3})
    for area in AREAS:
        opened, line = lines(tmp_path, area)
        assert opened["event"] == "log_opened"
        assert line == {
            "at": "2026-01-05T00:00:00.000+00:00",
            "level": "info",
            "event": "it_happened",
            "bot": 42,
            "messages": 17,
            "share": 0.5,
            "why": {"cooldown": 3},
        }


def test_a_line_belongs_to_the_day_of_the_clock_and_old_files_go(
    tmp_path: Path, hand: Hand, logs: LogFiles
) -> None:
    folder = tmp_path / "logs"
    (folder / "notes_20200101.log").write_text("not ours")
    (folder / "segmentation_20260101.log").write_text("old")
    for day in range(1, 6):
        hand.ms = T0 + day * DAY_MS
        logs.get("crm_analytics").info("day", number=day)
    assert lines(tmp_path, day="20260110")[-1]["number"] == 5
    kept = sorted(path.name for path in folder.glob("*.log"))
    assert kept == [
        "crm_analytics_20260107.log",
        "crm_analytics_20260108.log",
        "crm_analytics_20260109.log",
        "crm_analytics_20260110.log",
        "notes_20200101.log",
    ]


def test_lines_below_the_level_are_not_written(tmp_path: Path, hand: Hand) -> None:
    with open_logs(tmp_path / "logs", hand.now_ms, level="warning") as logs:
        log = logs.get("segmentation")
        log.info("quiet")
        log.warning("loud")
    assert [line["event"] for line in lines(tmp_path, "segmentation")] == ["log_opened", "loud"]


def test_peoples_words_and_names_are_dropped_and_the_line_says_so(tmp_path: Path, logs: LogFiles) -> None:
    update = {"message": {"text": "Ayşe here", "from": {"first_name": "Ayşe", "id": 7}}}
    logs.get("crm_analytics").info("odd", inbox=5, username="ayse", update=update)
    text = (tmp_path / "logs" / "crm_analytics_20260105.log").read_text(encoding="utf-8")
    line = lines(tmp_path)[-1]
    assert "ay" not in text.lower().replace("may", "")
    assert line["update"] == {"message": {"from": {"id": 7}}}
    assert line["dropped"] == ["first_name", "text", "username"]


def test_tokens_and_passwords_are_masked_wherever_they_stand(tmp_path: Path, logs: LogFiles) -> None:
    logs.get("crm_analytics").warning(
        f"asked https://api.telegram.org/bot{TOKEN}/getMe",
        url="redis://:hunter2@host/0",
        list=[{TOKEN: TOKEN}],
    )
    text = (tmp_path / "logs" / "crm_analytics_20260105.log").read_text(encoding="utf-8")
    assert TOKEN not in text
    assert "AAF-" not in text
    assert "hunter2" not in text
    assert "[token]" in text


def test_an_error_shows_its_kind_and_place_and_only_words_of_ours(tmp_path: Path, logs: LogFiles) -> None:
    log = logs.get("delivery_optimizer")
    try:
        raise ValueError(f"parameters: ('Ayşe', '{TOKEN}')")
    except ValueError:
        log.exception("broken", bot=42)
    try:
        raise RejectedError(f"Telegram refused {TOKEN}", code="other")
    except RejectedError as error:
        log.error("refused", exc_info=error)
    foreign, ours = lines(tmp_path, "delivery_optimizer")[-2:]
    assert foreign["error"]["type"] == "ValueError"
    assert "says" not in foreign["error"]
    assert "test_logs.py" in foreign["error"]["at"][-1]
    assert ours["error"]["says"] == "Telegram refused [token]"


def test_an_object_is_not_printed(tmp_path: Path, logs: LogFiles) -> None:
    logs.get("crm_analytics").info("odd", thing=Path("/home/ayse"), deep={"a": {"b": {"c": {"d": 1}}}})
    line = lines(tmp_path)[-1]
    assert line["thing"] == "<PosixPath>"
    assert line["deep"] == {"a": {"b": {"c": "..."}}}


def test_warnings_of_libraries_come_without_what_they_were_filled_with(
    tmp_path: Path, logs: LogFiles
) -> None:
    logs.take_over_logging()
    logging.getLogger("some.library").warning("failed for %s", "Ayşe")
    logging.getLogger("some.library").info("not worth a line")
    logs.close()
    line = lines(tmp_path)[-1]
    assert (line["event"], line["logger"], line["says"]) == ("library", "some.library", "failed for %s")
    assert logging.getLogger().handlers.count(logs._bridge) == 0


def test_a_folder_that_can_not_be_made_is_one_sentence_at_the_start(tmp_path: Path, hand: Hand) -> None:
    (tmp_path / "logs").write_text("in the way")
    with pytest.raises(SettingsError, match="the logs can't be written to .*logs: File exists") as caught:
        open_logs(tmp_path / "logs", hand.now_ms)
    assert "workspace.logs_dir" in caught.value.next_step


def test_a_full_disk_is_one_sentence_at_the_start(tmp_path: Path, hand: Hand) -> None:
    (tmp_path / "segmentation_20260105.log").symlink_to("/dev/full")
    with pytest.raises(SettingsError, match="No space left on device"):
        open_logs(tmp_path, hand.now_ms)


def test_a_disk_that_fills_later_costs_lines_and_nothing_else(
    tmp_path: Path, hand: Hand, logs: LogFiles
) -> None:
    (tmp_path / "logs" / "segmentation_20260106.log").symlink_to("/dev/full")
    hand.ms += DAY_MS
    logs.get("segmentation").info("lost")
    assert logs.lost == 1
    logs.get("delivery_optimizer").info("kept")
    hand.ms += DAY_MS
    logs.get("segmentation").info("kept")
    assert logs.lost == 1
    assert lines(tmp_path, "segmentation", "20260107")[-1]["event"] == "kept"


TEXT = st.characters(exclude_categories=())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(TEXT) | st.just(TOKEN),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*sorted(PERSONAL), "bot", "why", TOKEN]), inner, max_size=3)
    ),
)


@given(st.dictionaries(st.sampled_from([*sorted(PERSONAL), "bot", "Text", "USERNAME"]), VALUES))
def test_whatever_is_given_no_personal_key_and_no_token_gets_through(fields: dict[str, object]) -> None:
    kept = clean(fields)
    orjson.dumps(kept)
    dropped = kept.pop("dropped", [])
    assert isinstance(dropped, list)
    assert not {key.lower() for key in kept} & PERSONAL
    assert TOKEN not in repr(kept)


@given(st.text(TEXT, max_size=50))
def test_masking_hides_a_token_in_any_text(around: str) -> None:
    assert TOKEN not in masked(f"{around} {TOKEN} {around}")


# ------------------------------------------------------------------------------------------ forgetting
def test_words_are_made_unreadable_in_all_files_and_lines_stay_json(
    tmp_path: Path, logs: LogFiles, hand: Hand
) -> None:
    logs.get("segmentation").info("odd", says="chat 712345678 was not found", chat=712345678)
    hand.ms += DAY_MS
    log = logs.get("segmentation")
    log.info("odd", says="asked @ceyda_k, not ceyda_kara or 7123456789", who="ceyda_k")
    assert logs.scrub(["712345678", "ceyda_k", "5", "Al", ""]) == 4
    log.info("later", chat=1)
    files = sorted((tmp_path / "logs").glob("segmentation_*.log"))
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    odd, asked, later = (line for line in lines if line["event"] != "log_opened")
    assert (odd["says"], odd["chat"]) == ("chat 999999999 was not found", 999999999)
    assert asked["says"] == "asked @*******, not ceyda_kara or 7123456789"
    assert asked["who"] == "*******"
    assert later["chat"] == 1, "whoever has the file open goes on appending"
    assert logs.scrub(["712345678", "ceyda_k"]) == 0


def test_nobody_can_take_our_keys_away_by_a_name(tmp_path: Path, logs: LogFiles) -> None:
    logs.get("segmentation").info("run", level_of="level")
    logs.scrub(["event", "level", "process"])
    for file in (tmp_path / "logs").glob("*.log"):
        for line in file.read_text().splitlines():
            assert {"at", "level", "event"} <= set(json.loads(line))
