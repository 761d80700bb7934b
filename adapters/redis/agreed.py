"""What every hot store agrees on, in Redis or in memory."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Final

LAST_SEQ: Final = 1 << 53
"""No record has a larger one: Lua's numbers are whole up to here."""
PERSON: Final = ("person", "person_no")
"""Under these names a line of the live feed says whom it is about."""


def is_about(line: object, person_nos: Container[object]) -> bool:
    """True if a line of the feed is about one of these people."""
    return isinstance(line, Mapping) and any(line.get(name) in person_nos for name in PERSON)
