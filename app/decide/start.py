"""Starts the decision service with the strategies of the folder as its cold-start prior."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from adapters.strategies import load_strategies
from app.decide.service import run


def serve(stdin: TextIO, stdout: TextIO, stderr: TextIO, seed: int, strategies: Path) -> int:
    """Answer until the input ends: 0; 2 after a message that does not fit. Raises SettingsError when a
    strategy file is wrong."""
    specs = load_strategies(strategies)
    return run(stdin, stdout, stderr, seed, {spec.name: spec.strategy for spec in specs})
