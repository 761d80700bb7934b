"""The installation's key: found or made once, never weak, never readable by others."""

from __future__ import annotations

import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.settings import load
from adapters.settings.key import installation_key
from adapters.settings.schema import Settings
from core.errors import SettingsError

HEX = "00112233445566778899aabbccddeeff" * 2


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    """Settings of a workspace with these keys."""

    def given(**workspace: str) -> Settings:
        lines = "".join(f"  {name}: {value}\n" for name, value in workspace.items())
        (tmp_path / "config.yaml").write_text(f"workspace:\n  data_dir: data\n{lines}", encoding="utf-8")
        return load(tmp_path / "config.yaml", {})

    return given


def test_the_first_start_makes_a_key_that_only_its_owner_reads(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    key = installation_key(settings(), {})
    file = tmp_path / "data" / "installation.key"
    assert len(key) == 32
    assert bytes.fromhex(file.read_text()) == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert installation_key(settings(), {}) == key
    assert [path.name for path in file.parent.iterdir()] == ["installation.key"]


def test_starts_at_the_same_moment_get_the_same_key(settings: Callable[..., Settings]) -> None:
    one = settings()
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: installation_key(one, {}), range(32)))
    assert len(keys) == 1


def test_a_key_of_your_own_comes_from_the_environment_or_a_file(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    (tmp_path / "own.key").write_text(f"{HEX}\n", encoding="ascii")
    assert installation_key(settings(key_file="own.key"), {}) == bytes.fromhex(HEX)
    assert installation_key(settings(key_env="KEY"), {"KEY": HEX}) == bytes.fromhex(HEX)
    assert installation_key(settings(key_env="KEY"), {"KEY": "ş" * 16}) == ("ş" * 16).encode()


@pytest.mark.parametrize(
    ("workspace", "env", "sentence"),
    [
        ({"key_env": "KEY"}, {}, "environment variable KEY.*workspace.key_env.*is not set"),
        ({"key_env": "KEY"}, {"KEY": "short"}, "KEY holds a key of 5 bytes"),
        ({"key_env": "KEY"}, {"KEY": HEX[:62]}, "a key of 31 bytes"),
        ({"key_file": "none.key"}, {}, "none.key.*can't be read: No such file"),
        ({"key_file": "short.key"}, {}, "short.key.*a key of 3 bytes"),
        ({"key_file": "odd.key"}, {}, "odd.key.*is no text"),
        ({"data_dir": "file"}, {}, "installation.key.*can't be made: (Not a directory|File exists)"),
    ],
)
def test_what_is_wrong_with_a_key_is_said_in_a_sentence(
    settings: Callable[..., Settings],
    tmp_path: Path,
    workspace: dict[str, str],
    env: dict[str, str],
    sentence: str,
) -> None:
    (tmp_path / "short.key").write_text("abc")
    (tmp_path / "odd.key").write_bytes(b"\xff\xfe" * 40)
    (tmp_path / "file").write_text("in the way")
    given = settings(**workspace) if "data_dir" not in workspace else _elsewhere(settings(), tmp_path)
    with pytest.raises(SettingsError, match=sentence) as raised:
        installation_key(given, env)
    assert HEX[:62] not in str(raised.value)


def _elsewhere(settings: Settings, tmp_path: Path) -> Settings:
    workspace = settings.workspace.model_copy(update={"data_dir": tmp_path / "file"})
    return settings.model_copy(update={"workspace": workspace})
