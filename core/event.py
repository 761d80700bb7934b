"""The vocabulary of what can happen. An event is immutable: who, what, when, where from.

Events are unique by (`ts_ms`, `key`): a repeated capture of the same update yields the same pairs, so
storing it twice changes nothing. `ts_ms` is the moment it happened (UTC milliseconds since 1970).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class EventKind:
    """One word of the vocabulary. `active`: a sign of life by the person (counts as an interaction)."""

    name: str
    meaning: str
    props: Mapping[str, str]
    active: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. Whom it is about stands beside it. `bot_id` is 0 where no bot took part."""

    key: str
    ts_ms: int
    kind: str
    bot_id: int = 0
    props: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PersonEvent:
    """An event and the person it is about."""

    person_no: int
    event: Event


_KINDS = (
    EventKind(
        "started",
        "opened a bot with /start",
        {
            "campaign": "code of the deep link, or empty",
            "language": "client language",
            "premium": "Telegram Premium",
        },
        True,
    ),
    EventKind(
        "message_received",
        "the person wrote",
        {
            "length": "characters",
            "media": "kind of media or 'text'",
            "reply_to": "message id replied to, or 0",
            "topics": "intent topics found, separated by spaces",
            "language": "client language",
            "premium": "Telegram Premium",
        },
        True,
    ),
    EventKind("command_used", "the person typed a command", {"command": "name without slash"}, True),
    EventKind(
        "button_tapped",
        "the person tapped an inline button",
        {"button": "what the button means, e.g. menu:vip", "topics": "intent topics of the button"},
        True,
    ),
    EventKind("bot_blocked", "the person blocked the bot", {}),
    EventKind("bot_unblocked", "the person let the bot in again", {}, True),
    EventKind("account_gone", "Telegram says that the account is deactivated or the chat unknown", {}),
    EventKind(
        "payment_succeeded",
        "a payment arrived: a conversion",
        {
            "amount_minor": "minor units",
            "currency": "ISO 4217 or XTR",
            "charge": "charge id",
            "payload": "invoice payload",
        },
        True,
    ),
    EventKind(
        "consent_given",
        "said yes to messages of a purpose",
        {
            "purpose": "e.g. campaigns",
            "text_version": "version of the text shown",
            "source": "button, command, import",
        },
    ),
    EventKind(
        "consent_withdrawn",
        "said no, /stop or an opt-out word; covers all bots",
        {"purpose": "e.g. campaigns", "source": "button, command, word"},
    ),
    EventKind("timezone_declared", "the person named the own timezone", {"zone": "IANA name"}),
    EventKind("language_chosen", "the person chose a language", {"language": "tr or en"}),
    EventKind(
        "campaign_sent",
        "a campaign message reached the person",
        {
            "message": "ledger id",
            "content": "content name",
            "kind": "content kind",
            "segment": "sending segment",
        },
    ),
    EventKind(
        "campaign_answered",
        "the first response to a campaign message",
        {
            "message": "ledger id",
            "kind": "content kind",
            "how": "tap, reply, sale",
            "sent_ms": "when it was sent",
            "delay_ms": "from sending to the response",
        },
    ),
    EventKind("segment_entered", "the person entered a segment", {"segment": "name", "confidence": "0..1"}),
    EventKind("segment_left", "the person left a segment", {"segment": "name"}),
    EventKind(
        "unknown", "an update kind that has no meaning here yet; stored and counted", {"update": "its kind"}
    ),
)

VOCABULARY: Final[Mapping[str, EventKind]] = {kind.name: kind for kind in _KINDS}
ACTIVE_KINDS: Final[frozenset[str]] = frozenset(kind.name for kind in _KINDS if kind.active)
