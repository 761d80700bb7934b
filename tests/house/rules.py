"""The rules of the house that no ready-made checker knows: each goes from a source tree to its violations.

A violation is one line that begins with the place. tests/house/test_rules.py holds the project to them;
tests/house/test_planted.py breaks each in a copy and sees it found. What the documents must name stands in
tests/house/documented.py.
"""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

MAX_FILE = 400
MAX_FUNCTION = 60
MAX_PROGRAM = 60
PACKAGES = {"adapters", "api", "app", "bot", "console", "core", "sandbox"}
BESIDE = {"benchmarks", "tests"}  # may import anything, are imported by nothing
CORE_MAY_IMPORT = {"core", "numpy", "scipy", "bayesianbandits", "re2"}
IMPURE = {
    "asyncio",  # of core.flow only, see import-linter
    "builtins",
    "concurrent",
    "ctypes",
    "glob",
    "importlib",
    "io",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "random",
    "secrets",
    "shutil",
    "signal",
    "socket",
    "sqlite3",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "urllib",
}
CLOCKS = {"now", "utcnow", "today"}
BARE_CALLS = {"open", "input", "print", "exec", "eval", "__import__", "breakpoint"}
TYPES = {"Generator"}  # dice that are an argument may be named
RANDOM_IDS = {"uuid1", "uuid4"}
NO_REASON = re.compile(
    r"#\s*noqa(?!:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*\s+\W*\w+\W+\w+)"
    r"|#\s*type:\s*ignore(?!\[[\w, -]+\]\s*\W+\w+\W+\w+)"
    r"|#\s*pragma:\s*no cover(?!\W+\w+\W+\w+)"
)
MACHINE = re.compile(
    r"/(work|farm)/[a-z.]|bash[_]jobs|index[-]url|find[-]links|https?://[^ ]*/(simple|packages)/"
    r"|\"resolved\":|/opt/(pypi|wheels)|/root/\."
)
# Text that a machine or an installation may name; everything else is searched.
NOT_TEXT = {".png", ".jpg", ".gif", ".ico", ".woff2", ".parquet", ".db", ".gz"}
PATCHES = re.compile(
    r"unittest[.]mock|from unittest import[ ]mock|\bmock[.]patch|\b(Magic|Async)Mock\b"
    r"|monkeypatch[.]setattr(?!\((sys|os),)"  # the machine may be patched, our own code not
)


def sources(root: Path) -> Iterator[Path]:
    """Every Python file of the project (not of the environment, nor what the program writes)."""
    for file in files(root):
        if file.suffix == ".py":
            yield file


def files(root: Path) -> Iterator[Path]:
    """Every file of the project: what git tracks or would track; in a tree without git everything."""
    if (root / ".git").exists():
        command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S607 - git of PATH
        found = [root / name for name in sorted(set(listed.split("\0"))) if name]
    else:
        found = [Path(at) / name for at, _, names in sorted(os.walk(root)) for name in sorted(names)]
    yield from (file for file in found if file.is_file())


def sizes(root: Path) -> list[str]:
    """Files stay under 400 lines and functions under 60."""
    found = []
    for file in sources(root):
        text = file.read_text(encoding="utf-8")
        lines = text.count("\n")
        if lines > MAX_FILE:
            found.append(f"{file.relative_to(root)}: {lines} lines, at most {MAX_FILE}")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > MAX_FUNCTION:
                    where = f"{file.relative_to(root)}:{node.lineno}"
                    found.append(f"{where}: {node.name} has {length} lines, at most {MAX_FUNCTION}")
    return found


def program(root: Path) -> list[str]:
    """manage_crm.py stays small and needs the standard library alone before the environment stands."""
    text = (root / "manage_crm.py").read_text(encoding="utf-8")
    lines = text.count("\n")
    found = [f"manage_crm.py: {lines} lines, at most {MAX_PROGRAM}"] if lines > MAX_PROGRAM else []
    for name in ("manage_crm.py", "console/bootstrap.py", "console/installing.py"):
        for line, module in _imports(ast.parse((root / name).read_text(encoding="utf-8"))):
            if module.partition(".")[0] not in sys.stdlib_module_names | {"console"}:
                found.append(f"{name}:{line}: imports {module}, which a fresh machine does not have")
    return found


def pure_core(root: Path) -> list[str]:
    """core has no clock, no dice, no I/O and no surroundings, and imports only what it may."""
    found = []
    for file in sources(root):
        if file.relative_to(root).parts[0] != "core":
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        in_flow = file.relative_to(root).parts[1] == "flow"
        for line, what in (*_impure_imports(tree, in_flow=in_flow), *_impure_uses(tree)):
            found.append(f"{file.relative_to(root)}:{line}: {what}; in core it is an argument")
    return found


def _impure_imports(tree: ast.Module, *, in_flow: bool) -> Iterator[tuple[int, str]]:
    for line, module in _imports(tree):
        top = module.partition(".")[0]
        if top == "asyncio" and in_flow:
            continue
        allowed = top in CORE_MAY_IMPORT or (top in sys.stdlib_module_names and top not in IMPURE)
        if not allowed or module.startswith("numpy.random"):
            yield line, f"imports {module}"


def _impure_uses(tree: ast.Module) -> Iterator[tuple[int, str]]:
    typed = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in TYPES
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in BARE_CALLS | RANDOM_IDS:
                yield node.lineno, f"calls {node.func.id}"
        elif isinstance(node, ast.Attribute) and id(node) not in typed:
            dotted = ast.unparse(node)
            clock = node.attr in CLOCKS and ast.unparse(node.value).endswith(("datetime", "date"))
            if clock or node.attr in RANDOM_IDS or dotted in ("np.random", "numpy.random"):
                yield node.lineno, f"uses {dotted}"


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for name in node.names:
                yield node.lineno, f"{node.module}.{name.name}"


def rooms(root: Path) -> list[str]:
    """Python lives in the known rooms, and every folder of theirs is a package that import-linter sees."""
    found = []
    for file in sources(root):
        place = file.relative_to(root)
        if len(place.parts) == 1:
            if place.name != "manage_crm.py":
                found.append(f"{place}: the one program at the top is manage_crm.py")
        elif place.parts[0] not in PACKAGES | BESIDE:
            found.append(f"{place}: {place.parts[0]} is no room of this house")
        elif place.parts[0] in PACKAGES and not (file.parent / "__init__.py").is_file():
            found.append(f"{place}: its folder has no __init__.py")
    return found


def introduced(root: Path) -> list[str]:
    """Every module of the product opens with what it is for; an __init__.py may be empty."""
    found = []
    for file in sources(root):
        if file.relative_to(root).parts[0] not in PACKAGES | {"benchmarks", "manage_crm.py"}:
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        if tree.body and not ast.get_docstring(tree):
            found.append(f"{file.relative_to(root)}: no docstring says what it is for")
    return found


def reasons(root: Path) -> list[str]:
    """An ignored rule names the rule and carries its reason on the line."""
    found = []
    for file in sources(root):
        text = file.read_text(encoding="utf-8")
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT and NO_REASON.search(token.string):
                found.append(f"{file.relative_to(root)}:{token.start[0]}: {token.string} has no reason")
    return found


def no_machine(root: Path) -> list[str]:
    """No path of a machine and no address of a registry."""
    found = []
    for file in files(root):
        if file.suffix in NOT_TEXT:
            continue
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        for number, line in enumerate(lines, 1):
            match = MACHINE.search(line)
            if match:
                found.append(f"{file.relative_to(root)}:{number}: {match.group()} belongs to one machine")
    return found


def no_patches(root: Path) -> list[str]:
    """Tests use the whole fakes of adapters.memory and the sandbox, never patches or mocks."""
    found = []
    for file in sources(root):
        place = file.relative_to(root)
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if PATCHES.search(line):
                found.append(f"{place}:{number}: a patch or mock where a fake belongs")
    return found


def pins(root: Path) -> list[str]:
    """Every package is pinned exactly, the test command adds to what runs, and what is wanted is locked."""
    run, test = (_pinned(root / "requirements" / f"{group}.txt") for group in ("run", "test"))
    found = [f"requirements: {line} is not an exact version" for line in run | test if "==" not in line]
    found += [f"requirements/test.txt: lacks {line} of run.txt" for line in sorted(run - test)]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = {"run": project["project"]["dependencies"], "test": project["dependency-groups"]["test"]}
    for group, lines in (("run", run), ("test", test)):
        names = {_name(line) for line in lines}
        found += [
            f"requirements/{group}.txt: lacks {want}" for want in wanted[group] if _name(want) not in names
        ]
    return found


def _pinned(file: Path) -> set[str]:
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    return {line for line in lines if line and not line.startswith("#")}


def _name(requirement: str) -> str:
    return re.split(r"[\[=<>; ]", requirement)[0].lower().replace(".", "-").replace("_", "-")


RULES: dict[str, Callable[[Path], list[str]]] = {
    rule.__name__: rule
    for rule in (sizes, program, pure_core, rooms, introduced, reasons, no_machine, no_patches, pins)
}
