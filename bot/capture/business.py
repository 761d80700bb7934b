"""Accounts that connected the bot: what their customers write, and what the owner answers.

The person is the customer, whose private chat with the owner it is. The bot can't write there as itself, so
nothing here makes anybody reachable; and none of it answers a campaign.
"""

from __future__ import annotations

from bot.capture.content import media_of, odd_field, words_of
from bot.capture.fields import Json, clean, date_ms, person, private_id, size
from bot.capture.frame import Draft, Frame, Meaning, Props, unknown
from bot.capture.words import refusal
from core.identity import Sender, telegram


def message(body: Json, frame: Frame) -> Meaning:
    return _message(body, frame, edited=False)


def edited(body: Json, frame: Frame) -> Meaning:
    return _message(body, frame, edited=True)


def _message(body: Json, frame: Frame, *, edited: bool) -> Meaning:
    at_ms, chat = date_ms(body, "edit_date" if "edit_date" in body else "date"), body["chat"]
    connection = clean(body.get("business_connection_id"), 64)
    author = body.get("from")
    if author is None or author["id"] != chat["id"] or "sender_business_bot" in body:
        return Meaning([Draft("business_answered", at_ms, {"connection": connection})], customer(chat))
    media = media_of(body)
    sender = person(author)
    if not media:
        return unknown(f"business_message.{odd_field(body)}".rstrip("."), at_ms, sender)
    words = words_of(body, media)
    draft = Draft(
        "business_message",
        at_ms,
        {
            "length": len(words),
            "media": media,
            "topics": " ".join(frame.rules.topics(words)) if words else "",
            "connection": connection,
            "edited": edited,
        },
    )
    return Meaning([draft, *(refusal(words, frame) if words else ())], sender)


def deleted(body: Json, frame: Frame) -> Meaning:
    props: Props = {
        "connection": clean(body["business_connection_id"], 64),
        "count": size(body["message_ids"]),
    }
    return Meaning([Draft("business_deleted", frame.received_ms, props)], customer(body["chat"]))


def connection(body: Json, frame: Frame) -> Meaning:
    props: Props = {"connection": clean(body["id"], 64), "enabled": body["is_enabled"] is True}
    return Meaning([Draft("business_connected", date_ms(body), props)], person(body["user"]))


def customer(chat: Json) -> Sender | None:
    """Whose private chat with the owner it is, as far as the chat tells."""
    if chat["type"] != "private":
        return None
    return Sender(
        telegram(private_id(chat)), 0, clean(chat.get("first_name"), 128), clean(chat.get("username"), 64)
    )
