"""In which language a short text is: by its commonest words and the letters that only one of them has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from core.text import lower
from core.writing.reading import LINK, NAME, Reading
from core.writing.vocabulary import EN_WORDS, TR_WORDS

_TR_LETTERS: Final = frozenset("çğışöü")
_TR_ENDINGS: Final = (
    *("lar", "ler", "lari", "ları", "leri", "yor", "yoruz", "mek", "mak", "sin", "sın", "dan", "den", "iyi"),
    *(
        "dik",
        "dık",
        "miz",
        "mız",
        "niz",
        "nız",
        "abilir",
        "ebilir",
        "yiz",
        "yız",
        "arak",
        "erek",
        "inde",
        "ında",
    ),
)
_NOT_WORDS: Final = frozenset({NAME.lower(), LINK.lower()})
_ENOUGH: Final = 0.2
_FEW: Final = 3
_RUN: Final = 8
_SHORTEST_ENDING: Final = 6


def language_of(seen: Reading) -> str:
    """tr or en; empty when it is neither, or both."""
    tr, en = _shares(seen)
    if tr >= _ENOUGH and tr > 2 * en:
        return "tr"
    return "en" if en >= _ENOUGH and en > 2 * tr else ""


def foreign_speech(seen: Reading, language: str) -> list[str]:
    """Why the text is not, or not all, in this language."""
    words = [word for word in _words(seen, language) if word not in _NOT_WORDS]
    if len(words) < _FEW:
        return ["language: too few words to be a message"]
    found = language_of(seen)
    if found != language:
        return [f"language: it is {found or 'neither Turkish nor English'}, not {language}"]
    return ["language: a part of it is in another"] if _longest_foreign(words, language) >= _RUN else []


def _longest_foreign(words: Sequence[str], language: str) -> int:
    """The longest run of words of which none is surely of this language."""
    own = _is_turkish if language == "tr" else EN_WORDS.__contains__
    longest = run = 0
    for word in words:
        run = 0 if own(word) else run + 1
        longest = max(longest, run)
    return longest


def _shares(seen: Reading) -> tuple[float, float]:
    """The shares of words that only Turkish and that only English has."""
    turkish = [word for word in _words(seen, "tr") if word not in _NOT_WORDS]
    english = [word for word in _words(seen, "en") if word not in _NOT_WORDS]
    if not english:
        return 0.0, 0.0
    tr = sum(_is_turkish(word) for word in turkish)
    en = sum(word in EN_WORDS for word in english)
    return tr / len(turkish), en / len(english)


def _is_turkish(word: str) -> bool:
    if word in TR_WORDS or not _TR_LETTERS.isdisjoint(word):
        return True
    return len(word) >= _SHORTEST_ENDING and word.endswith(_TR_ENDINGS)


def _words(seen: Reading, language: str) -> list[str]:
    shown = lower(seen.visible, language).replace("’", "'")
    kept = "".join(char if char.isalpha() or char == "'" else " " for char in shown)
    return [word.strip("'") for word in kept.split() if word.strip("'")]
