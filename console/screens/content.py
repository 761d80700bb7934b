"""Content on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.report import Column, Fact, Facts, Report, Row, Table

if TYPE_CHECKING:
    from app.desk.contents import Preview
    from core.content import Content


def overview(found: Sequence[tuple[str, Content]]) -> Report:
    """One line a content."""
    columns = [
        Column("content", "content"),
        Column("kind", "kind"),
        Column("segment", "segment"),
        Column("languages", "languages", drop=1),
        Column("buttons", "buttons", drop=2),
        Column("photo", "photo", drop=3),
    ]
    rows: list[Row] = [
        {
            "content": content.name,
            "kind": content.kind,
            "segment": segment,
            "languages": sorted(content.texts),
            "buttons": [button.action for button in content.buttons],
            "photo": content.media[0].source if content.media else "",
        }
        for segment, content in found
    ]
    table = Table("content", columns, rows, empty="no content; next: write some in strategies/")
    return Report([table], main="content", verb="content list")


def preview(found: Preview) -> Report:
    """A content as it would arrive."""
    buttons = " ".join(f"[{label}]" for row in found.buttons for label in row)
    facts = [
        Fact("content", "content", found.name),
        Fact("kind", "kind", found.kind),
        Fact("language", "language", found.language),
        Fact("photo", "photo", found.photo),
        Fact("text", "text", found.text),
        Fact("buttons", "buttons", [list(row) for row in found.buttons], buttons or "-"),
    ]
    return Report([Facts("preview", facts)], verb=f"content preview {found.name}")
