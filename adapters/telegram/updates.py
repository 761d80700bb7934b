"""Updates on their way into the inbox: each read alone, so that none can block or spoil another.

Promises: whatever comes can be stored. What is no update (no object, no usable number) is kept aside with the
reason and a number of its own below zero, made of its bytes, so that the same garbage is stored once. Halves
of letters, which no text can hold, become "?".
Leaves to others: what updates mean.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, TypeGuard, cast

import orjson

from adapters.telegram.apart import TooDeep
from core.errors import TransportError
from core.event import lane_of
from core.ports import RawUpdate

ALLOWED_UPDATES: Final = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "guest_message",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
    "managed_bot",
)
"""All kinds of Bot API 10.1: some come only when named, and leaving the list out keeps the former one."""

_MAX_UPDATE_ID: Final = 2**63
_NO_OBJECT: Final = "the update is no object"
_NO_NUMBER: Final = "the update has no usable update_id"
_NO_JSON: Final = "the update is no JSON"
_TOO_DEEP: Final = "the update is nested too deep to be read"


def raw_updates(result: object, now_ms: int) -> list[RawUpdate]:
    """The updates of a getUpdates result, in Telegram's order. Raises TransportError if it is no list."""
    if not isinstance(result, list):
        raise TransportError("getUpdates answered something that is no list of updates")
    return [raw_update(one, now_ms) for one in cast("Sequence[object]", result)]


def raw_update(element: object, now_ms: int) -> RawUpdate:
    """One parsed update, as JSON of its own."""
    if isinstance(element, TooDeep):
        return _too_deep(element, now_ms)
    if not isinstance(element, dict):
        return _aside(_json(element) or b"null", now_ms, _NO_OBJECT)
    number = element.get("update_id")
    body = _json(element)
    if not _usable(number):
        return _aside(body or b"{}", now_ms, _NO_NUMBER if body else _TOO_DEEP)
    if body is None:
        return _too_deep(TooDeep(number, b""), now_ms)
    return RawUpdate(number, body, now_ms, lane_of(element))


def _too_deep(update: TooDeep, now_ms: int) -> RawUpdate:
    """Of an update that nobody can read only the number is worth keeping."""
    number = update.update_id
    if not _usable(number):
        return _aside(update.body, now_ms, _TOO_DEEP)
    return RawUpdate(number, b'{"update_id":%d}' % number, now_ms, reason=_TOO_DEEP)


def raw_body(body: bytes, now_ms: int) -> RawUpdate:
    """The update in the body of a webhook's request."""
    try:
        update = orjson.loads(body)
    except ValueError:
        return _repaired(body, now_ms)
    if not isinstance(update, dict):
        return _aside(body, now_ms, _NO_OBJECT)
    number = update.get("update_id")
    if not _usable(number):
        return _aside(body, now_ms, _NO_NUMBER)
    return RawUpdate(number, body, now_ms, lane_of(update))


def next_offset(offset: int | None, updates: Sequence[RawUpdate]) -> int | None:
    """What to ask for after this batch; it never confirms an update that was not in the batch.

    Numbers grow within a batch, so each element without a usable one stands for at least one number."""
    for behind, update in enumerate(reversed(updates)):
        if update.update_id >= 0:
            return update.update_id + 1 + behind
    return offset if offset is None else offset + len(updates)


def _repaired(body: bytes, now_ms: int) -> RawUpdate:
    """Half of a surrogate pair is no JSON to orjson; one such name must not cost an update its effect."""
    try:
        return raw_update(json.loads(body), now_ms)
    except ValueError:
        return _aside(body, now_ms, _NO_JSON)
    except RecursionError:
        return _aside(body, now_ms, _TOO_DEEP)


def _usable(number: object) -> TypeGuard[int]:
    return type(number) is int and 0 <= number < _MAX_UPDATE_ID


def _aside(body: bytes, now_ms: int, reason: str) -> RawUpdate:
    number = int.from_bytes(blake2b(body, digest_size=8).digest(), "big") >> 2
    return RawUpdate(-1 - number, body, now_ms, reason=reason)


def _json(element: object) -> bytes | None:
    """The element's JSON; None when it is nested too deep for any text."""
    try:
        return orjson.dumps(element)
    except TypeError:
        pass  # half of a surrogate pair, or nested deep
    try:
        return json.dumps(element, ensure_ascii=False).encode(errors="replace")
    except RecursionError:
        return None
