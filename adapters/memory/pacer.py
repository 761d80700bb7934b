"""The pacer in memory, for one process: even spacing without catching up, cut by refusals, healed by time.

The same rules as the one in Redis. An unknown bot begins with one silent second and at half the rate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from core.ports import Grant

START: Final = 27.0
CEILING: Final = 29.0
FLOOR: Final = 1.0
KEEP: Final = 0.7
HEAL_PER_S: Final = 1.0
EARN: Final = 0.0001
BELOW: Final = 0.88
MEMORY_MS: Final = 900_000
SILENCE_MS: Final = 1_000
CHAT_GAP_MS: Final = 1_100
GROUP_GAP_MS: Final = 3_100
EVENT_MS: Final = 2_000
AHEAD_MS: Final = 300
AHEAD_INTERACTIVE_MS: Final = 2_000


@dataclass(slots=True)
class _Lane:
    """Messages of one kind. rate: messages a second, valid at `at_ms`; knew: the rate that was too much,
    believed until `until_ms`."""

    start: float
    ceiling: float
    next_ms: float
    at_ms: int
    rate: float
    knew: float = 0.0
    until_ms: int = 0

    def heal(self, now_ms: int) -> None:
        """Up to just below what was refused while that is remembered, else up to the start."""
        top = min(self.start, BELOW * self.knew) if now_ms < self.until_ms else self.start
        if self.rate < top:
            healed = HEAL_PER_S * self.start / START * max(0, now_ms - self.at_ms) / 1000
            self.rate = min(top, self.rate + healed)
        self.at_ms = max(self.at_ms, now_ms)

    def take(self, slot: float, now_ms: int) -> None:
        """The slot is used; the next one is a whole gap later."""
        if self.rate >= self.start and now_ms >= self.until_ms:
            self.rate = min(self.ceiling, self.rate + EARN)
        self.next_ms = slot + 1000 / self.rate

    def cut(self, halt_ms: int) -> None:
        self.knew, self.until_ms = self.rate, halt_ms + MEMORY_MS
        self.rate = max(FLOOR, self.rate * KEEP)


def _lane(start: float, ceiling: float, now_ms: int) -> _Lane:
    return _Lane(start, ceiling, now_ms + SILENCE_MS, now_ms, start / 2)


@dataclass(slots=True)
class _Pace:
    """One bot; moments in ms; busy: chat -> when it may be written to again."""

    free: _Lane
    paid: _Lane | None
    halt_ms: int = 0
    cut_ms: int = -EVENT_MS
    group_ms: int = 0
    granted: int = 0
    busy: dict[int, int] = field(default_factory=dict)

    def lanes(self) -> tuple[_Lane, ...]:
        return (self.free,) if self.paid is None else (self.free, self.paid)

    def take(self, chat_id: int, lane: _Lane, slot: float, now_ms: int) -> int:
        """Book the slot for this chat."""
        at_ms = math.ceil(slot)
        self.busy[chat_id] = at_ms + (GROUP_GAP_MS if chat_id < 0 else CHAT_GAP_MS)
        self.granted += 1
        lane.take(slot, now_ms)
        return at_ms

    def refused(self, until_ms: int, now_ms: int) -> int:
        """Refusals of messages that were under way together are one event. It cuts the lanes in use."""
        if now_ms >= self.halt_ms and now_ms >= self.cut_ms + EVENT_MS:
            in_use = [lane for lane in self.lanes() if lane.next_ms >= now_ms - EVENT_MS]
            for lane in in_use or [self.free]:
                lane.cut(until_ms)
            self.cut_ms = now_ms
        self.halt_ms = max(self.halt_ms, until_ms)
        for lane in self.lanes():
            lane.at_ms = max(lane.at_ms, self.halt_ms)
        return self.halt_ms


class MemoryPacer:
    """Fulfils `core.ports.Pacer`. `paid_rate`: of messages that Stars are paid for, 0 = as all others."""

    def __init__(self, paid_rate: float = 0.0) -> None:
        self._paid_rate = paid_rate
        self._paces: dict[int, _Pace] = {}

    async def grant(
        self,
        bot_id: int,
        chat_ids: Sequence[int],
        now_ms: int,
        *,
        interactive: bool = False,
        paid: bool = False,
    ) -> Grant:
        pace = self._pace(bot_id, now_ms)
        lane = pace.paid if paid and pace.paid is not None else pace.free
        pace.busy = {chat: free_ms for chat, free_ms in pace.busy.items() if free_ms > now_ms}
        ahead_ms = AHEAD_INTERACTIVE_MS if interactive else AHEAD_MS
        slots: dict[int, int] = {}
        again: list[float] = []
        slot = max(now_ms, lane.next_ms, pace.halt_ms)
        for chat_id in dict.fromkeys(chat_ids):
            free_ms = pace.busy.get(chat_id, 0)
            if free_ms > slot:
                again.append(free_ms)
            elif slot > now_ms + ahead_ms:
                again.append(slot - ahead_ms)
            else:
                slots[chat_id] = pace.take(chat_id, lane, slot, now_ms)
                slot = lane.next_ms
        return Grant(slots, math.ceil(min(again, default=0)))

    async def limited(self, bot_id: int, chat_id: int, retry_after_s: float, now_ms: int) -> int:
        pace = self._pace(bot_id, now_ms)
        until_ms = now_ms + math.ceil(retry_after_s * 1000)
        if chat_id < 0:
            alone = now_ms >= pace.group_ms
            pace.busy[chat_id] = max(pace.busy.get(chat_id, 0), until_ms)
            pace.group_ms = max(pace.group_ms, until_ms)
            if alone:
                return until_ms
        return pace.refused(until_ms, now_ms)

    async def status(self, bot_id: int, now_ms: int) -> Mapping[str, float]:
        pace = self._pace(bot_id, now_ms)
        return {
            "rate_per_s": pace.free.rate,
            "paid_rate_per_s": pace.paid.rate if pace.paid is not None else 0.0,
            "halt_until_ms": float(pace.halt_ms),
            "granted": float(pace.granted),
        }

    def _pace(self, bot_id: int, now_ms: int) -> _Pace:
        pace = self._paces.get(bot_id)
        if pace is None:
            paid = _lane(self._paid_rate, self._paid_rate, now_ms) if self._paid_rate else None
            pace = self._paces[bot_id] = _Pace(_lane(START, CEILING, now_ms), paid)
        for lane in pace.lanes():
            lane.heal(now_ms)
        return pace
