"""Telegram's sending limits as strict sliding windows.

The true ones are neither exact nor documented; these are the harder reading: any window of a second (or
a minute, for groups) holds at most so many accepted calls. A refused call costs nothing. They may be changed
while the server runs, as Telegram's own change without notice.
"""

from collections import deque
from dataclasses import dataclass, fields, replace

_SECOND_MS = 1_000
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a bot may send. Telegram tolerates short bursts in a private chat: with `chat_burst` n,
    a chat takes n seconds' worth at once, in any window of n seconds. `paid_per_second`: of messages for
    which Stars are paid, beside the others."""

    per_second: int = 30
    per_chat_per_second: int = 1
    group_per_minute: int = 20
    chat_burst: int = 1
    paid_per_second: int = 1000


class RateLimiter:
    """Counts accepted calls; each check returns None when allowed, else the seconds to wait. `own`: bots
    with limits of their own."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.own: dict[int, Limits] = {}
        self._by_bot: dict[tuple[int, bool], deque[int]] = {}
        self._by_chat: dict[tuple[int, int], deque[int]] = {}

    def of(self, bot_id: int) -> Limits:
        """The limits of a bot."""
        return self.own.get(bot_id, self.limits)

    def take_overall(self, bot_id: int, now_ms: int, *, paid: bool = False) -> int | None:
        """Charge one call to the bot: whatever names a chat pays."""
        window = self._by_bot.setdefault((bot_id, paid), deque())
        limits = self.of(bot_id)
        return _take(window, now_ms, limits.paid_per_second if paid else limits.per_second, _SECOND_MS)

    def take_chat(self, bot_id: int, chat_id: int, now_ms: int, messages: int = 1) -> int | None:
        """Charge messages that come together (an album) to the chat: groups (negative ids) have a limit of
        their own, and pay for each; in a private chat an album is one message."""
        window = self._by_chat.setdefault((bot_id, chat_id), deque())
        limits = self.of(bot_id)
        if chat_id < 0:
            return _take(window, now_ms, limits.group_per_minute, _MINUTE_MS, messages)
        burst = max(1, limits.chat_burst)
        return _take(window, now_ms, limits.per_chat_per_second * burst, _SECOND_MS * burst)


def changed(limits: Limits, wish: object) -> Limits:
    """These limits with those that the wish names, `{"per_second": 24}`. Raises ValueError."""
    names = {one.name for one in fields(Limits)}
    if not isinstance(wish, dict) or set(wish) - names:
        raise ValueError(f"limits are an object of whole numbers: {', '.join(sorted(names))}")
    for value in wish.values():
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError(f"a limit is a whole number from 0 on, not {value!r}")
    return replace(limits, **wish)


def _take(window: deque[int], now_ms: int, most: int, span_ms: int, count: int = 1) -> int | None:
    while window and now_ms - window[0] >= span_ms:
        window.popleft()
    if len(window) + count <= most:
        window.extend([now_ms] * count)
        return None
    if most < count:
        return max(1, span_ms // 1000)
    return max(1, -(-(window[count - most - 1] + span_ms - now_ms) // 1000))
