"""Which campaign message earned this reply, tap, reaction, vote or sale.

A tap names its message, and so does a tracked link; a reply or a reaction to a message names it too. Other
words, and taps into the menu, answer the latest campaign message of the last six hours; a vote answers the
latest poll of the last 72 hours; a sale (a payment, or coming into a VIP group) is credited to the latest
message of the last 72 hours, answered or not. A message that may never have arrived is answered by its own
buttons and links only: whoever merely goes on chatting after a crash proves nothing. What people do in groups
or write to a business account answers no campaign; only a sale counts wherever it happens. Leaves to others:
loading the messages, storing the answer, and counting only the first of a message (flow).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.event import Event, Scalar
from core.ledger import Message, State

REPLY_WINDOW_MS: Final = 6 * 3_600_000
SALE_WINDOW_MS: Final = 72 * 3_600_000
VOTE_WINDOW_MS: Final = 72 * 3_600_000
POLL: Final = "poll"
"""The kind of content that is voted on."""
RESPONSE_WINDOW_MS: Final = 8 * 24 * 3_600_000
"""Campaign messages older than this are not looked at, whatever happens."""
DATE_STEP_MS: Final = 1_000
"""Telegram dates messages in whole seconds: an answer may seem this much older than what it answers."""

_TAP: Final = re.compile(r"c:(\d{1,19}):[a-z0-9_]{1,16}:([a-z0-9_]{1,16})")


@dataclass(frozen=True, slots=True)
class Answer:
    """`message` was answered by a `tap`, `click`, `reply`, `reaction`, `vote` or `sale`, so long after it was
    sent."""

    message: Message
    how: str
    at_ms: int
    bot_id: int
    delay_ms: int

    @property
    def event(self) -> Event:
        """The person's event for it: one key per message, so that a message is answered once in the
        record."""
        message = self.message
        props: dict[str, Scalar] = {
            "message": message.id,
            "kind": message.kind,
            "how": self.how,
            "sent_ms": sent_ms(message),
            "delay_ms": self.delay_ms,
        }
        return Event(f"answer:{message.id}", self.at_ms, "campaign_answered", self.bot_id, props)


def tap_choice(data: str) -> tuple[int, str] | None:
    """(message id, choice) of a campaign button's data, or None for any other button."""
    found = _TAP.fullmatch(data)
    return (int(found[1]), found[2]) if found else None


def sent_ms(message: Message) -> int:
    """When it reached, or may have reached, the person."""
    return message.sent_ms or message.permit_ms


def match_response(event: Event, recent: Sequence[Message]) -> Answer | None:
    """The campaign message that this event answers, among the person's recent ones (oldest first), or
    None."""
    of_kind = _MATCHES.get(event.kind)
    return of_kind(event, recent) if of_kind is not None else None


def _sale(event: Event, recent: Sequence[Message]) -> Answer | None:
    return _answer(event, _latest(event, recent, SALE_WINDOW_MS), "sale")


def _tap(event: Event, recent: Sequence[Message]) -> Answer | None:
    if event.group_no:
        return None
    button = str(event.props.get("button", ""))
    choice = tap_choice(button)
    if choice is not None:
        return _answer(event, next((each for each in recent if each.id == choice[0]), None), "tap")
    if not button.startswith("menu:"):
        return None
    return _answer(event, _latest(event, _of_bot(event, recent), REPLY_WINDOW_MS), "reply")


def _click(event: Event, recent: Sequence[Message]) -> Answer | None:
    clicked = event.props.get("message")
    return _answer(event, next((each for each in recent if each.id == clicked), None), "click")


def _words(event: Event, recent: Sequence[Message]) -> Answer | None:
    here = _of_bot(event, recent)
    named = _named(event, here, "reply_to")
    return _answer(event, named or _latest(event, here, REPLY_WINDOW_MS), "reply")


def _reaction(event: Event, recent: Sequence[Message]) -> Answer | None:
    if event.group_no or event.props.get("removed"):
        return None
    return _answer(event, _named(event, _of_bot(event, recent), "message_id"), "reaction")


def _vote(event: Event, recent: Sequence[Message]) -> Answer | None:
    if event.props.get("removed"):
        return None
    polls = [each for each in _of_bot(event, recent) if each.kind == POLL]
    return _answer(event, _latest(event, polls, VOTE_WINDOW_MS), "vote")


def _named(event: Event, here: Iterable[Message], prop: str) -> Message | None:
    """The message whose number in Telegram stands in the event."""
    number = event.props.get(prop) or 0
    return next((each for each in here if each.telegram_id and each.telegram_id == number), None)


def _of_bot(event: Event, recent: Iterable[Message]) -> list[Message]:
    return [each for each in recent if each.bot_id == event.bot_id]


def _latest(event: Event, recent: Sequence[Message], window_ms: int) -> Message | None:
    for each in reversed([one for one in recent if one.state is State.SENT]):
        age_ms = event.ts_ms - sent_ms(each)
        if -DATE_STEP_MS <= age_ms <= window_ms:
            return each
    return None


def _answer(event: Event, message: Message | None, how: str) -> Answer | None:
    if message is None:
        return None
    delay_ms = max(0, event.ts_ms - sent_ms(message))
    return Answer(message, how, event.ts_ms, event.bot_id, delay_ms)


_MATCHES: Final[Mapping[str, Callable[[Event, Sequence[Message]], Answer | None]]] = {
    "button_tapped": _tap,
    "link_clicked": _click,
    "message_received": _words,
    "reacted": _reaction,
    "poll_answered": _vote,
    "payment_succeeded": _sale,
    "vip_joined": _sale,
}
RESPONDING: Final = frozenset(_MATCHES)
"""Kinds of events that may answer a campaign message; others need not be asked about."""
