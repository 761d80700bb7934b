"""What the buttons of the settings menu choose: `set:<name>:<value>`, where `-` gives the choice back to us.

    set:frequency:7           at least so many days between contact days
    set:quiet:22-08           no campaigns in these clock hours; `off`: no quiet hours
    set:muted:news.poll       kinds of content that are not wanted
    set:language:tr
    set:zone:Europe/Istanbul

Anybody can send any data, so whatever is not exactly one of these chooses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from bot.capture.frame import Draft
from bot.capture.words import LANGUAGES, is_zone
from core.content import KINDS
from core.limits import MAX_WISH_DAYS

PREFIX: Final = "set:"
OURS: Final = "-"
_HOURS: Final = frozenset(f"{hour:02}" for hour in range(24))
_DAYS: Final = frozenset(str(day) for day in range(1, MAX_WISH_DAYS + 1))


def preference(data: str, at_ms: int) -> list[Draft]:
    """The event of a choice; none for any other button."""
    if not data.startswith(PREFIX):
        return []
    name, _, value = data[len(PREFIX) :].partition(":")
    if name == "language" and value in LANGUAGES:
        return [Draft("language_chosen", at_ms, {"language": value})]
    if name == "zone" and is_zone(value):
        return [Draft("timezone_declared", at_ms, {"zone": value})]
    read = _VALUES.get(name)
    chosen = read(value) if read is not None else None
    return [] if chosen is None else [Draft("preference_set", at_ms, {"name": name, "value": chosen})]


def _frequency(value: str) -> str | None:
    return value if value in _DAYS else _ours(value)


def _quiet(value: str) -> str | None:
    if value == "off":
        return value
    start, dash, end = value.partition("-")
    return value if dash and start != end and {start, end} <= _HOURS else _ours(value)


def _muted(value: str) -> str | None:
    kinds = set(value.split("."))
    return ".".join(sorted(kinds)) if kinds <= set(KINDS) else _ours(value)


def _ours(value: str) -> str | None:
    return "" if value == OURS else None


_VALUES: Final[Mapping[str, Callable[[str], str | None]]] = {
    "frequency": _frequency,
    "quiet": _quiet,
    "muted": _muted,
}
