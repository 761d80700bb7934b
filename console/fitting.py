"""Fits tables into a width without cutting anything: pure text in, lines out.

Widths are terminal cells, so that names in any script stay in their columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.report import Column

GAP = 2
NARROWEST = 12
"""A wrapped column never gets narrower than this."""
Cells = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A table that fits: the lines of its head and body, and the titles of columns that had to go."""

    head: list[str]
    body: list[str]
    hidden: list[str]


def width_of(text: str) -> int:
    """Terminal cells of a text."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def fit(columns: Sequence[Column], cells: Cells, width: int) -> Fitted | None:
    """Drop columns by their `drop`, then wrap the widest; None when even that does not fit."""
    kept = list(range(len(columns)))
    widths = {
        index: max(width_of(columns[index].title), *(width_of(row[index]) for row in cells)) for index in kept
    }
    hidden: list[str] = []
    while _total(kept, widths) > width:
        victim = max(kept, key=lambda index: columns[index].drop)
        if not columns[victim].drop:
            break
        kept.remove(victim)
        hidden.append(columns[victim].title)
    if not _narrow(kept, widths, width):
        return None
    shown = [columns[index] for index in kept]
    edges = [widths[index] for index in kept]
    body = [line for row in cells for line in _row(shown, [row[index] for index in kept], edges)]
    head = _row(shown, [column.title for column in shown], edges)
    return Fitted(head, body, hidden)


def stack(columns: Sequence[Column], cells: Cells, width: int) -> list[str]:
    """One field a line, an empty line between rows."""
    edge = max(width_of(column.title) for column in columns) + GAP
    lines: list[str] = []
    for row in cells:
        lines += [""] if lines else []
        for column, cell in zip(columns, row, strict=True):
            label = column.title + " " * (edge - width_of(column.title))
            pieces = wrap(cell, max(width - edge, 1))
            lines += [label + pieces[0], *(" " * edge + piece for piece in pieces[1:])]
    return lines


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells, broken between words, in a word if it is longer; at least one line."""
    lines, line = [], ""
    for word in text.split(" "):
        joint = f"{line} {word}" if line else word
        if width_of(joint) <= width:
            line = joint
            continue
        lines += [line] if line else []
        *full, line = _pieces(word, width)
        lines += full
    return [*lines, line]


def _pieces(word: str, width: int) -> list[str]:
    pieces, piece = [], ""
    for char in word:
        if piece and width_of(piece + char) > width:
            pieces.append(piece)
            piece = ""
        piece += char
    return [*pieces, piece]


def _total(kept: Sequence[int], widths: dict[int, int]) -> int:
    return sum(widths[index] for index in kept) + GAP * (len(kept) - 1)


def _narrow(kept: Sequence[int], widths: dict[int, int], width: int) -> bool:
    """Take the excess from the widest column; False when it would become unreadable."""
    excess = _total(kept, widths) - width
    if excess > 0:
        widest = max(kept, key=lambda index: widths[index])
        if widths[widest] - excess < NARROWEST:
            return False
        widths[widest] -= excess
    return True


def _row(columns: Sequence[Column], texts: Sequence[str], edges: Sequence[int]) -> list[str]:
    wrapped = [wrap(text, edge) for text, edge in zip(texts, edges, strict=True)]
    lines = []
    for number in range(max(len(pieces) for pieces in wrapped)):
        parts = []
        for column, pieces, edge in zip(columns, wrapped, edges, strict=True):
            text = pieces[number] if number < len(pieces) else ""
            space = " " * (edge - width_of(text))
            parts.append(space + text if column.right else text + space)
        lines.append((" " * GAP).join(parts).rstrip())
    return lines
