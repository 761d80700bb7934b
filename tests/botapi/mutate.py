"""What can be wrong with an update: something missing, something else in its place, far too much of it."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any, Final

Json = dict[str, Any]
Spot = tuple[Any, Any]
"""A container and the key or index of something in it."""

WRONG: Final[tuple[Any, ...]] = (
    *(None, "", 0, -1, 1.5, True, False, [], {}, [[]], [None], {"": None}),
    *("12", "x" * 5_000, "\x00", "a\x00b", "\ud800", "\u202e", "'; DROP TABLE event; --"),
    *(2**31, 2**52, 2**63, 2**64, -(2**63), 10**30, 1e308, float("nan"), float("inf"), -float("inf")),
)
"""What stands where something else should."""
_NESTED: Final = 60
_MANY: Final = 300


def mutated(update: Json, dice: random.Random) -> Json:
    """A copy with one to three things wrong. Its number stays, so that it can be told."""
    result = copy.deepcopy(update)
    for _ in range(dice.randint(1, 3)):
        spots = list(_spots(result, top=True))
        if spots:
            where, key = dice.choice(spots)
            dice.choice(_WAYS)(where, key, dice)
    return result


def _spots(value: Any, *, top: bool = False) -> Iterator[Spot]:
    if isinstance(value, dict):
        for key in list(value):
            if top and key == "update_id":
                continue
            yield value, key
            yield from _spots(value[key])
    elif isinstance(value, list):
        for at in range(len(value[:_MANY])):
            yield value, at
            if isinstance(value[at], dict):
                yield from _spots(value[at])


def _drop(where: Any, key: Any, dice: random.Random) -> None:
    del where[key]


def _replace(where: Any, key: Any, dice: random.Random) -> None:
    where[key] = copy.deepcopy(dice.choice(WRONG))


def _nest(where: Any, key: Any, dice: random.Random) -> None:
    for _ in range(dice.randint(1, _NESTED)):
        where[key] = [where[key]] if dice.random() < 0.5 else {"text": where[key]}


def _repeat(where: Any, key: Any, dice: random.Random) -> None:
    where[key] = [where[key]] * dice.randint(2, _MANY)


def _rename(where: Any, key: Any, dice: random.Random) -> None:
    if isinstance(where, dict):
        where[dice.choice(("", "telepathy", "\x00", "x" * 300, f"{key}_"))] = where.pop(key)


def _borrow(where: Any, key: Any, dice: random.Random) -> None:
    """The value of another field of the same object."""
    if isinstance(where, dict):
        where[key] = copy.deepcopy(where[dice.choice(list(where))])


_WAYS: Final[tuple[Callable[[Any, Any, random.Random], None], ...]] = (
    *(_drop, _replace, _replace, _nest, _repeat, _rename, _borrow),
)
