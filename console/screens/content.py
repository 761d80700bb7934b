"""Content on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.report import Column, Fact, Facts, Report, Row, Table, iso, moment_of
from core.content import to_document

if TYPE_CHECKING:
    from app.desk.contents import ContentLine, LinkLine, Preview, Put
    from core.content import Content
    from core.ports import ContentVersion


def overview(found: Sequence[ContentLine]) -> Report:
    """One line a content."""
    columns = [
        Column("content", "content"),
        Column("kind", "kind"),
        Column("segments", "segments", drop=1),
        Column("languages", "languages", drop=2),
        Column("parts", "with", drop=3),
        Column("state", "state", drop=5),
        Column("version", "version", right=True, drop=4),
        Column("author", "author", drop=6),
    ]
    rows: list[Row] = [
        {
            "content": one.content.name,
            "kind": one.content.kind,
            "segments": list(one.segments),
            "languages": list(one.content.languages),
            "parts": parts(one.content),
            "state": one.state,
            "version": one.version,
            "author": one.author,
        }
        for one in found
    ]
    table = Table("content", columns, rows, empty="no content; next: write some, see docs/content.md")
    return Report([table], main="content", verb="content list")


def parts(content: Content) -> list[str]:
    """What it has beside its text."""
    n = len(content.buttons)
    found = [f"{n} button{'s' if n > 1 else ''}"] if n else []
    if content.media:
        found.append(content.media[0].type if not content.media[1:] else f"album of {len(content.media)}")
    if content.poll is not None:
        found.append(f"poll of {len(content.poll.options)}")
    found += ["brief"] if content.brief is not None else []
    return found + [name for name in ("silent", "protect", "preview") if getattr(content, name)]


def one(line: ContentLine) -> Report:
    """Everything a content says."""
    facts = [
        Fact("content", "content", line.content.name),
        Fact("kind", "kind", line.content.kind),
        Fact("segments", "segments", list(line.segments), ", ".join(line.segments) or "-"),
        Fact("state", "state", line.state),
        Fact("version", "version", line.version, str(line.version or "in a file only")),
        Fact("author", "author", line.author),
        Fact("at", "since", iso(line.at_ms), iso(line.at_ms) or "-"),
    ]
    said = [
        Fact(key, key, value, _words(value))
        for key, value in to_document(line.content).items()
        if key not in ("name", "kind")
    ]
    next_step = f"manage_crm.py content preview {line.content.name}"
    return Report(
        [Facts("content", facts), Facts("document", said)],
        verb=f"content show {line.content.name}",
        next_step=next_step,
    )


def _words(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_words(each)}" for key, each in value.items())
    if isinstance(value, list):
        return " | ".join(_words(each) for each in value)
    return str(value)


def history(name: str, versions: Sequence[ContentVersion]) -> Report:
    """One line a version."""
    columns = [
        Column("version", "version", right=True),
        Column("live", "in force", words=lambda row: "yes" if row["live"] else ""),
        Column("author", "author"),
        Column("at", "at", words=moment_of("at")),
        Column("document"),
    ]
    rows: list[Row] = [
        {
            "version": each.version,
            "live": each.live,
            "author": each.author,
            "at": iso(each.at_ms),
            "document": dict(each.body),
        }
        for each in versions
    ]
    return Report([Table("versions", columns, rows)], main="versions", verb=f"content history {name}")


def preview(found: Sequence[Preview]) -> Report:
    """A content as it would arrive; in several languages side by side."""
    first = found[0]
    if not found[1:]:
        return Report([Facts("preview", _facts(first))], verb=f"content preview {first.name}")
    columns = [Column("part", "part")] + [Column(each.language, each.language) for each in found]
    shown = [_facts(each) for each in found]
    rows: list[Row] = [
        {"part": facts[0].key}
        | {each.language: fact.words or fact.value for each, fact in zip(found, facts, strict=True)}
        for facts in zip(*shown, strict=True)
        if facts[0].key not in ("content", "language", "html") and any(fact.value for fact in facts)
    ]
    documents = {each.language: {fact.key: fact.value for fact in _facts(each)} for each in found}
    return Report(
        [Table("parts", columns, rows, title=first.name)],
        main="parts",
        verb=f"content preview {first.name}",
        extra={"previews": documents},
    )


def _facts(one: Preview) -> list[Fact]:
    rows = [list(row) for row in one.buttons]
    return [
        Fact("content", "content", one.name),
        Fact("kind", "kind", one.kind),
        Fact("language", "language", one.language),
        Fact("media", "media", list(one.media), "\n".join(one.media) or "-"),
        Fact("text", "text", one.words),
        Fact("html", "", one.html),
        Fact("length", "length", one.length, f"{one.length} characters"),
        Fact("options", "options", list(one.options), " | ".join(one.options) or "-"),
        Fact("buttons", "buttons", rows, " ".join(f"[{label}]" for row in rows for label in row) or "-"),
        Fact("links", "links", list(one.links), "\n".join(one.links) or "-"),
        Fact("manners", "sent", list(one.manners), ", ".join(one.manners) or "-"),
    ]


def links(found: Sequence[LinkLine]) -> Report:
    """One line an address."""
    columns = [
        Column("content", "content"),
        Column("language", "language", drop=1),
        Column("where", "where", drop=2),
        Column("address", "address"),
        Column("people", "people", right=True),
    ]
    rows: list[Row] = [
        {
            "content": each.content,
            "language": each.language,
            "where": each.where,
            "address": each.address,
            "people": each.people,
        }
        for each in found
    ]
    empty = "no content has an address; next: see docs/content.md"
    return Report([Table("links", columns, rows, empty=empty)], main="links", verb="content links")


def faults(found: Sequence[str]) -> Report:
    """All that is wrong, by file (or version in the store)."""
    parted = [each.partition(": ") for each in found]
    rows: list[Row] = [{"where": where, "fault": fault} for where, _, fault in parted]
    columns = [Column("where", "where"), Column("fault", "fault")]
    table = Table("faults", columns, rows, empty="all content can be sent")
    next_step = "see docs/content.md" if found else ""
    return Report([table], main="faults", verb="content check", next_step=next_step)


def done(found: Sequence[Put]) -> Report:
    """What became of each content of a file."""
    columns = [
        Column("content", "content"),
        Column("version", "version", right=True),
        Column("changed", "changed", words=lambda row: "yes" if row["changed"] else "no"),
        Column("keys", "what", drop=1),
    ]
    rows: list[Row] = [
        {"content": each.name, "version": each.version, "changed": each.changed, "keys": list(each.keys)}
        for each in found
    ]
    return Report([Table("contents", columns, rows)], main="contents", verb="content list")
