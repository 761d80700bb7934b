"""Makes the project's own environment, once, and goes on inside it.

Promises: needs only the standard library; a finished environment is recognised by reading two small files,
with no subprocess and no network; two first starts at once don't collide; a start that was killed half-way is
repaired by the next; when something is missing, one sentence says what to do.

Leaves to others: how packages get in (console/installing.py), which they are (requirements/*.txt) and what
the program does (console/main.py).
"""

import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

UNFINISHED = "unfinished"
INTERRUPTED = 130  # what a shell reports after Ctrl-C


class Environment:
    """The `.venv` beside manage_crm.py and the stamps that say which groups of packages it holds."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.venv = root / ".venv"
        self.python = self.venv / "bin" / "python"

    def requirements(self, group: str) -> Path:
        """The exact versions of a group; those of `test` include those of `run`."""
        return self.root / "requirements" / f"{group}.txt"

    def stamp(self, group: str) -> str:
        """What is known of a group: its fingerprint, `unfinished`, or nothing."""
        try:
            return self._stamp_file(group).read_text(encoding="ascii").strip()
        except OSError:
            return ""

    def write_stamp(self, group: str, text: str) -> None:
        """Replace a stamp whole, so that a crash leaves the old or the new one."""
        file = self._stamp_file(group)
        fresh = file.with_suffix(".new")
        fresh.write_text(text + "\n", encoding="ascii")
        fresh.replace(file)

    def fingerprint(self, group: str) -> str:
        """Changes when the wanted versions change or another interpreter stands behind the environment."""
        digest = hashlib.sha256(os.path.realpath(self.python).encode())
        digest.update(self.requirements("run").read_bytes())
        if group != "run":
            digest.update(self.requirements(group).read_bytes())
        return digest.hexdigest()

    def usable(self) -> bool:
        """A Python can be started in it."""
        return (self.venv / "pyvenv.cfg").is_file() and os.access(self.python, os.X_OK)

    def ready(self, groups: Sequence[str]) -> bool:
        """Everything wanted is in it."""
        return self.usable() and all(self.stamp(group) == self.fingerprint(group) for group in groups)

    def is_running(self) -> bool:
        """This very process runs inside it."""
        return os.path.realpath(sys.prefix) == os.path.realpath(self.venv)

    def _stamp_file(self, group: str) -> Path:
        return self.venv / f"kairos-{group}"


def ensure(root: str, arguments: Sequence[str]) -> None:
    """Return inside a ready environment; where need be make it first and restart the process in it.

    `KAIROS_SETUP_S` tells the restarted process how many seconds the set-up took.
    """
    environment = Environment(Path(root))
    groups = ("run", "test") if list(arguments[:1]) == ["test"] else ("run",)
    seconds = 0.0
    if not (environment.ready(groups) or _help_is_possible(environment, arguments)):
        from console.installing import SetupFailed

        try:
            seconds = set_up(environment, groups)
        except SetupFailed as failure:
            sys.exit(str(failure))
        except KeyboardInterrupt:
            _tell("interrupted while making the environment; the next start goes on.")
            sys.exit(INTERRUPTED)
    if seconds or not environment.is_running():
        os.environ["KAIROS_SETUP_S"] = f"{seconds:.2f}"
        sys.stdout.flush()
        sys.stderr.flush()
        python = str(environment.python)
        os.execv(python, [python, str(environment.root / "manage_crm.py"), *arguments])  # noqa: S606 - our own Python


def set_up(environment: Environment, groups: Sequence[str]) -> float:
    """Make or complete the environment under a lock; the seconds it took, 0 when another start did it."""
    import fcntl
    import time

    from console.installing import SetupFailed

    begin = time.monotonic()
    try:
        with (environment.root / ".venv.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                _tell("another start is making the environment, waiting for it ...")
                fcntl.flock(lock, fcntl.LOCK_EX)
            if environment.ready(groups):
                return 0.0
            _complete(environment, groups, lock.fileno())
    except OSError as error:
        raise SetupFailed(f"Kairos could not make its environment in {environment.venv}: {error}.") from error
    seconds = time.monotonic() - begin
    _tell(f"the environment is ready ({seconds:.0f} s); from now on Kairos starts at once and offline.")
    return seconds


def _complete(environment: Environment, groups: Sequence[str], lock: int) -> None:
    """Bring every wanted group into the environment; a group stays `unfinished` until all of it is there."""
    from console.installing import Installer, SetupFailed

    if not environment.usable():
        import venv

        _tell("making an environment of its own in .venv (once, about half a minute) ...")
        venv.EnvBuilder(with_pip=False, symlinks=True, clear=True).create(environment.venv)
    current = [group for group in groups if environment.stamp(group) == environment.fingerprint(group)]
    repair = any(environment.stamp(group) == UNFINISHED for group in groups)
    touched = [group for group in groups if repair or group not in current]
    for group in touched:
        environment.write_stamp(group, UNFINISHED)
    file = environment.requirements(groups[-1])
    _tell(f"{'repairing' if repair else 'installing'} {count_packages(file)} packages ...")
    try:
        Installer(environment.venv, lock).install(file, repair=repair)
    except SetupFailed:
        for group in current:  # nothing was changed yet: what worked before works still
            environment.write_stamp(group, environment.fingerprint(group))
        raise
    for group in groups:
        environment.write_stamp(group, environment.fingerprint(group))


def count_packages(file: Path) -> int:
    """How many packages a requirements file pins."""
    return sum("==" in line for line in file.read_text(encoding="utf-8").splitlines() if line[:1] != "#")


def _help_is_possible(environment: Environment, arguments: Sequence[str]) -> bool:
    """Help answers at once, also from an environment that was complete before the last update."""
    asked = any(argument in ("-h", "--help") for argument in arguments)
    return asked and environment.usable() and environment.stamp("run") not in ("", UNFINISHED)


def _tell(text: str) -> None:
    print(f"kairos: {text}", file=sys.stderr, flush=True)
