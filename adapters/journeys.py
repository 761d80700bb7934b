"""The files of journeys under `journeys/`, read once at the edge.

Promises: a file is read whole, or SettingsError names the file, the place in it and what is allowed; the
file's name is the journey's. Leaves to others: whether the contents exist (`core.journey.missing`), and
storing them as versions: files are only version 1 and later proposals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from adapters.reading import fail, read_yaml
from core.errors import ContentError
from core.journey import Journey, parse

SEE: Final = "docs/journeys.md"


@dataclass(frozen=True, slots=True)
class JourneyFile:
    """A journey and the plain document that it was read from, as the store keeps it."""

    journey: Journey
    document: Mapping[str, object]


def load_journeys(folder: Path) -> tuple[JourneyFile, ...]:
    """All files of a folder by name; none is fine. Raises SettingsError naming file and place."""
    return tuple(load_journey(path) for path in sorted(folder.glob("*.yaml")))


def load_journey(path: Path) -> JourneyFile:
    """One file. Raises SettingsError naming file and place."""
    data = read_yaml(path, SEE)
    try:
        journey = parse(data)
    except ContentError as error:
        fail(path, str(error), SEE, error)
    if journey.name != path.stem:
        fail(path, f"name: must be {path.stem}, like the file", SEE)
    return JourneyFile(journey, data if isinstance(data, Mapping) else {})


def as_text(document: Mapping[str, object]) -> str:
    """A document as YAML, in the order of its keys."""
    return yaml.safe_dump(dict(document), allow_unicode=True, sort_keys=False, width=100)
