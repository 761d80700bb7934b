"""What delivery needs and what it hands about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from core.content import Link
from core.errors import TransportError
from core.ledger import Message
from core.ports import Clock, HotStore, Messenger, Pacer, PersonRecord, Receipt, Store
from core.posting import PostLimits
from core.strategy import PLAIN, Caps, Pace

MAX_ATTEMPTS: Final = 5
RETRY_S: Final = (2, 10, 60, 300, 900)
"""Waiting times before the next try of a request that never left, in seconds."""
UNAUTHORIZED_MS: Final = 300_000
"""A bot whose token Telegram refuses is tried again after this time: its messages are not to blame."""
GONE: Final = frozenset({"deactivated", "chat_not_found", "not_started"})
"""Refusals after which the account is no more for this bot; the others that close a chat are blocks."""


@dataclass(frozen=True, slots=True)
class DeliverDeps:
    """caps: per person over all segments; plain: the pace for people in no segment; posts: per group;
    stars_a_day: what may be spent for paid broadcast, 0 = nothing is paid; link: writes a tracked address."""

    store: Store
    hot: HotStore
    pacer: Pacer
    messenger: Messenger
    clock: Clock
    caps: Caps = field(default_factory=Caps)
    plain: Pace = PLAIN
    posts: PostLimits = PostLimits()
    stars_a_day: int = 0
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one step did; `wait_ms`: when it is worth looking again, 0 = at once. `lost`: somebody else holds
    the lane now."""

    sent: int = 0
    held: int = 0
    closed: int = 0
    wait_ms: int = 0
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Flight:
    """A message with its permit, on its way: when it may leave, what it says, and its person's record as it
    was when the permit was given (None: to a group)."""

    message: Message
    chat_id: int
    permit_ms: int
    slot_ms: int
    body: Mapping[str, object]
    record: PersonRecord | None = None

    @property
    def attempts(self) -> int:
        """With this one."""
        return self.message.attempts + 1


class Withheld(TransportError):
    """The request did not leave, and it was not tried: it costs no attempt."""

    def __init__(self, message: str, *, due_ms: int) -> None:
        super().__init__(message)
        self.due_ms = due_ms


@dataclass(frozen=True, slots=True)
class Result:
    """How one request ended: a receipt, or the error it raised; until when the whole bot must wait because of
    it (0 = not at all)."""

    flight: Flight
    ended: Receipt | TransportError
    at_ms: int
    halt_ms: int = 0
