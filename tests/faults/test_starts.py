"""What can be wrong at start is said in one sentence on stderr, with exit 1 or 2, and nothing is begun."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from console.main import run

BOTS = """
bots:
  - {name: shop, token_env: SHOP_TOKEN, api_base: "http://127.0.0.1:%d"}
"""


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "7001001:SIMULATED-shop")


@pytest.fixture
def nobody_there() -> int:
    """A port at which nothing listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Refused:
    """How a start ended."""

    def __init__(self, folder: Path, settings: str, said: pytest.CaptureFixture[str]) -> None:
        config = folder / "config.yaml"
        config.write_text(settings)
        self.code = run(["--config", str(config), "run"])
        self.out, self.err = said.readouterr()

    def sentence(self) -> str:
        """The error; there is nothing else but the next step."""
        assert self.out == ""
        first, *others = self.err.strip().splitlines()
        assert first.startswith("error: ")
        assert [line for line in others if not line.startswith("next: ")] == []
        assert "Traceback" not in self.err
        assert "fault of the program" not in self.err
        return first


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("bots: [\n  - {", "config.yaml: line 2"),
        ("delivry: {per_day: 3}", "delivry is not a setting; did you mean delivery?"),
        ("delivery: {per_dey: 3}", "per_dey"),
        ("delivery: {per_day: many}", "delivery.per_day must be a whole number"),
        ("delivery: {per_day: 0}", "delivery.per_day"),
        ("schedule: {plan: 'often'}", "schedule.plan"),
        ("bots: []", "names no bots"),
        ("bots:\n  - {name: shop, token_env: NO_SUCH_VARIABLE}", "NO_SUCH_VARIABLE"),
        ("bots:\n  - {name: shop, token_file: nowhere}", "nowhere"),
    ],
)
def test_a_wrong_setting_or_missing_secret_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: str, words: str
) -> None:
    refused = Refused(tmp_path, settings + "\nredis: {allow_embedded_in_production: true}\n", capsys)
    assert refused.code == 2
    assert words in refused.sentence()
    assert not (tmp_path / "data").exists()


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["--config", str(tmp_path / "nowhere.yaml"), "run"])
    assert code == 2
    assert "nowhere.yaml can't be read: No such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ("redis: {url: 'redis://127.0.0.1:%d/0'}", 1, "does not answer"),
        ("redis: {url: 'unix:///nowhere/redis.sock'}", 1, "does not answer"),
        ("store: {url: 'sqlite:///taken/deeper/kairos.db'}", 1, "can't be opened"),
        ("store: {url: 'sqlite:///taken'}", 1, "is not a database"),
        ("workspace: {data_dir: taken/data}", 2, "the data folder"),
        ("workspace: {logs_dir: taken/logs}", 2, "the logs can't be written"),
    ],
)
def test_what_the_installation_stands_on_is_named_when_it_is_not_there(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    nobody_there: int,
    settings: str,
    code: int,
    words: str,
) -> None:
    (tmp_path / "taken").write_text("a file, where a folder or a database should be")
    settings = settings % nobody_there if "%d" in settings else settings
    refused = Refused(tmp_path, BOTS % nobody_there + settings, capsys)
    assert (refused.code, words in refused.sentence()) == (code, True), refused.err


def test_a_bot_api_out_of_reach_is_named_with_its_bot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], nobody_there: int
) -> None:
    refused = Refused(tmp_path, BOTS % nobody_there + "redis: {url: embedded}", capsys)
    assert refused.code == 1
    assert f"127.0.0.1:{nobody_there} (bots, shop: api_base) can't be reached" in refused.sentence()


def test_a_missing_key_of_the_installation_is_told_before_anything_is_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], nobody_there: int
) -> None:
    settings = "redis: {url: embedded}\nworkspace: {key_env: NO_SUCH_KEY}"
    refused = Refused(tmp_path, BOTS % nobody_there + settings, capsys)
    assert (refused.code, "NO_SUCH_KEY" in refused.sentence()) == (2, True), refused.err
    assert not (tmp_path / "data" / "redis").exists()
