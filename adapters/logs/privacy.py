"""What may stand in a log line: figures, ids and names of things of ours; never people's words or keys.

An exception is logged as its type and where it happened. Its text is kept only when it is a sentence of ours
(KairosError) or of the operating system: a driver's text may quote the row that it could not write.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from typing import Final

from core.errors import KairosError

PERSONAL: Final = frozenset(
    {
        "address",
        "answer",
        "bio",
        "body",
        "caption",
        "email",
        "first_name",
        "from_user",
        "full_name",
        "last_name",
        "latitude",
        "longitude",
        "message_text",
        "name",
        "note",
        "notes",
        "password",
        "payload",
        "phone",
        "phone_number",
        "query",
        "secret",
        "text",
        "title",
        "token",
        "user",
        "username",
        "words",
    }
)
"""Keys that are dropped at any depth. Things of ours go under `bot`, `segment`, `job` and the like."""
LONGEST: Final = 500
DEEPEST: Final = 4

_SECRETS: Final = (
    (re.compile(r"\d{3,}:[A-Za-z0-9_-]{10,}"), "[token]"),
    (re.compile(r"://[^/@\s]*:[^/@\s]+@"), "://[password]@"),
)
_FRAMES = 12
_JSON_BITS = 63


def masked(text: str) -> str:
    """The text without tokens and passwords, cut to a bearable length."""
    text = text.encode(errors="replace").decode()  # half of a surrogate pair is no JSON
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."


def clean(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields that may be logged; `dropped` names the keys of those that may not."""
    dropped: list[str] = []
    kept = _mapping(fields, dropped, 0)
    if dropped:
        kept["dropped"] = sorted(set(dropped))
    return kept


def told(error: BaseException) -> dict[str, object]:
    """An exception as fields: type, own words only, and the way to it (file:line function)."""
    ours = isinstance(error, KairosError | OSError)
    found: dict[str, object] = {"type": type(error).__name__}
    if ours:
        found["says"] = masked(str(error))
    found["at"] = [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    ]
    cause = error.__cause__
    if cause is not None:
        found["cause"] = type(cause).__name__
    return found


def _mapping(fields: Mapping[str, object], dropped: list[str], depth: int) -> dict[str, object]:
    kept: dict[str, object] = {}
    for key, value in fields.items():
        name = str(key)
        if name.lower() in PERSONAL:
            dropped.append(name.lower())
        else:
            kept[masked(name)] = _value(value, dropped, depth + 1)
    return kept


def _value(value: object, dropped: list[str], depth: int) -> object:
    if _is_figure(value):
        return value
    if isinstance(value, BaseException):
        return told(value)
    if depth >= DEEPEST:
        return "..."
    if isinstance(value, Mapping):
        return _mapping(value, dropped, depth)
    if isinstance(value, list | tuple):
        return [_value(item, dropped, depth) for item in value]
    # Anything else might print whole objects with people in them: only texts are kept as they are.
    return masked(value) if isinstance(value, str) else f"<{type(value).__name__}>"


def _is_figure(value: object) -> bool:
    """None, a truth value or a number that JSON readers can hold."""
    if isinstance(value, int):
        return value.bit_length() <= _JSON_BITS
    return value is None or isinstance(value, float)
