"""The order of a person's choices about consent.

A choice happens at its receipt, but webhooks deliver kinds of updates through separate queues: a yes-tap and
the /stop after it may arrive the other way round. The numbers of one bot's updates tell their true order, so
a choice that comes late is set just before the one that followed it, and the fold, the choice in force and
the history all agree. Choices made with different bots, or without an update, keep the moment of receipt.

Promises: the last choice is in force; one who chooses all day long costs no more than others: of each person
the newest are looked at, and of those the neighbours by number.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from core.event import CHOICES, PersonEvent
from core.ports import Transaction

NEW_NUMBERING: Final = 1 << 20
"""Numbers so far apart are of different numberings: Telegram begins anew after a quiet week."""
WITHIN_MS: Final = 24 * 3_600_000
"""Telegram keeps an update no longer than this."""
NEWEST: Final = 200
"""So many choices of a person are looked at; nobody makes as many in a day, but a program might."""
NEAR: Final = 16
"""Neighbours on each side among which the one before and the one after are found."""

Line = tuple[int, int, str]
"""Choices in one line: person, bot, purpose."""
Number = tuple[int, int]
"""(update number, place within the update)."""


async def in_their_order(tx: Transaction, events: Sequence[PersonEvent]) -> Sequence[PersonEvent]:
    """The same events, with choices at moments that agree with the order in which they were made."""
    new = [item for item in events if item.event.kind in CHOICES and item.person_no]
    if not new:
        return events
    moments_new = [item.event.ts_ms for item in new]
    span = (min(moments_new) - WITHIN_MS, max(moments_new) + WITHIN_MS)
    lines = _lines(await tx.events.choices(sorted({item.person_no for item in new}), span, NEWEST))
    moments = {}
    for item, number in _numbered(new):  # as they came, so that batches make no difference
        line = lines.setdefault(_line(item), _Choices())
        moments[item.event.key] = line.put(number, item.event.ts_ms)
    return [_at(item, moments.get(item.event.key, item.event.ts_ms)) for item in events]


@dataclass(slots=True)
class _Choices:
    """Moments of choices by their numbers; `order`: the numbers, ascending."""

    moments: dict[Number, int] = field(default_factory=dict)
    order: list[Number] = field(default_factory=list)

    def put(self, number: Number, ts_ms: int) -> int:
        """Place a choice among the others; its moment. One that is known keeps the moment it has."""
        if number in self.moments:
            return self.moments[number]
        place = bisect_left(self.order, number)
        earlier = self._near(self.order[max(0, place - NEAR) : place], number, ts_ms)
        later = self._near(self.order[place : place + NEAR], number, ts_ms)
        moment = max([ts_ms, *(other_ms + 1 for other_ms in earlier)])
        moment = min([moment, *(other_ms - 1 for other_ms in later)])
        self.keep(number, moment)
        return moment

    def keep(self, number: Number, moment: int) -> None:
        """Remember a choice at its moment."""
        if number not in self.moments:
            insort(self.order, number)
        self.moments[number] = moment

    def _near(self, others: Iterable[Number], number: Number, ts_ms: int) -> list[int]:
        """Moments of those whose numbers tell something about this one."""
        found = [self.moments[one] for one in others if abs(one[0] - number[0]) < NEW_NUMBERING]
        return [moment for moment in found if abs(moment - ts_ms) <= WITHIN_MS]


def _lines(known: Iterable[PersonEvent]) -> dict[Line, _Choices]:
    lines: dict[Line, _Choices] = {}
    for item, number in _numbered(known):
        lines.setdefault(_line(item), _Choices()).keep(number, item.event.ts_ms)
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
