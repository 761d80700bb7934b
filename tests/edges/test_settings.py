"""Settings: what is wrong stops with one sentence that says where it stands and what is allowed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from adapters.settings import Settings, bot_tokens, load
from core.errors import SettingsError

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "123456789:AAF-abcdefghijklmnopqrstuvwxyz012345"


def given(folder: Path, text: str, **env: str) -> Settings:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, env)


def complaint(folder: Path, text: str, **env: str) -> str:
    with pytest.raises(SettingsError) as caught:
        given(folder, text, **env)
    said = str(caught.value)
    assert "\n" not in said
    return said


def leaves(model: type[BaseModel], above: str = "") -> list[str]:
    found: list[str] = []
    for name, info in model.model_fields.items():
        kinds: list[Any] = [info.annotation, *get_args(info.annotation)]
        inner = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
        listed = "[]" if inner is not None and inner is not info.annotation else ""
        found += leaves(inner, f"{above}{name}{listed}.") if inner else [above + name]
    return found


def test_the_file_that_comes_with_it_holds_the_defaults() -> None:
    shipped, plain = load(ROOT / "config.yaml", {}), Settings()
    for section in Settings.model_fields:
        if section not in {"bots", "store"}:
            assert getattr(shipped, section) == getattr(plain, section)
    assert [bot.token_env for bot in shipped.bots] == ["KAIROS_BOT_TOKEN"]


def test_every_setting_stands_in_the_file_and_in_the_reference() -> None:
    reference = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    for path in leaves(Settings):
        assert f"| `{path}` |" in reference, path
        assert re.search(rf"\b{path.rpartition('.')[2]}:", text), path
    named = set(re.findall(r"^\| `([^`]+)` \|", reference, re.M))
    assert named - {"operators"} == set(leaves(Settings))  # an empty list in the file has no leaves there


def test_the_environment_beats_the_file(tmp_path: Path) -> None:
    text = "logs:\n  keep_days: 3\nbots:\n  - name: a\n    token_env: A\n"
    found = given(
        tmp_path,
        text,
        KAIROS_LOGS__KEEP_DAYS="5",
        KAIROS_HOLDOUT__SHARE="0.1",
        KAIROS_REDIS__ALLOW_EMBEDDED_IN_PRODUCTION="true",
        KAIROS_SCHEDULE__PLAN="*/10 * * * *",
        KAIROS_BOTS__0__API_BASE="http://127.0.0.1:8081/",
        KAIROS_BOTS__1__NAME="b",
        KAIROS_BOTS__1__TOKEN_FILE="b.token",
        KAIROS_SETUP_S="12.3",
        OTHER__THING="x",
    )
    assert found.logs.keep_days == 5
    assert found.holdout.share == 0.1
    assert found.redis.allow_embedded_in_production
    assert found.schedule.plan == "*/10 * * * *"
    assert [bot.api_base for bot in found.bots] == ["http://127.0.0.1:8081", "https://api.telegram.org"]
    assert [bot.official for bot in found.bots] == [False, True]


def test_paths_lie_beside_the_file_and_the_database_is_always_named(tmp_path: Path) -> None:
    assert given(tmp_path, "").store.url == f"sqlite:///{tmp_path}/data/kairos.db"
    elsewhere = given(tmp_path, "workspace:\n  data_dir: /srv/kairos\n  logs_dir: l\n")
    assert elsewhere.store.url == "sqlite:////srv/kairos/kairos.db"
    assert elsewhere.logs_dir == tmp_path / "l"
    assert given(tmp_path, "store: {url: 'sqlite:///own.db'}").store.url == f"sqlite:///{tmp_path}/own.db"
    assert given(tmp_path, "store: {url: 'postgresql://h/d'}").store.url == "postgresql://h/d"


def test_an_empty_section_has_its_defaults(tmp_path: Path) -> None:
    assert given(tmp_path, "delivery:\nbots:\n").delivery == Settings().delivery


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("delivry:\n  per_day: 1\n", "config.yaml: delivry is not a setting; did you mean delivery?"),
        ("zzz: 1\n", "config.yaml: zzz is not a setting; known here: workspace, "),
        (
            "delivery:\n  per_dya: 1\n",
            "config.yaml: delivery.per_dya is not a setting; did you mean per_day?",
        ),
        ("delivery:\n  per_day: 99\n", "config.yaml: delivery.per_day must be at most 10"),
        ("delivery:\n  per_day: 0\n", "config.yaml: delivery.per_day must be at least 1"),
        ("delivery:\n  per_day: often\n", "config.yaml: delivery.per_day must be a whole number"),
        ("delivery:\n  per_day: 1.5\n", "config.yaml: delivery.per_day must be a whole number"),
        ("delivery:\n  per_day: [1]\n", "config.yaml: delivery.per_day must be a whole number"),
        ("delivery: 3\n", "config.yaml: delivery must be a section with keys of its own"),
        ("delivery:\n  rate_per_s: .nan\n", "config.yaml: delivery.rate_per_s must be a number"),
        (
            "delivery:\n  rate_ceiling_per_s: 5\n",
            "config.yaml: delivery has a rate_ceiling_per_s below its rate",
        ),
        ("consent:\n  on_start: maybe\n", "config.yaml: consent.on_start must be 'ask' or 'granted'"),
        (
            "redis:\n  allow_embedded_in_production: 7\n",
            "redis.allow_embedded_in_production must be true or false",
        ),
        (
            "redis:\n  url: http://x\n",
            "config.yaml: redis.url must be 'embedded' or an address that begins with",
        ),
        ("store:\n  url: mysql://x\n", "config.yaml: store.url must be empty or an address that begins with"),
        ("schedule:\n  plan: 99 * * * *\n", "config.yaml: schedule.plan must be five fields of cron"),
        ("schedule:\n  plan: hourly\n", "config.yaml: schedule.plan must be five fields of cron"),
        ("bots: main\n", "config.yaml: bots must be a list"),
        ("bots:\n  - token_env: A\n", "config.yaml: bots[0].name is missing"),
        ("bots:\n  - name: x\n", "config.yaml: bots[0] needs either token_env or token_file"),
        (
            "bots:\n  - {name: x, token_env: A, token_file: b}\n",
            "config.yaml: bots[0] needs either token_env",
        ),
        (
            "bots:\n  - {name: x, token_evn: A}\n",
            "config.yaml: bots[0].token_evn is not a setting; did you mean",
        ),
        (
            "bots:\n  - {name: x, token_env: A, api_base: ftp://x}\n",
            "config.yaml: bots[0].api_base must be an",
        ),
        ("bots:\n  - {name: x, token_env: A}\n  - {name: x, token_env: B}\n", "two bots are called 'x'"),
        ("workspace:\n  name: Büro\n", "config.yaml: workspace.name must match"),
        ("a: b: c\n", "config.yaml: line 1, mapping values are not allowed here"),
        ("logs: {level: info\n", "config.yaml: line 2,"),
        ("schedule:\n  plan: */5 * * * *\n", "config.yaml: line 2,"),
        ("logs:\n  level: info\n  level: debug\n", "config.yaml: line 3, level is given twice"),
        ("- 1\n", "config.yaml: must hold sections with keys"),
        ("\x00", "config.yaml: has characters that YAML does not allow"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    assert says in complaint(tmp_path, text)


def test_a_wrong_value_of_the_environment_is_traced_to_its_variable(tmp_path: Path) -> None:
    said = complaint(tmp_path, "", KAIROS_LOGS__KEEP_DAYS="soon")
    assert said == "environment variable KAIROS_LOGS__KEEP_DAYS must be a whole number"
    said = complaint(tmp_path, "", KAIROS_LOGS__KEPT_DAYS="3")
    assert said == "environment variable KAIROS_LOGS__KEPT_DAYS is not a setting; did you mean keep_days?"
    for name in ("KAIROS_NOWHERE__X", "KAIROS_LOGS__LEVEL__DEEPER", "KAIROS_BOTS__0"):
        assert f"environment variable {name} names no setting" in complaint(tmp_path, "", **{name: "1"})
    assert "has no place there" in complaint(tmp_path, "", KAIROS_BOTS__7__NAME="x")


def test_several_errors_are_counted(tmp_path: Path) -> None:
    assert complaint(tmp_path, "logs: {keep_days: 0, level: loud}").endswith("(and 1 more)")


def test_a_file_that_is_not_there_or_not_text_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.yaml can't be read: No such file"):
        load(tmp_path / "none.yaml", {})
    (tmp_path / "config.yaml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(SettingsError, match="not text in UTF-8"):
        load(tmp_path / "config.yaml", {})


@pytest.mark.parametrize(
    "text",
    [
        f"bots:\n  - {{name: x, token: '{TOKEN}'}}\n",
        f"bots:\n  - {{name: x, token_env: '{TOKEN}'}}\n",
        f"holdout:\n  salt: '{TOKEN}'\n",
        "redis:\n  url: redis://:hunter2hunter2@host\n",
        "store:\n  url: postgresql://me:hunter2hunter2@host/db\n",
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path, text: str) -> None:
    said = complaint(tmp_path, text)
    assert "holds a secret" in said
    assert "hunter2" not in said
    assert TOKEN not in said


def test_an_address_with_a_password_may_come_from_the_environment_and_is_not_shown(tmp_path: Path) -> None:
    found = given(
        tmp_path,
        "",
        KAIROS_REDIS__URL="redis://:hunter2@host",
        KAIROS_STORE__URL="postgresql://m:hunter2@h/d",
    )
    assert found.redis.url == "redis://:hunter2@host"
    assert "hunter2" not in repr(found)
    assert "hunter2" not in complaint(tmp_path, "", KAIROS_REDIS__URL="http://:hunter2@host")


BOT = "bots:\n  - name: main\n    token_env: MAIN_TOKEN\n"


def test_tokens_come_from_the_environment_or_from_files(tmp_path: Path) -> None:
    (tmp_path / "two.token").write_text("42:sandbox-two\n", encoding="utf-8")
    settings = given(tmp_path, BOT + "  - {name: two, token_file: two.token, api_base: 'http://h:1'}\n")
    one, two = bot_tokens(settings, {"MAIN_TOKEN": TOKEN})
    assert (one.bot_id, one.token.get_secret_value(), one.official) == (123456789, TOKEN, True)
    assert (two.bot_id, two.name, two.official) == (42, "two", False)
    assert TOKEN not in repr(one)


def test_a_missing_or_wrong_token_is_named_and_not_shown(tmp_path: Path) -> None:
    settings = given(tmp_path, BOT)
    with pytest.raises(
        SettingsError, match=r"MAIN_TOKEN, the token of main \(config.yaml: bots\[0\]"
    ) as caught:
        bot_tokens(settings, {})
    assert "MAIN_TOKEN" in caught.value.next_step
    with pytest.raises(SettingsError, match="MAIN_TOKEN does not hold a bot token") as caught:
        bot_tokens(settings, {"MAIN_TOKEN": "hunter2"})
    assert "hunter2" not in str(caught.value)
    filed = given(tmp_path, "bots:\n  - {name: main, token_file: gone.token}\n")
    with pytest.raises(SettingsError, match=r"gone.token, the token of main .* can't be read: No such file"):
        bot_tokens(filed, {})
    twice = given(tmp_path, BOT + "  - {name: two, token_env: MAIN_TOKEN}\n")
    with pytest.raises(SettingsError, match="main and two have the same token"):
        bot_tokens(twice, {"MAIN_TOKEN": TOKEN})


def test_a_workspace_of_its_own_name_has_its_own_redis_keys(tmp_path: Path) -> None:
    assert given(tmp_path, "").workspace.redis_prefix == "kairos"
    assert given(tmp_path, "workspace: {name: shop}").workspace.redis_prefix == "kairos-shop"


def test_the_shipped_file_is_plain_yaml() -> None:
    assert set(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))) == set(
        Settings.model_fields
    )
