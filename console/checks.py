"""What `manage_crm.py test` does: every check of the project, the quick ones first, then all tests.

Promises: the quick checks run side by side, and every complaint of theirs is shown before it stops; whatever
else is given goes on to pytest, whose own closing line is the last on stdout; the code of exit is 0 only when
everything holds. `--fast` runs the tests of core and of the house alone. What is checked stands in
pyproject.toml, core/ruff.toml and tests/house.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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
    # The types take one processor for long: meanwhile all tests are loaded on another, once, so that their
    # compiled form waits for every worker.
    quick = (*QUICK, ("loading", ("-m", "pytest", *asked_of_pytest(argv), "--collect-only", "-qq")))
    failed = []
    with ThreadPoolExecutor(len(quick)) as side_by_side:
        for (name, _), (passed, report) in zip(quick, side_by_side.map(_tried, quick), strict=True):
            print(report, flush=True)
            failed += [] if passed else [name]
    if failed:
        print(f"failed: {', '.join(failed)}; the tests wait until this is mended", flush=True)
        return 1
    return _python(("-m", "pytest", *pytest_arguments(argv)))


def asked_of_pytest(argv: Sequence[str]) -> list[str]:
    """What was asked for, and for `--fast` the rooms it means."""
    asked = [argument for argument in argv if argument != "--fast"]
    return [*(FAST if "--fast" in argv else ()), *asked]


def pytest_arguments(argv: Sequence[str]) -> list[str]:
    """What pytest is given: what was asked for, on all processors unless the person debugs."""
    spread = () if any(argument.startswith(SERIAL) for argument in argv) else SPREAD
    return [*spread, *asked_of_pytest(argv)]


def _tried(check: tuple[str, Sequence[str]]) -> tuple[bool, str]:
    """Whether a check passes, and what is said about it."""
    name, command = check
    begin = time.monotonic()
    done = subprocess.run(  # noqa: S603 - the commands above, with the environment's own Python
        (sys.executable, *command), cwd=ROOT, env=_surroundings(), capture_output=True, text=True, check=False
    )
    passed = done.returncode == 0
    line = f"{name:<8} {'ok' if passed else 'FAILED':<6} {time.monotonic() - begin:5.1f} s"
    return passed, line if passed else f"{line}\n{done.stdout}{done.stderr}"


def _python(command: Sequence[str]) -> int:
    sys.stdout.flush()
    return subprocess.run(  # noqa: S603 - pytest, with the environment's own Python
        (sys.executable, *command), cwd=ROOT, env=_surroundings(), check=False
    ).returncode


def _surroundings() -> dict[str, str]:
    """Settings of an installation must not leak into its tests. And the tests start hundreds of programs:
    without bytecode on disk each would compile all it imports anew, seconds for every one."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("KAIROS_") and name != "PYTHONDONTWRITEBYTECODE"
    }
