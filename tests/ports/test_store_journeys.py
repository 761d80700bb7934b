"""Journeys by version, enrolments, what is due, and what the ledger has of a journey."""

from __future__ import annotations

from dataclasses import replace

from core.ledger import Move, State
from core.ports import Enrolment, Store
from tests.ports.worlds import BOT, HOUR, NOW, campaign, event, people, put, sent

BODY = {"name": "welcome", "steps": [{"send": "hello"}, {"wait": "2d"}]}


def way(person_no: int, *, run: int = 1, due: int = NOW, journey: str = "welcome") -> Enrolment:
    return Enrolment(journey, person_no, run, 1, "hello", NOW - HOUR, due, changed_ms=NOW - HOUR)


async def test_each_version_is_kept_and_one_takes_newcomers(store: Store) -> None:
    async with store.transaction() as tx:
        first = await tx.journeys.put("welcome", BODY, NOW, author="file", live=True)
        second = await tx.journeys.put("welcome", {**BODY, "x": 1}, NOW + 1, author="ann", live=False)
        other = await tx.journeys.put("back", BODY, NOW, author="file", live=False)
        assert (first.version, first.live, second.version, second.live) == (1, True, 2, False)
    async with store.transaction(write=False) as tx:
        assert await tx.journeys.live() == {"welcome": first}
        assert await tx.journeys.newest() == {"back": other, "welcome": second}
        assert await tx.journeys.history("welcome") == [second, first]
        assert await tx.journeys.version("welcome", 2) == second
        assert await tx.journeys.version("welcome", 3) is None
    async with store.transaction() as tx:
        assert not await tx.journeys.set_live("welcome", 3)
        assert not await tx.journeys.set_live("nothing", None)
        assert await tx.journeys.live() == {"welcome": first}, "a wrong number changes nothing"
        assert await tx.journeys.set_live("welcome", 2)
        assert [one.version for one in (await tx.journeys.live()).values()] == [2]
        assert await tx.journeys.set_live("welcome", None)
        assert await tx.journeys.live() == {}


async def test_a_run_is_entered_once_and_the_latest_is_found(store: Store) -> None:
    anna, ben = await people(store, 1, 2)
    async with store.transaction() as tx:
        assert await tx.journeys.enrol([way(anna), way(ben), way(anna)]) == [True, True, False]
        assert await tx.journeys.enrol([way(anna, run=2), way(ben)]) == [True, False]
        assert await tx.journeys.enrol([]) == []
    async with store.transaction(write=False) as tx:
        assert await tx.journeys.latest("welcome", [anna, ben]) == {anna: way(anna, run=2), ben: way(ben)}
        assert await tx.journeys.latest("back", [anna, ben]) == {}
        assert await tx.journeys.of_person(anna) == [way(anna), way(anna, run=2)]
        assert await tx.journeys.counts("welcome") == {(1, "active", "hello"): 3}


async def test_whose_moment_has_come_is_found_longest_waiting_first(store: Store) -> None:
    anna, ben, cem = await people(store, 1, 2, 3)
    late = way(anna, due=NOW + HOUR)
    ways = [late, way(ben, due=NOW), way(cem, due=NOW - 5), way(ben, due=NOW - 3, journey="back")]
    async with store.transaction() as tx:
        await tx.journeys.enrol(ways)
        assert await tx.journeys.next_due_ms() == NOW - 5
        assert await tx.journeys.due(NOW, 10) == [ways[2], ways[3], ways[1]]
        assert await tx.journeys.due(NOW, 1) == [ways[2]]
        assert await tx.journeys.due(NOW, 10, ["back", "other"]) == [ways[2], ways[1]]
        assert await tx.journeys.wake([anna, cem], NOW) == 1, "only who was waiting"
        assert {one.person_no for one in await tx.journeys.due(NOW, 10)} == {anna, ben, cem}
        done = replace(ways[1], state="done", reason="end", step="end", due_ms=0, changed_ms=NOW)
        await tx.journeys.save([done, replace(ways[2], step="wait_1", due_ms=NOW + 7), way(cem, run=9)])
    async with store.transaction(write=False) as tx:
        assert await tx.journeys.due(NOW, 10) == [ways[3], replace(late, due_ms=NOW)]
        assert await tx.journeys.counts("welcome") == {
            (1, "active", "hello"): 1,
            (1, "active", "wait_1"): 1,
            (1, "done", "end"): 1,
        }
        assert await tx.journeys.of_person(cem) == [replace(ways[2], step="wait_1", due_ms=NOW + 7)]


async def test_people_of_a_journey_are_paged(store: Store) -> None:
    anna, ben, cem = await people(store, 1, 2, 3)
    ways = [way(anna), way(anna, run=2), replace(way(ben), state="goal"), way(cem)]
    async with store.transaction() as tx:
        await tx.journeys.enrol(ways)
    async with store.transaction(write=False) as tx:
        assert await tx.journeys.members("welcome", (0, 0), 2) == ways[:2]
        assert await tx.journeys.members("welcome", (anna, 1), 2) == ways[1:3]
        assert await tx.journeys.members("welcome", (0, 0), 9, "goal") == [ways[2]]
        assert await tx.journeys.members("back", (0, 0), 9) == []


async def test_what_was_sent_is_found_by_step(store: Store) -> None:
    anna, ben = await people(store, 1, 2)
    async with store.transaction() as tx:
        first, second, _ = await put(
            tx,
            campaign(anna, "1:hello", campaign="j:welcome"),
            campaign(ben, "1:hello", campaign="j:welcome"),
            campaign(anna, "1:hello"),
        )
        await sent(tx, first, NOW + 5)
        await tx.ledger.answered({first.id: NOW + 9})
        await tx.ledger.move([Move(second.id, State.PLANNED, State.SUPPRESSED, reason="holdout")])
    async with store.transaction(write=False) as tx:
        mine, bens = await tx.journeys.sends("j:welcome", [anna, ben])
        assert (mine.id, mine.person_no, mine.step, mine.state) == (first.id, anna, "1:hello", "sent")
        assert (mine.sent_ms, mine.answered_ms, mine.expires_ms) == (NOW + 5, NOW + 9, first.expires_ms)
        assert (bens.state, bens.reason) == ("suppressed", "holdout")
        assert await tx.journeys.sends("j:welcome", []) == []
        counted = {("1:hello", "sent"): (1, 1), ("1:hello", "suppressed"): (1, 0)}
        assert await tx.journeys.send_counts("j:welcome") == counted


async def test_events_of_some_kinds_are_found_for_many_people(store: Store) -> None:
    anna, ben, cem = await people(store, 1, 2, 3)
    happened = [
        event(anna, "a", NOW, "started"),
        event(ben, "b", NOW - 1, "message_received"),
        event(anna, "c", NOW - 9, "message_received"),
        event(cem, "d", NOW, "started"),
    ]
    async with store.transaction() as tx:
        await tx.events.append(happened)
    async with store.transaction(write=False) as tx:
        kinds = ["started", "message_received"]
        assert await tx.events.of_kinds([anna, ben], kinds, NOW - 1) == [happened[1], happened[0]]
        assert await tx.events.of_kinds([anna, ben], ["started"], 0) == [happened[0]]
        assert await tx.events.of_kinds([anna], [], 0) == []
        assert happened[0].event.bot_id == BOT
