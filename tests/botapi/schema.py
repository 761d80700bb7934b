"""The types of the Bot API 10.1, read from its machine-readable description (botapi-10.1.LICENSE: MIT)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("botapi-10.1.min.json")
ARRAY: Final = "Array of "
PLAIN: Final = frozenset({"String", "Integer", "Float", "Boolean"})
_ENDLESS: Final = 99
_QUOTED: Final = re.compile(r"[\"“]([^\"”]{1,64})[\"”]")
_CHOICE: Final = re.compile(r"can be|one of|either|currently|must be", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a type. values: the only ones it may have, empty = any."""

    name: str
    types: tuple[str, ...]
    required: bool
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """fields: of each type; kinds: the types that one name stands for; depth: how deep an object of the type
    must go at least."""

    fields: Mapping[str, tuple[Field, ...]]
    kinds: Mapping[str, tuple[str, ...]]
    depth: Mapping[str, int]

    def depth_of(self, name: str) -> int:
        """Levels that a value of this type needs; an array may be empty."""
        return 0 if name in PLAIN or name.startswith(ARRAY) else self.depth[name]


@cache
def schema() -> Schema:
    """Read once."""
    types: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))["types"]
    fields = {name: tuple(map(_field, about.get("fields", ()))) for name, about in types.items()}
    kinds = {name: tuple(about["subtypes"]) for name, about in types.items() if about.get("subtypes")}
    return Schema(fields, kinds, _depths(fields, kinds))


def _field(about: Mapping[str, Any]) -> Field:
    return Field(about["name"], tuple(about["types"]), about["required"], _values(about))


def _values(about: Mapping[str, Any]) -> tuple[str, ...]:
    text = about["description"]
    if about["types"] != ["String"]:
        return ()
    _, always, fixed = text.partition("always ")
    if always:
        return tuple(_QUOTED.findall(fixed)[:1])
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
