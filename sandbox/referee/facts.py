"""What an update says, as the few facts that rules turn on; all else is plain activity.

Promises: read from Telegram's own shapes and the words and buttons that the product publishes, never from its
code. Choices that no button offers are no facts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, Literal
from zoneinfo import available_timezones

Fact = Literal[
    "yes", "no", "zone", "block", "unblock", "start", "forget", "quiet", "frequency", "muted", "activity"
]

_STOP_WORDS: Final = frozenset({"DUR", "STOP", "İPTAL", "IPTAL", "UNSUBSCRIBE", "DURDUR"})
_BUTTONS: Final[Mapping[str, Fact]] = {
    "consent:all": "yes",
    "consent:none": "no",
    "forget:yes": "forget",
}
_WISH: Final = re.compile(
    r"set:(?:(?P<frequency>frequency):(?:-|[1-9]\d?)|(?P<quiet>quiet):(?:-|off|[012]\d-[012]\d)"
    r"|(?P<muted>muted):(?:-|[a-z]+(?:\.[a-z]+)*)|(?P<zone>zone):\S+)"
)
_WORDS_IN: Final = ("message", "edited_message")


def person_of(body: Mapping[str, Any]) -> int | None:
    """Whose update it is; None where nobody stands behind it."""
    if "chat_member" in body:
        return int(body["chat_member"]["new_chat_member"]["user"]["id"])
    for part in body.values():
        if isinstance(part, Mapping):
            human = part.get("from") or part.get("user")
            if isinstance(human, Mapping):
                return int(human["id"])
    return None


def fact_of(body: Mapping[str, Any]) -> tuple[Fact, str]:
    """The fact of an update and its value, empty where it has none."""
    if "callback_query" in body:
        return _fact_of_button(body["callback_query"].get("data", ""))
    if "my_chat_member" in body:
        change = body["my_chat_member"]
        if change["chat"].get("type") != "private":
            return "activity", ""
        return ("block" if change["new_chat_member"]["status"] == "kicked" else "unblock"), ""
    for kind in _WORDS_IN:
        if kind in body:
            return _fact_of_words(body[kind])
    return "activity", ""


def _fact_of_button(data: str) -> tuple[Fact, str]:
    if data in _BUTTONS:
        return _BUTTONS[data], ""
    wish = _WISH.fullmatch(data)
    if wish is None:
        return "activity", ""
    name: Any = wish.lastgroup
    value = data.rpartition(":")[2]
    if name == "zone" and value not in _zone_names():
        return "activity", ""
    return name, value


def _fact_of_words(message: Mapping[str, Any]) -> tuple[Fact, str]:
    """Opt-out words count wherever they are typed, commands about oneself in the private chat alone."""
    text = message.get("text", "")
    words = text.split()
    command = words[0].split("@")[0].lower() if words else ""
    if command == "/stop" or (text or message.get("caption", "")).strip().upper() in _STOP_WORDS:
        return "no", ""
    if message["chat"].get("type") != "private":
        return "activity", ""
    if command == "/timezone" and words[-1] in _zone_names():
        return "zone", words[-1]
    return ("start" if command == "/start" else "activity"), ""


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())
