"""Broadcasts become rows alike over every store."""

from __future__ import annotations

from adapters.broadcasts import next_slot
from core.broadcast import parse
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
