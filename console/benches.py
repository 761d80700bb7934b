"""Finds and starts the benchmarks: each file `benchmarks/KIND/NAME.py` with a `main(arguments) -> int`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from core.errors import NotFoundError

ROOT = Path(__file__).resolve().parents[1]


def names() -> list[str]:
    """The benchmarks there are, as `speed/loop`."""
    found = (ROOT / "benchmarks").glob("*/*.py")
    return sorted(f"{file.parent.name}/{file.stem}" for file in found if not file.stem.startswith("_"))


def run_bench(name: str, more: Sequence[str] = (), *, quick: bool, json: bool) -> int:
    """Run one; its exit code. `more`: arguments of its own. NotFoundError if there is none of that name."""
    if name not in names():
        raise NotFoundError(f"there is no benchmark {name}", next_step="manage_crm.py bench lists them")
    module = import_module(f"benchmarks.{name.replace('/', '.')}")
    return int(module.main([*(["--quick"] if quick else []), *(["--json"] if json else []), *more]))
