"""All that is wrong with a text of GPT, in words that begin with the kind of fault."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from core.content import FALLBACKS, check, visible_length
from core.errors import ContentError
from core.writing.claims import unfounded
from core.writing.links import foreign
from core.writing.reading import read
from core.writing.speech import foreign_speech
from core.writing.values import Ask
from core.writing.vocabulary import MODEL, pattern

LONGEST: Final = 8_192
"""Characters with tags; nothing longer is looked at."""
_TAGS: Final = frozenset({"b", "i", "u", "s", "a", "code"})
"""What a text of GPT may use of Telegram's tags."""
_TAG: Final = re.compile(r"</?([a-zA-Z-]+)")
_PLACES: Final = re.compile(r"\{[^{}]*\}")
_ENTITY: Final = re.compile(r"&#|&(?!lt;|gt;|amp;|quot;)")
_MODEL: Final = pattern(MODEL)
_RUN: Final = 6
"""So many words in a row from the request give it away."""


def checks(text: str, ask: Ask, hidden: str = "") -> tuple[str, ...]:
    """What is wrong with the text; empty if it may be sent. `hidden`: what else the service was told.

    Each reason begins with its kind: length, html, places, characters, language, links, claims, personal or
    leak."""
    if len(text) > LONGEST:
        return (f"length: {len(text)} characters",)
    return tuple(dict.fromkeys(_faults(text, ask, hidden)))


def _faults(text: str, ask: Ask, hidden: str) -> Iterator[str]:
    brief = ask.brief
    yield from _form(text, ask)
    seen = read(text, brief.links)
    if seen.strange:
        yield f"characters: {' '.join(seen.strange[:5])}"
    yield from foreign_speech(seen, ask.language)
    yield from foreign(seen, brief.links, read(" ".join((*brief.facts, ask.template))))
    yield from unfounded(seen, ask.language, brief.facts, ask.template)
    yield from _leaks(text, ask, hidden)


def _form(text: str, ask: Ask) -> Iterator[str]:
    """Telegram takes it, with the longest names, where the operator's own text would stand."""
    for name in _TAG.findall(text):
        if name not in _TAGS:
            yield f"html: <{name[:20]}> is not for these texts"
    if _ENTITY.search(text):
        yield "html: only &lt; &gt; &amp; and &quot; may stand for a character"
    places = set(_PLACES.findall(text))
    unknown = sorted(places - {f"{{{name}}}" for name in FALLBACKS})
    if unknown or set("{}") & set(_PLACES.sub("", text)):
        yield f"places: {(unknown or ['a lonely brace'])[0][:40]} is no placeholder"
    try:
        length = visible_length(text)
        check(replace(ask.content, texts={ask.language: text}, buttons=(), brief=None))
    except ContentError as error:
        yield f"html: {str(error)[:200]}"
        return
    if not 0 < length <= ask.brief.max_chars:
        yield f"length: {length} characters, allowed are 1 to {ask.brief.max_chars}"


def _leaks(text: str, ask: Ask, hidden: str) -> Iterator[str]:
    seen = read(text)
    stated = read(" ".join((*ask.brief.facts, ask.template))).plain
    hit = _MODEL.search(seen.plain)
    if hit is not None and hit[0] not in stated:
        yield f"leak: {hit[0][:40]}"
    told = _runs(read(hidden).words) | _runs(read(ask.brief.tone).words)
    if not told.isdisjoint(_runs(seen.words)):
        yield "leak: it repeats what the service was told"


def _runs(words: tuple[str, ...]) -> set[tuple[str, ...]]:
    return {words[place : place + _RUN] for place in range(len(words) - _RUN + 1)}
