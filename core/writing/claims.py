"""What a text promises: figures, prices, shares, dates, and words that bind whoever says them.

A figure counts with its unit: "20 products" does not allow "20 %", and a price or share without a figure is
none that was stated. A word that binds is allowed where the
facts state something of the same group, in either language. A text is sent on any day and at any hour, so
`today` and `good morning` are claims too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from core.writing.numbers import in_figures
from core.writing.reading import LINK, NAME, Reading, read
from core.writing.speech import language_of
from core.writing.vocabulary import BINDING, HARMLESS, NUMBERS, pattern

_BINDING: Final = {name: pattern(words) for name, words in BINDING.items()}
_MONEY: Final[Mapping[str, str]] = {
    "lira": r"tl\b|lira|try\b|₺|💴",
    "dollars": r"\$|usd|dolar|dollar|bucks?\b|💵",
    "euros": r"€|eur|euro|avro|💶",
    "pounds": r"£|gbp|pound|sterlin|quid\b|💷",
    "stars": r"stars?\b|yildiz",
    "money": r"kurus|cents?\b|papel\b|💲|💰",
}
_SHARE: Final = r"%|per\s?cent|pct\b|yuzde\b"
_UNITS: Final[Sequence[tuple[str, str]]] = (
    ("%", _SHARE),
    *_MONEY.items(),
    ("days", r"gun|days?\b"),
    ("hours", r"saat|hours?\b"),
    ("minutes", r"dakika|dk\b|minutes?\b|min\b"),
    ("weeks", r"hafta|weeks?\b"),
    ("months", r"ay\b|aylik|ayda|months?\b"),
    ("years", r"yil|years?\b"),
    ("times", r"kat|times\b|x\b"),
)
_AFTER: Final = [(unit, re.compile(rf"(?:['’]\w+)?[\s-]*(?:{words})")) for unit, words in _UNITS]
_BEFORE: Final = [
    (unit, re.compile(rf"(?:{words})\s*$")) for unit, words in (("%", r"%|\byuzde"), *_MONEY.items())
]
_NEAR: Final = 12
"""Characters before a figure in which its unit may stand."""
_FIGURE: Final = re.compile(r"\d+(?:[.,:/]\d+)*")
_BARE: Final = [
    ("%", re.compile(rf"(?<![\d\s-])[\s-]*(?:{_SHARE})(?!\s*\d)")),
    (
        "money",
        re.compile(
            r"(?<![\d\s-])[\s-]*(?:[₺$€£]|\b(?:tl\b|lira|dolar|dollar|usd\b|euro|avro|sterlin|kurus|bucks\b|"
            r"quid\b))(?!\s*\d)"
        ),
    ),
]
"""A unit without a figure beside it."""
_BEYOND: Final = re.compile(
    r"(?:\b(?:at least|more than|over|above|minimum|en az)|>)\s{0,3}(?:%|yuzde|[₺$€£])?\s{0,3}(\d+)"
    r"|(?<!\d)(\d+)\s{0,3}(?:%|percent|tl\b|lira|[₺$€£])?(?:['’]\w{1,8})?\s{0,3}"
    r"(?:\+|(?:fazla|ustu|ustun|uzeri|arti|or more|and more|plus))"
)
"""More than a figure says."""
_STRICT: Final = frozenset({"%", *_MONEY})
"""Units without which a figure says something else."""
_NAME: Final = re.compile(r"[^\W\d_][^\W_]*(?:['’][^\W\d_]+)?")
_CODED: Final = re.compile(r"(?<![^\W_])[^\W_]*[a-zçğıöşü][A-ZÇĞİÖŞÜ][^\W_]*")
"""Capital letters inside a word: a brand, or something in code."""
_KNOWN: Final = frozenset({NAME.lower(), LINK.lower(), "i", "im", "telegram", "vip", "stars", "ok", "tl"})
_STARTS: Final = frozenset('.!?:…\n•“"«(*')
_MOST: Final = 3
_DIGITS: Final = {"zero", "one", "sifir", "bir"}.union(*NUMBERS.values()) - {"on", "bin"}
_DICTATED: Final = 4
"""So many numbers in a row, each a word."""

Figure = tuple[str, str]


def unfounded(seen: Reading, language: str, facts: Sequence[str], known: str) -> list[str]:
    """What the text claims and the facts don't. `known`: further words that name things (the template)."""
    stated = [read(one) for one in facts]
    told = [in_figures(one.plain, language_of(one) or language) for one in stated]
    said = in_figures(seen.plain, language)
    return [
        *_binding(seen, " ".join(one.plain for one in stated)),
        *_figures(said, told),
        *_beside(said, " ".join(told)),
        *_spelled(seen),
        *_names(seen, [*stated, read(known)]),
    ]


def _binding(seen: Reading, stated: str) -> Iterator[str]:
    said = HARMLESS.sub(" ", seen.plain)
    for name, words in _BINDING.items():
        hit = words.search(said)
        if hit is not None and not words.search(stated):
            yield f"claims: {name} ({hit[0]})"


def _figures(said: str, told: Sequence[str]) -> Iterator[str]:
    allowed = {figure for one in told for figure in _named(one)}
    loose = {figure for figure, unit in allowed if unit not in _STRICT}
    for figure, unit in _named(said):
        if (figure, unit) not in allowed and not (unit == "" and figure in loose):
            yield f"claims: {figure} {unit}".rstrip() + " is in no fact"


def _beside(said: str, told: str) -> Iterator[str]:
    """What changes a figure, or does without one."""
    for unit, words in _BARE:
        if words.search(said) and not words.search(told):
            yield f"claims: {unit} without a figure"
    for figure in sorted(_beyond(said) - _beyond(told)):
        yield f"claims: more than {figure} is in no fact"


def _beyond(text: str) -> set[str]:
    return {hit[1] or hit[2] for hit in _BEYOND.finditer(text)}


def _spelled(seen: Reading) -> Iterator[str]:
    """A number that is dictated, in whatever language: nobody writes a price so."""
    run = 0
    for word in seen.words:
        run = run + 1 if word in _DIGITS else 0
        if run == _DICTATED:
            yield "personal: a number in words"


def _named(text: str) -> Iterator[Figure]:
    """Each figure with its unit; figures written as words are figures already."""
    for hit in _FIGURE.finditer(text):
        yield hit[0].replace(",", "."), _unit(text[: hit.start()], text[hit.end() :])


def _unit(before: str, after: str) -> str:
    near = before[-_NEAR:]
    named = next((unit for unit, words in _BEFORE if words.search(near)), "")
    return named or next((unit for unit, words in _AFTER if words.match(after)), "")


def _names(seen: Reading, stated: Sequence[Reading]) -> list[str]:
    """Capital letters in the middle of a sentence, where nothing of that name was stated."""
    words = _KNOWN | {word for one in stated for word in one.words}
    found = [
        f"personal: nobody stated {hit[0][:40]}"
        for hit in _NAME.finditer(seen.visible)
        if hit[0][0].isupper() and not _begins(seen.visible[: hit.start()]) and not _is_known(hit[0], words)
    ]
    found += [
        f"personal: nobody stated {hit[0][:40]}"
        for hit in _CODED.finditer(seen.visible)
        if not _is_known(hit[0], words)
    ]
    return found[:_MOST]


def _is_known(name: str, words: frozenset[str]) -> bool:
    """The name itself; what hangs on it by an apostrophe is grammar. Names of days and months are claims."""
    seen = read(name)
    return next(iter(seen.words), "") in words or any(one.match(seen.plain) for one in _BINDING.values())


def _begins(before: str) -> bool:
    """True if a sentence begins behind this."""
    left = before.rstrip(" ")
    if not left or left[-1] in _STARTS:
        return True
    return left[-1] in "-–—" or not (left[-1].isalnum() or left[-1] in ",;'’/&%")
