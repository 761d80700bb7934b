"""Broadcasts become rows alike over every store."""

from __future__ import annotations

import asyncio

from adapters.broadcasts import next_slot
from adapters.memory import ManualClock
from app.desk.broadcasts import Broadcasts, Place
from core.broadcast import Audience, Broadcast, Copied, Variant, parse
from core.content import Content, to_document
from core.flow.broadcast import BroadcastDeps, Expanded, expand_due, survey
from core.ports import CampaignRow, PeopleList, Store
from tests.ports.worlds import BOT, HELD_OUT, HOUR, NOW, consent, reach, reachable

NEWS = Content("news", "news", {"en": "Hello {first_name}"})
BODY = {
    "name": "spring",
    "audience": {"everybody": True, "minus": {"lists": ["staff"]}},
    "content": "news",
    "when": {"local": "13:00"},
}


async def test_pages_skips_lists_and_the_holdout_are_the_same_everywhere(store: Store) -> None:
    people = await reachable(store, *range(1, 8), int(HELD_OUT.value))
    async with store.transaction() as tx:
        await tx.contents.put("news", to_document(NEWS), NOW, author="a")
        await tx.campaigns.add(CampaignRow("spring", "scheduled", BODY, "a", NOW, NOW, NOW))
        await tx.people.set_reach([reach(people[0], state="blocked", at=NOW + 1, chat_id=1)])
        await tx.people.change_consent([consent(people[1], granted=False, at=NOW + 1)])
        await tx.lists.put(PeopleList("staff", excludes=False))
        await tx.lists.add("staff", [people[2]], NOW, author="a")
    deps = BroadcastDeps(store, (), {BOT: "Kairos"}, next_slot)
    looked = await survey(deps, parse(BODY), NOW)
    done, more = Expanded(), True
    while more:
        page = await expand_due(deps, NOW, limit=3)
        done, more = done + page, page.more
    assert (done.people, done.messages) == (7, 4)
    assert done.skipped == {"blocked": 1, "no_consent": 1, "holdout": 1}
    assert looked.audience == 7
    assert {reason: n for reason, n in looked.never.items() if reason != "no_hour"} == done.skipped
    async with store.transaction(write=False) as tx:
        rows = await tx.ledger.of_campaign("b:spring", 0, 10)
        row = await tx.campaigns.get("spring")
        counts = await tx.ledger.campaign_counts("b:spring")
    assert [one.person_no for one in rows] == people[3:7]
    assert {one.due_ms % (24 * HOUR) for one in rows} == {13 * HOUR}
    assert row is not None
    assert (row.state, row.cursor) == ("running", -1)
    assert counts == {("", "planned"): 4}


async def test_schedulers_that_run_at_once_give_everybody_one_row(store: Store) -> None:
    people = await reachable(store, *range(1, 30))
    async with store.transaction() as tx:
        await tx.contents.put("news", to_document(NEWS), NOW, author="a")
        body = {"name": "spring", "audience": "everybody", "content": "news"}
        await tx.campaigns.add(CampaignRow("spring", "scheduled", body, "a", NOW, NOW, NOW))
    deps = BroadcastDeps(store, (), {BOT: "Kairos"}, next_slot)
    more = True
    while more:
        pages = await asyncio.gather(*(expand_due(deps, NOW, limit=3) for _ in range(4)))
        more = any(page.more for page in pages)
    async with store.transaction(write=False) as tx:
        rows = await tx.ledger.of_campaign("b:spring", 0, 100)
    assert sorted(one.person_no for one in rows) == sorted(people)


async def test_two_who_make_a_broadcast_at_the_same_moment_get_a_draft_each(store: Store) -> None:
    place = Place(BroadcastDeps(store, (), {BOT: "Kairos"}, next_slot), ManualClock(NOW), {})
    wanted = [
        Broadcast("tg-new", Audience(everybody=True), (Variant("a", "", 1.0, Copied(5, number)),), bot_id=BOT)
        for number in range(1, 6)
    ]
    made = await asyncio.gather(*(Broadcasts(place, "ayse").put_new(one) for one in wanted))
    assert sorted(line.row.name for line in made) == [f"tg-{number}" for number in range(1, 6)]
    async with store.transaction(write=False) as tx:
        kept = [parse(row.body).variants[0].copied for row in await tx.campaigns.by_state(())]
    assert sorted(one.message_id for one in kept if one is not None) == [1, 2, 3, 4, 5]
