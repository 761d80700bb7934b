"""A broadcast reaches its audience once, in its time, and says who is left out and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.broadcast import ALL_HAVE, CANCELLED, switch_of
from core.content import to_document
from core.errors import StoreError
from core.flow.broadcast import Expanded, expand_due, skipped_of
from core.ledger import Move, State
from core.ports import PeopleList, Transaction
from tests.core.flow.broadcasts import CROWD, NEWS, deps, expand, member_of, row_of, rows, started, town
from tests.core.flow.worlds import ANNA, BORA, BOT, CEM, DAY, HELD_OUT, HOUR, MINUTE, NOW, OTHER_BOT

HELD = int(HELD_OUT.value)


async def test_everybody_of_the_audience_gets_one_row_in_their_language() -> None:
    world = await town(ANNA, BORA)
    await world.says(ANNA, "/language tr", name="Anna")
    await world.apply()
    await started(world)
    done = await expand(world)
    found = {message.chat_id: message for message in await rows(world)}
    assert (done.broadcasts, done.people, done.messages) == (1, 2, 2)
    assert found[ANNA].body["text"] == "Merhaba Anna"
    assert found[BORA].body["text"] == f"Hello P{BORA}"
    assert {(m.cls, m.campaign, m.bot_id, m.priority, m.due_ms) for m in found.values()} == {
        ("campaign", "b:hello", BOT, 5.0, NOW)
    }
    assert all(m.expires_ms == NOW + 24 * HOUR and m.variant == "" for m in found.values())


async def test_whom_the_door_never_lets_through_gets_no_row_and_is_counted() -> None:
    world = await town(ANNA, BORA, CEM, HELD)
    await world.says(BORA, "/stop")
    await world.blocks(CEM)
    await world.says(1004, "/start")
    await world.apply()
    await started(world)
    done = await expand(world)
    assert [m.chat_id for m in await rows(world)] == [ANNA]
    assert done.skipped == {"no_consent": 2, "blocked": 1, "holdout": 1}
    assert await world.within(lambda tx: skipped_of(tx, "b:hello")) == done.skipped


async def test_a_muted_kind_is_left_out() -> None:
    world = await town(ANNA)
    record = await world.record(ANNA)
    latest = {**record.state.latest, "muted": (NOW, "news.poll")}
    async with world.store.transaction() as tx:
        await tx.people.save([replace(record, state=replace(record.state, latest=latest))])
    await started(world)
    assert (await expand(world)).skipped == {"topic": 1}


async def test_it_goes_on_in_its_place_after_a_crash_and_nobody_gets_two() -> None:
    world = await town(*CROWD)
    await started(world)
    await expand_due(deps(world), NOW, limit=10)
    assert ((await row_of(world)).state, len(await rows(world))) == ("running", 10)
    world.store.failing = True
    with pytest.raises(StoreError):
        await expand_due(deps(world), NOW, limit=10)
    world.store.failing = False
    assert len(await rows(world)) == 10
    await expand(world, limit=10)
    found = await rows(world)
    assert sorted(m.chat_id for m in found) == list(CROWD)
    assert (await row_of(world)).cursor == ALL_HAVE
    assert await expand(world) == Expanded()


async def test_it_is_done_when_every_row_is_closed() -> None:
    world = await town(ANNA, BORA)
    await started(world)
    await expand(world)
    assert (await expand(world)).done == ()
    assert (await row_of(world)).state == "running"
    moves = [Move(m.id, State.PLANNED, State.EXPIRED) for m in await rows(world)]
    await world.within(lambda tx: tx.ledger.move(moves))
    assert (await expand(world)).done == ("hello",)
    assert (await row_of(world)).state == "done"


async def test_before_its_time_and_while_paused_nothing_happens() -> None:
    world = await town(ANNA)
    await started(world, NOW + HOUR)
    assert await expand(world) == Expanded()
    world.clock.advance(HOUR / 1000)
    await world.switch("pause:campaign:b:hello", "wait")
    assert await expand(world) == Expanded()
    await world.switch("pause:campaign:b:hello", None)
    await world.switch("kill", "stop")
    assert await expand(world) == Expanded()
    await world.switch("kill", None)
    assert (await expand(world)).messages == 1


async def test_without_the_guards_leave_nothing_happens() -> None:
    world = await town(ANNA)
    await started(world)

    async def no(_: Transaction) -> bool:
        return False

    assert await expand_due(deps(world), NOW, no) == Expanded()
    assert await rows(world) == []


async def test_one_that_is_later_than_its_messages_live_is_left_out_and_says_so() -> None:
    world = await town(ANNA)
    await started(world, NOW - 3 * HOUR, lifetime_h=2)
    assert (await expand(world)).done == ("hello",)
    assert await rows(world) == []
    assert "passed" in (await row_of(world)).note


async def test_a_content_that_is_not_there_any_more_makes_it_wait() -> None:
    world = await town(ANNA)
    await started(world, content="winter")
    assert (await expand(world)).messages == 0
    assert "winter" in (await row_of(world)).note
    assert (await row_of(world)).state == "running"
    async with world.store.transaction() as tx:
        await tx.contents.put("winter", to_document(replace(NEWS, name="winter")), NOW, author="ayse")
    assert (await expand(world)).messages == 1
    assert (await row_of(world)).note == ""


# ------------------------------------------------------------------------------------------------ who
async def test_segments_lists_and_rules_say_who_and_who_not() -> None:
    world = await town(ANNA, BORA, CEM, 1004, 1005)
    await member_of(world, "ENGAGED", ANNA, BORA)
    await member_of(world, "COLD_LEAD", 1005)
    cem, bora = await world.number(CEM), await world.number(BORA)
    async with world.store.transaction() as tx:
        await tx.lists.put(PeopleList("friends", excludes=False))
        await tx.lists.put(PeopleList("staff", excludes=False))
        await tx.lists.add("friends", [cem, bora], NOW, author="ayse")
        await tx.lists.add("staff", [bora], NOW, author="ayse")
    minus = {"lists": ["staff"]}
    await started(world, name="a", audience={"segment": "ENGAGED", "list": "friends", "minus": minus})
    await started(world, name="b", audience={"rule": "bots = 1", "minus": {"segment": "COLD_LEAD"}})
    await expand(world, limit=1)
    assert [m.chat_id for m in await rows(world, "a")] == [ANNA, CEM]
    assert [m.chat_id for m in await rows(world, "b")] == [ANNA, BORA, CEM, 1004]
    assert [m.segment for m in await rows(world, "a")] == ["ENGAGED", ""]


async def test_the_bot_is_the_one_asked_for_else_the_one_last_spoken_with() -> None:
    world = await town(ANNA, BORA)
    world.clock.advance(MINUTE / 1000)
    await world.says(ANNA, "/start", bot=OTHER_BOT)
    await world.apply()
    await started(world, name="any")
    await started(world, name="second", bot=OTHER_BOT)
    done = await expand(world)
    assert {m.chat_id: m.bot_id for m in await rows(world, "any")} == {ANNA: OTHER_BOT, BORA: BOT}
    assert {m.chat_id: m.bot_id for m in await rows(world, "second")} == {ANNA: OTHER_BOT}
    assert done.skipped == {"not_started": 1}


# ------------------------------------------------------------------------------------------------ what
async def test_variants_have_their_shares_and_each_person_always_the_same() -> None:
    crowd = tuple(range(3_000, 3_200))
    world = await town(*crowd)
    variants = [{"content": "spring", "share": 1}, {"name": "sun", "content": "summer", "share": 3}]
    await started(world, variants=variants, when={"cron": "0 * * * *"})
    await expand(world)
    first = {m.chat_id: m.variant for m in await rows(world)}
    assert set(first.values()) == {"a", "sun"}
    assert sum(name == "sun" for name in first.values()) / len(crowd) == pytest.approx(0.75, abs=0.1)
    world.clock.advance(HOUR / 1000)
    await expand(world)
    again = [m for m in await rows(world) if m.due_ms > NOW]
    assert {m.chat_id: m.variant for m in again} == first
    assert {(m.variant, m.content) for m in again} == {("a", "spring"), ("sun", "summer")}


async def test_an_operators_message_is_copied_as_it_is() -> None:
    world = await town(ANNA)
    await started(world, variants=[{"copy": {"chat_id": 77, "message_id": 5}}], bot=BOT)
    await expand(world)
    [message] = await rows(world)
    assert message.body == {
        "method": "copyMessage",
        "params": {"chat_id": 0, "from_chat_id": 77, "message_id": 5},
    }


# ------------------------------------------------------------------------------------------------ when
async def test_each_occurrence_of_a_cron_is_a_round_of_its_own() -> None:
    world = await town(ANNA)
    await started(world, when={"cron": "0 10,18 * * *"})
    await expand(world)
    row = await row_of(world)
    assert (row.state, row.slot_ms, row.cursor) == ("scheduled", NOW + 8 * HOUR, 0)
    world.clock.advance(8 * HOUR / 1000)
    await expand(world)
    assert [m.due_ms for m in await rows(world)] == [NOW, NOW + 8 * HOUR]
    assert (await row_of(world)).slot_ms == NOW + DAY


async def test_occurrences_that_passed_during_a_downtime_are_left_out() -> None:
    world = await town(ANNA)
    await started(world, when={"cron": "0 10 * * *"}, lifetime_h=2)
    world.clock.advance((3 * DAY + 3 * HOUR) / 1000)
    assert (await expand(world)).messages == 0
    assert (await row_of(world)).slot_ms == NOW + 4 * DAY


@pytest.mark.parametrize(
    ("zone", "local", "hours"),
    [("Europe/Istanbul", "14:30", 1.5), ("America/New_York", "06:00", 1), ("Asia/Tokyo", "09:00", 14)],
)
async def test_a_time_of_day_is_that_of_each_persons_own_clock(zone: str, local: str, hours: float) -> None:
    world = await town(ANNA, zone=zone)
    await started(world, when={"local": local})
    await expand(world)
    [message] = await rows(world)
    assert message.due_ms == NOW + hours * HOUR
    assert message.expires_ms == message.due_ms + DAY


async def test_the_best_hour_is_one_in_which_the_person_is_active_and_the_door_open() -> None:
    world = await town(ANNA, BORA)
    for day in range(6, 0, -1):
        for person, hour in ((ANNA, 8), (BORA, 2)):
            world.clock.advance((-day * DAY + hour * HOUR) / 1000)
            for _ in range(3):
                await world.says(person, "hello")
            await world.apply()
            world.clock.advance((day * DAY - hour * HOUR) / 1000)
    await started(world, when="best")
    await expand(world)
    due = {m.chat_id: (m.due_ms - NOW) / HOUR for m in await rows(world)}
    assert 8 <= due[ANNA] < 9
    assert 2 <= due[BORA] < 3


async def test_a_broken_off_round_keeps_the_times_of_its_occurrence() -> None:
    world = await town(ANNA, BORA)
    await started(world, when={"local": "13:30"})
    await expand_due(deps(world), NOW, limit=1)
    world.clock.advance(HOUR / 1000)
    await expand(world)
    assert {m.due_ms for m in await rows(world)} == {NOW + HOUR // 2}


async def test_two_broadcasts_go_forward_side_by_side() -> None:
    world = await town(*CROWD)
    await started(world, name="a")
    await started(world, name="b")
    done = await expand_due(deps(world), NOW, limit=5)
    assert (done.broadcasts, done.messages, done.more) == (2, 10, True)


async def test_one_that_only_waits_for_its_rows_costs_nothing_while_another_goes_forward() -> None:
    world = await town(*CROWD)
    await started(world, name="a")
    await expand(world)
    await started(world, name="b")
    moves = [Move(m.id, State.PLANNED, State.EXPIRED) for m in await rows(world, "a")]
    await world.within(lambda tx: tx.ledger.move(moves))
    done = await expand_due(deps(world), NOW, limit=5)
    assert (done.broadcasts, done.messages, done.done, done.more) == (1, 5, (), True)
    done = await expand(world)
    assert (done.messages, done.done) == (len(CROWD) - 5, ("a",))
    assert (await row_of(world, "a")).state == "done"


def test_results_add_up() -> None:
    one = Expanded(1, 5, 3, {"blocked": 2}, (), True)
    two = Expanded(1, 4, 2, {"blocked": 1, "holdout": 1}, ("x",))
    assert one + two == Expanded(2, 9, 5, {"blocked": 3, "holdout": 1}, ("x",), True)


async def test_a_cancel_that_was_broken_off_is_finished_when_nothing_is_under_way() -> None:
    world = await town(ANNA, BORA)
    await started(world)
    await expand(world)
    flying, waiting = await rows(world)
    await world.within(
        lambda tx: tx.ledger.move([Move(flying.id, flying.state, State.SENDING, permit_ms=NOW)])
    )
    async with world.store.transaction() as tx:
        await tx.control.set_switch(switch_of("hello"), "cancelled by ayse")
        await tx.campaigns.save(replace(await row_of(world), state=CANCELLED))
    await expand(world)
    assert [m.state for m in await rows(world)] == [State.SENDING, State.SUPPRESSED]
    assert switch_of("hello") in await world.within(lambda tx: tx.control.switches())
    await world.within(lambda tx: tx.ledger.move([Move(flying.id, State.SENDING, State.RETRY)]))
    await expand(world)
    assert [m.state for m in await rows(world)] == [State.SUPPRESSED, State.SUPPRESSED]
    assert await world.within(lambda tx: tx.control.switches()) == {}
    assert waiting.id > flying.id
