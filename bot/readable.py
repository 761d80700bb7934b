"""What of an update is given to aiogram: all but what it can't read in reasonable time.

Rich messages are trees, and aiogram tries every kind of node at every level: text in five formats at once
takes it seconds, six minutes, and meanwhile nobody is answered. No handler looks at them; what they say has
been captured from the update itself.
"""

from __future__ import annotations

from typing import Any, Final

from core.errors import ContentError

UNREAD: Final = frozenset({"rich_message"})
"""Fields, of whatever object."""
MAX_DEPTH: Final = 32
"""Levels of an update that any handler may see; real ones have a third of it."""


def readable(update: dict[str, Any]) -> dict[str, Any]:
    """The same update without these fields. Raises ContentError for one nested deeper than any real one."""
    level: list[Any] = [update]
    for _ in range(MAX_DEPTH):
        level = [part for one in level for part in _parts(one) if isinstance(part, dict | list)]
        if not level:
            return update
    raise ContentError("the update is nested too deep for aiogram")


def _parts(one: dict[str, Any] | list[Any]) -> list[Any]:
    """What is directly in it; fields that stay unread are taken out."""
    if isinstance(one, list):
        return one
    for name in UNREAD & one.keys():
        del one[name]
    return list(one.values())
