"""The verbs over a real database: every one answers in every form, and errors are sentences with codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import redirect_stderr
from pathlib import Path

import pytest

from app.desk.workspace import ROOT
from console.main import run
from console.screens.people import reason_in_words
from tests.edges.console.streams import Screen

READ = (
    "users list",
    "users list --segment HOT_LEAD",
    "users show 1",
    "users find a",
    "segments list",
    "segments report",
    "segments members HOT_LEAD",
    "segments test 'intent_score>=10'",
    "delivery status",
    "delivery queue",
    "delivery why 1",
    "strategy list",
    "strategy show HOT_LEAD",
    "strategy history HOT_LEAD",
    "learn report",
    "content list",
    "content show hot_offer",
    "content history hot_offer",
    "content preview hot_offer",
    "content preview hot_offer --person 1",
    "content links",
    "content check",
    "bots list",
    "db status",
    "export people",
    "export messages",
)


@pytest.fixture
def config(database: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings of an installation whose database is the town."""
    file = database.parent / "config.yaml"
    bot = "{name: shop, token_env: NO_SUCH_TOKEN}"
    file.write_text(f"store: {{url: 'sqlite:///{database}'}}\nbots: [{bot}]\n", encoding="utf-8")
    monkeypatch.setenv("KAIROS_DEBUG", "1")
    return file


def words(line: str) -> list[str]:
    return [word.strip("'") for word in line.split(" ")]


@pytest.mark.parametrize("line", READ)
def test_a_verb_answers_as_text_and_as_one_document(
    line: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*words(line), "--config", str(config)]) == 0
    text = capsys.readouterr().out
    assert "\t" in text.splitlines()[0] and "\x1b" not in text
    assert run([*words(line), "--json", "--config", str(config)]) == 0
    assert isinstance(json.loads(capsys.readouterr().out), dict)


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("users show 99", 4, "there is no person 99"),
        ("users show @nobody", 4, "there is no person @nobody"),
        ("segments members HOT", 4, "there is no segment HOT"),
        ("content preview nothing", 4, "there is no content nothing"),
        ("strategy rollback HOT_LEAD --yes", 4, "no version before 1"),
        ("strategy approve HOT_LEAD 7 --yes", 4, "no version 7"),
        ("segments test intent_skore>=1", 2, "intent_score"),
        ("segments test @/no/such/file", 2, "can't be read"),
        ("bench no/such", 4, "no benchmark no/such"),
        ("delivery pause", 2, "no terminal"),
    ],
)
def test_an_error_is_a_sentence_with_its_code(
    line: str, code: int, said: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*words(line), "--config", str(config)]) == code
    stdout, stderr = capsys.readouterr()
    assert stdout == "" and said in stderr and "Traceback" not in stderr


def test_paging_names_the_next_page(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["users", "list", "--limit", "3", "--config", str(config)]) == 0
    stdout, stderr = capsys.readouterr()
    assert len(stdout.splitlines()) == 4
    assert stderr == f"next: manage_crm.py --config {config} users list --limit 3 --after 3\n"


def test_pause_and_resume(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = ["--config", str(config)]
    assert run(["delivery", "pause", "--dry-run", *there]) == 0
    assert run(["delivery", "status", "--json", *there]) == 0
    assert json.loads(capsys.readouterr().out)["switches"] == []
    assert run(["delivery", "pause", "--yes", "--reason", "maintenance", *there]) == 0
    capsys.readouterr()
    assert run(["delivery", "status", "--json", *there]) == 0
    assert json.loads(capsys.readouterr().out)["switches"] == [{"switch": "kill", "reason": "maintenance"}]
    assert run(["delivery", "resume", "--yes", *there]) == 0
    assert "goes on" in capsys.readouterr().err


def test_a_question_nobody_can_answer_names_the_same_workspace(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["delivery", "pause", "--config", str(config)]) == 2
    assert f"next: manage_crm.py --config {config} delivery pause --yes" in capsys.readouterr().err
    assert run(["users", "show", "99", "--config", str(config)]) == 4
    assert f"next: manage_crm.py --config {config} users find" in capsys.readouterr().err


def test_what_the_door_left_in_the_ledger_reads_as_a_sentence() -> None:
    assert reason_in_words("quiet_hours cooldown").startswith("the door held it: the last message is too")
    assert reason_in_words("no answer came") == "no answer came"
    assert reason_in_words("") == ""


def test_an_empty_installation_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("workspace: {name: empty}\n", encoding="utf-8")
    for line in ("users list", "segments list", "delivery queue", "bots list", "learn report"):
        assert run([*words(line), "--config", str(config)]) == 0
        assert "manage_crm.py" in capsys.readouterr().err
    assert run(["db", "status", "--json", "--config", str(config)]) == 0
    assert json.loads(capsys.readouterr().out)["database"]["current"] is True


def test_a_wrong_setting_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("delivry: {}\n", encoding="utf-8")
    assert run(["users", "list", "--config", str(config)]) == 2
    assert "delivry" in capsys.readouterr().err
    assert run(["users", "list", "--config", str(tmp_path / "none.yaml")]) == 2
    assert "can't be read" in capsys.readouterr().err


def started(line: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A verb in a shell of its own."""
    command = f"{sys.executable} -c 'from console.main import main; main()' {line}"
    env = os.environ | environment
    return subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", command],
        cwd=ROOT,
        capture_output=True,
        check=False,
        env=env,
        text=True,
    )


def test_head_is_no_error_and_locale_c_works(config: Path) -> None:
    done = started(f"export people --config {config} | head -1", {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("person\t")
    long = started(f"content list --config {config} | head -c 1", {"PYTHONUNBUFFERED": "1"})
    assert (long.returncode, long.stderr) == (0, "")


def test_the_verb_of_the_readme_works_in_a_process_of_its_own(config: Path) -> None:
    done = started(f"users show @nobody --config {config}", {})
    assert done.returncode == 4 and "Traceback" not in done.stderr


def test_the_doctor_says_what_is_wrong_and_what_next(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", "--json", "--config", str(config)]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    assert all(set(one) == {"name", "ok", "detail", "next"} for one in found["checks"])
    redis, token = (one for one in found["checks"] if not one["ok"])
    assert "for trial" in redis["detail"] and "allow_embedded_in_production" in redis["next"]
    assert "NO_SUCH_TOKEN" in token["detail"] and token["next"]


def test_the_doctor_looks_at_the_key_and_makes_none(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def looked() -> dict[str, tuple[bool, str]]:
        run(["doctor", "--json", "--config", str(config)])
        found = json.loads(capsys.readouterr().out)["checks"]
        return {one["name"]: (one["ok"], one["detail"]) for one in found}

    key = config.parent / "data" / "installation.key"
    assert looked()["key"] == (True, "there is none yet: the first start makes installation.key")
    assert not key.exists()
    key.parent.mkdir(exist_ok=True)
    key.write_text("short", encoding="ascii")
    ok, detail = looked()["key"]
    assert not ok and "needs 32 or more" in detail
    key.write_text("ab" * 32, encoding="ascii")
    assert looked()["key"] == (True, "32 bytes from installation.key")
    assert looked()["listen"] == (True, "off: listen.port is 0")
    with config.open("a", encoding="utf-8") as file:
        file.write("listen: {port: 8080}\n")
    assert looked()["listen"] == (True, "http://127.0.0.1:8080, while the installation runs")


def test_an_interrupted_import_says_how_it_goes_on(config: Path, tmp_path: Path) -> None:
    class CtrlC(Screen):
        """A terminal at which somebody stops the work when its bar appears."""

        def write(self, text: str) -> int:
            if text.startswith("\r"):
                raise KeyboardInterrupt
            return super().write(text)

    file = tmp_path / "history.jsonl"
    event = {"person": "telegram:777", "at": "2026-01-01T10:00:00Z", "event": "tagged", "props": {"tag": "x"}}
    file.write_text(json.dumps(event), encoding="utf-8")
    for extra, says in (
        (["--dry-run"], "interrupted; nothing was changed"),
        ([], "interrupted; the same command goes on"),
        (["--again"], "interrupted; the same command without --again goes on"),
    ):
        with redirect_stderr(CtrlC()) as screen:
            assert run(["import", str(file), *extra, "--config", str(config)]) == 130
        assert screen.getvalue().strip().splitlines() == [says]


def test_a_missing_file_is_named_with_its_path(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "none.jsonl"
    assert run(["import", str(file), "--config", str(config)]) == 2
    assert f"{file} can't be read" in capsys.readouterr().err


def test_history_comes_in_once(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    human = {"id": 777, "is_bot": False, "first_name": "Ece", "language_code": "tr"}
    message = {"message_id": 1, "date": 1_767_000_000, "from": human, "chat": {"id": 777, "type": "private"}}
    update = {"update_id": 5, "message": message | {"text": "/start"}}
    line = json.dumps({"bot_id": 42, "received_at_ms": 1_767_000_000_000, "update": update})
    file = tmp_path / "history.jsonl"
    file.write_text(f"{line}\n", encoding="utf-8")
    there = ["--config", str(config)]
    for extra, new in ((["--dry-run"], 0), ([], 1), ([], 0)):
        assert run(["import", str(file), "--json", *extra, *there]) == 0
        assert json.loads(capsys.readouterr().out)["imported"]["new"] == new
    assert run(["users", "show", "tg:777", "--json", *there]) == 0
    assert json.loads(capsys.readouterr().out)["person"]["name"] == "Ece"
    file.write_text(f"{line}\nno json\n", encoding="utf-8")
    assert run(["import", str(file), *there]) == 1
    assert "line 2" in capsys.readouterr().out


def test_redis_is_made_again_from_the_database(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rebuild", "--config", str(config)]) == 2
    assert run(["rebuild", "--yes", "--config", str(config)]) == 0
    assert "4 people are in Redis again" in capsys.readouterr().err


def test_run_refuses_with_a_sentence(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "--config", str(config)]) == 2
    stderr = capsys.readouterr().err
    assert "Traceback" not in stderr and stderr.startswith("error: ")
