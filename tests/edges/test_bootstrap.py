"""How manage_crm.py makes its environment, on real Pythons and a real pip, without a network."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import manage_crm
from console.bootstrap import UNFINISHED, Environment, count_packages
from console.installing import pip_settings, uv_settings

ROOT = Path(__file__).resolve().parents[2]
PYTHON = str(getattr(sys, "_base_executable", sys.executable))
# Says where it runs; and when asked, whether the package of this test can be imported.
MAIN = """
import importlib.util, json, os, sys

def main() -> None:
    found = importlib.util.find_spec("kairos_probe") is not None
    print(json.dumps({"prefix": sys.prefix, "argv": sys.argv[1:], "probe": found,
                      "setup_s": os.environ.get("KAIROS_SETUP_S")}))
"""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A copy of what makes the environment, with requirements that need no index."""

    root: Path
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> Environment:
        return Environment(self.root)

    def start(self, *arguments: str, python: Sequence[str] = (PYTHON,)) -> subprocess.CompletedProcess[str]:
        """Start the program as a person would; any index but the given folder is out of reach."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        surroundings = {**kept, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", **self.extra}
        return subprocess.run(
            (*python, str(self.root / "manage_crm.py"), *arguments),
            env=surroundings,
            capture_output=True,
            text=True,
            check=False,
        )


def said(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    """What the program inside the environment printed."""
    assert done.returncode == 0, done.stderr
    document: dict[str, object] = json.loads(done.stdout)
    return document


def wheel(folder: Path) -> None:
    """A package of one module, as a wheel that any installer takes."""
    folder.mkdir(exist_ok=True)
    info = "kairos_probe-1.0.dist-info"
    with zipfile.ZipFile(folder / "kairos_probe-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("kairos_probe.py", "")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: kairos-probe\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(
            f"{info}/RECORD", f"kairos_probe.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"
        )


def bare(folder: Path) -> Checkout:
    """A checkout in which nothing was started yet."""
    root = folder / "checkout"
    (root / "console").mkdir(parents=True)
    (root / "requirements").mkdir()
    for name in ("manage_crm.py", "console/__init__.py", "console/bootstrap.py", "console/installing.py"):
        shutil.copyfile(ROOT / name, root / name)
    (root / "console" / "main.py").write_text(MAIN)
    (root / "requirements" / "run.txt").write_text("# nothing\n")
    (root / "requirements" / "test.txt").write_text("# one\nkairos-probe==1.0\n")
    wheel(folder / "wheels")
    with_uv = f"{Path(sys.prefix) / 'bin'}:{os.environ['PATH']}"
    cache = str(folder / "cache")
    return Checkout(root, {"PATH": with_uv, "PIP_FIND_LINKS": str(folder / "wheels"), "UV_CACHE_DIR": cache})


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return bare(tmp_path)


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment, made once by a start for tests whose subject comes after it."""
    place = bare(tmp_path_factory.mktemp("first"))
    said(place.start())
    return place.environment.venv


@pytest.fixture
def started(checkout: Checkout, first: Path) -> Checkout:
    """A checkout with a finished environment that knows nothing of `test`."""
    shutil.copytree(first, checkout.environment.venv, symlinks=True)
    (checkout.root / ".venv.lock").touch()
    assert checkout.environment.ready(["run"])
    return checkout


def test_a_fresh_start_makes_the_environment_and_goes_on_inside_it(checkout: Checkout) -> None:
    done = checkout.start("users", "list", "--json")
    inside = said(done)
    assert inside["prefix"] == str(checkout.root / ".venv")
    assert inside["argv"] == ["users", "list", "--json"]
    assert float(str(inside["setup_s"])) > 0
    assert "ready" in done.stderr


def test_a_second_start_runs_no_command_and_says_nothing(started: Checkout) -> None:
    (started.root / ".venv" / "kairos-setup.log").unlink()
    os.utime(started.root / ".venv.lock", (0, 0))
    second = started.start("-h")
    assert float(str(said(second)["setup_s"])) == 0
    assert second.stderr == ""
    assert not (started.root / ".venv" / "kairos-setup.log").exists()
    assert (started.root / ".venv.lock").stat().st_mtime == 0


def test_the_verb_test_adds_its_own_packages(started: Checkout) -> None:
    assert said(started.start("run"))["probe"] is False
    assert said(started.start("test"))["probe"] is True
    assert started.environment.ready(("run", "test"))


def test_without_uv_pip_alone_installs(checkout: Checkout) -> None:
    # No index has uv here, and none is on this PATH.
    done = Checkout(checkout.root, {**checkout.extra, "PATH": "/usr/bin:/bin"}).start("test")
    assert said(done)["probe"] is True
    assert not (checkout.root / ".venv" / "bin" / "uv").exists()


def test_an_interrupted_set_up_is_repaired_by_the_next_start(started: Checkout) -> None:
    started.start("test")
    site = next((started.root / ".venv" / "lib").glob("python3*/site-packages"))
    (site / "kairos_probe.py").unlink()  # half a package: its metadata is there, its code is not
    started.environment.write_stamp("test", UNFINISHED)
    assert said(started.start("test"))["probe"] is True


def test_an_environment_whose_python_is_gone_is_made_anew(started: Checkout) -> None:
    python = started.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(started.root / "no-such-python")
    assert said(started.start())["prefix"] == str(started.root / ".venv")


def test_changed_requirements_are_installed(started: Checkout) -> None:
    (started.root / "requirements" / "run.txt").write_text("kairos-probe==1.0\n")
    assert said(started.start("-h"))["probe"] is False  # help does not wait for an update
    assert said(started.start("run"))["probe"] is True


def test_a_package_that_nobody_has_ends_in_one_sentence(started: Checkout) -> None:
    (started.root / "requirements" / "test.txt").write_text("kairos-nowhere==1.0\n")
    done = started.start("test")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Kairos could not install its packages")
    assert "Traceback" not in done.stderr
    assert said(started.start("run"))["setup_s"] == "0.00"  # what worked before works still


def test_without_a_network_one_sentence_says_what_to_do(checkout: Checkout) -> None:
    (checkout.root / "requirements" / "run.txt").write_text("kairos-nowhere==1.0\n")
    away = {
        "PIP_NO_INDEX": "0",
        "PIP_INDEX_URL": "http://127.0.0.1:9/",
        "PIP_RETRIES": "1",
        "UV_HTTP_RETRIES": "0",
        "NO_PROXY": "127.0.0.1",
    }
    done = Checkout(checkout.root, away).start("run")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Kairos could not reach the package index")
    assert "Traceback" not in done.stderr


def test_without_pip_one_sentence_says_how_to_get_it(checkout: Checkout, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    for module in ("pip", "ensurepip"):
        (bare / module).mkdir(parents=True)
        (bare / module / "__init__.py").write_text("raise ImportError('not on this machine')\n")
    done = Checkout(checkout.root, {"PATH": str(bare), "PYTHONPATH": str(bare)}).start()
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Kairos fetches its packages with pip")
    assert "apt install python3-venv python3-pip" in done.stderr


def test_a_start_waits_for_another_one_that_is_making_the_environment(checkout: Checkout) -> None:
    with (checkout.root / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = subprocess.Popen(
            (PYTHON, str(checkout.root / "manage_crm.py")),
            env={**os.environ, **checkout.extra, "PIP_NO_INDEX": "1"},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        assert waiting.stderr is not None
        assert "another start" in waiting.stderr.readline()
        assert not (checkout.root / ".venv").exists()
    assert "ready" in waiting.communicate()[1]
    assert waiting.returncode == 0


def test_an_unwritable_folder_ends_in_one_sentence(checkout: Checkout) -> None:
    (checkout.root / ".venv").write_text("a file where the environment should be")
    done = checkout.start()
    assert done.returncode == 1
    assert "Kairos could not make its environment" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_old_python_and_windows_are_refused_in_one_sentence() -> None:
    assert "3.11 or newer" in manage_crm.refusal(3, 10, "posix")
    assert "WSL" in manage_crm.refusal(3, 11, "nt")
    assert manage_crm.refusal(3, 11, "posix") == manage_crm.refusal(3, 12, "posix") == ""


def test_the_settings_of_pip_are_read_as_its_install_command_does() -> None:
    listed = [
        ":env:.cert='/ca.pem'",
        "download.timeout='1'",
        "global.cert='/other.pem'",
        "global.extra-index" + "-url='http://one http://two'",
        "install.timeout='5'",
        "global.timeout='9'",
        "a line of something else",
    ]
    assert pip_settings(listed) == {
        "cert": "/ca.pem",
        "extra_index_url": "http://one http://two",
        "timeout": "5",
    }


def test_uv_is_told_what_pip_knows_and_keeps_what_it_was_told_itself() -> None:
    pip = {"index_url": "http://one", "extra_index_url": "http://two\nhttp://three", "find_links": "a b"}
    assert uv_settings(pip, {"UV_DEFAULT_INDEX": "http://own"}) == {
        "UV_INDEX": "http://two http://three",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "a,b",
    }


def test_packages_are_counted_without_comments(tmp_path: Path) -> None:
    file = tmp_path / "run.txt"
    file.write_text("# a==1 is not wanted\nb==2\nc==3 ; python_version < '3'\n")
    assert count_packages(file) == 2
