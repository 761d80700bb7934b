"""What can be said now: the segments' files, what the store adds, replaces or has retired, approved texts.

Planner, broadcasts and journeys take contents from here only. The store goes before the files: a live version
replaces the content of that name, and a retired name is not used at all. Files under `content/` are taken
into the store at start (`take_files`) and again when they were edited; so is the file's form of a segment's
content that the store knows. What was changed last is in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from core.content import Content, from_document, to_document
from core.errors import ContentError
from core.ports import PersonRecord, Transaction
from core.segment import SegmentSpec
from core.writing import fits

FILE: Final = "file"
"""Author of what comes from files."""
FACTS: Final = ("city", "tier")
"""Placeholders that stand for what others state about a person."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """`contents`: in force, by name. `segments`: names of each segment's contents in the order of its file.
    `writings`: approved texts, (content, person or 0) -> language -> text."""

    contents: Mapping[str, Content]
    segments: Mapping[str, tuple[str, ...]]
    writings: Mapping[tuple[str, int], Mapping[str, str]]

    def content(self, name: str) -> Content | None:
        """The content of that name, if it is in force."""
        return self.contents.get(name)

    def of_segment(self, segment: str) -> tuple[Content, ...]:
        """All that a segment may say."""
        return tuple(self.contents[name] for name in self.segments.get(segment, ()) if name in self.contents)

    def of_kind(self, segment: str, kind: str) -> tuple[Content, ...]:
        """What a segment may say of a kind, in the order of its file."""
        return tuple(content for content in self.of_segment(segment) if content.kind == kind)

    def texts_for(self, content: Content, person_no: int = 0) -> Mapping[str, str]:
        """Its texts by language for this person: an approved one of their own, else one for all, else the
        template."""
        if content.brief is None:
            return content.texts
        everybody = self.writings.get((content.name, 0), {})
        own = self.writings.get((content.name, person_no), {})
        return {
            language: own.get(language) or everybody.get(language) or text
            for language, text in content.texts.items()
        }

    def worded(self, content: Content, person_no: int = 0) -> Content:
        """The content with these texts, ready for `render`."""
        texts = self.texts_for(content, person_no)
        return content if texts is content.texts else replace(content, texts=texts)


async def load_catalog(
    tx: Transaction, specs: Sequence[SegmentSpec], person_nos: Sequence[int] = (0,)
) -> Catalog:
    """The catalogue of this moment, with the texts that were written for these people."""
    contents = {content.name: content for spec in specs for content in spec.contents}
    for name, version in (await tx.contents.live()).items():
        contents[name] = from_document(version.body)
    for name in await tx.contents.retired():
        contents.pop(name, None)
    segments = {spec.name: tuple(content.name for content in spec.contents) for spec in specs}
    briefed = [name for name, content in contents.items() if content.brief is not None]
    writings = await _writings(tx, [contents[name] for name in briefed], person_nos) if briefed else {}
    return Catalog(contents, segments, writings)


async def _writings(
    tx: Transaction, contents: Sequence[Content], person_nos: Sequence[int]
) -> dict[tuple[str, int], dict[str, str]]:
    """What was approved and still answers its brief: a text from an edited brief states what no longer is."""
    by_name = {content.name: content for content in contents}
    found: dict[tuple[str, int], dict[str, str]] = {}
    for one in await tx.writings.approved(sorted(by_name), sorted({0, *person_nos})):  # newest first
        if fits(one.fingerprint, by_name[one.content], one.language):
            found.setdefault((one.content, one.person_no), {}).setdefault(one.language, one.text)
    return found


async def take_files(
    tx: Transaction, specs: Sequence[SegmentSpec], contents: Iterable[Content], now_ms: int
) -> list[str]:
    """Put contents of files (`contents`: those under `content/`) into the store where they are new or were
    edited since they were put in last; their names. Raises ContentError where a name stands in both: neither
    would ever be what was changed last."""
    contents = tuple(contents)
    both = {content.name for spec in specs for content in spec.contents} & {one.name for one in contents}
    if both:
        raise ContentError(
            f"the content {min(both)} stands under content/ and in the file of a segment; rename one",
            next_step="manage_crm.py content check",
        )
    known = (await tx.contents.live()).keys() | await tx.contents.retired()
    of_segments = [content for spec in specs for content in spec.contents if content.name in known]
    taken = []
    for content in [*contents, *of_segments]:
        document = to_document(content)
        history = await tx.contents.history(content.name) if content.name in known else []
        former = next((one for one in history if one.author == FILE), None)
        if former is None or former.body != document:
            await tx.contents.put(content.name, document, now_ms, author=FILE)
            taken.append(content.name)
    return taken


def language_of(record: PersonRecord) -> str:
    """The language that a person chose, else that of their Telegram; empty if neither is known."""
    chosen = record.state.latest.get("language", (0, ""))[1]
    return chosen or record.contact.language


def values_of(record: PersonRecord, bot_name: str) -> dict[str, str]:
    """What stands in the places of a text for this person."""
    facts = record.state.facts
    stated = {name: str(facts[name][1] or "") for name in FACTS if name in facts}
    return {"first_name": record.contact.first_name, "bot_name": bot_name, **stated}
