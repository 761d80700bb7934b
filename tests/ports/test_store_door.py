"""The door's facts, as every store reads them, and the door's answer in the marking transaction."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np

from core.consent import DoorFacts
from core.ledger import PERMIT_VALID_MS, Move, State
from core.limits import quiet_facts
from core.ports import PeopleList, Store
from core.profile import ProfileState
from tests.ports.worlds import (
    BOT,
    HOUR,
    NOW,
    OTHER_BOT,
    campaign,
    consent,
    people,
    put,
    reach,
    reachable,
    sent,
)


async def facts(store: Store, person_nos: list[int], bot_ids: list[int]) -> DoorFacts:
    async with store.transaction() as tx:
        return await tx.door_facts(person_nos, bot_ids, NOW)


async def test_a_row_is_about_its_person_and_its_bot(store: Store) -> None:
    anna, ben, held = await people(store, 1, 2, 999)
    async with store.transaction() as tx:
        await tx.people.set_reach(
            [
                reach(anna, chat_id=11),
                reach(anna, bot_id=OTHER_BOT, state="blocked", chat_id=12),
                reach(ben, state="gone", chat_id=21),
            ]
        )
        await tx.people.change_consent([consent(anna), consent(held), consent(ben, granted=False)])
        await tx.control.set_switch("kill", "1")
    found = await facts(store, [ben, anna, held, anna, 4711], [BOT, OTHER_BOT, BOT, BOT, BOT])
    assert found.person_no.tolist() == [ben, anna, held, anna, 4711]
    assert found.bot_id.tolist() == [BOT, OTHER_BOT, BOT, BOT, BOT]
    assert found.chat_id.tolist() == [21, 12, 0, 11, 0]
    assert found.reach.tolist() == [3, 2, 0, 1, 0]
    assert found.consent.tolist() == [False, True, True, True, False]
    assert found.holdout.tolist() == [False, False, True, False, False]
    assert found.excluded.tolist() == [False] * 5
    assert found.recent_ms.shape == (5, 0)
    assert found.switches == {"kill": "1"}
    assert {column.dtype for column in (found.person_no, found.chat_id, found.recent_ms)} == {
        np.dtype(np.int64)
    }


async def test_earlier_messages_count_from_their_moment_for_as_long_as_a_wish_can_reach(store: Store) -> None:
    anna, ben = await reachable(store, 1, 2)
    async with store.transaction() as tx:
        ancient, old, lost, going, bens = await put(
            tx,
            *(campaign(anna, step) for step in ("ancient", "old", "lost", "going")),
            campaign(ben),
        )
        await sent(tx, ancient, NOW - 31 * 24 * HOUR - 1)
        await sent(tx, old, NOW - 30 * 24 * HOUR)
        await sent(tx, bens, NOW - HOUR)
        await tx.ledger.move([Move(lost.id, State.PLANNED, State.SENDING, permit_ms=NOW - HOUR)])
        await tx.ledger.move([Move(lost.id, State.SENDING, State.UNKNOWN)])
        await tx.ledger.move([Move(going.id, State.PLANNED, State.SENDING, permit_ms=NOW)])
    found = await facts(store, [anna, ben], [BOT, BOT])
    assert found.recent_ms.tolist() == [
        [NOW - 30 * 24 * HOUR, NOW - HOUR + PERMIT_VALID_MS, NOW + PERMIT_VALID_MS],
        [NOW - HOUR, 0, 0],
    ]


async def test_the_hours_come_from_the_record(store: Store) -> None:
    anna, ben = await people(store, 1, 2)
    state = ProfileState(latest={"zone": (NOW, "Europe/Istanbul")}, hours={NOW // 86_400_000: {20: 3}})
    async with store.transaction() as tx:
        record = (await tx.people.load([anna]))[anna]
        await tx.people.save([replace(record, state=state)])
    found = await facts(store, [ben, anna], [BOT, BOT])
    assert found.quiet.offset_min.tolist()[1] == 180
    expected = quiet_facts([ProfileState(), state], NOW)
    assert found.quiet.known.tolist() == expected.known.tolist()
    assert found.quiet.seen_mask.tolist() == expected.seen_mask.tolist()


async def test_what_people_wished_comes_from_the_record(store: Store) -> None:
    anna, ben = await people(store, 1, 2)
    wished = {"frequency": (NOW, "7"), "quiet": (NOW, "20-10"), "muted": (NOW, "news.poll")}
    async with store.transaction() as tx:
        record = (await tx.people.load([anna]))[anna]
        await tx.people.save([replace(record, state=ProfileState(latest=wished))])
    found = await facts(store, [ben, anna], [BOT, BOT])
    assert found.wishes.period_days.tolist() == [0, 7]
    assert found.wishes.muted == (frozenset(), frozenset({"news", "poll"}))
    assert found.quiet.own.tolist() == [False, True]
    assert found.quiet.quiet_from.tolist() == [22, 20]


async def test_nobody_asked_about_is_an_answer_too(store: Store) -> None:
    found = await facts(store, [], [])
    assert found.person_no.shape == (0,)
    assert found.recent_ms.shape[0] == 0


async def test_no_permit_is_given_after_a_withdrawal_has_been_committed(store: Store) -> None:
    """Marking and withdrawing take turns: a marked message was permitted by what was in force then."""
    (anna,) = await reachable(store, 1)
    order: list[str] = []

    async def mark() -> None:
        async with store.transaction() as tx:
            allowed = bool((await tx.door_facts([anna], [BOT], NOW)).consent[0])
            await asyncio.sleep(0)
            if allowed:
                await put(tx, campaign(anna, f"{len(order)}", state=State.SENDING, permit_ms=NOW))
            order.append("marked" if allowed else "refused")

    async def withdraw() -> None:
        async with store.transaction() as tx:
            await tx.people.change_consent([consent(anna, granted=False, at=NOW + 1)])
            order.append("withdrawn")

    await asyncio.gather(mark(), withdraw(), mark(), mark())
    assert "marked" not in order[order.index("withdrawn") :]
    assert order.count("refused") + order.count("marked") == 3


async def test_records_that_were_loaded_already_give_the_same_facts(store: Store) -> None:
    anna, ben = await reachable(store, 1, 2)
    async with store.transaction() as tx:
        await tx.lists.put(PeopleList("staff", excludes=True))
        await tx.lists.add("staff", [ben], NOW, author="ayse")
        record = (await tx.people.load([anna]))[anna]
        await tx.people.save([replace(record, state=ProfileState(first_ms=NOW - HOUR))])
    async with store.transaction() as tx:
        records = await tx.people.load([anna, ben])
        given = await tx.door_facts([ben, anna, 4711], [BOT] * 3, NOW, records)
        read = await tx.door_facts([ben, anna, 4711], [BOT] * 3, NOW)
    assert given.first_ms.tolist() == read.first_ms.tolist() == [0, NOW - HOUR, 0]
    assert given.excluded.tolist() == read.excluded.tolist() == [True, False, False]
    assert given.holdout.tolist() == read.holdout.tolist()
    assert given.consent.tolist() == read.consent.tolist() == [True, True, False]
