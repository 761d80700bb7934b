"""What a message carries: which kind of media, and what its words say. The media themselves are not kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.capture.fields import Json, clean, text_of

MEDIA: Final = frozenset(
    {
        "animation",
        "audio",
        "chat_shared",
        "checklist",
        "contact",
        "dice",
        "document",
        "game",
        "giveaway",
        "giveaway_winners",
        "invoice",
        "live_photo",
        "location",
        "paid_media",
        "photo",
        "poll",
        "rich_message",
        "sticker",
        "story",
        "users_shared",
        "venue",
        "video",
        "video_note",
        "voice",
    }
)
"""Fields of a message that are what somebody sent, as they stand in the event."""

_TRULY: Final[Mapping[str, str]] = {
    "document": "animation",
    "photo": "live_photo",
    "location": "venue",
}
"""Telegram sets the first also when the second is meant."""

_PLAIN: Final = frozenset(
    {
        *("message_id", "message_thread_id", "direct_messages_topic", "from", "sender_chat", "date", "chat"),
        *("sender_boost_count", "sender_business_bot", "sender_tag", "guest_query_id", "edit_date"),
        *("business_connection_id", "forward_origin", "is_topic_message", "is_automatic_forward"),
        *("reply_to_message", "external_reply", "quote", "reply_to_story", "reply_to_checklist_task_id"),
        *("reply_to_poll_option_id", "via_bot", "guest_bot_caller_user", "guest_bot_caller_chat"),
        *("has_protected_content", "is_from_offline", "is_paid_post", "media_group_id", "paid_star_count"),
        *("author_signature", "text", "entities", "link_preview_options", "suggested_post_info", "effect_id"),
        *("caption", "caption_entities", "show_caption_above_media", "has_media_spoiler", "reply_markup"),
    }
)
"""Fields of a message that don't say what it is."""

_RICH: Final = ("blocks", "items", "cells", "summary", "text", "caption", "credit")
_RICH_PARTS: Final = 500
_RICH_LENGTH: Final = 4096


def media_of(body: Json) -> str:
    """The kind of media, `text` for mere words, empty for a service message or anything unknown."""
    if "text" in body:
        return "text"
    found = next((name for name in body if name in MEDIA), "")
    true = _TRULY.get(found)
    return true if true is not None and true in body else found


def words_of(body: Json, media: str) -> str:
    """What the person wrote, wherever it stands."""
    return _rich_text(body["rich_message"]) if media == "rich_message" else text_of(body)


def odd_field(body: Json) -> str:
    """The first field that says what a message is, for one that has no meaning here."""
    return next((clean(name, 48) for name in body if name not in _PLAIN), "")


def _rich_text(rich: Any) -> str:
    """The words of a rich message in their order, as far as anybody would read."""
    words: list[str] = []
    waiting, length = [rich], 0
    for _ in range(_RICH_PARTS):
        if not waiting or length > _RICH_LENGTH:
            break
        part = waiting.pop()
        if type(part) is str:
            words.append(part)
            length += len(part)
        elif isinstance(part, dict):
            waiting.extend(part[name] for name in reversed(_RICH) if name in part)
        elif isinstance(part, list):
            waiting.extend(reversed(part[:_RICH_PARTS]))
    return " ".join(words)
