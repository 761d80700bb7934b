"""The project obeys its own rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer.main

from core.event import VOCABULARY
from tests.house import documented
from tests.house.rules import RULES

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_project_keeps_the_rule(rule: Callable[[Path], list[str]]) -> None:
    assert rule(ROOT) == []


def test_every_setting_has_a_comment_and_is_documented() -> None:
    assert documented.settings(ROOT) == []


def test_every_event_is_documented() -> None:
    assert documented.events(ROOT, VOCABULARY) == []


def test_every_segment_is_documented() -> None:
    assert documented.segments(ROOT) == []


def test_every_verb_is_documented() -> None:
    from console.main import app

    paths = list(_verbs(typer.main.get_command(app), ""))
    assert paths
    assert documented.verbs(ROOT, paths) == []


def _verbs(command: object, above: str) -> Iterator[str]:
    """The paths of all visible commands that do something, such as `users show`."""
    children: dict[str, object] = getattr(command, "commands", {})  # a group of click's has them
    for name, child in children.items():
        path = f"{above} {name}".strip()
        if getattr(child, "hidden", False):
            continue
        if hasattr(child, "commands"):
            yield from _verbs(child, path)
        else:
            yield path
