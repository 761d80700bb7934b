"""Decisions with their outcomes, strategies and models by version, slots, leases, switches, audit."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from core.errors import NotFoundError
from core.ledger import PERMIT_VALID_MS, Move, State
from core.ports import AuditEntry, Decision, Store
from core.strategy import Pace, Strategy
from tests.ports.worlds import BOT, HOUR, NOW, campaign, people, put, sent

STRATEGY = Strategy(
    "ENGAGED", 0, 8, Pace(1, 2, 6.0), Pace(1, 2, 6.0), ("tutorial", "offer"), (9, 20), "first"
)


def decision(person_no: int, message_id: int = 0, **changes: object) -> Decision:
    plain = Decision(
        id=0,
        at_ms=NOW,
        person_no=person_no,
        message_id=message_id,
        segment="ENGAGED",
        model_version=2,
        strategy_version=1,
        candidates=[[9, "offer", 0.75, 0.2], [10, "news", 0.25, 0.1]],
        features={"hour": 9, "kind": "offer", "activity": [0.5, 0.25]},
        chosen=1,
        reason="best value",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # tests name the fields they change


async def test_decisions_come_latest_first(store: Store) -> None:
    anna, ben = await people(store, 1, 2)
    async with store.transaction() as tx:
        await tx.decisions.add([decision(anna), decision(ben), decision(anna, reason="held")])
        await tx.decisions.add([])
    async with store.transaction(write=False) as tx:
        latest = await tx.decisions.latest(10)
        assert [(d.person_no, d.reason) for d in latest] == [
            (anna, "held"),
            (ben, "best value"),
            (anna, "best value"),
        ]
        assert latest[0] == decision(anna, id=latest[0].id, reason="held")
        assert latest[0].id > latest[1].id
        assert [d.reason for d in await tx.decisions.latest(1, anna)] == ["held"]


async def test_an_outcome_joins_what_was_sent_with_why(store: Store) -> None:
    anna, ben, cem = await people(store, 1, 2, 3)
    async with store.transaction() as tx:
        mine, bens, unsent, foreign = await put(
            tx, campaign(anna), campaign(ben), campaign(cem), campaign(cem, campaign="broadcast")
        )
        await tx.decisions.add([decision(m.person_no, m.id) for m in (mine, bens, unsent)])
        await tx.decisions.add([decision(cem, reason="nothing worth it", chosen=-1)])
        await sent(tx, mine, NOW + 5)
        await sent(tx, foreign, NOW + 5)
        await tx.ledger.answered({mine.id: NOW + 90})
        await tx.ledger.move([Move(bens.id, State.PLANNED, State.SENDING, permit_ms=NOW)])
        assert [o.message_id for o in await tx.decisions.outcomes(0)] == [mine.id]
        await tx.ledger.move([Move(bens.id, State.SENDING, State.UNKNOWN)])
    async with store.transaction(write=False) as tx:
        first, second = await tx.decisions.outcomes(NOW)
        assert (first.message_id, first.person_no, first.sent_ms, first.answered_ms) == (
            mine.id,
            anna,
            NOW + 5,
            NOW + 90,
        )
        assert (first.segment, first.kind, first.predicted, first.propensity) == (
            "ENGAGED",
            "offer",
            0.25,
            0.25,
        )
        assert first.features == {"hour": 9, "kind": "offer", "activity": [0.5, 0.25]}
        assert (second.message_id, second.sent_ms) == (bens.id, NOW + PERMIT_VALID_MS)
        assert [o.message_id for o in await tx.decisions.outcomes(0, mine.id)] == [bens.id]
        assert [o.message_id for o in await tx.decisions.outcomes(0, 0, 1)] == [mine.id]
        assert [o.message_id for o in await tx.decisions.outcomes(NOW + 6)] == [bens.id]


async def test_every_strategy_is_a_new_version_and_one_is_live(store: Store) -> None:
    async with store.transaction() as tx:
        assert await tx.knowledge.strategies() == {}
        first = await tx.knowledge.put_strategy(STRATEGY, NOW, live=True, author="files")
        second = await tx.knowledge.put_strategy(
            replace(STRATEGY, note="x"), NOW + 1, live=False, author="learn"
        )
        other = await tx.knowledge.put_strategy(
            replace(STRATEGY, segment="A"), NOW, live=True, author="files"
        )
    assert (first.version, second.version, other.version) == (1, 2, 1)
    async with store.transaction() as tx:
        assert await tx.knowledge.strategies() == {"A": other, "ENGAGED": first}
        await tx.knowledge.make_live("ENGAGED", 2)
        assert await tx.knowledge.strategies() == {"A": other, "ENGAGED": second}
        assert await tx.knowledge.strategy_history("ENGAGED") == [
            (second, NOW + 1, True, "learn"),
            (first, NOW, False, "files"),
        ]
        with pytest.raises(NotFoundError):
            await tx.knowledge.make_live("ENGAGED", 3)
        with pytest.raises(NotFoundError):
            await tx.knowledge.make_live("NOBODY", 1)


async def test_the_newest_model_is_read(store: Store) -> None:
    async with store.transaction() as tx:
        assert await tx.knowledge.model("response") is None
        await tx.knowledge.put_model("response", {"w": [0.1, 2e-300]}, NOW)
        await tx.knowledge.put_model("block", {"w": []}, NOW)
        stored = await tx.knowledge.put_model("response", {"w": [0.1 + 0.2], "n": 7}, NOW + 1)
    async with store.transaction(write=False) as tx:
        assert await tx.knowledge.model("response") == stored
    assert (stored.version, stored.body, stored.at_ms) == (2, {"w": [0.1 + 0.2], "n": 7}, NOW + 1)


async def test_a_slot_runs_once(store: Store) -> None:
    async def take() -> bool:
        async with store.transaction() as tx:
            return await tx.control.take_slot("learn", NOW, NOW + 3)

    assert sorted(await asyncio.gather(*(take() for _ in range(4)))) == [False, False, False, True]
    async with store.transaction() as tx:
        assert await tx.control.take_slot("plan", NOW, NOW)
        assert await tx.control.take_slot("learn", NOW - HOUR, NOW)
        assert await tx.control.last_slot("learn") == NOW
        assert await tx.control.last_slot("nothing") is None


async def test_a_lease_belongs_to_one_holder_at_a_time(store: Store) -> None:
    async with store.transaction() as tx:
        mine = await tx.control.acquire("sender", "a", NOW, 10_000)
        assert mine is not None
        assert (mine.epoch, mine.until_ms) == (1, NOW + 10_000)
        assert await tx.control.acquire("sender", "b", NOW + 9_999, 10_000) is None
        longer = await tx.control.acquire("sender", "a", NOW + 5_000, 10_000)
        assert longer is not None
        assert (longer.epoch, longer.until_ms) == (1, NOW + 15_000)
        assert await tx.control.check(mine, NOW + 14_999), "the holder's own, prolonged"
        assert not await tx.control.check(mine, NOW + 15_000)
        yours = await tx.control.acquire("sender", "b", NOW + 15_000, 10_000)
        assert yours is not None
        assert yours.epoch == 2
        assert not await tx.control.check(longer, NOW + 15_001)
        assert await tx.control.check(yours, NOW + 15_001)
        assert await tx.control.acquire("other", "a", NOW, 1) is not None


async def test_a_released_lease_is_free_and_its_epoch_goes_on(store: Store) -> None:
    async with store.transaction() as tx:
        mine = await tx.control.acquire("sender", "a", NOW, 10_000)
        assert mine is not None
        await tx.control.release(mine)
        assert not await tx.control.check(mine, NOW)
        yours = await tx.control.acquire("sender", "b", NOW + 1, 10_000)
        assert yours is not None
        assert yours.epoch == 2
        await tx.control.release(mine)
        assert await tx.control.check(yours, NOW + 1), "only its holder gives a lease back"


async def test_of_many_that_want_a_lease_one_gets_it(store: Store) -> None:
    async def want(holder: str) -> bool:
        async with store.transaction() as tx:
            return await tx.control.acquire("scheduler", holder, NOW, 1000) is not None

    assert sum(await asyncio.gather(*(want(f"process-{n}") for n in range(5)))) == 1


async def test_switches_are_set_changed_and_removed(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.control.set_switch("kill", "on")
        await tx.control.set_switch(f"pause:bot:{BOT}", "1")
        await tx.control.set_switch("kill", "operator 5")
        await tx.control.set_switch("never set", None)
    async with store.transaction() as tx:
        assert await tx.control.switches() == {"kill": "operator 5", f"pause:bot:{BOT}": "1"}
        await tx.control.set_switch("kill", None)
        assert await tx.control.switches() == {f"pause:bot:{BOT}": "1"}


async def test_the_audit_trail_shows_the_latest_first(store: Store) -> None:
    entries = [
        AuditEntry(NOW, "operator:5", "pause", "bot:42", {"why": "test"}),
        AuditEntry(NOW - 1, "operator:6", "resume", "bot:42"),
    ]
    async with store.transaction() as tx:
        await tx.control.audit(entries)
        await tx.control.audit([])
    async with store.transaction(write=False) as tx:
        assert await tx.control.audit_trail(10) == entries[::-1]
        assert await tx.control.audit_trail(1) == entries[1:]
