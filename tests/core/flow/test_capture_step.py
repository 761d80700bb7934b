"""Updates take effect once, all together or not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import StoreError
from core.event import PersonEvent
from core.identity import Captured, telegram
from core.intake import record
from core.ports import InboxRow, RawUpdate
from tests.core.flow.worlds import ANNA, BORA, BOT, MINUTE, NOW, World, human, read


async def test_an_update_becomes_a_person_an_event_consent_reach_and_a_hot_profile() -> None:
    world = World()
    await world.says(ANNA, "/start spring")
    await world.taps(ANNA, "consent:all")
    done = await world.apply()
    assert (done.rows, done.events, done.failed) == (2, 3, 0)
    assert await world.kinds(ANNA) == ["started", "button_tapped", "consent_given"]
    number = await world.number(ANNA)
    async with world.store.transaction(write=False) as tx:
        reach = (await tx.people.reach([number]))[number]
        consent = await tx.people.consent_history(number)
    assert [(one.bot_id, one.chat_id, one.state) for one in reach] == [(BOT, ANNA, "open")]
    assert [(one.purpose, one.granted, one.text_version) for one in consent] == [("campaigns", True, "1")]
    assert (await world.hot.read([number]))[number]["consent"] == "1"
    assert await world.inbox() == {"applied": 2}


async def test_the_same_update_twice_changes_nothing() -> None:
    world = World()
    raw = await world.says(ANNA, "what is the price of VIP?")
    await world.apply()
    before = await world.record(ANNA)
    assert await world.again(raw) == 0
    assert (await world.apply()).rows == 0
    assert await world.record(ANNA) == before


async def test_an_update_that_comes_again_under_a_new_row_brings_no_second_event() -> None:
    """As after a restore of an older inbox: the row is new, the events are known."""
    world = World()
    raw = await world.says(ANNA, "hello")
    await world.apply()
    before = await world.record(ANNA)
    twin = InboxRow(99, BOT, raw.update_id, raw.received_ms, raw.body, "received")
    captured = read(twin)
    async with world.store.transaction() as tx:
        again = await record(tx, [PersonEvent(before.person_no, event) for event in captured.events], NOW)
    assert again.fresh == ()
    assert await world.record(ANNA) == before


async def test_one_row_that_cannot_be_read_is_kept_aside_and_the_other_99_take_effect() -> None:
    world = World()
    for n in range(50):
        await world.says(2000 + n, "hello")
    await world.arrives({"message": {"chat": "no chat at all"}})
    for n in range(49):
        await world.says(3000 + n, "hello")
    done = await world.apply()
    assert (done.rows, done.events, done.failed) == (100, 99, 1)
    assert await world.inbox() == {"applied": 99, "failed": 1}
    assert (await world.apply()).rows == 0


async def test_one_row_that_breaks_the_transaction_is_found_and_kept_aside() -> None:
    """Read well, but it can't be stored: the whole batch fails once, then row by row all others apply."""
    world = World()

    def strange(row: InboxRow) -> Captured:
        captured = read(row)
        if row.update_id != 3:
            return captured
        event = captured.events[0]
        return replace(captured, events=(replace(event, kind="consent_given", props={}),))

    world.read = strange
    for n in range(5):
        await world.says(2000 + n, "hello")
    done = await world.apply()
    assert (done.rows, done.events, done.failed) == (5, 4, 1)
    assert await world.inbox() == {"applied": 4, "failed": 1}
    async with world.store.transaction(write=False) as tx:
        assert await tx.people.find(telegram(2002)) is None


async def test_a_reader_that_fails_in_an_unforeseen_way_costs_one_row_only() -> None:
    world = World()

    def broken(row: InboxRow) -> Captured:
        if row.update_id == 2:
            raise KeyError("a bug")
        return read(row)

    world.read = broken
    for n in range(3):
        await world.says(2000 + n, "hello")
    assert (await world.apply()).failed == 1
    assert await world.inbox() == {"applied": 2, "failed": 1}


async def test_a_database_that_fails_leaves_rows_waiting_and_their_repetition_does_it_all() -> None:
    world = World()
    await world.says(ANNA, "hello")
    world.store.failing = True
    with pytest.raises(StoreError):
        await world.apply()
    assert await world.inbox() == {"received": 1}
    async with world.store.transaction(write=False) as tx:
        assert await tx.people.find(telegram(ANNA)) is None
        assert await tx.events.counts() == {}
    world.store.failing = False
    assert (await world.apply()).events == 1
    assert await world.kinds(ANNA) == ["message_received"]


async def test_a_process_that_dies_inside_the_effect_leaves_no_trace_of_it() -> None:
    """Between the two transactions: the row is durable, its effect is done by whoever comes next."""
    world = World()
    await world.says(ANNA, "hello")

    def killed(_: InboxRow) -> Captured:
        raise SystemExit

    dying = World(world.clock, world.store, world.hot, read=killed)
    with pytest.raises(SystemExit):
        await dying.apply()
    assert await world.inbox() == {"received": 1}
    assert (await world.apply()).events == 1
    assert (await world.apply()).rows == 0


async def test_nobody_is_answered_for_history_and_nobody_for_an_update_without_a_human() -> None:
    world = World()
    await world.arrives({"poll": {"id": "1", "question": "?", "total_voter_count": 0, "is_closed": True}})
    body = (await world.says(ANNA, "old words")).body
    async with world.store.transaction() as tx:
        await tx.inbox.add(BOT, [RawUpdate(900, body, NOW)], answer=False)
    await world.apply()
    async with world.store.transaction(write=False) as tx:
        waiting = [row.update_id for row in await tx.inbox.unhandled(10)]
    assert waiting == [2]
    assert await world.inbox() == {"applied": 1, "handled": 2}


async def test_redis_away_loses_nothing_of_the_record() -> None:
    world = World()
    world.hot.absent = True
    await world.says(ANNA, "hello")
    assert (await world.apply()).events == 1
    assert await world.kinds(ANNA) == ["message_received"]


async def test_the_latest_name_counts_even_when_its_update_names_no_chat() -> None:
    """A tap below an inline message: no chat to answer in, and the reach keeps the one it had."""
    world = World()
    await world.says(ANNA, "hello")
    world.clock.advance(1)
    renamed = human(ANNA, "Anna-Maria")
    await world.arrives({"callback_query": {"id": "1", "from": renamed, "data": "menu:vip"}})
    await world.apply()
    record = await world.record(ANNA)
    assert record.contact.first_name == "Anna-Maria"
    async with world.store.transaction(write=False) as tx:
        reach = (await tx.people.reach([record.person_no]))[record.person_no]
    assert [one.chat_id for one in reach] == [ANNA]


async def test_a_block_closes_one_bots_way_and_an_opt_out_word_stops_campaigns_of_all() -> None:
    world = World()
    for bot in (42, 43):
        await world.says(ANNA, "/start", bot=bot)
    await world.taps(ANNA, "consent:all")
    await world.apply()
    world.clock.advance(MINUTE / 1000)
    await world.blocks(ANNA)
    await world.says(ANNA, "DUR", bot=43)
    await world.apply()
    number = await world.number(ANNA)
    async with world.store.transaction(write=False) as tx:
        facts = await tx.door_facts([number, number], [42, 43], world.clock.now_ms())
    assert facts.reach.tolist() == [2, 1]
    assert facts.consent.tolist() == [False, False]


async def test_updates_of_several_people_in_one_batch_do_not_mix() -> None:
    world = World()
    await world.says(ANNA, "/start")
    await world.says(BORA, "hello")
    await world.says(ANNA, "price?")
    await world.apply()
    assert await world.kinds(ANNA) == ["started", "message_received"]
    assert await world.kinds(BORA) == ["message_received"]


async def test_a_yes_that_waited_at_telegram_is_no_newer_than_the_stop_after_it() -> None:
    world = World()
    asked_ms = world.clock.now_ms()
    await world.says(ANNA, "/start")
    await world.apply()
    world.clock.advance(120)  # away for two minutes, in which Anna taps "yes" and then writes /stop
    await world.taps(ANNA, "consent:all")
    await world.says(ANNA, "/stop", date=asked_ms // 1000 + 60)
    await world.apply()
    number = await world.number(ANNA)
    async with world.store.transaction(write=False) as tx:
        facts = await tx.door_facts([number], [BOT], world.clock.now_ms())
    assert not facts.consent[0]
    assert (await world.record(ANNA)).state.latest["consent"][1] == "withdrawn"
