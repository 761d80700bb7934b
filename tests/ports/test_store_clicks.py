"""Clicks over every store: however many come at once, one counts, and others go on meanwhile."""

from __future__ import annotations

import asyncio

from adapters.memory import MemoryHot
from core.flow.click import ClickDeps, click
from core.ports import Store
from tests.ports.worlds import NOW, campaign, people, put, sent

ANNA, BEN = 5, 6
SHOP = "https://shop.example/"


async def test_many_clicks_at_once_count_once(store: Store) -> None:
    anna, ben = await people(store, ANNA, BEN)
    body = {"text": "x", "links": [SHOP, SHOP + "b"]}
    async with store.transaction() as tx:
        rows = await put(tx, campaign(anna, "1", body=body), campaign(ben, "1", body=body))
        for row in rows:
            await sent(tx, row, NOW)
    deps = ClickDeps(store, MemoryHot())
    asked = [(row.id, place) for row in rows for place in (0, 1)] * 5
    found = await asyncio.gather(*(click(deps, row, place, NOW + n) for n, (row, place) in enumerate(asked)))
    assert {one.address for one in found if one} == {SHOP, SHOP + "b"}
    assert sum(one.counted for one in found if one) == 4
    async with store.transaction(write=False) as tx:
        for number in (anna, ben):
            events = [one.event.kind for one in await tx.events.all_of_person(number)]
            assert (events.count("link_clicked"), events.count("campaign_answered")) == (2, 1)
        answered = [row.answered_ms for row in (await tx.ledger.get([row.id for row in rows])).values()]
    assert all(NOW <= at_ms < NOW + len(asked) for at_ms in answered)
