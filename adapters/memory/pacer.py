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
HEAL_PER_S: Final = 0.2
EARN: Final = 0.001
CHAT_GAP_MS: Final = 1_100
GROUP_GAP_MS: Final = 3_100
EVENT_MS: Final = 2_000
AHEAD_MS: Final = 300
AHEAD_INTERACTIVE_MS: Final = 2_000


@dataclass(slots=True)
class _Pace:
    """One bot: rate in messages a second, moments in ms; free: chat -> when it may be written to again."""

    next_ms: float
    healed_ms: int
    rate: float = START / 2
    halt_ms: int = 0
    cut_ms: int = -EVENT_MS
    group_ms: int = 0
    granted: int = 0
    free: dict[int, int] = field(default_factory=dict)

    def heal(self, now_ms: int) -> None:
        if self.rate < START:
            self.rate = min(START, self.rate + HEAL_PER_S * max(0, now_ms - self.healed_ms) / 1000)
        self.healed_ms = max(self.healed_ms, now_ms)

    def take(self, chat_id: int, slot: float) -> int:
        """Book the slot; the next one is a whole gap later."""
        at_ms = math.ceil(slot)
        self.free[chat_id] = at_ms + (GROUP_GAP_MS if chat_id < 0 else CHAT_GAP_MS)
        self.granted += 1
        if self.rate >= START:
            self.rate = min(CEILING, self.rate + EARN)
        self.next_ms = slot + 1000 / self.rate
        return at_ms

    def refused(self, until_ms: int, now_ms: int) -> int:
        """Refusals of messages that were under way together are one event and cut once."""
        if now_ms >= self.halt_ms and now_ms >= self.cut_ms + EVENT_MS:
            self.rate, self.cut_ms = max(FLOOR, self.rate * KEEP), now_ms
        self.halt_ms = max(self.halt_ms, until_ms)
        self.healed_ms = max(self.healed_ms, self.halt_ms)
        return self.halt_ms


class MemoryPacer:
    """Fulfils `core.ports.Pacer`."""

    def __init__(self) -> None:
        self._paces: dict[int, _Pace] = {}

    async def grant(
        self, bot_id: int, chat_ids: Sequence[int], now_ms: int, *, interactive: bool = False
    ) -> Grant:
        pace = self._pace(bot_id, now_ms)
        pace.free = {chat: free_ms for chat, free_ms in pace.free.items() if free_ms > now_ms}
        ahead_ms = AHEAD_INTERACTIVE_MS if interactive else AHEAD_MS
        slots: dict[int, int] = {}
        again: list[float] = []
        slot = max(now_ms, pace.next_ms, pace.halt_ms)
        for chat_id in dict.fromkeys(chat_ids):
            free_ms = pace.free.get(chat_id, 0)
            if free_ms > slot:
                again.append(free_ms)
            elif slot > now_ms + ahead_ms:
                again.append(slot - ahead_ms)
            else:
                slots[chat_id] = pace.take(chat_id, slot)
                slot = pace.next_ms
        return Grant(slots, math.ceil(min(again, default=0)))

    async def limited(self, bot_id: int, chat_id: int, retry_after_s: float, now_ms: int) -> int:
        pace = self._pace(bot_id, now_ms)
        until_ms = now_ms + math.ceil(retry_after_s * 1000)
        if chat_id < 0:
            alone = now_ms >= pace.group_ms
            pace.free[chat_id] = max(pace.free.get(chat_id, 0), until_ms)
            pace.group_ms = max(pace.group_ms, until_ms)
            if alone:
                return until_ms
        return pace.refused(until_ms, now_ms)

    async def status(self, bot_id: int, now_ms: int) -> Mapping[str, float]:
        pace = self._pace(bot_id, now_ms)
        return {
            "rate_per_s": pace.rate,
            "halt_until_ms": float(pace.halt_ms),
            "granted": float(pace.granted),
        }

    def _pace(self, bot_id: int, now_ms: int) -> _Pace:
        pace = self._paces.setdefault(bot_id, _Pace(now_ms + 1000, now_ms))
        pace.heal(now_ms)
        return pace
