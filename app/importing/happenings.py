"""Lines of events, as `export events` writes them:

`{"person": "telegram:7001", "at": "2026-05-01T10:00:00Z", "event": "message_received", "props": {...}}`

and where known `bot_id`, `group` (Telegram's number of the group) and `key`. `at` is ISO 8601 with an
offset, or whole UTC milliseconds as `at_ms`. Without a key the line's content is its key, so the same line
is the same event.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from app.importing.updates import MAX_NUMBER
from bot.capture import is_zone
from core.errors import ContentError
from core.event import VOCABULARY, Event, PersonEvent, Scalar
from core.identity import Identity, Place
from core.intake import Recorded, record
from core.ports import Transaction

MAX_PROPS = 64
MAX_TEXT = 4_096
MAX_VALUE = 128
NUMBERS = ("chat_id", "amount_minor", "until_ms", "sent_ms", "delay_ms", "message", "reply_to", "thread")
"""Props that records count with."""
NEEDED = {
    "tagged": "tag",
    "untagged": "tag",
    "noted": "text",
    "preference_set": "name",
    "language_chosen": "language",
}
"""Kinds that say nothing without a text under this name."""
EARLIEST_MS = 946_684_800_000
"""2000-01-01: anything before is a unit mistaken."""


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event, its person (None: nobody) and its group."""

    identity: Identity | None
    event: Event
    group: int = 0


def parse(document: Mapping[str, Any], now_ms: int) -> EventLine:
    """Raises ContentError with what is wrong with the line."""
    kind = document.get("event")
    if not isinstance(kind, str) or kind not in VOCABULARY:
        raise ContentError(f"event {str(kind)[:40]!r} is not in the vocabulary (docs/reference/events.md)")
    at_ms = _moment(document, now_ms)
    group, bot = _number(document, "group"), _number(document, "bot_id")
    if group > 0 or bot < 0:
        raise ContentError("a group's number is below 0 and a bot's above")
    person = _identity(document.get("person"))
    if person is None and not group and not bot:
        raise ContentError("it names neither person nor group nor bot_id")
    props = _props(document.get("props", {}))
    _check_meaning(kind, props)
    return EventLine(person, Event(_key(document), at_ms, kind, bot, props), group)


def _check_meaning(kind: str, props: Mapping[str, Scalar]) -> None:
    """What a record could not be made of."""
    if kind.startswith("consent_") and not isinstance(props.get("purpose"), str):
        raise ContentError("a choice about consent needs props.purpose")
    needed = NEEDED.get(kind)
    if needed and not str(props.get(needed) or "").strip():
        raise ContentError(f"{kind} needs props.{needed}")
    if kind == "attributes_set" and not props:
        raise ContentError("attributes_set needs props: what is known of the person")
    if kind == "timezone_declared" and not is_zone(str(props.get("zone", ""))):
        raise ContentError("props.zone is no IANA timezone, such as Europe/Istanbul")
    for name in NUMBERS:
        value = props.get(name, 0)
        if type(value) is not int or abs(value) >= MAX_NUMBER:
            raise ContentError(f"props.{name} must be a whole number")


def _moment(document: Mapping[str, Any], now_ms: int) -> int:
    at_ms = document.get("at_ms")
    if at_ms is None:
        try:
            at = datetime.fromisoformat(str(document.get("at", "")))
        except ValueError:
            raise ContentError("at must be ISO 8601, or at_ms UTC milliseconds") from None
        if at.tzinfo is None:
            raise ContentError("at has no offset from UTC (end it with Z)")
        at_ms = int(at.timestamp() * 1000)
    if type(at_ms) is not int or not EARLIEST_MS <= at_ms <= now_ms:
        raise ContentError("its moment lies in the future or before 2000")
    return at_ms


def _number(document: Mapping[str, Any], name: str) -> int:
    number = document.get(name, 0)
    if type(number) is not int or abs(number) >= MAX_NUMBER:
        raise ContentError(f"{name} must be a whole number")
    return number


def _identity(person: object) -> Identity | None:
    if person is None:
        return None
    namespace, colon, value = str(person).partition(":")
    if not isinstance(person, str) or not (namespace and colon and value) or len(value) > MAX_VALUE:
        raise ContentError("person must be text such as 'telegram:7001'")
    if not namespace.isascii() or not namespace.replace("_", "").isalnum() or "\x00" in value:
        raise ContentError("person must be text such as 'telegram:7001'")
    return Identity(namespace.lower(), value)


def _props(props: object) -> dict[str, Scalar]:
    if not isinstance(props, dict) or len(props) > MAX_PROPS:
        raise ContentError(f"props must be an object of at most {MAX_PROPS} values")
    for name, value in props.items():
        if value is not None and not isinstance(value, str | int | float | bool):
            raise ContentError(f"props.{name[:40]} must be text, a number, true, false or null")
        if isinstance(value, str) and (len(value) > MAX_TEXT or "\x00" in value):
            raise ContentError(f"props.{name[:40]} is longer than {MAX_TEXT} characters or holds a NUL")
        if isinstance(value, int) and abs(value) >= 1 << 63:
            raise ContentError(f"props.{name[:40]} is too large a number")
    return props


def _key(document: Mapping[str, Any]) -> str:
    key = document.get("key")
    if key is None:
        plain = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
        return f"import:{hashlib.sha256(plain).hexdigest()[:32]}"
    if not isinstance(key, str) or not 0 < len(key) <= MAX_VALUE or "\x00" in key:
        raise ContentError(f"key must be text of at most {MAX_VALUE} characters")
    return key


SuppressedAs = Callable[[Identity], str]
"""The keyed hash under which an identity would stand on the suppression list."""


async def store(
    tx: Transaction, lines: Sequence[EventLine], now_ms: int, suppressed_as: SuppressedAs | None
) -> tuple[Recorded, int]:
    """Record them; what was new, and how many lines are about people who asked to be forgotten."""
    wanted = list(dict.fromkeys(line.identity for line in lines if line.identity is not None))
    left_out = await _forgotten(tx, wanted, suppressed_as)
    people = await tx.people.resolve([one for one in wanted if one not in left_out], now_ms)
    places = [Place(chat_id, "group") for chat_id in dict.fromkeys(one.group for one in lines) if chat_id]
    groups = await tx.groups.resolve(places, now_ms)
    events = [
        PersonEvent(
            people[line.identity] if line.identity is not None else 0,
            replace(line.event, group_no=groups.get(line.group, 0)) if line.group else line.event,
        )
        for line in lines
        if line.identity not in left_out
    ]
    return await record(tx, events, now_ms), len(lines) - len(events)


async def _forgotten(
    tx: Transaction, identities: Sequence[Identity], suppressed_as: SuppressedAs | None
) -> set[Identity]:
    if suppressed_as is None:
        return set()
    known = await tx.people.known(identities)
    hashes = {suppressed_as(one): one for one in identities if one not in known}
    return {hashes[found] for found in await tx.erasures.suppressed(list(hashes))} if hashes else set()
