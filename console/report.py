"""What a verb answers with: tables and facts as plain values, free of any terminal.

One description serves all three ways out: the screen, tab-separated text and one JSON document
(`console.output` writes them). Values in rows are plain: strings, numbers, booleans, lists and None; moments
are ISO 8601 in UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `key`: name in JSON and header of TSV. `title`: on the screen, empty = not shown there.

    `words`: the cell on the screen made of the row; without it the value itself. `drop`: on a narrow terminal
    the largest goes first, 0 stays. `data` False: only for the eye."""

    key: str
    title: str = ""
    right: bool = False
    drop: int = 0
    words: Callable[[Row], str] | None = None
    data: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a key. `empty` says what to do when there are none."""

    key: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    title: str = ""
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One named value; `words` is how a person reads it. Without a label it is for programs only."""

    key: str
    label: str
    value: object
    words: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Named values under a key."""

    key: str
    facts: Sequence[Fact]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The whole answer. `main`: key of the table that TSV prints; empty = all parts as section, field, value.

    `next_step`: what the reader can do now (a message, never data). `verb`: the command that gives the
    same."""

    parts: Sequence[Table | Facts]
    main: str = ""
    verb: str = ""
    next_step: str = ""
    extra: Mapping[str, object] = field(default_factory=dict)


def iso(ms: int) -> str | None:
    """UTC milliseconds as ISO 8601; None for 0 (never)."""
    if not ms:
        return None
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(value: object) -> str:
    """An ISO moment for the eye: `2026-01-05 10:00`; a dash for never."""
    return str(value)[:16].replace("T", " ") if value else "-"


def moment_of(key: str) -> Callable[[Row], str]:
    """The cell of a moment."""
    return lambda row: moment(row.get(key))


def percent(value: object, digits: int = 1) -> str:
    """A share 0..1 as percent; a dash where there is none."""
    return f"{value * 100:.{digits}f} %" if isinstance(value, int | float) else "-"


def percent_of(key: str) -> Callable[[Row], str]:
    """The cell of a share."""
    return lambda row: percent(row.get(key))


def interval_of(key: str) -> Callable[[Row], str]:
    """The cell of a share with its interval: `12.0 % [8.1-17.4]` from key, key_low, key_high."""

    def words(row: Row) -> str:
        low, high = row.get(f"{key}_low"), row.get(f"{key}_high")
        if not isinstance(low, float) or not isinstance(high, float) or row.get(key) is None:
            return "-"
        return f"{percent(row[key])} [{low * 100:.1f}-{high * 100:.1f}]"

    return words


def share_columns(key: str, title: str, drop: int = 0) -> list[Column]:
    """The columns of a share with its interval: one for the eye, three for programs."""
    shown = Column(key, title, right=True, drop=drop, words=interval_of(key))
    return [shown, Column(f"{key}_low"), Column(f"{key}_high")]


def document(report: Report) -> dict[str, object]:
    """The one JSON document of a report."""
    result: dict[str, object] = dict(report.extra)
    for part in report.parts:
        if isinstance(part, Table):
            keys = [column.key for column in part.columns if column.data]
            result[part.key] = [{key: row.get(key) for key in keys} for row in part.rows]
        else:
            result[part.key] = {fact.key: fact.value for fact in part.facts}
    return result


def flat(report: Report) -> Table:
    """The table that TSV prints."""
    for part in report.parts:
        if isinstance(part, Table) and part.key == report.main:
            return part
    rows: list[Row] = []
    for part in report.parts:
        rows.extend(_flat_table(part) if isinstance(part, Table) else _flat_facts(part))
    return Table("rows", [Column("section"), Column("field"), Column("value")], rows)


def _flat_facts(part: Facts) -> list[Row]:
    return [{"section": part.key, "field": fact.key, "value": fact.value} for fact in part.facts]


def _flat_table(part: Table) -> list[Row]:
    keys = [column.key for column in part.columns if column.data]
    return [
        {"section": part.key, "field": f"{number}.{key}", "value": row.get(key)}
        for number, row in enumerate(part.rows, start=1)
        for key in keys
    ]
