"""What stands in the fields of an update: whoever reads one here gets a value that can't be wrong.

Promises: ids, dates and counts are whole numbers within bounds; text is cut, and free of NUL and of halves of
letters, which stores can't hold. What an event stands on (ids, dates, chats) raises ValueError, TypeError or
KeyError when it is wrong; what merely adorns it is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from core.identity import Place, Sender, telegram

Json = Mapping[str, Any]

MAX_ID: Final = 2**52
"""Telegram's ids have at most 52 significant bits; anything beyond is garbage, not a person."""
MAX_DATE_S: Final = 2**34
GROUPS: Final = frozenset({"group", "supergroup"})
SHARED: Final = frozenset({"supergroup", "channel"})
"""Chats whose messages have the same number for every bot."""
_PLACES: Final = GROUPS | SHARED


def clean(value: object, limit: int) -> str:
    """At most `limit` characters of a text; empty for anything else."""
    if type(value) is not str:
        return ""
    text = value[:limit]
    if "\x00" in text:
        text = text.replace("\x00", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def whole(value: object, low: int = 1, high: int = MAX_ID) -> int:
    """A whole number from `low` up to below `high`, or ValueError."""
    if type(value) is not int or not low <= value < high:
        raise ValueError("no number, or out of range")
    return value


def number(value: object) -> int:
    """A whole number from 0 up, 0 for anything else."""
    return value if type(value) is int and 0 <= value < MAX_ID else 0


def size(value: object) -> int:
    """How many items a list has, 0 for anything else."""
    return len(value) if isinstance(value, list) else 0


def date_ms(body: Json, name: str = "date") -> int:
    """The moment in UTC milliseconds of a field that has seconds."""
    return whole(body[name], 1, MAX_DATE_S) * 1000


def private_id(chat: Json) -> int:
    """The number of a private chat, which is the person's own."""
    return whole(chat["id"])


def group_id(value: object) -> int:
    """The number of a group or channel, which is below 0."""
    return whole(value, 1 - MAX_ID, 0)


def text_of(body: Json) -> str:
    """The words of a message: its text or its caption."""
    text = body.get("text") or body.get("caption") or ""
    if type(text) is not str:
        raise TypeError("the text is no text")
    return text


def reply_to(body: Json) -> int:
    """The message id replied to, or 0."""
    target = body.get("reply_to_message")
    return number(target.get("message_id")) if isinstance(target, dict) else 0


def person(human: Json, chat_id: int = 0) -> Sender:
    """A human as an update describes them. `chat_id`: their private chat with the bot, 0 if it is not one."""
    user_id = human["id"]
    if type(user_id) is not int or not 0 < user_id < MAX_ID:
        raise ValueError("id out of range")
    return Sender(
        telegram(user_id),
        chat_id,
        clean(human.get("first_name"), 128),
        clean(human.get("username"), 64),
        clean(human.get("language_code"), 16).partition("-")[0][:8],
        human.get("is_premium") is True,
    )


def human(body: Json, name: str = "from") -> Sender | None:
    """Whom a field names, None when that is nobody or a bot."""
    user = body.get(name)
    if not isinstance(user, dict) or user.get("is_bot") is True:
        return None
    return person(user)


def place(chat: Json, also: int = 0) -> Place | None:
    """The group or channel, None for a private chat."""
    kind = chat["type"]
    if kind not in _PLACES:
        return None
    return Place(
        group_id(chat["id"]),
        kind,
        clean(chat.get("title"), 128),
        clean(chat.get("username"), 64),
        chat.get("is_forum") is True,
        also,
    )
