"""The values of the grammar: a tree of groups and tests, and the operators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core.grammar.fields import Field, Kind

Value = bool | int | float | str | tuple[int | float | str, ...]
"""Of a test: number, text or flag; a tuple for `in` and `between`; milliseconds for `within_last`."""


@dataclass(frozen=True, slots=True)
class Test:
    """A leaf: field, operator, value. The value fits the field and the operator."""

    __test__ = False  # pytest takes classes of this name for its own

    field: Field
    op: str
    value: Value


@dataclass(frozen=True, slots=True)
class AllOf:
    """True when every part is; an empty group is true."""

    parts: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when a part is; an empty group is false."""

    parts: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True when the part is false, also when it is false because a value is unknown."""

    part: Rule


Rule = AllOf | AnyOf | Not | Test

OPERATORS: Final[Mapping[str, frozenset[Kind]]] = {
    "=": frozenset({Kind.NUMBER, Kind.TEXT, Kind.FLAG}),
    "!=": frozenset({Kind.NUMBER, Kind.TEXT, Kind.FLAG}),
    ">": frozenset({Kind.NUMBER}),
    ">=": frozenset({Kind.NUMBER}),
    "<": frozenset({Kind.NUMBER}),
    "<=": frozenset({Kind.NUMBER}),
    "between": frozenset({Kind.NUMBER}),
    "in": frozenset({Kind.NUMBER, Kind.TEXT}),
    "contains": frozenset({Kind.TEXT, Kind.LIST}),
    "starts_with": frozenset({Kind.TEXT}),
    "exists": frozenset(Kind),
    "within_last": frozenset({Kind.TIME}),
    "not_within_last": frozenset({Kind.TIME}),
}
"""Each operator and the kinds of field that know it. `between` includes both ends."""

ALIASES: Final[Mapping[str, str]] = {
    "==": "=",
    "eq": "=",
    "is": "=",
    "equals": "=",
    "<>": "!=",
    "ne": "!=",
    "neq": "!=",
    "is_not": "!=",
    "gt": ">",
    "gte": ">=",
    "ge": ">=",
    "at_least": ">=",
    "lt": "<",
    "lte": "<=",
    "le": "<=",
    "at_most": "<=",
    "one_of": "in",
    "has": "contains",
    "prefix": "starts_with",
    "known": "exists",
    "within": "within_last",
    "not_within": "not_within_last",
}
"""Other words for the operators."""


def to_data(rule: Rule) -> dict[str, object]:
    """The rule as plain data (JSON, YAML) that `parse` reads back to an equal rule."""
    match rule:
        case AllOf(parts):
            return {"all": [to_data(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [to_data(part) for part in parts]}
        case Not(part):
            return {"not": to_data(part)}
        case Test(field, op, value):
            return {"field": field.name, "op": op, "value": _plain(field, op, value)}


def _plain(field: Field, op: str, value: Value) -> object:
    if field.kind is Kind.TIME and op != "exists":
        return f"{int(str(value)) // 60_000}m"
    return list(value) if isinstance(value, tuple) else value
