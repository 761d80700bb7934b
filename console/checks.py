"""What `manage_crm.py test` does: every check of the project, the quick ones first, then all tests.

Promises: shows every quick check's complaint before it stops; whatever else is given goes on to pytest, whose
own closing line is the last on stdout; the code of exit is 0 only when everything holds. `--fast` runs the
tests of core and of the house alone. What is checked stands in pyproject.toml, core/ruff.toml and
tests/house.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# `-c` rather than a tool's script: scripts know only the folder in which they were installed.
CONTRACTS = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_logo=True))"
QUICK: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("format", ("-m", "ruff", "format", "--check", ".")),
    ("lint", ("-m", "ruff", "check", "--quiet", ".")),
    ("types", ("-m", "mypy")),
    ("imports", ("-c", CONTRACTS)),
)
FAST = ("tests/core", "tests/house")
SPREAD = ("-n", str((os.cpu_count() or 1) + 1), "--dist", "worksteal")
"""One worker more than processors: tests that kill and restart programs mostly wait."""
SERIAL = ("-n", "--numprocesses", "-s", "--capture=no", "--pdb", "--collect-only", "--co")


def run_checks(argv: list[str]) -> int:
    """Run all checks; `argv` goes on to pytest. Returns the code of exit."""
    failed = [name for name, command in QUICK if not _passes(name, command)]
    if failed:
        print(f"failed: {', '.join(failed)}; the tests wait until this is mended", flush=True)
        return 1
    return _python(("-m", "pytest", *pytest_arguments(argv)))


def pytest_arguments(argv: Sequence[str]) -> list[str]:
    """What pytest is given: what was asked for, on all processors unless the person debugs."""
    asked = [argument for argument in argv if argument != "--fast"]
    chosen = FAST if "--fast" in argv else ()
    spread = () if any(argument.startswith(SERIAL) for argument in asked) else SPREAD
    return [*spread, *chosen, *asked]


def _passes(name: str, command: Sequence[str]) -> bool:
    begin = time.monotonic()
    done = subprocess.run(  # noqa: S603 - the commands above, with the environment's own Python
        (sys.executable, *command), cwd=ROOT, env=_surroundings(), capture_output=True, text=True, check=False
    )
    passed = done.returncode == 0
    print(f"{name:<8} {'ok' if passed else 'FAILED':<6} {time.monotonic() - begin:5.1f} s", flush=True)
    if not passed:
        print(done.stdout + done.stderr, flush=True)
    return passed


def _python(command: Sequence[str]) -> int:
    sys.stdout.flush()
    return subprocess.run(  # noqa: S603 - pytest, with the environment's own Python
        (sys.executable, *command), cwd=ROOT, env=_surroundings(), check=False
    ).returncode


def _surroundings() -> dict[str, str]:
    """Settings of an installation must not leak into its tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("KAIROS_")}
