"""Updates leave the same in every store, also when two processes apply them at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from adapters.memory import MemoryHot
from core.flow.capture import CaptureDeps, apply_pending
from core.identity import telegram
from core.ports import InboxRow, RawUpdate, Store
from tests.core.flow.worlds import ANNA, BORA, BOT, CEM, GROUP, World, read
from tests.ports.conftest import opened
from tests.postgres import PostgresForTests

PEOPLE = (ANNA, BORA, CEM)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a store holds about people and groups, and what was shown of it."""

    people: Any
    groups: Any
    members: Any
    reach: Any
    consent: Any
    events: Any
    hot: Any


async def a_lively_day(world: World) -> list[RawUpdate]:
    """Private words, taps, choices, groups, a payment, a block; some things twice, some at one moment."""
    came = []
    for n in range(8):
        for person in PEOPLE:
            came.append(await world.says(person, ("/start spring", "price?", "hello", "STOP")[n % 4]))
            came.append(await world.taps(person, ("consent:all", "menu:vip")[n % 2]))
        world.clock.advance(60 * n)
        came.append(await world.says_in_group(ANNA, "hello all", title=f"Club {n % 3}"))
        came.append(await world.moves_in_group(BORA, ("member", "left")[n % 2]))
        came.append(await world.says_in_group(CEM, "me too", group=GROUP - n % 2))
    came.append(await world.pays(ANNA))
    came.append(await world.blocks(CEM))
    return came


async def apply_all(store: Store, hot: MemoryHot, now_ms: int, limit: int) -> int:
    done = 0
    while (step := await apply_pending(CaptureDeps(store, hot, read), now_ms, limit)).rows:
        done += step.events
    return done


async def kept(store: Store, hot: MemoryHot) -> Kept:
    async with store.transaction(write=False) as tx:
        known = await tx.people.known([telegram(person) for person in PEOPLE])
        numbers = [known[telegram(person)] for person in PEOPLE]
        groups = await tx.groups.numbers(0, 9)
        return Kept(
            await tx.people.load(numbers),
            await tx.groups.load(groups),
            await tx.groups.of_people(numbers),
            await tx.people.reach(numbers),
            [await tx.people.consent_history(number) for number in numbers],
            [await tx.events.all_of_person(number) for number in numbers],
            [await hot.read(numbers), await hot.read_groups(groups)],
        )


async def test_a_lively_day_leaves_the_same_in_every_store(store: Store) -> None:
    world = World()
    came = await a_lively_day(world)
    await apply_all(world.store, world.hot, world.clock.now_ms(), 17)
    hot = MemoryHot()
    async with store.transaction() as tx:
        assert await tx.inbox.add(BOT, came) == len(came)
    assert await apply_all(store, hot, world.clock.now_ms(), 17) > len(came)
    assert await kept(store, hot) == await kept(world.store, world.hot)


async def test_two_processes_share_the_work_and_count_nothing_twice(postgres: PostgresForTests) -> None:
    world = World()
    came = await a_lively_day(world)
    await apply_all(world.store, world.hot, world.clock.now_ms(), 1000)
    address, now_ms = await postgres.fresh_database(), world.clock.now_ms()
    async with opened(address) as one, opened(address) as other:
        async with one.transaction() as tx:
            await tx.inbox.add(BOT, came)
        both = [(one, MemoryHot()), (other, MemoryHot())]
        while await _waiting(one):
            await asyncio.gather(*(_once(store, hot, now_ms) for store, hot in both))
        hot = both[0][1]
        mine, alone = await kept(one, hot), await kept(world.store, world.hot)
    assert [sorted(_keys(events)) for events in mine.events] == [
        sorted(_keys(events)) for events in alone.events
    ]
    totals = [record.state.totals for record in mine.people.values()]
    assert totals == [record.state.totals for record in alone.people.values()]
    assert [replace(record, seq=0).state for record in mine.groups.values()] == [
        record.state for record in alone.groups.values()
    ]


def _keys(events: Sequence[Any]) -> list[str]:
    return [item.event.key for item in events]


async def _waiting(store: Store) -> Sequence[InboxRow]:
    async with store.transaction(write=False) as tx:
        return await tx.inbox.pending(1)


async def _once(store: Store, hot: MemoryHot, now_ms: int) -> None:
    await apply_pending(CaptureDeps(store, hot, read), now_ms, 7)
