"""`decide --stdio`: the optimizer answers another system over standard input and output, line by line."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

STRATEGIES = Path(__file__).resolve().parent.parent / "strategies"


def run_stdio(stdin: TextIO, stdout: TextIO, stderr: TextIO, seed: int = 0) -> int:
    """Exit code 0 when the input ends, 2 after a message that does not fit the protocol."""
    from app.decide.start import serve

    return serve(stdin, stdout, stderr, seed, STRATEGIES)
