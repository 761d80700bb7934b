"""Whatever an update looks like, the person is taken out of it and the rest is still an update."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import orjson

from adapters.redaction import Whom, anonymous, redact, waits, whom
from app.updates import reader
from core.errors import ContentError
from core.event import Event, Scalar
from core.ports import InboxRow
from tests.botapi.generate import KINDS, Generator

PERSON = 1003
ABOUT = Whom(frozenset({PERSON}))
ID_KEYS = ("id", "user_id", "user_chat_id", "chat_id")


def told(value: object) -> Iterator[object]:
    """Every whole number that stands where a person can."""
    if isinstance(value, dict):
        yield from (item for key, item in value.items() if key in ID_KEYS)
        for item in value.values():
            yield from told(item)
    elif isinstance(value, list):
        for item in value:
            yield from told(item)


def test_every_kind_of_update_loses_the_person_and_stays_one_that_is_understood() -> None:
    read = reader(granted_on_start=False, text_version="v1")
    generator = Generator(7, people=6, chats=3)
    own = mentions = untouched = refused = 0
    for number in range(1500):
        update: Any = generator.update(KINDS[number % len(KINDS)])
        if number % 5 == 0:
            update = generator.mutated(update)
        body = json.dumps(update).encode()
        found = redact(body, ABOUT)
        assert PERSON not in told(orjson.loads(found.body))
        own, mentions = own + found.own, mentions + (found.mentions and not found.own)
        if not found.mentions:
            untouched += 1
            assert found.body == body
            assert PERSON not in told(orjson.loads(body))
        try:
            read(InboxRow(1, 42, 1, 1_767_600_000_000, found.body, "received"))
        except ContentError:
            refused += not found.own and number % 5 > 0
        assert redact(found.body, ABOUT).mentions is False, "once is enough"
    assert min(own, mentions, untouched) > 50
    assert refused < mentions / 10, "those that make no sense without the person"


def test_what_is_nested_too_deep_is_as_good_as_theirs() -> None:
    deep = b'{"a":' * 1000 + b'{"id": 1003}' + b"}" * 1000
    for body in (deep, b"[" * 5000, b"\xff", b"", b"[1003]"):
        found = redact(body, ABOUT)
        assert (found.own, found.body) == (True, b"{}")


def test_only_what_has_not_had_its_effect_waits() -> None:
    own = orjson.dumps({"update_id": 1, "message": {"from": {"id": PERSON}, "text": "hello"}})
    other = orjson.dumps({"update_id": 1, "message": {"from": {"id": 5}, "left_chat_member": {"id": PERSON}}})
    stranger = orjson.dumps({"update_id": 1, "message": {"from": {"id": 5}, "text": "1003"}})
    assert [waits(state, own, ABOUT) for state in ("received", "applied", "handled", "failed")] == [
        True,
        True,
        False,
        False,
    ]
    assert [waits(state, other, ABOUT) for state in ("received", "applied")] == [True, False]
    assert not waits("received", stranger, ABOUT)


def test_short_numbers_and_names_are_looked_for_but_never_cut_out_of_texts() -> None:
    about = whom([("telegram", "712345678"), ("email", "anna@example.org"), ("telegram", "x")], ["ann", ""])
    assert about.ids == {712345678}
    assert about.words == ("712345678", "ann")
    assert about.told == ("712345678",)
    body = orjson.dumps({"update_id": 1, "message": {"from": {"id": 5}, "text": "ann and 712345678"}})
    assert orjson.loads(redact(body, about).body)["message"]["text"] == "ann and -"


def test_an_event_without_its_person_has_figures_and_no_words() -> None:
    figures: dict[str, Scalar] = {"length": 3, "media": "text", "topics": "vip", "edited": False}
    props = figures | {"link": "anna's", "chat": 712345678}
    about = Whom(frozenset({712345678}))
    left = anonymous(Event("42:7:0", 5, "group_message", 42, props, 9), 3, about)
    assert left == Event("42:7:0", 5, "group_message", 42, figures, 9)
    first = anonymous(Event("vip:-1:712345678:1", 5, "vip_joined", 42, {}, 9), 3, about)
    second = anonymous(Event("vip:-1:712345678:2", 5, "vip_joined", 42, {}, 9), 3, about)
    assert first.key != second.key
    assert "712345678" not in first.key + second.key
