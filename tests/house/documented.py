"""What the reference pages must name: every setting, verb, event and segment.

A page names a thing when the thing stands in it as code: between backticks, alone or first in them, as in
`delivery.caps.per_day`, `users show PERSON` or `bots[].name`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

REFERENCE = Path("docs") / "reference"


def undocumented(root: Path, page: str, names: Iterable[str]) -> list[str]:
    """The names that the reference page does not have."""
    file = root / REFERENCE / page
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    return [f"{REFERENCE / page}: does not name `{name}`" for name in names if not _named(name, text)]


def _named(name: str, text: str) -> bool:
    return re.search(rf"`(?:manage_crm\.py )?{re.escape(name)}(?=[`\s=:])", text) is not None


def settings(root: Path) -> list[str]:
    """Every key of config.yaml has a comment, on its line or right above it, and stands in settings.md."""
    file = root / "config.yaml"
    lines = file.read_text(encoding="utf-8").splitlines()
    keys = list(_keys(yaml.compose("\n".join(lines)), ""))
    found = [
        f"config.yaml:{line + 1}: {path} has no comment"
        for path, line, _ in keys
        if not _has_comment(lines, line)
    ]
    leaves = dict.fromkeys(path for path, _, leaf in keys if leaf)
    return found + undocumented(root, "settings.md", leaves)


def _keys(node: yaml.Node | None, above: str) -> Iterator[tuple[str, int, bool]]:
    """Path, line and whether it is a leaf, of every key; items of lists are like `bots[].name`."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            path = f"{above}.{key.value}" if above else str(key.value)
            yield path, key.start_mark.line, isinstance(value, yaml.ScalarNode) or not value.value
            yield from _keys(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _keys(item, f"{above}[]")


def _has_comment(lines: list[str], at: int) -> bool:
    """On the line itself or right above it."""
    return re.search(r"(^|\s)#\s*\w", lines[at]) is not None or (
        at > 0 and re.match(r"\s*#\s*\w", lines[at - 1]) is not None
    )


def segments(root: Path) -> list[str]:
    """Every segment of strategies/ stands in segments.md."""
    names = sorted(file.stem.upper() for file in (root / "strategies").glob("*.yaml"))
    if not names:
        return ["strategies/: holds no segment"]
    return undocumented(root, "segments.md", names)


def events(root: Path, vocabulary: Iterable[str]) -> list[str]:
    """Every event of the vocabulary stands in events.md."""
    return undocumented(root, "events.md", vocabulary)


def verbs(root: Path, paths: Iterable[str]) -> list[str]:
    """Every verb of the console, with the verb it belongs to, stands in verbs.md."""
    return undocumented(root, "verbs.md", paths)
