"""Content for the eye: found by name, rendered as a person would get it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.content import Content, render
from core.errors import NotFoundError
from core.segment import SegmentSpec


@dataclass(frozen=True, slots=True)
class Preview:
    """A content in one language. `text` is Telegram HTML; `buttons` row by row."""

    name: str
    kind: str
    language: str
    text: str
    buttons: tuple[tuple[str, ...], ...]
    photo: str


def find_content(specs: Iterable[SegmentSpec], name: str) -> Content:
    """The content of that name; NotFoundError if there is none."""
    for spec in specs:
        found = spec.content(name)
        if found is not None:
            return found
    raise NotFoundError(f"there is no content {name}", next_step="manage_crm.py content list")


def preview_of(content: Content, language: str, first_name: str) -> Preview:
    """Render it. Raises ContentError when it speaks no language for this reader."""
    body = render(content, language, {"first_name": first_name})
    rows = body.get("buttons", [])
    buttons = (
        tuple(tuple(str(button["text"]) for button in row) for row in rows) if isinstance(rows, list) else ()
    )
    chosen = content.language_for(language) or language
    return Preview(
        content.name,
        content.kind,
        chosen,
        str(body["text"]),
        buttons,
        content.media[0].source if content.media else "",
    )
