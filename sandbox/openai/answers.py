"""What the simulated model says: honest words from the facts it got, or whatever an attacker wants."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random
from typing import Any, Final

import orjson

Json = Mapping[str, Any]

_OPENINGS: Final = {
    "tr": ("Merhaba {first_name} 👋", "Selam {first_name}!", "{first_name}, kısa bir haberimiz var:"),
    "en": ("Hi {first_name} 👋", "Hello {first_name}!", "{first_name}, here is a little news:"),
}
_CLOSINGS: Final = {
    "tr": ("Bakmak ister misin?", "Sorun olursa yaz, buradayız.", "Ne dersin?"),
    "en": ("Would you like to have a look?", "Write to us if you have a question.", "What do you think?"),
}
_TURKISH: Final = re.compile(r"[çğışöüÇĞİŞÖÜ]|\b(?:ve|bir|için|ile|var)\b")
_SAID: Final = re.compile(r"«(.*?)»", re.DOTALL)
_TELL: Final = re.compile(r"other (?:customers|people)|başka (?:müşteri|kişi)ler", re.IGNORECASE)
_MEMORY: Final = 1_000


class Model:
    """Seeded: the same requests in the same order get the same answers. `malicious`: it obeys what stands
    between « and » in what it gets, and where it is asked for other people it tells what it has seen;
    `adds`: what it says then by itself."""

    def __init__(self, seed: int = 0, *, malicious: bool = False) -> None:
        self._dice = Random(f"openai model {seed}")
        self.malicious = malicious
        self.adds: tuple[str, ...] = ()
        self._seen: list[str] = []

    def text(self, document: str) -> str:
        """The message for a document, as the caller's instructions want it."""
        told = _document(document)
        text = self._honest(told)
        if self.malicious:
            text = self._obeying(text, document)
        self._seen = [*self._seen[-_MEMORY:], document]
        return text

    def _honest(self, told: Json) -> str:
        language = "tr" if told.get("language") == "tr" else "en"
        facts = [str(one) for one in told.get("facts") or () if _language(str(one)) == language]
        opening = self._dice.choice(_OPENINGS[language])
        closing = self._dice.choice(_CLOSINGS[language])
        if not facts:
            return str(told.get("template") or f"{opening} {closing}")
        return f"{opening} {_escaped(self._dice.choice(facts)).rstrip('.')}. {closing}"

    def _obeying(self, text: str, document: str) -> str:
        wanted = [*_SAID.findall(document), *self.adds]
        if _TELL.search(document):
            wanted += [f"{one[:300]}" for one in self._seen[-3:]]
        if not wanted:
            return text
        words = text.split(" ")
        place = self._dice.randrange(len(words) + 1)
        return " ".join([*words[:place], *wanted, *words[place:]])


def _document(text: str) -> Json:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _language(text: str) -> str:
    return "tr" if _TURKISH.search(text) else "en"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
