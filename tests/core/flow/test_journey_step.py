"""People enter journeys, get each step once, and leave; whatever stands still or comes late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from core.errors import StoreError
from core.flow.journey import (
    CURSOR,
    Taking,
    advance_due,
    close,
    enter,
    move_over,
    newcomer,
    reached_mark,
    take_files,
    take_out,
)
from core.journey import parse
from core.ledger import State
from tests.core.flow.journeys import Traveller
from tests.core.flow.worlds import ANNA, BORA, BOT, DAY, HELD_OUT, HOUR, MINUTE

HELLO: Mapping[str, object] = {
    "name": "hello",
    "enter": "consent_given",
    "goal": ["payment_succeeded"],
    "exit": ["consent_withdrawn"],
    "steps": [{"send": "hi"}, {"wait": "2d"}, {"send": "bye", "lifetime_h": 12}],
}


async def entered(body: Mapping[str, object] = HELLO, *people: int) -> Traveller:
    """People who said yes just now, and are before the first step's message."""
    traveller = Traveller()
    await traveller.world.settle(*(people or (ANNA,)))
    await traveller.goes_by()
    await traveller.open(body)
    traveller.world.clock.advance(1)
    for person in people or (ANNA,):
        await traveller.world.taps(person, "consent:all")
    await traveller.world.apply()
    await traveller.goes_by(60)
    return traveller


async def test_who_says_yes_enters_and_the_first_message_is_in_the_ledger() -> None:
    traveller = await entered()
    [row] = await traveller.rows(ANNA)
    assert (row.campaign, row.step, row.state, row.content) == ("j:hello", "1:hi", State.PLANNED, "hi")
    assert (row.segment, row.priority, row.bot_id, row.chat_id) == ("", 7, BOT, ANNA)
    assert row.body["text"] == "Hi P1001"
    assert row.expires_ms == row.due_ms + DAY
    assert await traveller.ways(ANNA) == [("hi", "active")]
    assert (await traveller.world.kinds(ANNA))[-1] == "journey_entered"
    assert (await traveller.world.hot.read([await traveller.world.number(ANNA)])) != {}


async def test_nothing_goes_on_before_the_message_has_left_and_then_it_goes_on_at_once() -> None:
    traveller = await entered()
    await traveller.goes_by(HOUR / 1000)
    assert await traveller.ways(ANNA) == [("hi", "active")]
    [row] = await traveller.rows(ANNA)
    await traveller.sends(row)
    await traveller.goes_by()
    way = await traveller.way(ANNA)
    sent_ms = (await traveller.world.row(row.id)).sent_ms
    assert way.step == "wait_2"
    assert 0 <= sent_ms + 2 * DAY - way.due_ms <= 1_001
    await traveller.goes_by(2 * DAY / 1000)
    assert [one.step for one in await traveller.rows(ANNA)] == ["1:hi", "1:bye"]


async def test_the_way_ends_after_the_last_message_and_says_so() -> None:
    traveller = await entered({**HELLO, "steps": [{"send": "hi"}]})
    [row] = await traveller.rows(ANNA)
    await traveller.ends(row, State.UNKNOWN)
    await traveller.goes_by(10 * MINUTE / 1000)
    way = await traveller.way(ANNA)
    assert (way.step, way.state, way.reason) == ("hi", "done", "at its end after hi")
    number = await traveller.world.number(ANNA)
    async with traveller.world.store.transaction(write=False) as tx:
        left = (await tx.events.all_of_person(number))[-1].event
    assert (left.kind, left.props) == (
        "journey_left",
        {"journey": "hello", "run": 1, "how": "done", "step": "hi"},
    )


@pytest.mark.parametrize("state", [State.SUPPRESSED, State.EXPIRED, State.FAILED])
async def test_a_message_that_can_not_be_sent_is_passed(state: State) -> None:
    traveller = await entered()
    [row] = await traveller.rows(ANNA)
    await traveller.ends(row, state)
    await traveller.goes_by(10 * MINUTE / 1000)
    assert await traveller.ways(ANNA) == [("wait_2", "active")]


async def test_the_goal_ends_the_way_and_what_waited_is_withdrawn() -> None:
    traveller = await entered()
    await traveller.world.pays(ANNA)
    await traveller.world.apply()
    await traveller.goes_by(60)
    assert (await traveller.way(ANNA)).state == "goal"
    [row] = await traveller.rows(ANNA)
    assert (row.state, row.reason) == (State.SUPPRESSED, "its journey is over")
    await traveller.goes_by(9 * DAY / 1000)
    assert len(await traveller.rows(ANNA)) == 1


async def test_who_opts_out_leaves() -> None:
    traveller = await entered()
    await traveller.world.says(ANNA, "/stop")
    await traveller.world.apply()
    await traveller.goes_by(60)
    way = await traveller.way(ANNA)
    assert (way.state, way.reason) == ("exited", "consent_withdrawn")


async def test_a_commit_that_fails_leaves_no_trace_and_is_done_again() -> None:
    traveller = await entered({**HELLO, "steps": [{"wait": "1h"}, {"send": "hi"}]})
    traveller.world.clock.advance(HOUR / 1000)
    traveller.world.store.failing = True
    with pytest.raises(StoreError):
        await traveller.advance()
    assert await traveller.ways(ANNA) == [("wait_1", "active")]
    assert await traveller.rows(ANNA) == []
    traveller.world.store.failing = False
    assert (await traveller.advance()).messages == 1
    assert (await traveller.advance()).messages == 0
    assert [row.step for row in await traveller.rows(ANNA)] == ["1:hi"]


async def test_a_run_whose_guard_says_no_has_no_effect() -> None:
    async def no(_: object) -> bool:
        return False

    traveller = await entered({**HELLO, "steps": [{"wait": "1h"}, {"send": "hi"}]})
    traveller.world.clock.advance(HOUR / 1000)
    assert (await advance_due(traveller.deps, traveller.now, guard=no)).people == 0
    assert await traveller.rows(ANNA) == []


async def test_after_a_long_stop_what_is_too_late_is_not_sent_and_nothing_comes_at_once() -> None:
    steps = [
        {"wait": "1d"},
        {"send": "one"},
        {"wait": "2d"},
        {"send": "two"},
        {"wait": "2d"},
        {"send": "three"},
    ]
    traveller = await entered({**HELLO, "steps": steps})
    await traveller.goes_by(5.5 * DAY / 1000)
    rows = await traveller.rows(ANNA)
    assert [(row.step, row.state) for row in rows] == [
        ("1:one", State.EXPIRED),
        ("1:two", State.EXPIRED),
        ("1:three", State.PLANNED),
    ]
    assert "its time was over" in rows[0].reason
    assert rows[2].expires_ms - traveller.now < 12 * HOUR, "its time runs from when it was due"


async def test_nobody_enters_twice_and_another_run_needs_a_rest() -> None:
    entry = {"events": "consent_given", "again_after_days": 3, "max_runs": 2}
    traveller = await entered({**HELLO, "enter": entry, "steps": [{"wait": "1h"}]})
    for days in (1, 3, 9):
        await traveller.world.says(ANNA, "/stop")
        await traveller.world.taps(ANNA, "consent:all")
        await traveller.world.apply()
        await traveller.goes_by(60)
        await traveller.goes_by(days * DAY / 1000)
    assert await traveller.ways(ANNA) == [("wait_1", "exited"), ("wait_1", "done")]


async def test_who_was_there_before_the_journey_opened_does_not_enter() -> None:
    traveller = Traveller()
    await traveller.world.settle(ANNA)
    await traveller.world.taps(ANNA, "consent:all")
    await traveller.world.apply()
    await traveller.open(HELLO)
    await traveller.goes_by(60)
    assert await traveller.ways(ANNA) == []


async def test_a_late_event_lets_in_from_its_own_moment() -> None:
    traveller = Traveller()
    await traveller.world.settle(ANNA)
    await traveller.open(HELLO)
    traveller.world.clock.advance(5)
    await traveller.world.taps(ANNA, "consent:all")
    await traveller.world.apply()
    await traveller.goes_by((2 * DAY + HOUR) / 1000)
    way = await traveller.way(ANNA)
    assert traveller.now - way.entered_ms == 2 * DAY + HOUR
    rows = [(row.step, row.state) for row in await traveller.rows(ANNA)]
    assert rows == [("1:hi", State.EXPIRED), ("1:bye", State.PLANNED)]


async def test_a_paused_journey_stands_still_and_catches_up() -> None:
    traveller = await entered({**HELLO, "steps": [{"wait": "1h"}, {"send": "hi"}]})
    await traveller.world.switch("pause:campaign:j:hello", "why not")
    await traveller.goes_by(HOUR / 1000)
    assert (await traveller.ways(ANNA), await traveller.rows(ANNA)) == ([("wait_1", "active")], [])
    await traveller.world.switch("pause:campaign:j:hello", None)
    await traveller.goes_by()
    assert [row.step for row in await traveller.rows(ANNA)] == ["1:hi"]


async def test_people_stay_in_their_version_until_they_are_moved() -> None:
    traveller = await entered(HELLO, ANNA)
    second = await traveller.open({**HELLO, "steps": [{"id": "greet", "send": "hello_again"}]})
    await traveller.goes_by(60)
    assert [row.content for row in await traveller.rows(ANNA)] == ["hi"]
    async with traveller.world.store.transaction() as tx:
        people = await tx.journeys.members("hello", (0, 0), 10, "active")
        assert await move_over(tx, people, second, {"hi": "greet"}, traveller.now) == 1
    await traveller.goes_by()
    rows = await traveller.rows(ANNA)
    assert [(row.step, row.state) for row in rows] == [
        ("1:hi", State.SUPPRESSED),
        ("1:greet", State.PLANNED),
    ]
    assert (await traveller.way(ANNA)).version == 2


async def test_a_closed_journey_takes_nobody_and_those_inside_go_on() -> None:
    traveller = await entered(HELLO, ANNA, BORA)
    async with traveller.world.store.transaction() as tx:
        await close(tx, "hello")
    await traveller.world.settle(HELD_OUT_PERSON)
    await traveller.goes_by(60)
    assert await traveller.ways(HELD_OUT_PERSON) == []
    for person in (ANNA, BORA):
        [row] = await traveller.rows(person)
        await traveller.ends(row, State.SENT)
    await traveller.goes_by(10 * MINUTE / 1000)
    assert await traveller.ways(ANNA) == await traveller.ways(BORA) == [("wait_2", "active")]


HELD_OUT_PERSON = int(HELD_OUT.value)


async def test_an_operator_takes_somebody_out_and_puts_somebody_in() -> None:
    traveller = await entered()
    async with traveller.world.store.transaction() as tx:
        [out] = await take_out(tx, [await traveller.way(ANNA)], "by ann", traveller.now)
    assert (out.state, out.reason) == ("exited", "by ann")
    assert [row.state for row in await traveller.rows(ANNA)] == [State.SUPPRESSED]
    assert (await traveller.world.kinds(ANNA))[-1] == "journey_left"
    number = await traveller.world.number(ANNA)
    async with traveller.world.store.transaction() as tx:
        into = Taking(parse(HELLO), 1, 0)
        wanted = [newcomer(into, number, 2, (traveller.now, traveller.now))]
        assert len((await enter(tx, wanted, traveller.now))[0]) == 1
        assert (await enter(tx, wanted, traveller.now))[0] == []
    await traveller.goes_by()
    assert [row.step for row in await traveller.rows(ANNA)] == ["1:hi", "2:hi"]


async def test_contents_and_people_that_can_not_be_reached_hold_nobody_up() -> None:
    traveller = await entered(
        {**HELLO, "steps": [{"wait": "1h"}, {"send": "hi"}, {"send": "bye"}]}, ANNA, BORA
    )
    async with traveller.world.store.transaction() as tx:
        await tx.contents.retire("hi")
    await traveller.world.blocks(BORA)
    await traveller.world.apply()
    traveller.world.clock.advance(HOUR / 1000)
    done = await traveller.advance()
    assert (done.messages, done.unsaid, done.ended) == (1, ("hi",), {"done": 1})
    assert [(row.step, row.state) for row in await traveller.rows(ANNA)] == [("1:bye", State.PLANNED)]
    [held] = await traveller.rows(BORA)
    assert (held.state, held.reason) == (
        State.SUPPRESSED,
        "journey hello, step bye; no bot can reach the person",
    )


async def test_a_version_that_can_not_be_read_keeps_its_people_and_holds_up_nobody_else() -> None:
    traveller = await entered()
    async with traveller.world.store.transaction() as tx:
        bad = await tx.journeys.put("odd", {"name": "odd"}, traveller.now, author="test", live=True)
        way = await traveller.way(ANNA)
        await tx.journeys.enrol([replace(way, journey="odd", version=bad.version, due_ms=0)])
    await traveller.goes_by()
    done = await traveller.advance()
    assert (done.people, done.broken) == (0, ())
    async with traveller.world.store.transaction(write=False) as tx:
        assert await tx.journeys.counts("odd") == {(1, "active", "hi"): 1}


async def test_how_many_reached_each_step_is_counted_once() -> None:
    traveller = await entered(HELLO, ANNA, BORA)
    [row] = await traveller.rows(ANNA)
    await traveller.ends(row, State.SENT)
    await traveller.goes_by(10 * MINUTE / 1000)
    await traveller.goes_by(10 * MINUTE / 1000)
    async with traveller.world.store.transaction(write=False) as tx:
        reached = await tx.control.marks(reached_mark("hello", 1))
        assert reached == {reached_mark("hello", 1, "hi"): "2", reached_mark("hello", 1, "wait_2"): "1"}
        assert int((await tx.control.marks(CURSOR))[CURSOR]) == await tx.people.last_seq()


async def test_many_are_taken_in_pages_and_everybody_is_looked_at_once() -> None:
    traveller = Traveller()
    await traveller.world.settle(ANNA, BORA)
    await traveller.open({**HELLO, "enter": {"if": "reachable = true"}})
    looked = [await traveller.enrol(limit=1) for _ in range(4)]
    assert [one.entered for one in looked] == [1, 1, 0, 0]
    assert [one.people for one in looked] == [1, 1, 1, 1], "entering changes the record once more"
    assert (await traveller.enrol(limit=1)).people == 0
    assert [(await traveller.advance(limit=1)).messages for _ in range(3)] == [1, 1, 0]


async def test_files_are_stored_when_they_are_new_or_edited_and_open_if_they_say_so() -> None:
    traveller = Traveller()
    async with traveller.world.store.transaction() as tx:
        files = [{**HELLO, "starts": True}, {**HELLO, "name": "other"}]
        assert await take_files(tx, files, traveller.now) == ["hello", "other"]
        assert await take_files(tx, files, traveller.now) == []
        edited = {**HELLO, "starts": True, "lasts_days": 7}
        assert await take_files(tx, [edited], traveller.now) == ["hello"]
        assert await take_files(tx, [edited], traveller.now) == []
        live = await tx.journeys.live()
        assert [(one.name, one.version) for one in live.values()] == [("hello", 1)], "the edit is a proposal"
        assert list(await tx.journeys.newest()) == ["hello", "other"]
