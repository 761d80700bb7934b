"""A text as its reader sees it: without tags, with characters instead of entities, with words instead of
placeholders and of the addresses that may stand there."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.content import addresses
from core.text import fold_text

NAME: Final = "Xname"
LINK: Final = "Xlink"
"""What stands for a placeholder and for an address of the brief: words that nobody writes."""

_TAG: Final = re.compile(r"<[^<>]*>")
_PLACE: Final = re.compile(r"\{[a-z_]{1,32}\}")
_WORD: Final = re.compile(r"[^\W_]+")
_LETTERS: Final = frozenset("çğıöşüâîûÇĞİÖŞÜÂÎÛéèêëàäïñôÉ")
_SIGNS: Final = frozenset("“”‘’„«»–—…•€₺£™®°\n" + "".join(map(chr, range(32, 127)))) - frozenset("\\`")
_FLAGS: Final = frozenset({"🇹🇷", "🇬🇧", "🇺🇸", "🇪🇺"})
_PICTURES: Final = ((0x2190, 0x21FF), (0x2600, 0x27BF), (0x2B00, 0x2BFF), (0x1F300, 0x1FAFF))
_FIGURES: Final = frozenset("💯🔞🔟🔢")
"""Pictures that say a number."""
_TONES: Final = range(0x1F3FB, 0x1F400)
_JOINER: Final = "\u200d"
_AS_PICTURE: Final = "\ufe0f"


@dataclass(frozen=True, slots=True)
class Reading:
    """visible: what is read; plain: the same in lower case, without accents, an ellipsis as a full stop;
    words: of plain; leads: addresses behind its links; strange: characters that no text needs."""

    visible: str
    plain: str
    words: tuple[str, ...]
    leads: tuple[str, ...]
    strange: tuple[str, ...]


def read(text: str, links: Sequence[str] = ()) -> Reading:
    """The text as it is read; the addresses `links` are no more than a word in it."""
    shown = html.unescape(_TAG.sub("", text))
    strange = _strange(shown)
    shown = _PLACE.sub(NAME, shown)
    for one in _longest_first(links):
        shown = one.sub(LINK, shown)
    plain = fold_text(shown.replace("…", "."))
    return Reading(shown, plain, tuple(_WORD.findall(plain)), addresses(text), strange)


def _longest_first(links: Sequence[str]) -> list[re.Pattern[str]]:
    """An address counts only where it begins and ends as one: never as a part of another."""
    forms = {form for one in links for form in (one, re.sub(r"^https?://", "", one))}
    return [
        re.compile(r"(?<![^\s(“\"«])" + re.escape(one) + r"(?=[)!?,.;:”\"»]*(?:\s|$))")
        for one in sorted(forms, key=lambda one: (-len(one), one))
    ]


def _strange(text: str) -> tuple[str, ...]:
    found = dict.fromkeys(text[place] for place in range(len(text)) if not _usual(text, place))
    return tuple(f"U+{ord(char):04X}" for char in found)


def _usual(text: str, place: int) -> bool:
    char = text[place]
    if char in _SIGNS or char in _LETTERS or _picture(char):
        return True
    if char == _JOINER:
        return 0 < place < len(text) - 1 and _glyph(text[place - 1]) and _picture(text[place + 1])
    if char == _AS_PICTURE:
        return place > 0 and _picture(text[place - 1])
    return text[place : place + 2] in _FLAGS or text[max(place - 1, 0) : place + 1] in _FLAGS


def _glyph(char: str) -> bool:
    return _picture(char) or char == _AS_PICTURE


def _picture(char: str) -> bool:
    """Emoji and arrows; but no letters or figures in disguise."""
    code = ord(char)
    inside = any(first <= code <= last for first, last in _PICTURES)
    return inside and char not in _FIGURES and (code in _TONES or unicodedata.category(char) in {"So", "Sm"})
