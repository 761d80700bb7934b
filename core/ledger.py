"""The ledger of messages: the states of a message and the only moves between them.

    planned -> queued -> sending -> sent
       |         |          |-----> retry ----> queued
       |         |          |-----> failed | unreachable
       |         |          '-----> unknown --> sent (a tap on its button proves that it arrived)
       '---------'--------------> planned (held by the door until later) | expired | suppressed

`unknown` means that the message may or may not have arrived (crash or time-out after the request left):
it is counted as sent by every limit and is never resent by itself. (campaign, person, step) is unique.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from core.errors import AmbiguousError, RateLimitedError, RefusedError, RejectedError, TransportError


class State(StrEnum):
    """Where a message stands."""

    PLANNED = "planned"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    RETRY = "retry"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"


class MessageClass(StrEnum):
    """Who started it. Only campaigns need the whole door; the holdout gets none of them."""

    INTERACTIVE = "interactive"
    SERVICE = "service"
    CAMPAIGN = "campaign"


MOVES: Final[Mapping[State, frozenset[State]]] = {
    State.PLANNED: frozenset({State.PLANNED, State.QUEUED, State.SENDING, State.EXPIRED, State.SUPPRESSED}),
    State.QUEUED: frozenset({State.PLANNED, State.SENDING, State.EXPIRED, State.SUPPRESSED}),
    State.SENDING: frozenset({State.SENT, State.RETRY, State.FAILED, State.UNREACHABLE, State.UNKNOWN}),
    State.RETRY: frozenset({State.PLANNED, State.QUEUED, State.SENDING, State.EXPIRED, State.SUPPRESSED}),
    State.UNKNOWN: frozenset({State.SENT}),
    State.SENT: frozenset(),
    State.FAILED: frozenset(),
    State.UNREACHABLE: frozenset(),
    State.EXPIRED: frozenset(),
    State.SUPPRESSED: frozenset(),
}

OPEN: Final = (State.PLANNED, State.QUEUED, State.RETRY)
"""States in which the message still waits for its turn."""
COUNTED: Final = (State.SENDING, State.SENT, State.UNKNOWN)
"""States that every cap counts: what was or may have been received."""
PERMIT_VALID_MS: Final = 5_000
"""A permit is good for five seconds; a request that has not left by then needs a new one."""

HANDED_MS: Final = 900
"""A request is handed over within this time after its permit (it waits for its slot), or not at all."""
LEAVES_MS: Final = 1_000
"""And leaves within this time after that (it may wait for a line), or not at all. Both together: so soon
nothing leaves any more after everything was stopped."""

HEAD_START_MS: Final = 30 * 60_000
"""What one point of priority is worth in the line: half an hour of waiting."""


def place_of(priority: float, due_ms: int) -> int:
    """The place in line of a message whose moment has come; the smaller goes first. It never changes, so
    whoever waits comes to the front by itself: nothing starves behind what is more important."""
    return due_ms - round(priority * HEAD_START_MS)


REJECTIONS: Final[Mapping[str, State]] = {
    "blocked": State.UNREACHABLE,
    "deactivated": State.UNREACHABLE,
    "not_started": State.UNREACHABLE,
    "chat_not_found": State.UNREACHABLE,
    "kicked": State.UNREACHABLE,
    "bad_content": State.FAILED,
    "other": State.FAILED,
}
"""What a permanent refusal by Telegram makes of the message."""
HELD: Final = "; held by "
"""In a reason: between why a message was planned and why the door made it wait."""
UNAUTHORIZED: Final = "unauthorized"
"""The refusal of a bot's token: it says nothing about the message."""
PAUSED: Final = {"campaign": "campaign_paused", "segment": "segment_paused"}
"""How a pause of what a message belongs to is called there."""


def proof(sent: Move) -> Move:
    """The same receipt for a row that somebody has called unknown meanwhile: it did arrive."""
    return replace(sent, old=State.UNKNOWN)


def end_of(error: TransportError) -> tuple[State, str]:
    """What a failed request makes of its message, and why: (state, reason). RETRY: it never left."""
    if isinstance(error, AmbiguousError):
        return State.UNKNOWN, "no answer came"
    if isinstance(error, RejectedError) and error.code == UNAUTHORIZED:
        return State.RETRY, error.code  # the bot's fault, not the message's: it waits for a valid token
    if isinstance(error, RejectedError):
        return REJECTIONS.get(error.code, State.FAILED), error.code
    if isinstance(error, RateLimitedError):
        return State.RETRY, "rate limit"
    return State.RETRY, "Telegram not reached"


def check_move(old: State, new: State) -> None:
    """Raise RefusedError unless the ledger knows the arrow old -> new."""
    if new not in MOVES[old]:
        raise RefusedError(f"a message can't go from {old} to {new}")


BODY: Final[Mapping[str, str]] = {
    "text": "HTML of the message, or the caption of its media",
    "parse_mode": "HTML",
    "buttons": "rows of {text, data | url | link}; link: place of the address in `links`",
    "media": "up to ten of {type: photo | video | animation | audio | document | voice, source}; source: "
    "https address, Telegram file id, or file:NAME in the folder of media",
    "poll": "{question, options: [text], multiple}; text and media are left out then",
    "links": "tracked addresses; the text names them as {link:0}, a button by `link`",
    "silent": "true: without a sound",
    "protect": "true: can't be forwarded",
    "preview": "true: with the preview of the first link",
    "thread": "forum topic of the group",
    "ages": "[least, most] days since the first contact, most 0 = no bound; the door holds on to it",
    "paid": "true: allow_paid_broadcast; set when the row is marked, never when it is planned",
    "photo": "an address or file id: the short form of media with one photo",
    "method": "a raw call of a handler, or copyMessage of an operator's message, with `params`",
    "params": "its parameters",
}
"""What a message's body may hold. Buttons' data and {link:N} carry `{id}` until the row has its number."""

BROADCAST: Final = "b:"
JOURNEY: Final = "j:"
"""Campaigns are `opt` (the optimizer), `b:<broadcast>` and `j:<journey>`."""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be planned. `step` makes it unique per (campaign, person); times are UTC milliseconds.

    To a group: person_no 0, `group_no`, and a step that names the group."""

    cls: MessageClass
    campaign: str
    step: str
    person_no: int
    bot_id: int
    chat_id: int
    due_ms: int
    expires_ms: int
    body: Mapping[str, object]
    segment: str = ""
    content: str = ""
    kind: str = ""
    priority: float = 0.0
    predicted: float = 0.0
    strategy_version: int = 0
    reason: str = ""
    state: State = State.PLANNED
    permit_ms: int = 0
    group_no: int = 0
    variant: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One row; `permit_ms`, `sent_ms`, `answered_ms` and `telegram_id` are 0 until they happen.

    `body`: see `core.ledger.BODY`. `variant`: which of a campaign's contents, empty = the only one. `harm`:
    block or opt_out that followed within a day, `harm_ms` when. `place`: in line, see `place_of`; 0 until it
    was first in line."""

    id: int
    cls: MessageClass
    campaign: str
    step: str
    person_no: int
    bot_id: int
    chat_id: int
    state: State
    due_ms: int
    expires_ms: int
    body: Mapping[str, object]
    segment: str
    content: str
    kind: str
    priority: float
    predicted: float
    strategy_version: int
    reason: str
    attempts: int
    permit_ms: int
    sent_ms: int
    telegram_id: int
    answered_ms: int
    created_ms: int
    group_no: int = 0
    variant: str = ""
    harm: str = ""
    harm_ms: int = 0
    place: int = 0

    @property
    def parked(self) -> bool:
        """Held by a pause: due only when its time is over, or at once when the pause ends."""
        held = self.reason.partition(HELD)[2].split()
        waits = self.state in OPEN and self.due_ms >= self.expires_ms
        return waits and any(word in held for word in PAUSED.values())


@dataclass(frozen=True, slots=True)
class Move:
    """A change of one row. None leaves a field as it is."""

    id: int
    old: State
    new: State
    reason: str = ""
    due_ms: int | None = None
    permit_ms: int | None = None
    sent_ms: int | None = None
    telegram_id: int | None = None
    attempts: int | None = None
    chat_id: int | None = None
