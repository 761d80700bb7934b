"""Data or text into a rule that can't be wrong; or a RuleError that names the place and what was probably
meant."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, NoReturn

from core.errors import RuleError
from core.grammar.fields import FIELDS, Field, Kind
from core.grammar.rule import ALIASES, OPERATORS, AllOf, AnyOf, Not, Rule, Test, Value

MAX_DEPTH: Final = 8
MAX_SIZE: Final = 100
MAX_TEXT: Final = 200
MAX_LEAF: Final = 2000

_LEAF: Final = re.compile(
    r"(\w{1,64})(?:\s{0,9}(==|!=|<>|>=|<=|=|>|<)|\s{1,9}([a-zA-Z_]+)(?=\s|$))\s{0,9}(.*)", re.DOTALL
)
_DURATION: Final = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*([a-z]*)")
_NUMBER: Final = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,9})?")
_UNITS_MIN: Final[Mapping[str, int]] = {"m": 1, "min": 1, "minute": 1, "h": 60, "hour": 60} | {
    "d": 1440,
    "day": 1440,
    "": 1440,
    "w": 10_080,
    "week": 10_080,
}
_FLAGS: Final[Mapping[str, bool]] = {"true": True, "yes": True, "false": False, "no": False}


def parse(data: object, fields: Mapping[str, Field] = FIELDS, place: str = "rule") -> Rule:
    """Read a rule from mappings, lists and texts. Raises RuleError; `place` is how its root is called."""
    reader = _Reader(fields)
    return reader.rule(data, place, 1)


@dataclass(slots=True)
class _Reader:
    fields: Mapping[str, Field]
    size: int = 0

    def rule(self, data: object, place: str, depth: int) -> Rule:
        self.size += 1
        if depth > MAX_DEPTH:
            _fail(place, f"is nested deeper than {MAX_DEPTH}")
        if self.size > MAX_SIZE:
            _fail(place, f"makes the rule larger than {MAX_SIZE} parts")
        if isinstance(data, str):
            return self.text(data, place)
        if not isinstance(data, Mapping):
            _fail(place, "must be a text like 'intent_score >= 60', or one of all, any, not, field")
        if "field" in data:
            return self.leaf(data, place)
        return self.group(data, place, depth)

    def group(self, data: Mapping[object, object], place: str, depth: int) -> Rule:
        if len(data) != 1:
            _fail(place, "must have exactly one of all, any, not (or field, op, value)")
        name, content = next(iter(data.items()))
        if name == "not":
            return Not(self.rule(content, f"{place}.not", depth + 1))
        if name not in {"all", "any"}:
            _fail(f"{place}.{name}", "is unknown" + _suggest(str(name), ["all", "any", "not", "field"]))
        if not isinstance(content, Sequence) or isinstance(content, str) or not content:
            _fail(f"{place}.{name}", "must be a list of at least one rule")
        parts = tuple(
            self.rule(part, f"{place}.{name}[{index}]", depth + 1) for index, part in enumerate(content)
        )
        return AllOf(parts) if name == "all" else AnyOf(parts)

    def leaf(self, data: Mapping[object, object], place: str) -> Test:
        for key in data:
            if key not in {"field", "op", "value"}:
                _fail(f"{place}.{key}", "is unknown" + _suggest(str(key), ["field", "op", "value"]))
        field = self.field(data["field"], f"{place}.field")
        op = self.op(data.get("op", "="), field, f"{place}.op")
        if "value" not in data and op != "exists":
            _fail(place, "has no value")
        return Test(field, op, _value(data.get("value", True), field, op, f"{place}.value"))

    def text(self, text: str, place: str) -> Test:
        found = _LEAF.fullmatch(text.strip()) if len(text) <= MAX_LEAF else None
        if found is None:
            _fail(place, f"'{text[:60]}' must be field, operator and value, e.g. 'intent_score >= 60'")
        name, symbol, word, rest = found.groups()
        field = self.field(name, place)
        op = self.op(symbol or word, field, place)
        if not rest and op != "exists":
            _fail(place, f"'{text[:60]}' has no value")
        return Test(field, op, _value(_loose(rest, op), field, op, place))

    def field(self, name: object, place: str) -> Field:
        field = self.fields.get(name) if isinstance(name, str) else None
        if field is None:
            _fail(place, f"'{str(name)[:60]}' is not a field" + _suggest(str(name), list(self.fields)))
        return field

    def op(self, name: object, field: Field, place: str) -> str:
        word = str(name).lower()
        op = ALIASES.get(word, word)
        if op not in OPERATORS:
            _fail(place, f"'{word[:60]}' is not an operator" + _suggest(word, [*OPERATORS, *ALIASES]))
        if field.kind not in OPERATORS[op]:
            fitting = ", ".join(each for each, kinds in OPERATORS.items() if field.kind in kinds)
            _fail(place, f"'{op}' does not fit {field.name} (a {field.kind}); it knows {fitting}")
        return op


def _fail(place: str, message: str) -> NoReturn:
    raise RuleError(f"{place}: {message}", next_step="see docs/reference/segments.md")


def _suggest(word: str, known: Sequence[str]) -> str:
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


def _loose(text: str, op: str) -> object:
    """The value of a short text leaf: lists are split, quotes taken off."""
    if op == "between":
        return [part.strip() for part in re.split(r"\s+and\s+|\s+ve\s+|\.\.|,", text)]
    if op == "in":
        return [_bare(part.strip()) for part in text.strip("[]()").split(",")]
    return True if op == "exists" and not text else _bare(text)


def _bare(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text


# --------------------------------------------------------------------------- values
def _value(data: object, field: Field, op: str, place: str) -> Value:
    if op == "exists":
        return _flag(data, place)
    if op == "in":
        return _several(data, _number if field.kind is Kind.NUMBER else _text, place)
    if op == "between":
        ends = _several(data, _number, place)
        if len(ends) != 2 or float(ends[0]) > float(ends[1]):  # noqa: PLR2004 - between has two ends
            _fail(place, "must be two numbers, the smaller first")
        return ends
    return _ONE[field.kind](data, place)


def _several(
    data: object, read: Callable[[object, str], int | float | str], place: str
) -> tuple[int | float | str, ...]:
    if not isinstance(data, Sequence) or isinstance(data, str) or not 0 < len(data) <= MAX_SIZE:
        _fail(place, f"must be a list of 1 to {MAX_SIZE} values")
    return tuple(read(each, f"{place}[{index}]") for index, each in enumerate(data))


def _number(data: object, place: str) -> int | float:
    if isinstance(data, str) and _NUMBER.fullmatch(data):
        data = float(data) if "." in data else int(data)
    if isinstance(data, bool) or not isinstance(data, int | float) or not math.isfinite(data):
        _fail(place, f"'{str(data)[:60]}' is not a number")
    return data


def _text(data: object, place: str) -> str:
    if isinstance(data, bool) or not isinstance(data, str | int | float):
        _fail(place, f"'{str(data)[:60]}' is not a text")
    text = str(data)
    if not text or len(text) > MAX_TEXT:
        _fail(place, f"must be a text of 1 to {MAX_TEXT} characters")
    return text


def _flag(data: object, place: str) -> bool:
    if isinstance(data, bool):
        return data
    flag = _FLAGS.get(str(data).lower())
    if flag is None:
        _fail(place, f"'{str(data)[:60]}' must be true or false")
    return flag


def _duration(data: object, place: str) -> int:
    """Milliseconds of '3d', '12 hours', '2 weeks'; a bare number means days."""
    found = None if isinstance(data, bool) else _DURATION.fullmatch(str(data).strip().lower())
    unit = found and (_UNITS_MIN.get(found[2]) or _UNITS_MIN.get(found[2].removesuffix("s")))
    if not found or not unit:
        _fail(place, f"'{str(data)[:60]}' is not a span of time such as 3d, 12h or 2 weeks")
    return round(float(found[1]) * unit) * 60_000


_ONE: Final[Mapping[Kind, Callable[[object, str], int | float | str | bool]]] = {
    Kind.NUMBER: _number,
    Kind.TEXT: _text,
    Kind.FLAG: _flag,
    Kind.TIME: _duration,
    Kind.LIST: _text,
}
