"""Puts packages into the project's own environment: with uv where it can be had, else with pip.

Promises: the fast way (uv, put into a bare environment by pip; then everything by uv) falls back to pip
alone; the person's own pip settings are honoured on both; all output goes to `.venv/kairos-setup.log` and the
person gets one sentence. Children inherit the set-up lock: when this process is killed, the next start waits
for them. Loaded by console/bootstrap.py only when something is missing; needs the standard library alone.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

UV = "uv==0.13.8"
NO_PIP = (
    "Kairos fetches its packages with pip, and this Python has none: install it "
    "(Debian and Ubuntu: apt install python3-venv python3-pip) and start again."
)
OFFLINE = (
    "Kairos could not reach the package index: its first start needs the network "
    "(or PIP_INDEX_URL set to a mirror); connect and start again (details: {log})."
)
FAILED = "Kairos could not install its packages: {reason} (details: {log})."
NO_CONNECTION = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeout|ProxyError|name resolution|timed out"
    r"|Network is unreachable|Connection refused|dns error|error sending request|failed to lookup address",
    re.IGNORECASE,
)
# What pip calls a setting (its dashes as underscores) and what uv calls the same thing in its surroundings.
SAME_FOR_UV = {
    "index_url": "UV_DEFAULT_INDEX",
    "extra_index_url": "UV_INDEX",
    "find_links": "UV_FIND_LINKS",
    "trusted_host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "default_timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
}
YES = ("1", "true", "yes", "on")
SECTIONS = ("global", "install", ":env:")  # a later one wins, as in pip


class SetupFailed(Exception):
    """The environment can't be made; the text says why and what to do next."""


class Installer:
    """Runs pip and uv for one environment while the set-up lock is held."""

    def __init__(self, venv: Path, lock: int) -> None:
        self.venv = venv
        self.python = str(venv / "bin" / "python")
        self.lock = lock
        self.log = venv / "kairos-setup.log"
        self.log.unlink(missing_ok=True)

    def install(self, file: Path, *, repair: bool) -> None:
        """All packages of a requirements file, or SetupFailed; `repair` renews what seems to be there."""
        pip = self._find_pip()
        uv = self._find_uv(pip, repair=repair)
        if not (pip or uv):
            raise SetupFailed(NO_PIP)
        if uv:
            settings = self._pip_settings(pip)
            command = [uv, "pip", "install", "--python", self.python, "-r", str(file)]
            command += ["--no-index"] if settings.get("no_index", "").lower() in YES else []
            command += ["--reinstall"] if repair else []
            if self._run(command, uv_settings(settings, os.environ)):
                return
        if pip and (uv or not self._no_connection()):
            command = [*pip, "install", "-r", str(file), *(["--ignore-installed"] if repair else [])]
            if self._run(command):
                return
        raise SetupFailed(self._failure())

    def _find_pip(self) -> list[str]:
        """A pip that can install into the environment, else nothing."""
        target = self.python
        base = str(getattr(sys, "_base_executable", sys.executable))
        for python in dict.fromkeys((sys.executable, base)):
            if self._run([python, "-m", "pip", "--python", target, "--version"]):
                return [python, "-m", "pip", "--python", target]
        if self._run([target, "-m", "pip", "--version"]) or (
            not shutil.which("uv") and self._run([target, "-m", "ensurepip"])
        ):
            return [target, "-m", "pip"]
        return []

    def _find_uv(self, pip: Sequence[str], *, repair: bool) -> str:
        """The environment's own uv, the machine's, or one fetched by pip; empty when there is none."""
        own = self.venv / "bin" / "uv"
        if own.is_file() and not repair:
            return str(own)
        if machine := shutil.which("uv"):
            return machine
        if pip and self._run([*pip, "install", *(["--ignore-installed"] if repair else []), UV]):
            return str(own)
        return str(own) if own.is_file() else ""

    def _pip_settings(self, pip: Sequence[str]) -> dict[str, str]:
        if not pip:
            return {}
        command = [*pip[:3], "config", "list"]
        listed = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - pip found above
        return pip_settings(listed.stdout.splitlines())

    def _run(self, command: Sequence[str], extra: Mapping[str, str] | None = None) -> bool:
        """Whether the command succeeded; what it said goes to the log."""
        surroundings = {
            **os.environ,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
            "PIP_REQUIRE_VIRTUALENV": "0",
            "PIP_USER": "0",
            **(extra or {}),
        }
        with self.log.open("ab") as log:
            log.write(f"$ {' '.join(command)}\n".encode())
            log.flush()
            done = subprocess.run(  # noqa: S603 - commands of this module only, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=surroundings,
                pass_fds=(self.lock,),
                check=False,
            )
        return done.returncode == 0

    def _said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def _no_connection(self) -> bool:
        return NO_CONNECTION.search(self._said()) is not None

    def _failure(self) -> str:
        if self._no_connection():
            return OFFLINE.format(log=self.log)
        lines = [
            line.strip()
            for line in self._said().splitlines()
            if re.match(r"\s*(error|×)", line, re.IGNORECASE)
        ]
        reason = lines[-1].rstrip(".") if lines else "the installer stopped without a word"
        return FAILED.format(reason=reason, log=self.log)


def pip_settings(lines: Iterable[str]) -> dict[str, str]:
    """What `pip config list` says, by setting (with underscores), as pip's install command would take it."""
    found: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for line in lines:
        key, equals, value = line.partition("=")
        section, dot, name = key.strip().rpartition(".")
        if equals and dot and section in found:
            found[section][name.replace("-", "_")] = str(ast.literal_eval(value))
    return {name: value for section in SECTIONS for name, value in found[section].items()}


def uv_settings(pip: Mapping[str, str], present: Mapping[str, str]) -> dict[str, str]:
    """The same settings in uv's words; what the person has set for uv already stays as it is."""
    settings: dict[str, str] = {}
    for name, value in pip.items():
        spelled = SAME_FOR_UV.get(name)
        if spelled and spelled not in present:
            settings[spelled] = ",".join(value.split()) if name == "find_links" else " ".join(value.split())
    if "UV_INDEX" in settings:
        # Like pip: the exact version is taken from whichever index has it.
        settings.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return settings
