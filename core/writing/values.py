"""What is asked, of whom it speaks, and what comes back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from core.content import Brief, Content
from core.errors import ContentError
from core.profile import Profile
from core.text import TOPICS

MARK_LENGTH: Final = 32
"""So many characters of a fingerprint say from which brief a text was written, in which language."""
_EDITION: Final = "1"
"""Changed when what is asked changes so much that older texts no longer count as its answer."""
_ABSENCES: Final = ((2.0, "days"), (8.0, "a week or so"), (31.0, "weeks"), (float("inf"), "months"))
_TENURES: Final = ((8.0, "new"), (61.0, "weeks"), (366.0, "months"), (float("inf"), "years"))
_TOKENS_A_CHARACTER: Final = 0.75
"""No tokenizer needs more for Turkish or English text with emoji."""


@dataclass(frozen=True, slots=True)
class About:
    """What is said of the one person a text is for: enums, made from figures. No name, no word, no number
    that a person gave. absence: since the last sign of life; tenure: since the first."""

    segment: str
    absence: str
    tenure: str
    interests: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """The same for all people of whom the same is said."""
        return "|".join((self.segment, self.absence, self.tenure, ",".join(self.interests)))


def about(profile: Profile, segment: str) -> About:
    """What may be said of this person."""
    mentions = {topic: int(getattr(profile, f"intent_{topic}", 0)) for topic in TOPICS}
    interests = tuple(topic for topic in TOPICS if mentions[topic] > 0)
    return About(
        segment,
        _word(profile.days_since_seen, _ABSENCES),
        _word(profile.days_since_joined, _TENURES),
        interests,
    )


def _word(days: float, steps: tuple[tuple[float, str], ...]) -> str:
    return next(word for most, word in steps if days < most)


@dataclass(frozen=True, slots=True)
class Ask:
    """One text: of a content that has a brief, in a language, for everybody or for one person."""

    content: Content
    language: str
    about: About | None = None

    @property
    def brief(self) -> Brief:
        """Raises ContentError where there is none."""
        if self.content.brief is None:
            raise ContentError(f"content {self.content.name} has no brief to write from")
        return self.content.brief

    @property
    def template(self) -> str:
        """What the operator wrote, and what is sent as long as there is nothing better."""
        return self.content.texts.get(self.language, "")


def fingerprint(ask: Ask) -> str:
    """The same for what would be asked alike: 32 hexadecimal digits of content, brief and language, a dot,
    16 of what is said of the person (none for everybody)."""
    said = "" if ask.about is None else hashlib.sha256(ask.about.code.encode()).hexdigest()[:16]
    return f"{_base(ask)}.{said}"


def brief_marks(contents: Iterable[Content]) -> frozenset[str]:
    """How the fingerprints of all texts begin that were written from these contents' briefs as they stand:
    the first `MARK_LENGTH` characters."""
    return frozenset(
        _base(Ask(content, language))
        for content in contents
        if content.brief is not None
        for language in content.texts
    )


def fits(mark: str, content: Content, language: str) -> bool:
    """True if the text with this fingerprint was written from the content's brief as it stands today."""
    if content.brief is None:
        return False
    return mark.partition(".")[0] == _base(Ask(content, language))


def _base(ask: Ask) -> str:
    brief = ask.brief
    parts = (_EDITION, ask.content.name, ask.content.kind, ask.language, ask.template, brief.tone)
    told = repr((parts, brief.facts, brief.links, brief.max_chars, brief.personal, bool(ask.content.media)))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:MARK_LENGTH]


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer cost in tokens."""

    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """What came back: nothing of it is used but the text, and that only after `checks`. usage: None where the
    service does not say."""

    text: str
    model: str
    usage: Usage | None


def longest_tokens(ask: Ask) -> int:
    """How many tokens the text itself may have."""
    return int(ask.brief.max_chars * _TOKENS_A_CHARACTER) + 64


class Writer(Protocol):
    """A service that writes. Raises the WriterErrors of `core.errors`."""

    def estimate(self, ask: Ask) -> Usage:
        """The most that asking can cost: what is set aside before it is asked."""
        ...

    def instructions(self) -> str:
        """What it is told for every text; must not come back in one."""
        ...

    async def write(self, ask: Ask) -> Draft: ...
    async def close(self) -> None: ...
