"""What people's words mean: intent topics and the wish to be left alone, in every language at once.

Promises: matching on folded text (Turkish lower-casing done rightly, accents and the dot of the i set aside,
because people type `SIPARIS`, `sipariş` and `Siparis`), whole words only, in time linear to a bounded piece
of the text. Leaves to others: what follows from a topic (`core.scores`) or from the wish (consent).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from core.errors import SettingsError

TOPICS: Final = ("price", "vip", "buy", "support")
MAX_LENGTH: Final = 1000
"""Characters that are looked at: nobody asks a price only after them."""

# A trailing * also takes what Turkish or English appends (fiyat* = fiyatı, fiyatlar ...).
WORDS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "tr": {
        "price": (
            "fiyat*",
            "ücret*",
            "ne kadar",
            "kaç lira*",
            "kaç para*",
            "kaç tl",
            "indirim*",
            "kampanya*",
        ),
        "vip": ("vip*", "premium*", "üyeli*", "özel grup*"),
        "buy": (
            *("satın al*", "sipariş ver*", "sipariş et*", "sipariş oluştur*", "ödeme yap*", "nasıl öderim"),
            *("sepet*", "kart geçiyor mu", "kapıda ödeme*", "alabilir miyim"),
        ),
        "support": (
            *("yardım*", "destek*", "sorun*", "problem*", "şikayet*", "iade*", "siparişim nerede", "kargom*"),
            *("giriş yapam*", "çalışmıyor*", "bozuk*"),
        ),
    },
    "en": {
        "price": (
            "price*",
            "pricing",
            "cost",
            "costs",
            "how much",
            "discount*",
            "fee",
            "fees",
            "expensive",
            "cheap*",
        ),
        "vip": ("vip*", "premium", "membership*", "private group"),
        "buy": (
            *(
                "buy",
                "buying",
                "purchas*",
                "place an order",
                "to order",
                "i order",
                "order now",
                "checkout",
                "pay",
            ),
            "subscribe to",
        ),
        "support": (
            *("help", "support", "problem*", "issue*", "broken", "refund*", "complain*", "where is my order"),
            *("can't log in", "cannot log in", "not working", "doesn't work"),
        ),
    },
}
"""Topic words by language; all languages are looked for in every text, because people mix them."""

OPT_OUT_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "tr": (
        *("dur", "durdur", "iptal", "iptal et", "çık", "çıkış", "abonelikten çık", "abonelik iptal", "ayrıl"),
        *("mesaj atma", "mesaj gönderme", "yazma", "istemiyorum", "üyelikten çık"),
    ),
    "en": (
        *("stop", "stop all", "stopall", "unsubscribe", "cancel", "end", "quit", "opt out", "optout"),
        *("leave me alone", "no more messages"),
    ),
}
"""A message that consists of nothing else is a withdrawal of consent."""
COURTESY: Final[frozenset[str]] = frozenset(
    {"lutfen", "artik", "tesekkurler", "hemen", "please", "pls", "now", "thanks", "bot"}
)
"""Words that may stand beside an opt-out word without changing what it says, as they are compared."""

_LONGEST_OPT_OUT: Final = 64
_MOST_SPACES: Final = 8
_TO_I: Final = str.maketrans({"ı": "i", "’": "'"})
_LOWER_TR: Final = str.maketrans({"İ": "i", "I": "ı"})
_WORD: Final = re.compile(r"[^\W_]+")
_DRAWN_OUT: Final = re.compile(r"(.)\1{2,}")


def lower(text: str, language: str) -> str:
    """Lower case as the language writes it: `İSTANBUL ISPARTA` is `istanbul ısparta` in Turkish."""
    return (text.translate(_LOWER_TR) if language == "tr" else text).lower()


def _bare(text: str) -> str:
    """Without accents, and every kind of i the same; letters keep their case."""
    parts = unicodedata.normalize("NFKD", text)
    return "".join([char for char in parts if not unicodedata.combining(char)]).translate(_TO_I)


_TURKISH: Final = tuple((char, _bare(char)) for char in "çğıöşüâîûÇĞİÖŞÜ’")


def fold_text(text: str) -> str:
    """The form in which words are compared: lower case, without accents, every kind of i the same."""
    if text.isascii():
        return text.lower()
    folded = text
    for char, plain in _TURKISH:  # replacing is several times faster than decomposing, and mostly enough
        folded = folded.replace(char, plain)
    return (folded if folded.isascii() else _bare(folded)).lower().translate(_TO_I)


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    parts = []
    for word in sorted({fold_text(word.strip()) for word in words}):
        body = word.removesuffix("*")
        if not body:
            raise SettingsError(f"{word!r} is no word to look for", next_step="write a word, such as fiyat*")
        escaped = re.escape(body).replace(r"\ ", r"\s+")
        parts.append(escaped + ("" if word.endswith("*") else r"(?!\w)"))
    return re.compile(r"(?<!\w)(?:" + "|".join(parts) + ")")


@dataclass(frozen=True, slots=True)
class Words:
    """Compiled words of an installation. `any_topic` finds where the first of all topics' words stands;
    `opt_out_heads` are the three letters with which a message must begin to be an opt-out."""

    patterns: Mapping[str, re.Pattern[str]]
    opt_out: frozenset[str]
    any_topic: re.Pattern[str]
    opt_out_heads: frozenset[str]

    @classmethod
    def of(
        cls, topics: Mapping[str, Mapping[str, Iterable[str]]], opt_out: Mapping[str, Iterable[str]]
    ) -> Words:
        """From language -> topic -> words and language -> opt-out words. Raises SettingsError for a word
        without a letter."""
        listed = {topic: [w for each in topics.values() for w in each.get(topic, ())] for topic in TOPICS}
        listed = {topic: words for topic, words in listed.items() if words}
        said = frozenset(_said(word) for words in opt_out.values() for word in words) - {""}
        starts = said | COURTESY
        return cls(
            {topic: _pattern(words) for topic, words in listed.items()},
            said,
            _pattern(word for words in listed.values() for word in words) if listed else _NEVER,
            frozenset(head for word in starts for head in (word[:3], word[0] * 3, word[0] + word[1:2] * 2)),
        )

    def topics(self, text: str) -> tuple[str, ...]:
        """The intent topics that the text mentions, in the order of TOPICS."""
        folded = fold_text(text[:MAX_LENGTH])
        first = self.any_topic.search(folded)
        if first is None:
            return ()
        start = first.start()
        return tuple(topic for topic, pattern in self.patterns.items() if pattern.search(folded, start))

    def opts_out(self, text: str) -> bool:
        """True if the whole message is an opt-out word, whatever its case, accents, punctuation, courtesy or
        length of its vowels."""
        if len(text) > _LONGEST_OPT_OUT or text.count(" ") > _MOST_SPACES:
            return False
        folded = fold_text(text)
        head = folded.lstrip()[:3]
        if head.isalpha() and head not in self.opt_out_heads:
            return False  # nearly all messages end here
        words = _WORD.findall(folded)
        return " ".join(words) in self.opt_out or _kernel(words) in self.opt_out


_NEVER: Final = re.compile(r"(?!)")


def _kernel(words: list[str]) -> str:
    """What is left without courtesy and drawn-out letters: `lütfen duuur` is `dur`."""
    drawn_out = _DRAWN_OUT.sub(r"\1", " ".join(words)).split()
    return " ".join([word for word in drawn_out if word not in COURTESY])


def _said(text: str) -> str:
    """The words of a text, one space between them, nothing else."""
    return " ".join(_WORD.findall(fold_text(text)))


def words_with(
    extra_topics: Mapping[str, Mapping[str, Iterable[str]]], extra_opt_out: Mapping[str, Iterable[str]]
) -> Words:
    """The words that Kairos brings along and those of an installation: topic -> language -> words, and
    language -> opt-out words. Raises SettingsError for a word without a letter."""
    own = {topic: [word for words in by.values() for word in words] for topic, by in extra_topics.items()}
    said = [word for words in extra_opt_out.values() for word in words]
    empty = next((word for word in said if not _said(word)), None)
    if empty is not None:
        raise SettingsError(f"{empty!r} is no word to look for", next_step="write a word, such as basta")
    return Words.of({**WORDS, "": own}, {**OPT_OUT_WORDS, "": said})


DEFAULT: Final = Words.of(WORDS, OPT_OUT_WORDS)
"""The words that Kairos brings along."""


def topics(text: str) -> tuple[str, ...]:
    """The intent topics of a text by the default words."""
    return DEFAULT.topics(text)


def opts_out(text: str) -> bool:
    """True if the text is one of the default opt-out words and nothing else."""
    return DEFAULT.opts_out(text)
