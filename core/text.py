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

_TO_I: Final = str.maketrans({"ı": "i", "’": "'"})
_LOWER_TR: Final = str.maketrans({"İ": "i", "I": "ı"})


def lower(text: str, language: str) -> str:
    """Lower case as the language writes it: `İSTANBUL ISPARTA` is `istanbul ısparta` in Turkish."""
    return (text.translate(_LOWER_TR) if language == "tr" else text).lower()


def fold_text(text: str) -> str:
    """The form in which words are compared: lower case, without accents, every kind of i the same."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text)
    return "".join(char for char in parts if not unicodedata.combining(char)).lower().translate(_TO_I)


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    parts = []
    for word in sorted({fold_text(word) for word in words}):
        body = re.escape(word.removesuffix("*")).replace(r"\ ", r"\s+")
        parts.append(body + ("" if word.endswith("*") else r"(?!\w)"))
    return re.compile(r"(?<!\w)(?:" + "|".join(parts) + ")")


@dataclass(frozen=True, slots=True)
class Words:
    """Compiled words of an installation."""

    patterns: Mapping[str, re.Pattern[str]]
    opt_out: frozenset[str]

    @classmethod
    def of(
        cls, topics: Mapping[str, Mapping[str, Iterable[str]]], opt_out: Mapping[str, Iterable[str]]
    ) -> Words:
        """From language -> topic -> words and language -> opt-out words."""
        patterns = {
            topic: _pattern(word for by_topic in topics.values() for word in by_topic.get(topic, ()))
            for topic in TOPICS
            if any(by_topic.get(topic) for by_topic in topics.values())
        }
        return cls(patterns, frozenset(fold_text(word) for words in opt_out.values() for word in words))

    def topics(self, text: str) -> tuple[str, ...]:
        """The intent topics that the text mentions, in the order of TOPICS."""
        folded = fold_text(text[:MAX_LENGTH])
        return tuple(topic for topic, pattern in self.patterns.items() if pattern.search(folded))

    def opts_out(self, text: str) -> bool:
        """True if the whole message is an opt-out word, whatever its case, accents or punctuation."""
        if len(text) > 64:  # noqa: PLR2004 - no opt-out word is nearly that long
            return False
        bare = "".join(char if char.isalnum() or char == " " else " " for char in fold_text(text))
        return " ".join(bare.split()) in self.opt_out


DEFAULT: Final = Words.of(WORDS, OPT_OUT_WORDS)
"""The words that Kairos brings along."""


def topics(text: str) -> tuple[str, ...]:
    """The intent topics of a text by the default words."""
    return DEFAULT.topics(text)


def opts_out(text: str) -> bool:
    """True if the text is one of the default opt-out words and nothing else."""
    return DEFAULT.opts_out(text)
