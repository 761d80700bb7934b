"""One bot's queue of updates, as getUpdates sees it.

Promises: an update is handed out again and again until an offset above it confirms it; it is dropped
after 24 hours (queries that a person waits for: after 150 seconds); at most one poll waits, a newer one
ends the older. Leaves to others: HTTP, and logging what happened.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

KEPT_MS = 24 * 3600 * 1000
QUERY_KEPT_MS = 150 * 1000
_SHORT_LIVED = frozenset({"callback_query", "pre_checkout_query", "shipping_query", "inline_query"})
_NEVER_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


class PollTerminatedError(Exception):
    """Another getUpdates request of the same bot has taken over."""


@dataclass(slots=True)
class Pending:
    """An update that waits for its confirmation; `body` is its JSON without the id."""

    update_id: int
    at_ms: int
    kind: str
    body: bytes

    def as_json(self) -> bytes:
        """The Bot API's `Update` object."""
        return b'{"update_id":%d,%b' % (self.update_id, self.body[1:])

    def expired(self, now_ms: int) -> bool:
        kept = QUERY_KEPT_MS if self.kind in _SHORT_LIVED else KEPT_MS
        return now_ms - self.at_ms > kept


class UpdateQueue:
    """Updates of one bot, in order of their ids."""

    def __init__(self, first_id: int) -> None:
        self.next_id = first_id
        self.offset = 0
        self._allowed: frozenset[str] | None = None
        self._pending: deque[Pending] = deque()
        self._news = asyncio.Event()
        self._poll = 0

    def __len__(self) -> int:
        return len(self._pending)

    def allow(self, kinds: Iterable[str]) -> None:
        """Remember which kinds of updates the bot wants; none named means Telegram's default."""
        self._allowed = frozenset(kinds) or None

    def wants(self, kind: str) -> bool:
        return kind not in _NEVER_BY_DEFAULT if self._allowed is None else kind in self._allowed

    def put(self, kind: str, at_ms: int, body: bytes) -> int:
        """Queue an update and wake the poll that waits; returns the update's id."""
        update = Pending(self.next_id, at_ms, kind, body)
        self.next_id += 1
        self._pending.append(update)
        self._news.set()
        return update.update_id

    def confirm(self, offset: int) -> bool:
        """Forget all below `offset` (negative: all but the last `-offset`); tells whether it moved."""
        if offset < 0:
            offset = self._pending[offset].update_id if len(self._pending) >= -offset else self.offset
        while self._pending and self._pending[0].update_id < offset:
            self._pending.popleft()
        moved = offset > self.offset
        self.offset = max(self.offset, offset)
        return moved

    def clear(self) -> int:
        """Drop everything that waits; returns the offset that says so."""
        self._pending.clear()
        self.offset = self.next_id
        return self.offset

    def take(self, limit: int, now_ms: int) -> list[Pending]:
        """The oldest updates, up to `limit`; they stay until they are confirmed."""
        if any(update.expired(now_ms) for update in self._pending):
            self._pending = deque(update for update in self._pending if not update.expired(now_ms))
        return [self._pending[index] for index in range(min(limit, len(self._pending)))]

    def begin_poll(self) -> int:
        """Take over from the poll that waits, if there is one; returns the new poll's number."""
        self._poll += 1
        self._news.set()
        return self._poll

    async def wait(self, poll: int, timeout_s: float) -> None:
        """Wait for an update for at most `timeout_s`. Raises PollTerminatedError when a newer poll came."""
        self._news.clear()
        if not self._pending:
            try:
                async with asyncio.timeout(timeout_s):
                    await self._news.wait()
            except TimeoutError:
                return
        if poll != self._poll:
            raise PollTerminatedError
