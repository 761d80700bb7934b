"""What an update means: raw JSON in, events out. Pure, and without aiogram, so that one strange update never
stops the others and importing this stays cheap.

Times: an event carries the update's own date, or the moment of its first receipt where Telegram gives none
(button taps). Choices about consent always carry the receipt: a tap that waited at Telegram while we were
away must not look newer than the /stop that followed it. Of choices received together the "no" wins.
Keys are `bot:update:n`, so that capturing the same update again yields the same events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.consent import CAMPAIGNS
from core.errors import ContentError
from core.event import Event, Scalar
from core.identity import Captured, Sender, telegram

Json = Mapping[str, Any]

MEDIA = (
    "photo",
    "video",
    "voice",
    "audio",
    "document",
    "sticker",
    "animation",
    "video_note",
    "location",
    "contact",
)
LANGUAGES = ("tr", "en")
MAX_ZONE_NAME = 64
MAX_ID = 2**52
"""Telegram's ids have at most 52 significant bits; anything beyond is garbage, not a person."""
MAX_DATE_S = 2**34


@dataclass(frozen=True, slots=True)
class CaptureRules:
    """How words are understood and what /start grants."""

    topics: Callable[[str], Sequence[str]]
    opts_out: Callable[[str], bool]
    granted_on_start: bool = False
    text_version: str = "1"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where and when an update came in."""

    bot_id: int
    update_id: int
    received_ms: int


Draft = tuple[str, int, Mapping[str, Scalar]]
"""(event kind, moment in ms, props): an event before it gets its key."""


def capture(update: Json, arrival: Arrival, rules: CaptureRules) -> Captured:
    """The meaning of one update. Raises ContentError when it is not shaped like one at all."""
    kind = next((name for name in update if name != "update_id"), "")
    body = update.get(kind)
    if not isinstance(body, Mapping):
        raise ContentError("the update has no body")
    reader = _READERS.get(kind)
    try:
        sender, drafts, answer = reader(body, arrival, rules) if reader else _unknown(kind, body, arrival)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ContentError(f"the {kind} can't be read: {type(error).__name__}") from error
    events = tuple(
        Event(f"{arrival.bot_id}:{arrival.update_id}:{n}", ts_ms, name, arrival.bot_id, props)
        for n, (name, ts_ms, props) in enumerate(drafts)
    )
    return Captured(kind, sender, events, answer and sender is not None)


Read = tuple[Sender | None, list[Draft], bool]


def _message(body: Json, arrival: Arrival, rules: CaptureRules) -> Read:
    if body["chat"]["type"] != "private" or "from" not in body:
        return _unknown("group_message", body, arrival)
    sender = _sender(body["from"], int(body["chat"]["id"]))
    at_ms = _date_ms(body)
    if "successful_payment" in body:
        return sender, [_payment(body["successful_payment"], at_ms)], True
    text = str(body.get("text", "") or body.get("caption", ""))
    if text.startswith("/") and "text" in body:
        return sender, _command(text, at_ms, sender, (arrival, rules)), True
    drafts: list[Draft] = [("message_received", at_ms, _message_props(body, text, sender, rules))]
    if rules.opts_out(text):
        drafts.append(_consent(False, "word", (arrival, rules)))
    return sender, drafts, True


def _message_props(body: Json, text: str, sender: Sender, rules: CaptureRules) -> dict[str, Scalar]:
    return {
        "length": len(text),
        "media": next((name for name in MEDIA if name in body), "text"),
        "reply_to": int(body.get("reply_to_message", {}).get("message_id", 0)),
        "topics": " ".join(rules.topics(text)),
        "language": sender.language,
        "premium": sender.premium,
    }


def _payment(payment: Json, at_ms: int) -> Draft:
    return (
        "payment_succeeded",
        at_ms,
        {
            "amount_minor": min(int(payment["total_amount"]), MAX_ID),
            "currency": _clean(payment["currency"], 8),
            "charge": _clean(payment.get("telegram_payment_charge_id", ""), 128),
            "payload": _clean(payment.get("invoice_payload", ""), 128),
        },
    )


def _command(text: str, at_ms: int, sender: Sender, around: tuple[Arrival, CaptureRules]) -> list[Draft]:
    rules = around[1]
    head, argument = (*text[1:].split(maxsplit=1), "", "")[:2]
    command, argument = head.partition("@")[0].casefold(), argument.strip()
    if command == "start":
        props: dict[str, Scalar] = {
            "campaign": _clean(argument, 64),
            "language": sender.language,
            "premium": sender.premium,
        }
        drafts: list[Draft] = [("started", at_ms, props)]
        if rules.granted_on_start:
            drafts.append(_consent(True, "start", around))
        return drafts
    drafts = [("command_used", at_ms, {"command": _clean(command, 32)})]
    if command == "stop" or rules.opts_out(text):
        drafts.append(_consent(False, "command", around))
    elif command == "timezone" and is_zone(argument):
        drafts.append(("timezone_declared", at_ms, {"zone": argument}))
    elif command == "language" and argument in LANGUAGES:
        drafts.append(("language_chosen", at_ms, {"language": argument}))
    return drafts


def _consent(granted: bool, source: str, around: tuple[Arrival, CaptureRules]) -> Draft:
    arrival, rules = around
    props: dict[str, Scalar] = {"purpose": CAMPAIGNS, "source": source}
    if not granted:
        return ("consent_withdrawn", arrival.received_ms, props)
    return ("consent_given", arrival.received_ms, props | {"text_version": rules.text_version})


def is_zone(name: str) -> bool:
    """True for an IANA zone name, e.g. Europe/Istanbul."""
    if not name or len(name) > MAX_ZONE_NAME or name.startswith(("/", ".")):
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _callback(body: Json, arrival: Arrival, rules: CaptureRules) -> Read:
    chat = body.get("message", {}).get("chat", {})
    sender = _sender(body["from"], int(chat.get("id", 0)) if chat.get("type") == "private" else 0)
    data, at_ms = _clean(body.get("data", ""), 64), arrival.received_ms
    topic = data.partition(":")[2] if data.startswith("menu:") else ""
    drafts: list[Draft] = [("button_tapped", at_ms, {"button": data, "topics": topic})]
    if data in {"consent:all", "consent:none"}:
        drafts.append(_consent(data == "consent:all", "button", (arrival, rules)))
    return sender, drafts, True


def _member(body: Json, arrival: Arrival, rules: CaptureRules) -> Read:
    if body["chat"]["type"] != "private":
        return _unknown("my_chat_member", body, arrival)
    status = str(body["new_chat_member"]["status"])
    name = "bot_blocked" if status in {"kicked", "left"} else "bot_unblocked"
    return _sender(body["from"], int(body["chat"]["id"])), [(name, _date_ms(body), {})], False


def _unknown(kind: str, body: Json, arrival: Arrival) -> Read:
    """No meaning here yet: kept as an event when a human is behind it, else only in the inbox."""
    human = body.get("from") or body.get("user")
    if not isinstance(human, Mapping) or human.get("is_bot") or "id" not in human:
        return None, [], False
    at_ms = _date_ms(body) if "date" in body else arrival.received_ms
    return _sender(human, 0), [("unknown", at_ms, {"update": kind})], False


def _date_ms(body: Json) -> int:
    seconds = int(body["date"])
    if not 0 < seconds < MAX_DATE_S:
        raise ValueError("date out of range")
    return seconds * 1000


def _clean(text: object, limit: int) -> str:
    """At most `limit` characters, without NUL, which PostgreSQL can't store."""
    return str(text).replace("\x00", "")[:limit]


def _sender(human: Json, chat_id: int) -> Sender:
    user_id = int(human["id"])
    if not (0 < user_id < MAX_ID and abs(chat_id) < MAX_ID):
        raise ValueError("id out of range")
    return Sender(
        telegram(user_id),
        chat_id,
        _clean(human.get("first_name", ""), 128),
        _clean(human.get("username", ""), 64),
        _clean(human.get("language_code", ""), 16).partition("-")[0][:8],
        bool(human.get("is_premium", False)),
    )


_READERS: Mapping[str, Callable[[Json, Arrival, CaptureRules], Read]] = {
    "message": _message,
    "callback_query": _callback,
    "my_chat_member": _member,
}
