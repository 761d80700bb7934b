"""What people read, in every language, from the Fluent files beside this module.

A missing key in a language falls back to the default language; a test compares the keys of all files.
Everything is plain text: no markup, so that no word of anybody can become any.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from fluent.runtime import FluentBundle, FluentResource

LANGUAGES = ("en", "tr")
DEFAULT = "en"
MAX_NAME: Final = 64


@cache
def _bundle(language: str) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=False)
    source = (Path(__file__).parent / f"{language}.ftl").read_text(encoding="utf-8")
    bundle.add_resource(FluentResource(source))
    return bundle


def pick(*wishes: str) -> str:
    """The first of the wishes (chosen, client's, default) that we speak."""
    return next((wish for wish in wishes if wish in LANGUAGES), DEFAULT)


def say(key: str, language: str, **values: str | int) -> str:
    """The text of `key` in `language`. Values are data: they are put in, never interpreted; numbers choose
    the right plural and are written as the language writes them. Raises KeyError for a text or a value that
    is missing."""
    bundle = _bundle(language if language in LANGUAGES else DEFAULT)
    if not bundle.has_message(key):
        bundle = _bundle(DEFAULT)
    pattern = bundle.get_message(key).value
    if pattern is None:
        raise KeyError(key)
    text, missing = bundle.format_pattern(pattern, values)
    if missing:
        raise KeyError(f"{key}: {missing[0]}")
    return str(text)


def one_line(words: str, limit: int = MAX_NAME) -> str:
    """What people call themselves, fit to stand in a sentence: printable, one line, at most so long."""
    printable = "".join(char if char.isprintable() else " " for char in words[: limit * 4])
    return " ".join(printable.split())[:limit]
