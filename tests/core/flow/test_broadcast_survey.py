"""A dry run asks what the real run would ask and writes nothing; broadcasts to groups go where people are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.broadcast import parse
from core.flow.broadcast import Survey, survey
from core.identity import Place
from core.ports import Membership
from core.profile import GroupState
from tests.core.flow.broadcasts import deps, document, expand, member_of, rows, started, town
from tests.core.flow.worlds import ANNA, BORA, BOT, CEM, DAY, HOUR, NOW, World

AWAKE = {(NOW - DAY) // DAY: dict.fromkeys(range(16, 44), 3)}
MEMBER = "member send_messages"


async def looked(world: World, **changes: object) -> Survey:
    return await survey(deps(world), parse(document(**changes)), world.clock.now_ms())


async def club(world: World, chat_id: int, *people: int) -> int:
    """A group with our bot in it, in which these people were seen."""
    state = GroupState(hours=AWAKE, latest={f"bot:{BOT}": (NOW, MEMBER)}, threads={7: 3})
    numbers = [await world.number(person) for person in people]
    async with world.store.transaction() as tx:
        no = (await tx.groups.resolve([Place(chat_id, "supergroup")], NOW))[chat_id]
        await tx.groups.save([replace((await tx.groups.load([no]))[no], state=state)])
        await tx.groups.see([Membership(no, person, NOW, NOW) for person in numbers])
    return no


async def test_a_dry_run_counts_what_the_run_then_does() -> None:
    world = await town(ANNA, BORA, CEM)
    await world.blocks(CEM)
    await world.says(1004, "/start")
    await world.apply()
    found = await looked(world)
    assert (found.audience, found.now, found.later) == (4, 2, {})
    assert found.never == {"blocked": 1, "no_consent": 1}
    assert (found.variants, found.languages, found.bots) == ({"a": 2}, {"en": 2}, {BOT: 2})
    assert (found.first_ms, found.last_ms) == (NOW, NOW)
    assert [sample.body["text"] for sample in found.samples] == [f"Hello P{ANNA}", f"Hello P{BORA}"]
    assert await rows(world) == []
    await started(world)
    done = await expand(world)
    assert (done.messages, done.skipped) == (found.messages, found.never)


async def test_who_must_wait_is_told_apart_from_who_would_wait_too_long() -> None:
    world = await town(ANNA, BORA)
    await world.switch("pause:campaign:b:hello", "wait")
    assert (await looked(world)).later == {"campaign_paused": 2}
    await world.switch("pause:campaign:b:hello", None)
    world.clock.advance(13 * HOUR / 1000)  # 02:00 in Istanbul: six hours until the morning
    assert (await looked(world)).later == {"quiet_hours": 2}
    assert (await looked(world, lifetime_h=3)).never == {"quiet_hours": 2}
    assert (await looked(world, when={"local": "10:00"})).now == 2


async def test_whose_day_nobody_knows_is_named_so() -> None:
    world = await town()
    await world.says(ANNA, "/start")
    await world.taps(ANNA, "consent:all")
    await world.apply()
    world.clock.advance(30 * DAY / 1000)
    assert (await looked(world)).never == {"no_hour": 1}


async def test_people_are_gone_through_in_pages_and_progress_is_told() -> None:
    world = await town(ANNA, BORA)
    heard: list[int] = []
    await survey(deps(world), parse(document()), NOW, heard.append)
    assert heard[-1] == 2


async def test_a_broadcast_to_groups_posts_where_its_people_are() -> None:
    world = await town(ANNA, BORA, CEM)
    await member_of(world, "ENGAGED", ANNA, BORA)
    lively, other = await club(world, -100, ANNA, BORA), await club(world, -200, CEM)
    how: dict[str, Any] = {"to": "groups", "audience": {"segment": "ENGAGED"}}
    assert (await looked(world, **how)).now == 1
    await started(world, **how)
    assert (await expand(world)).messages == 1
    [post] = await rows(world)
    assert (post.group_no, post.person_no, post.chat_id, post.segment) == (lively, 0, -100, "ENGAGED")
    assert post.body["text"] == "Hello friend"
    assert post.due_ms == NOW
    await expand(world)
    assert len(await rows(world)) == 1
    await started(world, name="all", to="groups", groups={"most": 5, "thread": 7})
    await expand(world)
    found = await rows(world, "all")
    assert {one.group_no for one in found} == {lively, other}
    assert {one.body["thread"] for one in found} == {7}


async def test_an_audience_that_is_no_segment_counts_person_by_person() -> None:
    world = await town(ANNA, BORA)
    await member_of(world, "COLD_LEAD", BORA)
    await club(world, -100, BORA)
    mine = await club(world, -200, ANNA)
    minus = {"rule": "bots = 1", "minus": {"segment": "COLD_LEAD"}}
    await started(world, to="groups", audience=minus, groups={"named": [-100, -200, -300]})
    done = await expand(world)
    assert done.skipped == {"unknown": 1}
    assert mine in {one.group_no for one in await rows(world)}


@pytest.mark.parametrize("copied", [True, False])
async def test_groups_get_copies_with_their_topic(copied: bool) -> None:
    world = await town(ANNA)
    await club(world, -100, ANNA)
    variants = [{"copy": {"chat_id": 77, "message_id": 5}}] if copied else [{"content": "spring"}]
    await started(world, to="groups", variants=variants, bot=BOT, groups={"thread": 7})
    await expand(world)
    [post] = await rows(world)
    if copied:
        assert post.body["params"] == {
            "chat_id": 0,
            "from_chat_id": 77,
            "message_id": 5,
            "message_thread_id": 7,
        }
    else:
        assert post.body["thread"] == 7
