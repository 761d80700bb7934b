"""The menu on a real terminal: it opens, shows a screen, and is left by Ctrl-C, `q` or the end of input."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.desk.workspace import ROOT

PATIENCE_S = 60.0


class Session:
    """A process behind a terminal of 80 x 24."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self.process, self.master, self.seen = process, master, ""

    def until(self, words: str) -> str:
        """Read until the words are on the screen."""
        deadline = time.monotonic() + PATIENCE_S
        while words not in self.seen:
            assert time.monotonic() < deadline, f"{words!r} did not come: {self.seen}"
            if select.select([self.master], [], [], 1.0)[0]:
                self.seen += os.read(self.master, 65_536).decode("utf-8", "replace")
        seen, self.seen = self.seen, ""
        return seen

    def send(self, text: str) -> None:
        """Type."""
        os.write(self.master, text.encode())

    def end(self) -> int:
        """Wait for the end, reading what still comes."""
        deadline = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            assert time.monotonic() < deadline
            try:
                if select.select([self.master], [], [], 0.1)[0]:
                    self.seen += os.read(self.master, 65_536).decode("utf-8", "replace")
            except OSError:
                break
        return self.process.wait(PATIENCE_S)


@contextmanager
def menu_on(config: Path) -> Iterator[Session]:
    master, slave = pty.openpty()
    env = os.environ | {"TERM": "xterm", "COLUMNS": "80", "LINES": "24", "NO_COLOR": "1"}
    code = (
        "import os, sys; os.open(os.ttyname(0), os.O_RDWR); "  # so it becomes the session's: Ctrl-C works
        f"sys.argv[1:] = ['--config', {str(config)!r}]; from console.main import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=env,
        start_new_session=True,
    )
    os.close(slave)
    try:
        yield Session(process, master)
    finally:
        process.kill()
        process.wait()
        os.close(master)


@pytest.fixture
def config(database: Path) -> Path:
    file = database.parent / "config.yaml"
    file.write_text(f"store: {{url: 'sqlite:///{database}'}}\n", encoding="utf-8")
    return file


@pytest.mark.parametrize(("last", "code"), [("\x03", 0), ("q\n", 0), ("\x04", 0)])
def test_the_menu_opens_shows_and_is_left(config: Path, last: str, code: int) -> None:
    with menu_on(config) as session:
        assert "Dynamic delivery status" in session.until("choose 1-13")
        session.send("7\n")
        assert "bots list" in session.until("Enter or b back")
        session.send("b\n")
        session.until("choose 1-13")
        session.send(last)
        assert session.end() == code
        assert "Traceback" not in session.seen
