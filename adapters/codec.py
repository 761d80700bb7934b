"""Values to bytes and back, as JSON: what the stores keep of profiles, bodies and documents.

The order of keys is kept, so equal states give equal bytes. A profile state is written without what is empty;
what JSON has no word for (whole numbers as keys, values with fields) stands in rows. These functions run for
every person in every batch, so they name each field instead of looking them up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from core.profile import BotLink, GroupState, ProfileState, Purchase


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
    """The stored form of a profile state. Rows: a day of `hours` is [day, half hours, n of each]; `bots` and
    `purchases` are the key and the fields."""
    parts = {
        "counts": state.counts,
        "hours": _hour_rows(state.hours),
        "totals": state.totals,
        "latest": state.latest,
        "bots": [
            (bot_id, one.started_ms, one.seen_ms, one.blocked_ms, one.unblocked_ms)
            for bot_id, one in state.bots.items()
        ],
        "sends": state.sends,
        "answers": state.answers,
        "kinds": state.kinds,
        "slots": list(state.slots.items()),
        "groups": list(state.groups.items()),
        "purchases": [
            (charge, one.paid_ms, one.currency, one.amount_minor, one.until_ms, one.refunded_ms)
            for charge, one in state.purchases.items()
        ],
        "facts": state.facts,
        "tags": state.tags,
    }
    return _written([state.first_ms, state.last_ms, state.seen_ms], parts)


def state_from_bytes(data: bytes) -> ProfileState:
    """The profile state that `state_to_bytes` wrote."""
    raw = orjson.loads(data)
    take = raw.get
    first_ms, last_ms, seen_ms = raw["at"]
    return ProfileState(
        first_ms,
        last_ms,
        seen_ms,
        _tuples(take("counts")),
        _hours(take("hours")),
        take("totals") or {},
        _tuples(take("latest")),
        {row[0]: BotLink(*row[1:]) for row in take("bots", ())},
        tuple(take("sends", ())),
        tuple(take("answers", ())),
        _tuples(take("kinds")),
        {slot: tuple(pair) for slot, pair in take("slots", ())},
        dict(take("groups", ())),
        {row[0]: Purchase(*row[1:]) for row in take("purchases", ())},
        _tuples(take("facts")),
        _tuples(take("tags")),
    )


def group_to_bytes(state: GroupState) -> bytes:
    """The stored form of a group's state, likewise."""
    parts = {
        "counts": state.counts,
        "hours": _hour_rows(state.hours),
        "totals": state.totals,
        "latest": state.latest,
        "threads": list(state.threads.items()),
    }
    return _written([state.first_ms, state.last_ms], parts)


def group_from_bytes(data: bytes) -> GroupState:
    """The group's state that `group_to_bytes` wrote."""
    raw = orjson.loads(data)
    take = raw.get
    first_ms, last_ms = raw["at"]
    return GroupState(
        first_ms,
        last_ms,
        _tuples(take("counts")),
        _hours(take("hours")),
        take("totals") or {},
        _tuples(take("latest")),
        dict(take("threads", ())),
    )


def _written(moments: list[int], parts: Mapping[str, object]) -> bytes:
    return orjson.dumps({"at": moments} | {name: value for name, value in parts.items() if value}, _plain)


def _hour_rows(hours: Mapping[int, Mapping[int, int]]) -> list[tuple[int, list[int], list[int]]]:
    return [(day, [*halves], [*halves.values()]) for day, halves in hours.items()]


def _hours(rows: Iterable[tuple[int, list[int], list[int]]] | None) -> dict[int, dict[int, int]]:
    return {
        day: dict(zip(halves, counts))  # noqa: B905 - both were one mapping; asking costs a third of all this
        for day, halves, counts in rows or ()
    }


def _tuples(value: Mapping[str, list[Any]] | None) -> dict[str, tuple[Any, ...]]:
    return {key: tuple(item) for key, item in value.items()} if value else {}
