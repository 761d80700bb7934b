"""Values to bytes and back, as JSON: what the stores keep of profiles, bodies and documents.

The order of keys is kept, so equal states give equal bytes. JSON knows only text as keys; the whole-number
keys of a profile state come back as whole numbers. Fields that a stored state does not have yet get their
defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Final

import orjson

from core.profile import BotLink, GroupState, ProfileState


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} can't be stored")


def dumps(value: object) -> bytes:
    """JSON of plain values, mappings and dataclasses."""
    return orjson.dumps(value, _plain, orjson.OPT_NON_STR_KEYS)


def loads(data: bytes) -> Any:
    """What `dumps` wrote; tuples come back as lists, keys as text."""
    return orjson.loads(data)


def state_to_bytes(state: ProfileState) -> bytes:
    """The stored form of a profile state."""
    return dumps(state)


def state_from_bytes(data: bytes) -> ProfileState:
    """The profile state that `state_to_bytes` wrote."""
    raw = orjson.loads(data)
    return ProfileState(**{name: _DECODERS[name](value) for name, value in raw.items() if name in _DECODERS})


def group_to_bytes(state: GroupState) -> bytes:
    """The stored form of a group's state."""
    return dumps(state)


def group_from_bytes(data: bytes) -> GroupState:
    """The group's state that `group_to_bytes` wrote."""
    raw = orjson.loads(data)
    return GroupState(
        **{name: _GROUP_DECODERS[name](value) for name, value in raw.items() if name in _GROUP_DECODERS}
    )


def _same(value: Any) -> Any:
    return value


def _by_int(value: Mapping[str, Any]) -> dict[int, Any]:
    return {int(key): item for key, item in value.items()}


def _by_two_ints(value: Mapping[str, Mapping[str, int]]) -> dict[int, dict[int, int]]:
    return {int(key): {int(inner): n for inner, n in item.items()} for key, item in value.items()}


def _pairs(value: Mapping[str, list[Any]]) -> dict[str, tuple[Any, Any]]:
    return {key: (item[0], item[1]) for key, item in value.items()}


def _pairs_by_int(value: Mapping[str, list[Any]]) -> dict[int, tuple[Any, Any]]:
    return {int(key): (item[0], item[1]) for key, item in value.items()}


def _series(value: Mapping[str, list[list[int]]]) -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    return {key: (tuple(days), tuple(counts)) for key, (days, counts) in value.items()}


def _links(value: Mapping[str, Mapping[str, int]]) -> dict[int, BotLink]:
    return {int(key): BotLink(**item) for key, item in value.items()}


_SHAPES: Final[Mapping[str, Callable[[Any], Any]]] = {
    "days": _by_int,
    "hours": _by_two_ints,
    "latest": _pairs,
    "bots": _links,
    "sends": tuple,
    "answers": tuple,
    "kinds": _pairs,
    "slots": _pairs_by_int,
}
_GROUP_SHAPES: Final[Mapping[str, Callable[[Any], Any]]] = {
    "counts": _series,
    "hours": _by_two_ints,
    "latest": _pairs,
    "threads": _by_int,
}
_GROUP_DECODERS: Final = {field.name: _GROUP_SHAPES.get(field.name, _same) for field in fields(GroupState)}
_DECODERS: Final = {field.name: _SHAPES.get(field.name, _same) for field in fields(ProfileState)}
