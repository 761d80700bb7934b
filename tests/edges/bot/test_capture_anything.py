"""Whatever comes, it is understood or refused: generated, mutated and doubled updates of every kind."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable

import orjson
import pytest

from app.updates import reader
from bot.capture.fields import MAX_ID
from core.errors import ContentError
from core.event import VOCABULARY, Event, Scalar
from core.identity import Captured, Place, Sender
from core.ports import InboxRow
from tests.botapi.generate import KINDS, Generator, Json, as_bytes
from tests.botapi.mutate import WRONG
from tests.edges.bot.updates import RULES, read

READ = reader(granted_on_start=False, text_version="1", vip=[-1_001_000_000_001], key=b"k" * 32)


def captured(update: Json) -> Captured | None:
    """Its meaning as of a stored row, None when it is refused."""
    try:
        return READ(InboxRow(1, 42, update["update_id"], 1_780_000_100_000, as_bytes(update), "received"))
    except ContentError:
        return None


def _says(found: Captured) -> list[tuple[Sender | None, Event]]:
    said = [(found.sender, event) for event in found.events]
    return said + [(who, event) for who, events in found.others for event in events]


def _storable(values: Iterable[Scalar]) -> bool:
    for value in values:
        if isinstance(value, str):
            if "\x00" in value or len(value) > 512:
                return False
            value.encode()
        elif value is not None and not abs(value) <= MAX_ID * 1000:
            return False
    return True


def check(found: Captured) -> None:
    """All that stores and the fold rely on."""
    said = _says(found)
    assert found.events
    assert len({event.key for _, event in said}) == len(said)
    for _, event in said:
        assert set(event.props) <= set(VOCABULARY[event.kind].props)
        assert _storable([event.key, event.ts_ms, *event.props.values()])
        assert 0 < event.ts_ms < 2**45
        orjson.dumps(dict(event.props))
    for who in filter(None, [found.sender, *(who for who, _ in found.others)]):
        assert 0 < int(who.identity.value) < MAX_ID
        assert _storable([who.chat_id, who.first_name, who.username, who.language])
    _check_place(found.place)
    assert found.sender is not None or not found.answer


def _check_place(place: Place | None) -> None:
    if place is not None:
        assert place.kind in {"group", "supergroup", "channel"}
        assert -MAX_ID < place.chat_id < 0 >= place.also != place.chat_id
        assert _storable([place.chat_id, place.also, place.title, place.username])


def test_valid_updates_of_every_kind_are_understood() -> None:
    generator, seen = Generator(11), Counter[str]()
    for kind in KINDS:
        for _ in range(100):
            found = captured(generator.update(kind))
            assert found is not None
            check(found)
            seen.update(event.kind for _, event in _says(found))
    assert len(seen) > 30


def test_mutated_and_doubled_updates_are_understood_or_refused_and_always_alike() -> None:
    outcomes = Counter[bool]()
    for update in Generator(12).stream(5_000, wrong=0.8):
        found = captured(update)
        assert found == captured(update)
        outcomes[found is not None] += 1
        if found is not None:
            check(found)
    assert min(outcomes[True], outcomes[False]) > 500


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_that_is_none_is_refused(kind: str) -> None:
    for body in WRONG:
        if kind == "managed_bot" and isinstance(body, dict):
            continue  # has no meaning, so nothing in it is missed
        with pytest.raises(ContentError):
            read({"update_id": 7, kind: body})


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"null", b"7", b'"text"', b"\xff", b"{}", b'{"update_id": 7}', b"[" * 5000]
)
def test_what_is_no_update_is_refused(body: bytes) -> None:
    with pytest.raises(ContentError):
        READ(InboxRow(1, 42, 7, 1_780_000_100_000, body, "received"))


def test_halves_of_letters_are_replaced_before_they_reach_a_store() -> None:
    human = {"id": 1, "is_bot": False, "first_name": "\ud800"}
    body = {
        "message_id": 1,
        "date": 1,
        "chat": {"id": 1, "type": "private"},
        "from": human,
        "text": "/start \udc00",
    }
    found = read({"update_id": 7, "message": body}, RULES)
    check(found)
    assert found.sender is not None
    assert found.sender.first_name == "?"


def test_the_meaning_of_updates_is_read_without_aiogram() -> None:
    code = "import sys, app.updates; sys.exit('aiogram' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
