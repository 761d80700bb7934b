"""The order of a person's choices about consent.

A choice happens at its receipt, but webhooks deliver kinds of updates through separate queues: a yes-tap and
the /stop after it may arrive the other way round. The numbers of one bot's updates tell their true order, so
a choice that comes late is set just before the one that followed it, and the fold, the choice in force and
the history all agree. Choices made with different bots, or without an update, keep the moment of receipt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from core.event import CHOICES, PersonEvent
from core.ports import Transaction

NEW_NUMBERING: Final = 1 << 20
"""Numbers so far apart are of different numberings: Telegram begins anew after a quiet week."""
WITHIN_MS: Final = 24 * 3_600_000
"""Telegram keeps an update no longer than this."""

Line = tuple[int, int, str]
"""Choices in one line: person, bot, purpose."""
Number = tuple[int, int]
"""(update number, place within the update)."""


async def in_their_order(tx: Transaction, events: Sequence[PersonEvent]) -> Sequence[PersonEvent]:
    """The same events, with choices at moments that agree with the order in which they were made."""
    new = [item for item in events if item.event.kind in CHOICES and item.person_no]
    if not new:
        return events
    since_ms = min(item.event.ts_ms for item in new) - WITHIN_MS
    known = await tx.events.choices(sorted({item.person_no for item in new}), since_ms)
    lines = _lines(known)
    moments = {}
    for item, number in _numbered(new):  # as they came, so that batches make no difference
        line = lines.setdefault(_line(item), _Choices())
        moments[item.event.key] = line.put(number, item.event.ts_ms)
    return [_at(item, moments.get(item.event.key, item.event.ts_ms)) for item in events]


@dataclass(slots=True)
class _Choices:
    """Moments of choices by their numbers."""

    moments: dict[Number, int] = field(default_factory=dict)

    def put(self, number: Number, ts_ms: int) -> int:
        """Place a choice among the others; its moment. One that is known keeps the moment it has."""
        if number in self.moments:
            return self.moments[number]
        near = [one for one in self.moments if self._comparable(one, number, ts_ms)]
        earlier = [self.moments[one] for one in near if one < number]
        later = [self.moments[one] for one in near if one > number]
        moment = max([ts_ms, *(other_ms + 1 for other_ms in earlier)])
        self.moments[number] = min([moment, *(other_ms - 1 for other_ms in later)])
        return self.moments[number]

    def _comparable(self, one: Number, other: Number, ts_ms: int) -> bool:
        apart_ms = abs(self.moments[one] - ts_ms)
        return abs(one[0] - other[0]) < NEW_NUMBERING and apart_ms <= WITHIN_MS


def _lines(known: Iterable[PersonEvent]) -> dict[Line, _Choices]:
    lines: dict[Line, _Choices] = {}
    for item, number in _numbered(known):
        lines.setdefault(_line(item), _Choices()).moments[number] = item.event.ts_ms
    return lines


def _line(item: PersonEvent) -> Line:
    return item.person_no, item.event.bot_id, str(item.event.props.get("purpose", ""))


def _numbered(items: Iterable[PersonEvent]) -> list[tuple[PersonEvent, Number]]:
    """Those that stem from an update, whose key is `bot:update:n`."""
    found = []
    for item in items:
        parts = item.event.key.split(":")
        if len(parts) == 3 and all(part.isdecimal() for part in parts):  # noqa: PLR2004 - bot, update, n
            found.append((item, (int(parts[1]), int(parts[2]))))
    return found


def _at(item: PersonEvent, ts_ms: int) -> PersonEvent:
    if item.event.ts_ms == ts_ms:
        return item
    return replace(item, event=replace(item.event, ts_ms=ts_ms))
