"""Numbers in words become figures: `two hundred and fifty` and `ikiyüz elliye` are 250.

Words of both languages are read together, because a text may mix them. Turkish writes a number as one word or
as several and hangs endings on it; a word that means something else as well (`bir` and `one` are articles,
`yüz` is a face) counts only where its place makes it a number. Takes text as `Reading.plain` has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from core.writing.vocabulary import NUMBERS

_TEN, _HUNDRED, _THOUSAND = 10, 100, 1_000
_ARTICLES: Final = {"tr": {"bir": 1}, "en": {"one": 1}}
_WORDS: Final[Mapping[str, Mapping[str, int]]] = {
    language: {word: int(figure) for word, figure in words.items()} | _ARTICLES[language]
    for language, words in NUMBERS.items()
}
_ABROAD: Final[Mapping[str, int]] = {
    word: value
    for words in _WORDS.values()
    for word, value in words.items()
    if word not in {"on", "bin", "ten"}  # words of the other language as well
}
_TR: Final = "|".join(sorted(_WORDS["tr"], key=lambda word: (-len(word), word)))
_GLUED: Final = re.compile(rf"(?!bir|yuzuc[eu])(?:(?:{_TR})(?:{_TR})+)[a-z]{{0,6}}")
_TR_WORD: Final = re.compile(_TR)
_BENT: Final = re.compile(
    r"(dort|sekiz|dokuz|yirmi|otuz|kirk|elli|altmis|yetmis|seksen|doksan|milyon|milyar)[a-z]{1,6}"
)
"""Stems with which no other word begins, and an ending."""
_TENS: Final = re.compile(
    "(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(one|two|three|four|five|six|seven|eight|nine)"
)
_LETTERS: Final = re.compile(r"([a-z]+)")
_PERCENT: Final = re.compile(r"(?:%|\byuzde)\s*$")
_COUNTED: Final = re.compile(
    r"\s*(?:lira|tl\b|₺|dolar|euro|percent|gun|kez\b|kat\b|kisi|tane|adet|urun|yil|metre)"
)
_JOINTS: Final = frozenset({"", "-"})
_AND: Final = re.compile(r"\b(hundred|thousand) and (?=[a-z])")
_PERCENT_GLUED: Final = re.compile(r"\byuzde(?=[a-z])")


def in_figures(plain: str, language: str) -> str:
    """The text with its number words as figures."""
    apart = _PERCENT_GLUED.sub("yuzde ", _AND.sub(r"\1 ", plain))
    pieces = _LETTERS.split(apart)  # words stand at odd places
    values = [_values(piece, language) if place % 2 else () for place, piece in enumerate(pieces)]
    place = 1
    while place < len(pieces):
        stop = _end(pieces, values, place)
        numbers = [value for one in values[place:stop] for value in one]
        if numbers and _counts(numbers, "".join(pieces[:place][-4:]), "".join(pieces[stop - 1 : stop + 1])):
            figures = " ".join(str(number) for number in _combined(numbers))
            pieces[place : stop - 1] = [figures, *[""] * (stop - place - 2)]
        place = max(stop, place + 2)
    return "".join(pieces)


def _end(pieces: Sequence[str], values: Sequence[tuple[int, ...]], place: int) -> int:
    """Behind the number words that follow each other from here."""
    while place < len(pieces) and values[place]:
        place += 2
        if pieces[place - 1].strip(" ") not in _JOINTS:
            break
    return place


def _counts(numbers: Sequence[int], before: str, after: str) -> bool:
    """Whether these words are a number here."""
    if list(numbers) == [_HUNDRED]:
        return _PERCENT.search(before) is not None or _COUNTED.match(after) is not None
    return list(numbers) != [1]


def _combined(numbers: Sequence[int]) -> Iterator[int]:
    """70, 5 is 75; 2, 3 stays two numbers."""
    total = part = 0
    open_ = False
    for value in numbers:
        if open_ and not _fits(total, part, value):
            yield total + part
            total = part = 0
        if value >= _THOUSAND:
            total, part = total + (part or 1) * value, 0
        else:
            part = (part or 1) * value if value == _HUNDRED else part + value
        open_ = True
    yield total + part


def _fits(total: int, part: int, value: int) -> bool:
    """Whether a number that stands at total + part goes on with this word."""
    if value >= _THOUSAND:
        return part > 0 and (not total or total > value)
    if value == _HUNDRED:
        return part < _TEN
    return part % (_HUNDRED if value >= _TEN else _TEN) == 0 and value > 0


def _values(word: str, language: str) -> tuple[int, ...]:
    """The numbers that a word is made of; none of an ordinary word."""
    own = _WORDS[language].get(word, _ABROAD.get(word))
    if own is not None:
        return (own,)
    tens = _TENS.fullmatch(word)
    if tens is not None:
        return tuple(_ABROAD[part] for part in tens.groups())
    if _GLUED.fullmatch(word):
        return tuple(_WORDS["tr"][part] for part in _TR_WORD.findall(word))
    bent = _BENT.fullmatch(word)
    return (_WORDS["tr"][bent[1]],) if bent is not None else ()
