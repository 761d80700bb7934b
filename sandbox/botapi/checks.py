"""Every call of a bot, held against the description of the Bot API: unknown methods, unknown or missing
fields, wrong types, lengths out of bounds.

Telegram itself is lenient: it ignores what it does not know. A bot should not live on that, so the server
counts what is wrong and keeps the first cases; a strict one refuses them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import orjson

from sandbox.accounts import Json
from sandbox.botapi import newer
from sandbox.botapi.entities import parse_html
from sandbox.botapi.errors import TelegramError
from sandbox.botapi.request import Params
from sandbox.botapi.schema import ARRAY, Bound, Field, schema
from sandbox.updates import utf16_length

KEPT: Final = 20
_ACTIONS: Final = frozenset(
    {
        *("url", "callback_data", "web_app", "login_url", "switch_inline_query", "copy_text", "pay"),
        *("switch_inline_query_current_chat", "switch_inline_query_chosen_chat", "callback_game"),
    }
)
_TAG: Final = re.compile(r"<[^>]*>")
_FLAGS: Final = frozenset({"true", "false", "True", "False", "0", "1"})


class CallBook:
    """Counts the calls of all bots and those that are not valid; `first` keeps the first of these. `strict`:
    the server refuses them."""

    def __init__(self, *, strict: bool = False) -> None:
        self.strict = strict
        self.n = 0
        self.invalid = 0
        self.first: list[Json] = []

    def enter(self, method: str, params: Params) -> str:
        """Count a call; returns what is wrong with it, empty when nothing is."""
        self.n += 1
        wrong = "; ".join(problems(method, params))
        if wrong:
            self.invalid += 1
            if len(self.first) < KEPT:
                self.first.append({"method": method, "wrong": wrong})
        return wrong

    def figures(self) -> dict[str, int]:
        """For a summary."""
        return {"n": self.n, "invalid": self.invalid}


@dataclass(frozen=True, slots=True)
class _Shape:
    """What may be in a call or object, and what must be."""

    known: Mapping[str, Field]
    required: tuple[str, ...]


@cache
def _call_shape(method: str) -> _Shape | None:
    known = schema().methods.get(method)
    return None if known is None else _shape(known.values())


@cache
def _object_shape(kind: str) -> _Shape:
    return _shape(schema().fields[kind])


def _shape(fields: Iterable[Field]) -> _Shape:
    known = {field.name: field for field in fields}
    return _Shape(known, tuple(name for name, field in known.items() if field.required))


def problems(method: str, params: Params) -> Iterator[str]:
    """What is wrong with a call, one sentence each."""
    shape = _call_shape(method.lower())
    if shape is None:
        yield f"there is no method {method}"
        return
    known, values = shape.known, params.values
    for name, value in values.items():
        field = known.get(name)
        if field is not None:
            yield from _of_field(field, _typed(field, value, params.typed), values, name)
        elif not _is_upload(value):
            yield f"{name} is no field of {method}"
    for name in shape.required:
        if values.get(name) is None:
            yield f"{name} is missing"


def _is_upload(value: object) -> bool:
    """Whether it is a file, which may come along under a name of the bot's own choice."""
    return isinstance(value, dict) and "file_size" in value


def _typed(field: Field, value: object, typed: bool) -> object:  # noqa: FBT001 - what a form is, is no option
    """What a text of a form stands for; JSON bodies say it themselves."""
    if typed or not isinstance(value, str):
        return value
    for kind in field.types:
        reads = _FORM.get(kind, _read_json if kind not in {"String", "InputFile"} else None)
        read = reads(value) if reads is not None else None
        if read is not None:
            return read
    return value


def _read_number(text: str) -> int | None:
    return int(text) if text.removeprefix("-").isdecimal() else None


def _read_float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _read_flag(text: str) -> bool | None:
    return text in {"true", "True", "1"} if text in _FLAGS else None


def _read_json(text: str) -> object:
    try:
        found: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return found


_FORM: Final[Mapping[str, Callable[[str], object]]] = {
    "Integer": _read_number,
    "Float": _read_float,
    "Boolean": _read_flag,
}


def _of_field(field: Field, value: object, beside: Mapping[str, object], where: str) -> Iterator[str]:
    """What is wrong with a field's value; `beside`: the other fields of the object."""
    if value is None:
        return
    wrong = _of_types(field.types, value, where)
    if wrong:
        yield from wrong
        return
    if field.bound is not None and not _within(field.bound, value, beside, field.name):
        yield f"{where} is not within {field.bound.least} and {field.bound.most} {field.bound.unit}".rstrip()
    if field.name == "type" and field.values and value not in field.values:
        yield f"{where} is {value!r}, not one of {', '.join(field.values)}"


def _of_types(types: Sequence[str], value: object, where: str) -> list[str]:
    """Empty when the value is of one of the types, else what is wrong with the one it comes nearest to."""
    if isinstance(value, list) and any(kind.startswith(ARRAY) for kind in types):
        inner = [kind.removeprefix(ARRAY) for kind in types if kind.startswith(ARRAY)]
        return [wrong for i, one in enumerate(value) for wrong in _of_types(inner, one, f"{where}[{i}]")]
    nearest: list[str] | None = None
    for kind in _flat(tuple(types)):
        wrong = _of_type(kind, value, where)
        if not wrong:
            return []
        if nearest is None or len(wrong) < len(nearest):
            nearest = wrong
    return nearest or []


@cache
def _flat(types: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for kind in types for one in schema().kinds.get(kind, (kind,)))


def _of_type(kind: str, value: object, where: str) -> list[str]:
    check = _PLAIN.get(kind)
    if check is not None:
        return [] if check(value) else [f"{where} is no {kind}"]
    if not isinstance(value, dict) or kind.startswith(ARRAY):
        return [f"{where} is no {kind}"]
    return list(_of_object(kind, value, where))


_PLAIN: Final[Mapping[str, Callable[[object], bool]]] = {
    "String": lambda value: isinstance(value, str),
    "Integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "Float": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "Boolean": lambda value: isinstance(value, bool),
    "InputFile": _is_upload,
    newer.ANY[0]: lambda _: True,
}


def _of_object(kind: str, value: Json, where: str) -> Iterator[str]:
    shape = _object_shape(kind)
    known = shape.known
    for name, inner in value.items():
        if name in known:
            yield from _of_field(known[name], inner, value, f"{where}.{name}")
        elif name not in newer.FIELDS.get(kind, ()):
            yield f"{where}.{name} is no field of {kind}"
    for name in shape.required:
        if value.get(name) is None:
            yield f"{where}.{name} is missing"
    if kind == "InlineKeyboardButton" and len(_ACTIONS.intersection(value)) != 1:
        yield f"{where} does not have exactly one action"


def _within(bound: Bound, value: object, beside: Mapping[str, object], name: str) -> bool:
    if isinstance(value, str) and bound.parsed and len(value) * 2 <= bound.most:
        return bound.least == 0 or bool(_TAG.sub("", value))  # markup only shortens
    return bound.least <= _measure(bound, value, beside, name) <= bound.most


def _measure(bound: Bound, value: object, beside: Mapping[str, object], name: str) -> int:
    if isinstance(value, list):
        return len(value)
    if not isinstance(value, str):
        return value if isinstance(value, int) else 0
    if bound.unit == "bytes":
        return len(value.encode("utf-8", "surrogatepass"))
    return utf16_length(_plain(value, beside, name) if bound.parsed else value)


def _plain(text: str, beside: Mapping[str, object], name: str) -> str:
    """The text without its markup; where that can't be read, the server says so by itself."""
    mode = beside.get("parse_mode" if name in {"text", "caption"} else f"{name}_parse_mode")
    if str(mode).lower() != "html" or "<" not in text and "&" not in text:
        return text
    try:
        return parse_html(text)[0]
    except TelegramError:
        return text
