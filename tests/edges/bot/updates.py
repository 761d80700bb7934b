"""Updates for tests of capture: one person, one group, and the fields that Telegram always sends."""

from __future__ import annotations

from typing import Any

from bot.capture import Arrival, CaptureRules, capture
from core.event import Event
from core.identity import Captured
from core.text import opts_out, topics

Json = dict[str, Any]

RULES = CaptureRules(topics, opts_out)
RECEIVED = 1_780_000_123_456
ARRIVAL = Arrival(bot_id=42, update_id=7, received_ms=RECEIVED)
DATE = 1_780_000_000
HUMAN: Json = {
    "id": 1001,
    "is_bot": False,
    "first_name": "Ayşe",
    "language_code": "tr-TR",
    "is_premium": True,
}
OTHER: Json = {"id": 1002, "is_bot": False, "first_name": "Bora"}
BOT: Json = {"id": 42, "is_bot": True, "first_name": "Kairos", "username": "kairos_bot"}
PRIVATE: Json = {"id": 1001, "type": "private", "first_name": "Ayşe"}
GROUP: Json = {
    "id": -1_001_000,
    "type": "supergroup",
    "title": "Friends",
    "username": "friends",
    "is_forum": True,
}
SMALL: Json = {"id": -77, "type": "group", "title": "Small"}
CHANNEL: Json = {"id": -1_002_000, "type": "channel", "title": "News"}


def update(kind: str, body: Json) -> Json:
    return {"update_id": 7, kind: body}


def message(kind: str = "message", chat: Json = PRIVATE, **fields: Any) -> Json:
    return update(kind, {"message_id": 5, "date": DATE, "from": HUMAN, "chat": chat} | fields)


def tap(data: str, chat: Json = PRIVATE) -> Json:
    shown = {"message_id": 3, "date": 0, "chat": chat}
    return update(
        "callback_query", {"id": "9", "from": HUMAN, "chat_instance": "1", "data": data, "message": shown}
    )


def member(user: Json, status: str, **rights: Any) -> Json:
    return {"user": user, "status": status, **rights}


def changed(kind: str, old: Json, new: Json, chat: Json = GROUP, **fields: Any) -> Json:
    """A change of a member, made by the person."""
    body = {"chat": chat, "from": HUMAN, "date": DATE, "old_chat_member": old, "new_chat_member": new}
    return update(kind, body | fields)


def read(what: Json, rules: CaptureRules = RULES, arrival: Arrival = ARRIVAL) -> Captured:
    return capture(what, arrival, rules)


def kinds(what: Json, rules: CaptureRules = RULES) -> list[str]:
    return [event.kind for event in read(what, rules).events]


def only(what: Json, rules: CaptureRules = RULES) -> Event:
    (event,) = read(what, rules).events
    return event
