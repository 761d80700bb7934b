"""Events come in as they were exported: checked line by line, once, and about nobody who is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from app.exporter import export_events
from app.importing import Documents, ImportDeps, Imported, import_lines
from core.identity import Identity
from tests.core.flow.worlds import ANNA, NOW, World

AT = "2026-01-02T10:00:00+03:00"
AT_MS = 1_767_337_200_000


def line(person: int = ANNA, event: str = "message_received", **changes: Any) -> dict[str, Any]:
    return {"person": f"telegram:{person}", "at": AT, "event": event, "props": {"length": 3}} | changes


async def bring(world: World, lines: Sequence[object], **options: Any) -> Imported:
    return await import_lines(ImportDeps(world.capture), Documents(lines), NOW, **options)


async def test_an_event_line_becomes_an_event_of_its_person_at_its_own_moment() -> None:
    world = World()
    done = await bring(world, [line()])
    assert (done.lines, done.new, done.events) == (1, 1, 1)
    record = await world.record(ANNA)
    assert (record.state.last_ms, record.state.totals) == (AT_MS, {"message_received": 1})


async def test_the_same_line_is_the_same_event_with_or_without_a_key() -> None:
    world = World()
    lines = [line(), line(), line(key="mine"), line(key="mine")]
    done = await bring(world, lines)
    assert done.new == 2
    assert (await bring(world, lines, again=True)).new == 0


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"event": "flew"}, "event 'flew' is not in the vocabulary"),
        ({"at": "yesterday"}, "at must be ISO 8601"),
        ({"at": "2026-01-02T10:00:00"}, "at has no offset from UTC"),
        ({"at_ms": NOW + 1}, "lies in the future"),
        ({"at_ms": 1_767_337_200}, "lies in the future or before 2000"),
        ({"person": "somebody"}, "person must be text such as"),
        ({"person": 7001}, "person must be text such as"),
        ({"person": None}, "it names neither person nor group nor bot_id"),
        ({"props": {"deep": {"er": 1}}}, "props.deep must be text, a number"),
        ({"props": {"long": "x" * 5000}}, "props.long is longer than"),
        ({"props": {"big": 2**63}}, "props.big is too large"),
        ({"bot_id": 2**60}, "bot_id must be a whole number"),
        ({"key": ""}, "key must be text"),
        ({"group": 5}, "a group's number is below 0"),
        ({"event": "timezone_declared", "props": {"zone": "Mars/Olympus"}}, "props.zone is no IANA timezone"),
        ({"event": "bot_blocked", "props": {"chat_id": "x"}}, "props.chat_id must be a whole number"),
        ({"event": "payment_succeeded", "props": {"amount_minor": 1.5}}, "props.amount_minor must be"),
        ({"event": "consent_given", "props": {}}, "a choice about consent needs props.purpose"),
        ({"event": "tagged"}, "tagged needs props.tag"),
        ({"event": "untagged", "props": {"tag": " "}}, "untagged needs props.tag"),
        ({"event": "noted", "props": {"author": "me"}}, "noted needs props.text"),
        ({"event": "attributes_set", "props": {}}, "attributes_set needs props"),
    ],
)
async def test_a_wrong_line_is_named_and_the_others_come_in(changes: dict[str, Any], says: str) -> None:
    done = await bring(World(), [line() | changes, line()])
    assert (done.new, done.error_count) == (1, 1)
    assert done.errors[0].startswith("line 1: ")
    assert says in done.errors[0]


async def test_a_dry_run_says_how_many_lines_would_come_in() -> None:
    world = World()
    done = await bring(world, [line(), line(event="flew"), line(ANNA + 1)], dry_run=True)
    assert (done.lines, done.good, done.error_count, done.new) == (3, 2, 1, 0)
    async with world.store.transaction(write=False) as tx:
        assert await tx.people.count() == 0


async def test_choices_come_in_with_the_history() -> None:
    world = World()
    props = {"purpose": "campaigns", "source": "import", "text_version": "old"}
    await bring(world, [line(event="consent_given", props=props)])
    number = await world.number(ANNA)
    async with world.store.transaction(write=False) as tx:
        assert [one.granted for one in await tx.people.consent_history(number)] == [True]


async def test_who_was_forgotten_is_not_made_known_again() -> None:
    world = World()
    await bring(world, [line()])
    number = await world.number(ANNA)

    def hashed(identity: Identity) -> str:
        return f"hash of {identity.value}"

    async with world.store.transaction() as tx:
        await tx.erasures.request(number, NOW)
        await tx.erasures.erase(number, [f"hash of {ANNA}"], NOW)
    deps = ImportDeps(world.capture, hashed)
    done = await import_lines(deps, Documents([line(), line(ANNA + 1)], "import:second"), NOW)
    assert (done.lines, done.new, done.forgotten) == (2, 1, 1)
    async with world.store.transaction(write=False) as tx:
        assert await tx.people.count() == 1


async def test_what_is_exported_can_be_imported_elsewhere_and_means_the_same() -> None:
    world, elsewhere = World(), World()
    await bring(
        world, [line(), line(event="timezone_declared", props={"zone": "Europe/Berlin"}), line(ANNA + 1)]
    )
    lines = [one async for one in export_events(world.store)]
    done = await bring(elsewhere, lines)
    assert (done.new, done.error_count) == (3, 0)
    assert (await elsewhere.record(ANNA)).state == (await world.record(ANNA)).state
