"""Broadcasts are kept as they were made, and remember how far they got."""

from __future__ import annotations

from dataclasses import replace

from core.ports import CampaignRow, Store
from tests.ports.worlds import NOW

SPRING = CampaignRow("spring", "draft", {"variants": [{"content": "news", "share": 1}]}, "ayse", NOW, NOW)


async def test_a_broadcast_is_kept_as_it_was_made(store: Store) -> None:
    async with store.transaction() as tx:
        assert await tx.campaigns.add(SPRING)
    async with store.transaction(write=False) as tx:
        assert await tx.campaigns.get("spring") == SPRING
        assert await tx.campaigns.get("autumn") is None


async def test_a_name_is_taken_once(store: Store) -> None:
    async with store.transaction() as tx:
        assert await tx.campaigns.add(SPRING)
        assert not await tx.campaigns.add(replace(SPRING, author="ben"))
    async with store.transaction(write=False) as tx:
        assert await tx.campaigns.by_state([]) == [SPRING]


async def test_it_remembers_how_far_it_got(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.campaigns.add(SPRING)
    running = replace(SPRING, state="running", slot_ms=NOW, cursor=500, changed_ms=NOW + 1, note="500 rows")
    async with store.transaction() as tx:
        assert await tx.campaigns.get("spring") == SPRING
        await tx.campaigns.save(running)
    async with store.transaction(write=False) as tx:
        assert await tx.campaigns.get("spring") == running


async def test_saving_what_is_not_there_makes_nothing(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.campaigns.save(SPRING)
    async with store.transaction(write=False) as tx:
        assert await tx.campaigns.by_state([]) == []


async def test_they_are_found_by_state_in_the_order_of_their_names(store: Store) -> None:
    rows = [
        replace(SPRING, name=name, state=state)
        for name, state in [("c", "running"), ("a", "running"), ("b", "done")]
    ]
    async with store.transaction() as tx:
        for row in rows:
            await tx.campaigns.add(row)
    async with store.transaction(write=False) as tx:
        assert [row.name for row in await tx.campaigns.by_state(["running", "scheduled"])] == ["a", "c"]
        assert [row.name for row in await tx.campaigns.by_state([])] == ["a", "b", "c"]
