"""Journeys go the same way over every store."""

from __future__ import annotations

from adapters.memory import MemoryHot
from core.content import Content, to_document
from core.event import Event, PersonEvent
from core.flow.journey import AdvanceDeps, EnrolDeps, Says, advance_due, begin, enrol_due, reached_mark
from core.intake import record
from core.ledger import Move, State
from core.ports import Store
from tests.ports.worlds import BOT, HOUR, NOW, reachable

BODY = {
    "name": "hello",
    "enter": "started",
    "exit": ["bot_blocked"],
    "steps": [{"send": "hi"}, {"wait": "2d"}, {"send": "bye"}],
}


async def looks(store: Store, now_ms: int, limit: int = 2) -> None:
    """The schedule's two steps, in small pages."""
    while (await enrol_due(EnrolDeps(store, MemoryHot()), now_ms, limit)).people:
        pass
    while (await advance_due(AdvanceDeps(store, MemoryHot(), Says(())), now_ms, limit)).people:
        pass


async def test_people_enter_go_on_and_leave(store: Store) -> None:
    anna, ben, cem = await reachable(store, 1, 2, 3)
    async with store.transaction() as tx:
        for name in ("hi", "bye"):
            content = Content(name, "news", {"tr": "Selam", "en": "Hi"})
            await tx.contents.put(name, to_document(content), NOW, author="test")
        await tx.journeys.put("hello", BODY, NOW, author="test", live=False)
        await begin(tx, "hello", 1, NOW)
        happened = [PersonEvent(no, Event(f"s{no}", NOW + 1, "started", BOT)) for no in (anna, ben, cem)]
        await record(tx, happened, NOW + 1)
    await looks(store, NOW + HOUR)
    async with store.transaction() as tx:
        rows = await tx.journeys.sends("j:hello", [anna, ben, cem])
        assert [(row.person_no, row.step, row.state) for row in rows] == [
            (no, "1:hi", "planned") for no in (anna, ben, cem)
        ]
        await tx.ledger.move([Move(rows[0].id, State.PLANNED, State.SENDING, permit_ms=NOW + HOUR)])
        await tx.ledger.move([Move(rows[0].id, State.SENDING, State.SENT, sent_ms=NOW + HOUR)])
        blocked = Event("b", NOW + HOUR, "bot_blocked", BOT, {"chat_id": 2})
        await record(tx, [PersonEvent(ben, blocked)], NOW + HOUR)
    await looks(store, NOW + 2 * HOUR)
    await looks(store, NOW + 50 * HOUR)
    async with store.transaction(write=False) as tx:
        assert await tx.journeys.counts("hello") == {
            (1, "active", "bye"): 1,
            (1, "active", "hi"): 1,
            (1, "exited", "hi"): 1,
        }
        rows = await tx.journeys.sends("j:hello", [anna, ben, cem])
        assert [(row.person_no, row.step, row.state) for row in rows] == [
            (anna, "1:hi", "sent"),
            (ben, "1:hi", "suppressed"),
            (cem, "1:hi", "planned"),
            (anna, "1:bye", "planned"),
        ]
        marks = await tx.control.marks(reached_mark("hello", 1))
        assert marks[reached_mark("hello", 1, "hi")] == "3"
        [way] = await tx.journeys.of_person(ben)
        assert (way.state, way.reason, way.changed_ms) == ("exited", "bot_blocked", NOW + HOUR)
