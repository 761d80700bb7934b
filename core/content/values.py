"""What a content is: frozen values without opinions; `core.content.checking` has those."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

KINDS: Final = ("offer", "reminder", "tutorial", "social", "news", "poll")
LANGUAGES: Final = ("tr", "en")
FALLBACK_LANGUAGE: Final = "en"
"""What people get whose language no content speaks."""
MEDIA: Final = ("photo", "video", "animation", "audio", "document", "voice")
"""Kinds of media."""

FALLBACKS: Final[Mapping[str, Mapping[str, str]]] = {
    "first_name": {"tr": "dostum", "en": "friend"},
    "bot_name": {"tr": "botumuz", "en": "our bot"},
    "city": {"tr": "şehrin", "en": "your city"},
    "tier": {"tr": "üye", "en": "member"},
}
"""The placeholders there are, and what stands there when the value is unknown."""

Texts = Mapping[str, str]
"""Language -> text."""


@dataclass(frozen=True, slots=True)
class Button:
    """Something to tap: exactly one of an answer that comes back (`action`: buy, more, yes, no), an address
    by language (`url`), or a code with which the bot is opened again (`start`)."""

    texts: Texts
    action: str = ""
    url: Texts | None = None
    start: str = ""


@dataclass(frozen=True, slots=True)
class Media:
    """type: one of MEDIA. source: an https address, a file id of Telegram, or file:NAME in the folder of
    media."""

    type: str
    source: str


@dataclass(frozen=True, slots=True)
class Poll:
    """A question with answers to choose from; `multiple`: more than one."""

    question: Texts
    options: tuple[Texts, ...]
    multiple: bool = False


@dataclass(frozen=True, slots=True)
class Brief:
    """What GPT may write from: the only facts it may state and the only addresses it may name. review: an
    operator looks at each text first; personal: one text for each person instead of one for all."""

    tone: str
    facts: tuple[str, ...]
    links: tuple[str, ...] = ()
    max_chars: int = 600
    review: bool = True
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """`texts`: language -> HTML with placeholders; the caption where there are media, none with a poll.

    More than one of `media` is an album. silent: without a sound; protect: can't be forwarded; preview: with
    the preview of the first link. ages: least and most days since the first contact, most 0 = no bound."""

    name: str
    kind: str
    texts: Texts
    buttons: tuple[Button, ...] = ()
    media: tuple[Media, ...] = ()
    poll: Poll | None = None
    brief: Brief | None = None
    silent: bool = False
    protect: bool = False
    preview: bool = False
    ages: tuple[int, int] = (0, 0)

    @property
    def languages(self) -> tuple[str, ...]:
        """Those that it speaks, sorted."""
        return tuple(sorted(self.poll.question if self.poll is not None else self.texts))

    @property
    def opens_bot(self) -> bool:
        """Whether a button of it opens the bot again."""
        return any(button.start for button in self.buttons)

    def suits(self, days: int) -> bool:
        """Whether it is meant for somebody who has been known for so many days."""
        least, most = self.ages
        return least <= days and (not most or days <= most)

    def language_for(self, language: str, default: str = FALLBACK_LANGUAGE) -> str | None:
        """The language in which a reader of `language` gets this (else the installation's, else English), or
        None if it speaks none of them."""
        spoken = self.poll.question if self.poll is not None else self.texts
        base = language.partition("-")[0].lower()
        return next((one for one in (base, default, FALLBACK_LANGUAGE) if one in spoken), None)
