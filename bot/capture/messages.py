"""Messages: in the private chat, in groups, in channels, edited ones, and those to a guest."""

from __future__ import annotations

from typing import Final

from bot.capture import services
from bot.capture.content import media_of, odd_field, words_of
from bot.capture.fields import (
    Json,
    clean,
    date_ms,
    human,
    number,
    person,
    place,
    private_id,
    reply_to,
    whole,
)
from bot.capture.frame import Draft, Frame, Meaning, Props, shared, unknown
from bot.capture.taps import searched
from bot.capture.words import command, refusal
from core.identity import Place, Sender

_MOVING: Final = "location"
"""Live locations are edited all the time by themselves."""


def message(body: Json, frame: Frame) -> Meaning:
    """A new message of the private chat or of a group."""
    chat = body["chat"]
    if chat["type"] != "private":
        return _group(body, frame)
    if "from" not in body:
        return unknown("message", date_ms(body))
    at_ms, sender = date_ms(body), person(body["from"], private_id(chat))
    media = media_of(body)
    if not media:
        found = services.personal(body, sender, at_ms)
        return found or unknown(_named("message", body), at_ms, sender)
    words = words_of(body, media)
    if media == "text" and words.startswith("/"):
        return Meaning(command(words, at_ms, sender, frame), sender, answer=True)
    props: Props = {
        "length": len(words),
        "media": media,
        "reply_to": reply_to(body),
        "topics": " ".join(frame.rules.topics(words)) if words else "",
        "language": sender.language,
        "premium": sender.premium,
    }
    drafts = [Draft("message_received", at_ms, props)]
    if words:
        drafts.extend(refusal(words, frame))
    return Meaning(drafts, sender, answer=True)


def edited(body: Json, frame: Frame) -> Meaning:
    """A changed message; a new version of something that has no words is none of the person's doing."""
    chat, at_ms = body["chat"], _changed_ms(body)
    media = media_of(body)
    where, sender = place(chat), _author(body)
    if where is not None:
        return _wrote(body, frame, (where, sender, at_ms), edited=True)
    if sender is None or not media or media == _MOVING:
        return unknown(_named("edited_message", body), at_ms, sender)
    words = words_of(body, media)
    props: Props = {"length": len(words), "topics": " ".join(frame.rules.topics(words)) if words else ""}
    drafts = [Draft("message_edited", at_ms, props), *(refusal(words, frame) if words else ())]
    return Meaning(drafts, person(body["from"], private_id(chat)))


def guest(body: Json, frame: Frame) -> Meaning:
    """The bot was called into a chat where it is no member: nobody can be reached there."""
    sender = _author(body)
    if sender is None:
        return unknown("guest_message", date_ms(body))
    draft = searched(words_of(body, media_of(body)), frame)
    return Meaning([draft._replace(ts_ms=date_ms(body))], sender)


# ------------------------------------------------------------------ groups
def _group(body: Json, frame: Frame) -> Meaning:
    at_ms, where = date_ms(body), place(body["chat"])
    if where is None:
        return unknown("message", at_ms)
    if where.kind == "channel":
        return _posted(body, frame, edited=False)
    return _wrote(body, frame, (where, _author(body), at_ms), edited=False)


def _wrote(body: Json, frame: Frame, around: tuple[Place, Sender | None, int], *, edited: bool) -> Meaning:
    where, sender, at_ms = around
    media = media_of(body)
    if not media:
        return _service(body, around)
    if edited and media == _MOVING:
        return unknown("edited_message.location", at_ms, sender, where)
    if sender is None and "sender_chat" not in body:
        return unknown("message.bot", at_ms, where=where)
    words = words_of(body, media)
    props: Props = {
        "length": len(words),
        "media": media,
        "topics": " ".join(frame.rules.topics(words)) if words else "",
        "thread": number(body.get("message_thread_id")) if body.get("is_topic_message") is True else 0,
        "reply_to": reply_to(body),
        "edited": edited,
    }
    drafts = [Draft("group_message", at_ms, props, _key(body, where, edited=edited))]
    if sender is not None and words:
        drafts.extend(refusal(words, frame))
    return Meaning(drafts, sender, where, answer=not edited and words.startswith("/"))


def _service(body: Json, around: tuple[Place, Sender | None, int]) -> Meaning:
    where, sender, at_ms = around
    found = services.of_group(body, where, at_ms)
    if found is None and sender is not None:
        found = services.personal(body, sender, at_ms)
        if found is not None:
            found.place = where
    return found or unknown(_named("message", body), at_ms, where=where)


def _key(body: Json, where: Place, *, edited: bool) -> str:
    kind = "edited" if edited else "message"
    return shared(where, f"{kind}:{where.chat_id}:{whole(body['message_id'], 0)}")


# ------------------------------------------------------------------ channels
def channel_post(body: Json, frame: Frame) -> Meaning:
    return _posted(body, frame, edited=False)


def edited_channel_post(body: Json, frame: Frame) -> Meaning:
    return _posted(body, frame, edited=True)


def _posted(body: Json, frame: Frame, *, edited: bool) -> Meaning:
    where, at_ms, media = place(body["chat"]), _changed_ms(body), media_of(body)
    if where is None or not media:
        return unknown(_named("channel_post", body), at_ms, where=where)
    props: Props = {"length": len(words_of(body, media)), "media": media, "edited": edited}
    return Meaning([Draft("channel_posted", at_ms, props, _key(body, where, edited=edited))], place=where)


def _author(body: Json) -> Sender | None:
    """The human who wrote it: nobody when it was sent in the name of a chat, or by a bot."""
    return None if "sender_chat" in body else human(body)


def _changed_ms(body: Json) -> int:
    return date_ms(body, "edit_date" if "edit_date" in body else "date")


def _named(update: str, body: Json) -> str:
    return clean(f"{update}.{odd_field(body)}", 64).rstrip(".")
