"""The vocabulary of what can happen. An event is immutable: who, what, when, where from.

Events are unique by (`ts_ms`, `key`): a repeated capture of the same update yields the same pairs, so
storing it twice changes nothing. `ts_ms` is the moment it happened (UTC milliseconds since 1970).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
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
    """One thing that happened. Whom it is about stands beside it. `bot_id` is 0 where no bot took part,
    `group_no` 0 outside groups and channels."""

    key: str
    ts_ms: int
    kind: str
    bot_id: int = 0
    props: Mapping[str, Scalar] = field(default_factory=dict)
    group_no: int = 0


@dataclass(frozen=True, slots=True)
class PersonEvent:
    """An event and the person it is about; 0: nobody (what happened to a group or a bot as such). An event
    that is about neither person nor group is kept and counted all the same."""

    person_no: int
    event: Event


_KINDS = (
    EventKind(
        "started",
        "opened a bot with /start",
        {
            "campaign": "code of the deep link, or empty",
            "link": "plain, signed, expired, forged, or empty without a code",
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
    EventKind(
        "message_edited",
        "the person changed a message of theirs",
        {"length": "characters", "topics": "intent topics found"},
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
    EventKind(
        "bot_unblocked", "the person let the bot in (again): unblocked it or gave it write access", {}, True
    ),
    EventKind("account_gone", "Telegram says that the account is deactivated or the chat unknown", {}),
    EventKind(
        "payment_succeeded",
        "a payment arrived: a conversion; one charge counts once",
        {
            "amount_minor": "minor units",
            "currency": "ISO 4217 or XTR",
            "charge": "charge id",
            "payload": "invoice payload",
            "until_ms": "end of the subscription it pays for, or 0",
        },
        True,
    ),
    EventKind(
        "payment_refunded",
        "a payment was given back",
        {
            "amount_minor": "minor units",
            "currency": "ISO 4217 or XTR",
            "charge": "charge id of the payment",
            "payload": "invoice payload",
        },
    ),
    EventKind(
        "checkout_started",
        "the person is about to pay (pre-checkout)",
        {"amount_minor": "minor units", "currency": "ISO 4217 or XTR", "payload": "invoice payload"},
        True,
    ),
    EventKind("shipping_asked", "the person gave an address", {"payload": "its payload"}, True),
    EventKind("paid_media_bought", "the person bought paid media", {"payload": "payload of the media"}, True),
    EventKind(
        "app_data_received",
        "a Mini App sent data through its keyboard button",
        {
            "button": "text of the button",
            "action": "what the data call themselves, if they do",
            "length": "bytes",
        },
        True,
    ),
    EventKind(
        "reacted",
        "the person put a reaction on a message, or took it away",
        {
            "message_id": "Telegram's number of the message",
            "emoji": "the reactions now",
            "removed": "none is left",
        },
        True,
    ),
    EventKind(
        "poll_answered",
        "the person voted in a poll, or took the vote back",
        {
            "poll": "poll id",
            "options": "numbers of the options, separated by spaces",
            "removed": "none is left",
        },
        True,
    ),
    EventKind(
        "inline_searched",
        "the person typed the bot's name and a query in some chat, or called it there as a guest",
        {"length": "characters", "topics": "intent topics found"},
        True,
    ),
    EventKind("inline_chosen", "the person sent an inline result", {"result": "id of the result"}, True),
    EventKind(
        "business_message",
        "the person wrote to an account that the bot is connected to",
        {
            "length": "characters",
            "media": "kind of media or 'text'",
            "topics": "intent topics found",
            "connection": "id of the business connection",
            "edited": "a changed message",
        },
        True,
    ),
    EventKind(
        "business_answered", "the account's owner wrote to the person", {"connection": "id of the connection"}
    ),
    EventKind(
        "business_deleted",
        "messages of that chat were deleted",
        {"connection": "id of the connection", "count": "how many"},
    ),
    EventKind(
        "business_connected",
        "an account connected the bot, or ended it",
        {"connection": "id of the connection", "enabled": "whether it works now"},
    ),
    EventKind("boosted", "the person boosted a group or channel", {"removed": "the boost is gone"}, True),
    # -- in groups and channels: about the person and the group, or the group alone
    EventKind(
        "group_message",
        "the person wrote in a group",
        {
            "length": "characters",
            "media": "kind of media or 'text'",
            "topics": "intent topics found",
            "thread": "forum topic, or 0",
            "reply_to": "message id replied to, or 0",
            "edited": "a changed message",
        },
        True,
    ),
    EventKind(
        "group_joined",
        "the person came into a group",
        {"link": "name or address of the invite link, if known", "how": "link, request, added or self"},
    ),
    EventKind("group_left", "the person left a group or was removed", {"how": "left or removed"}),
    EventKind(
        "vip_joined",
        "the person came into a VIP group: a conversion",
        {"link": "name or address of the invite link, if known", "how": "link, request, added or self"},
    ),
    EventKind("vip_left", "the person left a VIP group or was removed", {"how": "left or removed"}),
    EventKind(
        "join_requested",
        "the person asks to be let into a group",
        {"link": "name or address of the invite link, if known"},
        True,
    ),
    EventKind(
        "bot_added",
        "a bot was added to a group or channel, or its rights there changed",
        {
            "status": "member or administrator",
            "rights": "what it may do there, separated by spaces; send_messages or, in channels, "
            "post_messages: it may write",
        },
    ),
    EventKind("bot_removed", "a bot was removed from a group or channel", {"how": "left or removed"}),
    EventKind("group_upgraded", "a group became a supergroup: the same group", {"chat_id": "its new number"}),
    EventKind(
        "topic_changed",
        "a forum topic was made, changed, closed or opened",
        {"thread": "its number", "state": "created, edited, closed, reopened"},
    ),
    EventKind(
        "channel_posted",
        "a channel got a post",
        {"length": "characters", "media": "kind of media or 'text'", "edited": "a changed post"},
    ),
    EventKind(
        "reactions_counted",
        "reactions of people unknown to us",
        {"message_id": "Telegram's number of the message", "total": "how many"},
    ),
    EventKind(
        "poll_changed", "the state of a poll", {"poll": "its id", "voters": "so far", "closed": "ended"}
    ),
    # -- what people and operators say about a person
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
        "preference_set",
        "the person set how they want to be written to",
        {
            "name": "frequency (least days between contact days), quiet (FROM-TO in clock hours, or off), "
            "muted (content kinds not wanted)",
            "value": "the choice; empty = ours",
        },
    ),
    EventKind(
        "attributes_set",
        "facts about the person from elsewhere (an import, an operator)",
        {"...": "city, country, age, gender, tier and the like, or a custom field"},
    ),
    EventKind("tagged", "an operator put a tag on the person", {"tag": "the tag"}),
    EventKind("untagged", "an operator took a tag away", {"tag": "the tag"}),
    EventKind("noted", "an operator wrote a note", {"text": "the note", "author": "who"}),
    EventKind(
        "campaign_sent",
        "a campaign message reached the person",
        {
            "message": "ledger id",
            "content": "content name",
            "kind": "content kind",
            "segment": "sending segment",
            "campaign": "opt, b:<broadcast> or j:<journey>",
            "variant": "which of the campaign's contents, or empty",
        },
    ),
    EventKind(
        "campaign_posted",
        "a campaign message reached a group",
        {
            "message": "ledger id",
            "content": "content name",
            "kind": "content kind",
            "segment": "sending segment",
            "campaign": "b:<broadcast>",
        },
    ),
    EventKind(
        "link_clicked",
        "the person opened a tracked link of a message",
        {"message": "ledger id", "link": "its place in the message"},
        True,
    ),
    EventKind(
        "journey_entered",
        "the person entered a journey",
        {"journey": "name", "version": "version", "run": "the how-manieth time"},
    ),
    EventKind(
        "journey_left",
        "the person's way through a journey ended",
        {
            "journey": "name",
            "run": "the how-manieth time",
            "how": "done, goal, exited",
            "step": "the last step",
        },
    ),
    EventKind(
        "campaign_answered",
        "the first response to a campaign message",
        {
            "message": "ledger id",
            "kind": "content kind",
            "how": "tap, reply, reaction, vote, click, sale",
            "sent_ms": "when it was sent",
            "delay_ms": "from sending to the response",
        },
    ),
    EventKind("segment_entered", "the person entered a segment", {"segment": "name", "confidence": "0..1"}),
    EventKind("segment_left", "the person left a segment", {"segment": "name"}),
    EventKind(
        "unknown",
        "an update that has no meaning here yet; stored and counted",
        {"update": "its kind, and after a dot what is in it, e.g. message.pinned_message"},
    ),
)

VOCABULARY: Final[Mapping[str, EventKind]] = {kind.name: kind for kind in _KINDS}
CONVERSION_KINDS: Final = ("payment_succeeded", "vip_joined")
"""Goal events: what messages are for."""
ACTIVE_KINDS: Final[frozenset[str]] = frozenset(kind.name for kind in _KINDS if kind.active)


class InboxLane(IntEnum):
    """In which lane an update waits; the smaller goes first and holds up no other.

    QUESTION: Telegram asks about money and gives up after 10 seconds. TAP: a person sees a button spin.
    ORDINARY: all others, in their turn."""

    QUESTION = 0
    TAP = 1
    ORDINARY = 2


_LANES: Final = {
    "pre_checkout_query": InboxLane.QUESTION,
    "shipping_query": InboxLane.QUESTION,
    "callback_query": InboxLane.TAP,
}


def lane_of(names: Iterable[str]) -> InboxLane:
    """The lane of an update with fields of these names."""
    return min((_LANES[name] for name in names if name in _LANES), default=InboxLane.ORDINARY)


CHOICES: Final = ("consent_given", "consent_withdrawn")
"""A person's yes and no to a purpose: the latest is in force."""
