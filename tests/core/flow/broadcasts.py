"""Worlds for broadcasts: people who agreed, contents in the store, and a broadcast that is started."""

from __future__ import annotations

from dataclasses import replace

from adapters.broadcasts import next_slot
from core.broadcast import SCHEDULED, parse
from core.content import Content, to_document
from core.flow.broadcast import BroadcastDeps, Expanded, expand_due
from core.ledger import Message
from core.ports import CampaignRow, PersonRecord
from tests.core.flow.test_segment_step import SPECS
from tests.core.flow.worlds import BOT, NOW, OTHER_BOT, World

NEWS = Content("spring", "news", {"tr": "Merhaba {first_name}", "en": "Hello {first_name}"})
OTHER = Content("summer", "offer", {"en": "Sun, {first_name}"})
CROWD = tuple(range(2001, 2025))


def deps(world: World) -> BroadcastDeps:
    return BroadcastDeps(world.store, SPECS, {BOT: "Kairos", OTHER_BOT: "Second"}, next_slot)


async def town(*people: int, zone: str = "Europe/Istanbul") -> World:
    """People who said yes, two contents and the strategies in force."""
    world = World()
    async with world.store.transaction() as tx:
        for spec in SPECS:
            await tx.knowledge.put_strategy(spec.strategy, NOW, live=True, author="file")
        for content in (NEWS, OTHER):
            await tx.contents.put(content.name, to_document(content), NOW, author="ayse")
    await world.settle(*people, zone=zone)
    return world


def document(**changes: object) -> dict[str, object]:
    said = {} if "variants" in changes else {"content": "spring"}
    return {"name": "hello", "audience": "everybody", **said, **changes}


async def started(world: World, slot_ms: int = 0, **changes: object) -> CampaignRow:
    """A broadcast that an operator has started."""
    body = document(**changes)
    now_ms = world.clock.now_ms()
    row = CampaignRow(parse(body).name, SCHEDULED, body, "ayse", now_ms, now_ms, slot_ms or now_ms)
    async with world.store.transaction() as tx:
        assert await tx.campaigns.add(row)
    return row


async def expand(world: World, limit: int = 100) -> Expanded:
    """All that can be done now."""
    done = await expand_due(deps(world), world.clock.now_ms(), limit=limit)
    total = done
    while done.more:
        done = await expand_due(deps(world), world.clock.now_ms(), limit=limit)
        total = total + done
    return replace(total, more=False)


async def rows(world: World, name: str = "hello") -> list[Message]:
    async with world.store.transaction(write=False) as tx:
        return await tx.ledger.of_campaign(f"b:{name}", 0, 10_000)


async def row_of(world: World, name: str = "hello") -> CampaignRow:
    async with world.store.transaction(write=False) as tx:
        found = await tx.campaigns.get(name)
    assert found is not None
    return found


async def member_of(world: World, segment: str, *people: int) -> None:
    """Put people into a segment by hand."""
    records: list[PersonRecord] = [await world.record(person) for person in people]
    async with world.store.transaction() as tx:
        await tx.people.save([replace(record, segments={segment: 0.9}) for record in records])
