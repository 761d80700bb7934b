"""Preferences as people read them: in the settings and in the file of their data."""

from __future__ import annotations

from functools import lru_cache

from babel.dates import get_timezone_location

from bot.texts import say
from bot.visitor import Preferences
from core.content import KINDS


def frequency(days: str, language: str) -> str:
    """How often, from the value of the preference; empty = ours."""
    return (
        say("frequency-days", language, days=int(days))
        if days.isdecimal()
        else say("frequency-ours", language)
    )


def quiet(hours: str, language: str) -> str:
    """FROM-TO, off, or empty = ours."""
    if hours == "off":
        return say("quiet-off", language)
    start, _, end = hours.partition("-")
    return say("quiet-own", language, start=start, end=end) if end else say("quiet-ours", language)


def zone_words(zone: str, language: str) -> str:
    """The declared timezone by its city."""
    return city(zone, language) if zone else say("zone-unknown", language)


@lru_cache(maxsize=256)
def city(zone: str, language: str) -> str:
    """The city of a timezone as people of this language call it; the name itself where babel knows none."""
    try:
        return get_timezone_location(zone, locale=language, return_city=True)
    except LookupError:
        return zone


def topics(kinds: frozenset[str], language: str) -> str:
    """Content kinds in words, in the order in which they are always shown."""
    named = [say(f"topic-{kind}", language) for kind in KINDS if kind in kinds]
    return ", ".join(named) or say("settings-none", language)


def sentences(chosen: Preferences, language: str) -> list[str]:
    """All preferences, one a line."""
    return [
        say("settings-topics", language, topics=topics(frozenset(KINDS) - chosen.muted, language)),
        say("settings-frequency", language, frequency=frequency(chosen.frequency, language)),
        say("settings-quiet", language, quiet=quiet(chosen.quiet, language)),
        say("settings-zone", language, zone=zone_words(chosen.zone, language)),
    ]
