"""The Bot API 10.1, read from its machine-readable description (botapi-10.1.LICENSE: MIT): what methods take
and what objects hold, with what `newer` lists by hand beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from sandbox.botapi import newer

FILE: Final = Path(__file__).with_name("botapi-10.1.min.json")
ARRAY: Final = "Array of "
PLAIN: Final = frozenset({"String", "Integer", "Float", "Boolean"})
_ENDLESS: Final = 99
_QUOTED: Final = re.compile(r"[\"“]([^\"”]{1,64})[\"”]")
_CHOICE: Final = re.compile(r"can be|one of|either|currently|must be", re.IGNORECASE)
_MUST_BE: Final = re.compile(r"must be ([a-z_0-9]+)$")
_OF_TEXT: Final = re.compile(r"(\d+)-(\d+) (characters|bytes)", re.IGNORECASE)
_OF_ARRAY: Final = re.compile(r"(?:list of|include) (\d+)-(\d+) ", re.IGNORECASE)
_OF_NUMBER: Final = re.compile(r"(\d+)-(\d+)\b")


@dataclass(frozen=True, slots=True)
class Bound:
    """Least and most of what a value may have: characters, bytes, items, or the number itself (empty)."""

    least: int
    most: int
    unit: str = ""
    parsed: bool = False
    """Characters are counted after the markup was read."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a type or method. values: the only ones it may have, empty = any."""

    name: str
    types: tuple[str, ...]
    required: bool
    values: tuple[str, ...]
    bound: Bound | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    """fields: of each type; kinds: the types that one name stands for; depth: how deep an object of the type
    must go at least; methods: by lower-case name, their fields by name."""

    fields: Mapping[str, tuple[Field, ...]]
    kinds: Mapping[str, tuple[str, ...]]
    depth: Mapping[str, int]
    methods: Mapping[str, Mapping[str, Field]]

    def depth_of(self, name: str) -> int:
        """Levels that a value of this type needs; an array may be empty."""
        return 0 if name in PLAIN or name.startswith(ARRAY) else self.depth[name]


@cache
def schema() -> Schema:
    """Read once."""
    described: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    types = described["types"]
    fields = {name: tuple(map(_field, about.get("fields", ()))) for name, about in types.items()}
    kinds = {name: tuple(about["subtypes"]) for name, about in types.items() if about.get("subtypes")}
    calls = described["methods"].items()
    methods = {name: [_field(one) for one in about.get("fields", ())] for name, about in calls}
    return Schema(fields, kinds, _depths(fields, kinds), _with_newer(methods))


def _with_newer(methods: Mapping[str, Iterable[Field]]) -> dict[str, Mapping[str, Field]]:
    known = {name.lower(): {field.name: field for field in fields} for name, fields in methods.items()}
    for name, fields in newer.METHODS.items():
        mine = known.setdefault(name.lower(), {})
        mine.update({field: Field(field, types, False, ()) for field, types in fields.items()})
    return dict(known)


def _field(about: Mapping[str, Any]) -> Field:
    types = tuple(about["types"])
    return Field(about["name"], types, about["required"], _values(about), _bound(types, about["description"]))


def _bound(types: tuple[str, ...], text: str) -> Bound | None:
    if types == ("String",) and (found := _OF_TEXT.search(text)):
        unit = found[3].lower()
        return Bound(int(found[1]), int(found[2]), unit, "after entit" in text[found.end() :])
    if types[0].startswith(ARRAY) and (found := _OF_ARRAY.search(text)):
        return Bound(int(found[1]), int(found[2]), "items")
    if types == ("Integer",) and (found := _OF_NUMBER.search(text)):
        return Bound(int(found[1]), int(found[2]))
    return None


def _values(about: Mapping[str, Any]) -> tuple[str, ...]:
    text = about["description"]
    if about["types"] != ["String"]:
        return ()
    _, always, fixed = text.partition("always ")
    if always:
        return tuple(_QUOTED.findall(fixed)[:1])
    if must := _MUST_BE.search(text):
        return (must[1],)
    found = _QUOTED.findall(text)
    return tuple(found) if len(found) > 1 and _CHOICE.search(text) else ()


def _depths(fields: Mapping[str, tuple[Field, ...]], kinds: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    depth = dict.fromkeys(fields, _ENDLESS)

    def least(name: str) -> int:
        return 0 if name in PLAIN or name.startswith(ARRAY) else depth[name]

    for _ in range(len(fields)):
        former = dict(depth)
        for name, parts in fields.items():
            if name in kinds:
                depth[name] = min(map(least, kinds[name]))
            else:
                depth[name] = 1 + max((min(map(least, p.types)) for p in parts if p.required), default=0)
        if depth == former:
            break
    return depth
