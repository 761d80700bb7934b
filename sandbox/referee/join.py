"""Joins what the server accepted with what the ledger says was sent.

A message belongs to the row that its campaign buttons name, else to the row that holds its message id; only a
message that neither tells is matched by chat and time, and only with rows that know no message id (a crash
after the request left). Each row takes as many messages as really bear its mark: more than one is for the
rules to judge, not to hide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sandbox.referee.evidence import CampaignKind, Sent

_EARLY_MS: Final = 2_000
_LATE_MS: Final = 120_000
_MAYBE_SENT: Final = frozenset({"sending", "sent", "unknown", "retry"})


@dataclass(frozen=True, slots=True)
class Row:
    """One ledger row, as the product exports it."""

    id: str
    kind: str
    campaign: str | None
    person: int | None
    chat_id: int | None
    bot_id: int
    segment: str | None
    step: str | None
    state: str
    left_at_ms: int | None
    message_id: int | None

    @property
    def is_campaign(self) -> bool:
        """Started by us, not asked for."""
        return self.kind == CampaignKind

    @property
    def is_anonymous(self) -> bool:
        """What is left of a message to somebody who was forgotten: a row about nobody."""
        return not self.chat_id

    def fits(self, sent: Sent) -> bool:
        """Whether a message that names this row may be its own."""
        return self.bot_id == sent.bot_id and (self.is_anonymous or self.chat_id == sent.chat_id)

    @property
    def key(self) -> tuple[object, ...] | None:
        """What may be sent once only; None when the row names no step."""
        if self.step is None:
            return None
        own_bot = None if self.is_campaign else self.bot_id
        return (self.kind, self.campaign, self.person, self.step, own_bot)


@dataclass(frozen=True, slots=True)
class Joined:
    """A message with the row it belongs to, if any."""

    sent: Sent
    row: Row | None

    @property
    def is_campaign(self) -> bool:
        """By its row, or by its buttons when no row explains it."""
        return self.row.is_campaign if self.row is not None else self.sent.row_id is not None


def read_rows(ledger: Iterable[Mapping[str, Any]]) -> list[Row]:
    """The exported rows; ids and steps are compared as text."""
    return [_as_row(entry) for entry in ledger]


def join(messages: Sequence[Sent], rows: Sequence[Row]) -> list[Joined]:
    """Every accepted message, in order, with its row."""
    by_id = {row.id: row for row in rows}
    by_message: dict[tuple[int, int | None, int], Row] = {}
    for row in rows:
        if row.message_id is not None:
            mark = (row.bot_id, row.chat_id, row.message_id)
            if mark not in by_message or row.is_campaign:
                by_message[mark] = row
    joined: list[Joined] = []
    for sent in messages:
        named = by_id.get(sent.row_id or "")
        if named is not None and named.fits(sent):
            joined.append(Joined(sent, named))
        else:
            joined.append(Joined(sent, by_message.get((sent.bot_id, sent.chat_id, sent.message_id))))
    return _join_by_time(joined, rows)


def _join_by_time(joined: list[Joined], rows: Sequence[Row]) -> list[Joined]:
    taken = {one.row.id for one in joined if one.row is not None}
    free: defaultdict[tuple[int, int | None], list[Row]] = defaultdict(list)
    for row in rows:
        if row.id not in taken and row.message_id is None and row.state in _MAYBE_SENT:
            free[row.bot_id, row.chat_id].append(row)
    result: list[Joined] = []
    for one in joined:
        if one.row is None and one.sent.row_id is None:
            candidates = free[one.sent.bot_id, one.sent.chat_id]
            nearest = _nearest(candidates, one.sent.at_ms)
            if nearest is not None:
                candidates.remove(nearest)
            result.append(Joined(one.sent, nearest))
        else:
            result.append(one)
    return result


def _nearest(rows: Sequence[Row], at_ms: int) -> Row | None:
    """The row that left last before the message came; answers before campaigns."""
    fitting = [
        row
        for row in rows
        if row.left_at_ms is not None and row.left_at_ms - _EARLY_MS <= at_ms <= row.left_at_ms + _LATE_MS
    ]
    return min(
        fitting, key=lambda row: (row.is_campaign, abs(at_ms - (row.left_at_ms or 0)), row.id), default=None
    )


def _as_row(entry: Mapping[str, Any]) -> Row:
    def text(name: str) -> str | None:
        value = entry.get(name)
        return None if value is None else str(value)

    def number(name: str) -> int | None:
        value = entry.get(name)
        return None if value is None else int(value)

    return Row(
        id=str(entry["id"]),
        kind=str(entry["class"]),
        campaign=text("campaign"),
        person=number("person"),
        chat_id=number("chat_id"),
        bot_id=int(entry["bot_id"]),
        segment=text("segment"),
        step=text("step"),
        state=str(entry["state"]),
        left_at_ms=number("permit_at_ms") if entry.get("permit_at_ms") is not None else number("sent_at_ms"),
        message_id=number("telegram_message_id"),
    )
