"""The decision protocol: one JSON object a line becomes a value, or a sentence that says what is wrong
with it.

Times in the protocol are UTC hours from the start of the run (a Monday, 00:00); inside they are milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson

from core.errors import KairosError
from core.learning.features import HOUR_MS, Floats, Ints

START_MS: Final = 1_767_571_200_000
"""t = 0: Monday 2026-01-05, 00:00 UTC. Any Monday would do."""

Bools = npt.NDArray[np.bool_]


class ProtocolError(KairosError):
    """A message does not fit the protocol; the sentence says where."""


@dataclass(frozen=True, slots=True)
class Reset:
    """A run begins: who and what there is. intent is brought to 0..1, zone_h is NaN where unknown."""

    people: int
    kinds: tuple[str, ...]
    segments: tuple[str, ...]
    weights: Mapping[str, float]
    days: float
    max_per_day: int
    zone_h: Floats
    premium: Floats
    intent: Floats


@dataclass(frozen=True, slots=True)
class Observe:
    """What became visible: moments in ms, people by number. sends: id, person, ms, kind, status."""

    activity: tuple[Ints, Ints]
    sends: tuple[Ints, Ints, Ints, Ints, Ints]
    responses: tuple[Ints, Ints]
    conversions: tuple[Ints, Ints]
    blocks: tuple[Ints, Ints]


@dataclass(frozen=True, slots=True)
class Plan:
    """A window to plan: [start_ms, end_ms); users by number; confidence [people, segments]."""

    start_ms: int
    end_ms: int
    users: Ints
    confidence: Floats


def parse(line: bytes | str) -> Reset | Observe | Plan:
    """The message of one line; raises ProtocolError."""
    try:
        message = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ProtocolError(f"not a JSON object: {error}") from error
    if not isinstance(message, dict):
        raise ProtocolError("not a JSON object")
    match message.get("type"):
        case "reset":
            return _reset(message)
        case "observe":
            return _observe(message)
        case "plan":
            return _plan(message)
        case other:
            raise ProtocolError(f"unknown type {other!r}; known are reset, observe and plan")


def _reset(message: Mapping[str, Any]) -> Reset:
    info = _object(message, "info")
    people = _whole(info, "n_users")
    static = _object(info, "static")
    return Reset(
        people=people,
        kinds=_names(info, "arms"),
        segments=_names(info, "segments"),
        weights={"response": 1.0, "conversion": 20.0, "block": 30.0} | _weights(info.get("weights")),
        days=_number(info, "days", 30.0),
        max_per_day=_whole(info, "max_per_day", 1),
        zone_h=_column(static, "tz_declared", people, np.nan),
        premium=np.nan_to_num(_column(static, "premium", people, 0.0)),
        intent=_unit(np.nan_to_num(_column(static, "intent_score", people, 0.0))),
    )


def _observe(message: Mapping[str, Any]) -> Observe:
    events = _object(message, "events")
    sends = _rows(events, "sends", ("id", "user", "t", "arm", "status"))
    responses = _rows(events, "responses", ("send_id", "user", "t"))
    activity = _rows(events, "activity", ("user", "t"))
    conversions = _rows(events, "conversions", ("user", "t"))
    blocks = _rows(events, "blocks", ("user", "t"))
    return Observe(
        activity=(_ints(activity[0]), _ms(activity[1])),
        sends=(_ints(sends[0]), _ints(sends[1]), _ms(sends[2]), _ints(sends[3]), _ints(sends[4])),
        responses=(_ints(responses[0]), _ms(responses[2])),
        conversions=(_ints(conversions[0]), _ms(conversions[1])),
        blocks=(_ints(blocks[0]), _ms(blocks[1])),
    )


def _plan(message: Mapping[str, Any]) -> Plan:
    seen = _object(message, "obs")
    start, end = _number(message, "t0"), _number(message, "t1")
    if not start < end:
        raise ProtocolError("a plan's t0 must lie before its t1")
    confidence = _table(seen.get("segments"), "obs.segments")
    return Plan(
        start_ms=int(_ms(np.array([start]))[0]),
        end_ms=int(_ms(np.array([end]))[0]),
        users=_ints(_numbers(seen.get("users"), "obs.users")),
        confidence=np.clip(np.nan_to_num(confidence), 0.0, 1.0),
    )


def _object(message: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = message.get(name)
    if not isinstance(value, dict):
        raise ProtocolError(f"{name} must be an object")
    return value


def _names(info: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = info.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
        raise ProtocolError(f"info.{name} must be a list of names")
    return tuple(value)


def _number(message: Mapping[str, Any], name: str, default: float | None = None) -> float:
    value = message.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ProtocolError(f"{name} must be a number")
    return float(value)


def _whole(message: Mapping[str, Any], name: str, default: int | None = None) -> int:
    value = _number(message, name, default)
    if value < 1 or value != int(value):
        raise ProtocolError(f"{name} must be a whole number above 0")
    return int(value)


def _weights(value: object) -> dict[str, float]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ProtocolError("info.weights must be an object")
    return {str(name): _number(value, str(name)) for name in value}


def _numbers(value: object, name: str) -> Floats:
    try:
        column = np.array(value if value is not None else [], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ProtocolError(f"{name} must be a list of numbers") from error
    if column.ndim != 1:
        raise ProtocolError(f"{name} must be a list of numbers")
    return column


def _table(value: object, name: str) -> Floats:
    try:
        table = np.array(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ProtocolError(f"{name} must be a list of rows of numbers") from error
    if table.ndim != 2:  # noqa: PLR2004 - rows and columns
        raise ProtocolError(f"{name} must be a list of rows of numbers")
    return table


def _column(static: Mapping[str, Any], name: str, people: int, missing: float) -> Floats:
    if static.get(name) is None:
        return np.full(people, missing)
    column = _numbers(static[name], f"static.{name}")
    if len(column) != people:
        raise ProtocolError(f"static.{name} must have one number a user ({people}), not {len(column)}")
    return column


def _rows(events: Mapping[str, Any], name: str, fields: Sequence[str]) -> list[Floats]:
    table = events.get(name) or {}
    if not isinstance(table, dict):
        raise ProtocolError(f"events.{name} must be an object of parallel lists")
    columns = [_numbers(table.get(field), f"{name}.{field}") for field in fields]
    if len({len(column) for column in columns}) > 1:
        raise ProtocolError(f"the lists of events.{name} must be equally long")
    if any(np.isnan(column).any() for column in columns):
        raise ProtocolError(f"the lists of events.{name} must have no gaps")
    return columns


def _ints(column: Floats) -> Ints:
    return column.astype(np.int64)


def _ms(hours: Floats) -> Ints:
    return START_MS + np.rint(hours * HOUR_MS).astype(np.int64)


def _unit(column: Floats) -> Floats:
    """To 0..1 by the middle nine tenths: the caller's scale is unknown."""
    low, high = np.quantile(column, [0.05, 0.95]) if len(column) else (0.0, 0.0)
    return np.clip((column - low) / max(float(high - low), 1e-9), 0.0, 1.0)
