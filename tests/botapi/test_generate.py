"""The generator itself: valid by the types, every kind and field, the same by the same seed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sandbox.botapi.schema import ARRAY, schema
from tests.botapi.generate import KINDS, Generator, as_bytes

TYPES = {"String": str, "Integer": int, "Float": float, "Boolean": bool}


def wrong(value: Any, name: str, path: str) -> Iterator[str]:
    """Where a value is not of the type of this name."""
    known = schema()
    if name.startswith(ARRAY):
        if not isinstance(value, list):
            yield f"{path}: no list"
            return
        for at, each in enumerate(value):
            yield from wrong(each, name.removeprefix(ARRAY), f"{path}[{at}]")
    elif name in TYPES:
        if type(value) is not TYPES[name]:
            yield f"{path}: {value!r} is no {name}"
    elif name in known.kinds:
        found = [list(wrong(value, each, path)) for each in known.kinds[name]]
        if all(found):
            yield min(found, key=len)[0]
    else:
        yield from _fields(value, name, path)


def _fields(value: Any, name: str, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: no {name}"
        return
    fields = {field.name: field for field in schema().fields[name]}
    yield from (f"{path}.{key}: not in {name}" for key in value if key not in fields)
    for field in fields.values():
        if field.name in value:
            if field.values and value[field.name] not in field.values:
                yield f"{path}.{field.name}: {value[field.name]!r} is none of its values"
            yield from wrong(value[field.name], field.types[0], f"{path}.{field.name}")
        elif field.required:
            yield f"{path}.{field.name}: missing"


def test_updates_are_valid_by_the_types_of_the_bot_api() -> None:
    generator = Generator(1)
    for _ in range(1_500):
        update = generator.update()
        assert next(wrong(update, "Update", "update"), "") == ""


def test_every_kind_comes_and_every_field_of_a_message() -> None:
    generator = Generator(2)
    updates = [generator.update("message")["message"] for _ in range(4_000)]
    updates += [generator.update("edited_business_message")["edited_business_message"] for _ in range(100)]
    updates += [generator.update("guest_message")["guest_message"] for _ in range(5)]
    updates += [generator.update("channel_post")["channel_post"] for _ in range(5)]
    seen = {name for body in updates for name in body}
    assert {field.name for field in schema().fields["Message"]} - seen == set()
    assert {next(key for key in generator.update(kind) if key != "update_id") for kind in KINDS} == set(KINDS)


def test_the_same_seed_gives_the_same_updates_also_when_mutated_and_doubled() -> None:
    first, second, other = (
        [as_bytes(update) for update in Generator(seed).stream(300)] for seed in (3, 3, 4)
    )
    assert first == second != other


def test_a_stream_doubles_and_mutates_and_keeps_the_numbers() -> None:
    updates = list(Generator(5).stream(500, wrong=0.3, twice=0.2))
    numbers = [update["update_id"] for update in updates]
    assert 350 < len(set(numbers)) < 450


def test_a_mutation_leaves_the_original_alone() -> None:
    generator = Generator(6)
    update = generator.update("message")
    before = json.dumps(update)
    changed = {as_bytes(generator.mutated(update)) for _ in range(20)}
    assert json.dumps(update) == before
    assert len(changed) > 10
