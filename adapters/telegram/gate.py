"""The last gate before a bot's requests leave this process: what a 429 has closed stays closed until its end.

The pacer tells all processes when to go; between its slot and the request lie a transaction and a wait. So a
message whose slot was granted before a 429 is given back here, and messages that were held up by a busy
machine leave one after another instead of at once. Promises: nothing that names a halted chat, or any chat of
a halted bot, leaves before `retry_after` is over. Times are the event loop's, in seconds.
"""

from __future__ import annotations

from core.errors import RateLimitedError, TransportError


class Gate:
    """One bot's. `most_per_s`: of messages that Stars are not paid for, 0 = unbounded."""

    def __init__(self, most_per_s: float = 0.0) -> None:
        self._gap_s = 1 / most_per_s if most_per_s else 0.0
        self._next_s = 0.0
        self._halt_s = 0.0
        self._groups: dict[int, float] = {}

    def check(self, chat_id: int, now_s: float) -> None:
        """Raise RateLimitedError with the time that is left while this chat may not be written to."""
        until_s = self._halt_s
        if chat_id < 0 and self._groups:
            until_s = max(until_s, self._groups.get(chat_id, 0.0))
        if until_s > now_s:
            raise RateLimitedError(
                f"Telegram asked to wait {until_s - now_s:.0f} s more", retry_after_s=until_s - now_s
            )

    def turn(self, now_s: float, longest_s: float, *, paid: bool) -> float:
        """Take the next turn; how many seconds until then. Raises TransportError, and takes none, if that is
        more than `longest_s`."""
        if paid or not self._gap_s:
            return 0.0
        at_s = max(now_s, self._next_s)
        if at_s - now_s > longest_s:
            raise TransportError("too many messages of this bot are held up")
        self._next_s = at_s + self._gap_s
        return at_s - now_s

    def refused(self, chat_id: int, retry_after_s: float, now_s: float) -> None:
        """A 429 for this chat: the bot is halted; a group's first one halts only that group."""
        until_s = now_s + retry_after_s
        if chat_id < 0:
            self._groups = {group: end_s for group, end_s in self._groups.items() if end_s > now_s}
            first = not self._groups
            self._groups[chat_id] = max(until_s, self._groups.get(chat_id, 0.0))
            if first:
                return
        self._halt_s = max(self._halt_s, until_s)
