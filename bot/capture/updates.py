"""From an update to its meaning: every kind of the Bot API has a reader, any other is kept as unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bot.capture import business, members, messages, signs, taps
from bot.capture.fields import Json, clean, date_ms, human, place
from bot.capture.frame import Arrival, CaptureRules, Draft, Frame, Meaning, unknown
from core.errors import ContentError
from core.event import Event
from core.identity import Captured, Sender

Reader = Callable[[Json, Frame], Meaning]


def capture(update: Json, arrival: Arrival, rules: CaptureRules) -> Captured:
    """The meaning of one update. Raises ContentError when it is not shaped like one at all."""
    kind = _kind(update)
    body = update.get(kind)
    if not isinstance(body, dict):
        raise ContentError("the update has no body")
    reader, frame = READERS.get(kind), Frame(rules, arrival.received_ms)
    try:
        found = reader(body, frame) if reader is not None else _tomorrow(kind, body, frame)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise ContentError(f"the {clean(kind, 48)} can't be read: {type(error).__name__}") from error
    sender = found.sender
    return Captured(
        clean(kind, 64),
        sender,
        _events(found.drafts, arrival, 0),
        found.answer and sender is not None,
        found.place,
        _others(found, arrival) if found.others else (),
    )


def _kind(update: Json) -> str:
    for name in update:
        if name in READERS:
            return name
    return next((name for name in update if name != "update_id"), "")


def _events(drafts: Sequence[Draft], arrival: Arrival, first: int) -> tuple[Event, ...]:
    bot_id = arrival.bot_id
    return tuple(
        Event(key or f"{bot_id}:{arrival.update_id}:{n}", ts_ms, kind, bot_id, props)
        for n, (kind, ts_ms, props, key) in enumerate(drafts, first)
    )


def _others(found: Meaning, arrival: Arrival) -> tuple[tuple[Sender, tuple[Event, ...]], ...]:
    said, first = [], len(found.drafts)
    for sender, drafts in found.others:
        said.append((sender, _events(drafts, arrival, first)))
        first += len(drafts)
    return tuple(said)


def _tomorrow(kind: str, body: Json, frame: Frame) -> Meaning:
    """A kind of update that came after this program."""
    sender = human(body) or human(body, "user")
    at_ms = date_ms(body) if "date" in body else frame.received_ms
    where = place(body["chat"]) if isinstance(body.get("chat"), dict) else None
    return unknown(clean(kind, 64), at_ms, sender, where)


READERS: Final[Mapping[str, Reader]] = {
    "message": messages.message,
    "edited_message": messages.edited,
    "channel_post": messages.channel_post,
    "edited_channel_post": messages.edited_channel_post,
    "business_connection": business.connection,
    "business_message": business.message,
    "edited_business_message": business.edited,
    "deleted_business_messages": business.deleted,
    "guest_message": messages.guest,
    "message_reaction": signs.reaction,
    "message_reaction_count": signs.reaction_count,
    "inline_query": taps.inline_query,
    "chosen_inline_result": taps.chosen_inline_result,
    "callback_query": taps.callback,
    "shipping_query": taps.shipping,
    "pre_checkout_query": taps.pre_checkout,
    "purchased_paid_media": taps.paid_media,
    "poll": signs.poll,
    "poll_answer": signs.poll_answer,
    "my_chat_member": members.my_chat_member,
    "chat_member": members.chat_member,
    "chat_join_request": members.join_request,
    "chat_boost": members.boost,
    "removed_chat_boost": members.boost,
}
"""What each kind means. `managed_bot` (the bot manages other bots) has no meaning here and stays unknown."""
