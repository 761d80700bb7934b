"""One bot's queue of updates, as getUpdates and webhooks see it.

Promises: an update is handed out again and again until an offset above it confirms it, or a webhook took it;
it is dropped after 24 hours (queries that a person waits for: after 150 seconds); at most one poll waits, a
newer one ends the older. Leaves to others: HTTP, and logging what happened.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

KEPT_MS = 24 * 3600 * 1000
QUERY_KEPT_MS = 150 * 1000
_SHORT_LIVED = frozenset({"callback_query", "pre_checkout_query", "shipping_query", "inline_query"})
_NEVER_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_NEVER_MS = 2**63


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

    @property
    def kept_until_ms(self) -> int:
        """The last moment at which it is still handed out."""
        return self.at_ms + (QUERY_KEPT_MS if self.kind in _SHORT_LIVED else KEPT_MS)


class UpdateQueue:
    """Updates of one bot, in order of their ids."""

    def __init__(self, first_id: int) -> None:
        self.next_id = first_id
        self.offset = 0
        self._allowed: frozenset[str] | None = None
        self._pending: OrderedDict[int, Pending] = OrderedDict()
        self._first_expires_ms = _NEVER_MS
        self._news = asyncio.Event()
        self._poll = 0
        self._listener: Callable[[Pending], None] | None = None

    def __len__(self) -> int:
        return len(self._pending)

    @property
    def allowed(self) -> list[str] | None:
        """The kinds that the bot asked for, sorted; None means Telegram's default."""
        return None if self._allowed is None else sorted(self._allowed)

    def allow(self, kinds: Iterable[str]) -> None:
        """Remember which kinds of updates the bot wants; none named means Telegram's default."""
        self._allowed = frozenset(kinds) or None

    def wants(self, kind: str) -> bool:
        return kind not in _NEVER_BY_DEFAULT if self._allowed is None else kind in self._allowed

    def put(self, kind: str, at_ms: int, body: bytes) -> int:
        """Queue an update and wake whoever waits for it; returns the update's id."""
        update = Pending(self.next_id, at_ms, kind, body)
        self.next_id += 1
        self._pending[update.update_id] = update
        self._first_expires_ms = min(self._first_expires_ms, update.kept_until_ms)
        self._news.set()
        if self._listener is not None:
            self._listener(update)
        return update.update_id

    def listen(self, listener: Callable[[Pending], None] | None) -> None:
        """Tell a webhook of everything that waits now and will come; None: there is no webhook any more."""
        self._listener = listener
        if listener is not None:
            for update in list(self._pending.values()):
                listener(update)

    def confirm(self, offset: int) -> bool:
        """Forget all below `offset` (negative: all but the last `-offset`); tells whether it moved."""
        if offset < 0:
            last = list(islice(reversed(self._pending), -offset))
            offset = last[-1] if len(last) == -offset else self.offset
        while self._pending and next(iter(self._pending)) < offset:
            self._pending.popitem(last=False)
        moved = offset > self.offset
        self.offset = max(self.offset, offset)
        return moved

    def confirm_one(self, update_id: int) -> bool:
        """Forget this update: a webhook took it. False if it does not wait any more."""
        return self._pending.pop(update_id, None) is not None

    def waits(self, update_id: int, now_ms: int) -> bool:
        """Whether this update still has to be handed out."""
        self._drop_expired(now_ms)
        return update_id in self._pending

    def clear(self) -> int:
        """Drop everything that waits; returns the offset that says so."""
        self._pending.clear()
        self.offset = self.next_id
        return self.offset

    def take(self, limit: int, now_ms: int) -> list[Pending]:
        """The oldest updates, up to `limit`; they stay until they are confirmed."""
        self._drop_expired(now_ms)
        return list(islice(self._pending.values(), limit))

    def _drop_expired(self, now_ms: int) -> None:
        if now_ms <= self._first_expires_ms:
            return
        kept = [update for update in self._pending.values() if update.kept_until_ms >= now_ms]
        self._pending = OrderedDict((update.update_id, update) for update in kept)
        self._first_expires_ms = min((update.kept_until_ms for update in kept), default=_NEVER_MS)

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
