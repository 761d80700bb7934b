"""The ledger: one row per message, moved only along its arrows, counted from the right moment on."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.figures import counted_ms
from core.errors import RefusedError
from core.ledger import COUNTED, HEAD_START_MS, MOVES, PERMIT_VALID_MS, Message, MessageClass, Move, State
from core.ports import HarmCount, Store, Transaction
from tests.ports.worlds import BOT, HOUR, NOW, OTHER_BOT, campaign, people, put, sent


async def get(store: Store, row_id: int) -> Message:
    async with store.transaction(write=False) as tx:
        return (await tx.ledger.get([row_id]))[row_id]


async def test_a_message_comes_back_as_it_was_planned(store: Store) -> None:
    (anna,) = await people(store, 1)
    async with store.transaction() as tx:
        (added,) = await put(
            tx, campaign(anna, body={"text": "ı 🎉", "buttons": [[{"text": "a", "data": "b"}]]})
        )
    assert added.id > 0
    assert (added.created_ms, added.attempts, added.sent_ms) == (NOW, 0, 0)
    assert (added.cls, added.state) == (MessageClass.CAMPAIGN, State.PLANNED)
    assert await get(store, added.id) == added
    async with store.transaction(write=False) as tx:
        assert await tx.ledger.get([]) == {}
        assert await tx.ledger.get([added.id + 1]) == {}


async def test_a_step_of_a_campaign_reaches_a_person_once(store: Store) -> None:
    anna, ben = await people(store, 1, 2)
    async with store.transaction() as tx:
        first = await tx.ledger.add([campaign(anna), campaign(anna), campaign(ben)], NOW)
    assert [item is not None for item in first] == [True, False, True]
    async with store.transaction() as tx:
        again = await tx.ledger.add(
            [campaign(anna), campaign(anna, "2"), campaign(anna, campaign="other"), campaign(ben)], NOW
        )
        assert [item is not None for item in again] == [False, True, True, False]
        assert await tx.ledger.counts() == {"planned": 4}
        assert await tx.ledger.add([], NOW) == []


async def line(tx: Transaction, limit: int = 10, *, bot: int = BOT) -> list[int]:
    return [m.id for m in await tx.ledger.line(bot, limit)]


async def test_the_due_stand_in_line_by_priority_one_per_person(store: Store) -> None:
    anna, ben, cem = await people(store, 1, 2, 3)
    async with store.transaction() as tx:
        low, high, late, bens, other, _, _ = await put(
            tx,
            campaign(anna, "low", priority=1.0, due_ms=NOW - 5),
            campaign(anna, "high", priority=2.0, due_ms=NOW),
            campaign(anna, "late", priority=9.0, due_ms=NOW + 1),
            campaign(ben, "b", priority=2.0, due_ms=NOW - 1),
            campaign(cem, "c", bot_id=OTHER_BOT),
            campaign(cem, "answer", cls=MessageClass.INTERACTIVE, campaign="reply"),
            campaign(cem, "gone", state=State.SUPPRESSED),
        )
        assert await tx.ledger.next_due_ms(BOT) == NOW - 5
        assert await tx.ledger.queue_due(BOT, NOW, 10) == 3
        assert await tx.ledger.queue_due(OTHER_BOT, NOW, 10) == 1
        assert await line(tx) == [bens.id, high.id]
        assert await line(tx, 1) == [bens.id]
        assert await line(tx, bot=OTHER_BOT) == [other.id]
        await tx.ledger.move([Move(high.id, State.QUEUED, State.EXPIRED)])
        assert await line(tx) == [bens.id, low.id]
        assert await tx.ledger.next_due_ms(BOT) == NOW + 1
        assert await tx.ledger.queue_due(BOT, NOW + 1, 10) == 1
        assert await line(tx) == [late.id, bens.id]
        assert await tx.ledger.next_due_ms(BOT) is None
        assert await tx.ledger.next_due_ms(12345) is None


async def test_the_line_reaches_past_many_messages_to_one_person(store: Store) -> None:
    anna, ben = await people(store, 1, 2)
    async with store.transaction() as tx:
        added = await put(tx, *(campaign(anna, str(n)) for n in range(7)), campaign(ben, due_ms=NOW + 1))
        assert await tx.ledger.queue_due(BOT, NOW + 1, 10) == 8
        assert await line(tx, 2) == [added[0].id, added[7].id]


async def test_equal_messages_come_in_the_order_of_their_planning(store: Store) -> None:
    numbers = await people(store, *range(1, 21))
    async with store.transaction() as tx:
        added = await put(tx, *(campaign(no) for no in reversed(numbers)))
        assert await tx.ledger.queue_due(BOT, NOW, 50) == 20
        assert await line(tx, 50) == sorted(m.id for m in added)


async def test_the_first_due_are_queued_first_and_whoever_was_in_line_keeps_the_place(store: Store) -> None:
    anna, ben = await people(store, 1, 2)
    async with store.transaction() as tx:
        first, second = await put(tx, campaign(anna, due_ms=NOW - 9), campaign(ben, due_ms=NOW - 5))
        assert await tx.ledger.queue_due(BOT, NOW, 1) == 1
        assert await line(tx) == [first.id]
        held = Move(first.id, State.QUEUED, State.PLANNED, due_ms=NOW)
        assert await tx.ledger.move([held]) == 1
        assert await tx.ledger.queue_due(BOT, NOW, 10) == 2
        assert await line(tx) == [first.id, second.id]


async def test_what_waits_for_another_try_comes_back_into_line(store: Store) -> None:
    (anna,) = await people(store, 1)
    async with store.transaction() as tx:
        (message,) = await put(tx, campaign(anna))
        await tx.ledger.move([Move(message.id, State.PLANNED, State.SENDING, permit_ms=NOW)])
        await tx.ledger.move([Move(message.id, State.SENDING, State.RETRY, due_ms=NOW + 10)])
        assert await tx.ledger.next_due_ms(BOT) == NOW + 10
        assert await tx.ledger.queue_due(BOT, NOW, 10) == 0
        assert await tx.ledger.queue_due(BOT, NOW + 10, 10) == 1
        assert await line(tx) == [message.id]


async def test_a_place_in_line_is_worth_half_an_hour_a_point(store: Store) -> None:
    anna, ben = await people(store, 1, 2)
    waited = 3 * HEAD_START_MS
    async with store.transaction() as tx:
        patient, important = await put(
            tx,
            campaign(anna, priority=1.0, due_ms=NOW - waited),
            campaign(ben, priority=3.9, due_ms=NOW),
        )
        await tx.ledger.queue_due(BOT, NOW, 10)
        assert await line(tx) == [patient.id, important.id]
        (pressing,) = await put(tx, campaign(anna, "2", priority=4.1, due_ms=NOW))
        await tx.ledger.queue_due(BOT, NOW, 10)
        assert await line(tx) == [pressing.id, important.id]


async def test_groups_stand_in_line_each_for_itself(store: Store) -> None:
    async with store.transaction() as tx:
        added = await put(
            tx,
            *(campaign(0, f"g{no}:1", campaign="b:spring", group_no=no, variant="a") for no in (1, 2)),
            campaign(0, "g1:2", campaign="b:spring", group_no=1, variant="b"),
        )
        await tx.ledger.queue_due(BOT, NOW, 10)
        assert await line(tx) == [added[0].id, added[1].id]
    found = await get(store, added[2].id)
    assert (found.group_no, found.variant, found.harm, found.harm_ms) == (1, "b", "", 0)


async def test_a_campaign_is_counted_read_and_withdrawn(store: Store) -> None:
    anna, ben, cem = await people(store, 1, 2, 3)
    async with store.transaction() as tx:
        first, second, third, _ = await put(
            tx,
            campaign(anna, campaign="b:spring", variant="a"),
            campaign(ben, campaign="b:spring", variant="b"),
            campaign(cem, campaign="b:spring", variant="b"),
            campaign(cem, campaign="b:other"),
        )
        await sent(tx, first, NOW)
        await tx.ledger.queue_due(BOT, NOW, 1)
        expected = {("a", "sent"): 1, ("b", "planned"): 1, ("b", "queued"): 1}
        assert await tx.ledger.campaign_counts("b:spring") == expected
        assert await tx.ledger.campaign_counts("b:none") == {}
        assert [m.id for m in await tx.ledger.of_campaign("b:spring", 0, 2)] == [first.id, second.id]
        assert [m.id for m in await tx.ledger.of_campaign("b:spring", second.id, 2)] == [third.id]
        assert await tx.ledger.withdraw("b:spring", "cancelled", 1) == 1
        assert await tx.ledger.withdraw("b:spring", "cancelled", 9) == 1
        assert await tx.ledger.withdraw("b:spring", "cancelled", 9) == 0
    withdrawn = await get(store, third.id)
    assert (withdrawn.state, withdrawn.reason) == (State.SUPPRESSED, "cancelled")
    assert (await get(store, first.id)).state is State.SENT


async def test_left_behind_is_what_waits_for_a_bot_of_others_beyond_its_time(store: Store) -> None:
    anna, ben, cem = await people(store, 1, 2, 3)
    async with store.transaction() as tx:
        first, second, third = await put(tx, campaign(anna), campaign(ben), campaign(cem))
        await sent(tx, first, NOW)
        over = second.expires_ms
        assert [m.id for m in await tx.ledger.left_behind([BOT + 1], over, 9)] == [second.id, third.id]
        assert [m.id for m in await tx.ledger.left_behind([BOT + 1, BOT + 2], over, 1)] == [second.id]
        assert await tx.ledger.left_behind([BOT + 1], over - 1, 9) == []
        assert await tx.ledger.left_behind([BOT + 1, BOT], over, 9) == []


async def test_harm_is_noted_once_and_counted_by_campaign(store: Store) -> None:
    anna, ben, cem = await people(store, 1, 2, 3)
    async with store.transaction() as tx:
        first, second, third, other, old = await put(
            tx,
            *(campaign(no, campaign="b:spring") for no in (anna, ben, cem)),
            campaign(anna),
            campaign(anna, "old"),
        )
        for message in (first, second, third, other):
            await sent(tx, message, NOW)
        await sent(tx, old, NOW - 10)
        await tx.ledger.harmed({first.id: ("block", NOW + 1), second.id: ("opt_out", NOW + 2)})
        await tx.ledger.harmed({first.id: ("opt_out", NOW + 3)})
        await tx.ledger.answered({third.id: NOW + 4})
        expected = {"b:spring": HarmCount(3, 1, 1, 1), "opt": HarmCount(1, 0, 0, 0)}
        assert await tx.ledger.harm_since(NOW) == expected
    found = await get(store, first.id)
    assert (found.harm, found.harm_ms) == ("block", NOW + 1)


async def test_a_move_changes_what_it_names_and_nothing_else(store: Store) -> None:
    (anna,) = await people(store, 1)
    async with store.transaction() as tx:
        (message,) = await put(tx, campaign(anna))
        held = Move(message.id, State.PLANNED, State.PLANNED, reason="quiet hours", due_ms=NOW + HOUR)
        assert await tx.ledger.move([held]) == 1
        assert await tx.ledger.move(
            [Move(message.id, State.PLANNED, State.SENDING, permit_ms=NOW, attempts=1, chat_id=6)]
        )
    found = await get(store, message.id)
    assert (found.state, found.due_ms, found.permit_ms) == (State.SENDING, NOW + HOUR, NOW)
    assert (found.attempts, found.chat_id, found.reason) == (1, 6, "quiet hours")
    async with store.transaction() as tx:
        await tx.ledger.move([Move(message.id, State.SENDING, State.SENT, sent_ms=NOW + 7, telegram_id=77)])
    found = await get(store, message.id)
    assert (found.state, found.permit_ms, found.sent_ms, found.telegram_id) == (State.SENT, NOW, NOW + 7, 77)


async def test_a_row_that_has_moved_on_is_left_alone(store: Store) -> None:
    anna, ben = await people(store, 1, 2)
    async with store.transaction() as tx:
        mine, other = await put(tx, campaign(anna), campaign(ben))
        moves = [Move(m.id, State.PLANNED, State.QUEUED) for m in (mine, other)]
        assert await tx.ledger.move(moves[:1]) == 1
        assert await tx.ledger.move(moves) == 1
        assert await tx.ledger.move([Move(987654, State.PLANNED, State.QUEUED)]) == 0
        assert await tx.ledger.move([]) == 0
    assert (await get(store, mine.id)).state is State.QUEUED


async def test_several_moves_of_a_row_follow_one_another(store: Store) -> None:
    (anna,) = await people(store, 1)
    async with store.transaction() as tx:
        (message,) = await put(tx, campaign(anna))
        moves = [
            Move(message.id, State.PLANNED, State.QUEUED),
            Move(message.id, State.QUEUED, State.SENDING, permit_ms=NOW),
            Move(message.id, State.QUEUED, State.EXPIRED),
        ]
        assert await tx.ledger.move(moves) == 2
    assert (await get(store, message.id)).state is State.SENDING


WRONG = [(old, new) for old, new in itertools.product(State, State) if new not in MOVES[old]]


async def test_no_arrow_but_the_ledger_s_own_can_be_taken(store: Store) -> None:
    (anna,) = await people(store, 1)
    async with store.transaction() as tx:
        (message,) = await put(tx, campaign(anna))
    for old, new in WRONG:
        with pytest.raises(RefusedError):
            async with store.transaction() as tx:
                await tx.ledger.move(
                    [Move(message.id, State.PLANNED, State.QUEUED), Move(message.id, old, new)]
                )
    assert (await get(store, message.id)).state is State.PLANNED


async def test_an_answer_is_kept_once(store: Store) -> None:
    anna, ben = await people(store, 1, 2)
    async with store.transaction() as tx:
        first, second = await put(tx, campaign(anna), campaign(ben))
        await tx.ledger.answered({first.id: NOW + 1})
        await tx.ledger.answered({first.id: NOW + 2, second.id: NOW + 3, 4711: NOW})
        await tx.ledger.answered({})
    assert (await get(store, first.id)).answered_ms == NOW + 1
    assert (await get(store, second.id)).answered_ms == NOW + 3


async def test_recent_campaigns_are_those_that_count(store: Store) -> None:
    anna, ben = await people(store, 1, 2)
    async with store.transaction() as tx:
        old, new, going, lost, failed, _, reply, bens = await put(
            tx,
            campaign(anna, "old"),
            campaign(anna, "new"),
            campaign(anna, "going"),
            campaign(anna, "lost"),
            campaign(anna, "failed"),
            campaign(anna, "waits"),
            campaign(anna, "reply", cls=MessageClass.INTERACTIVE, state=State.SENDING, permit_ms=NOW),
            campaign(ben),
        )
        await sent(tx, old, NOW - 10 * HOUR)
        await sent(tx, new, NOW)
        await sent(tx, bens, NOW)
        await tx.ledger.move([Move(reply.id, State.SENDING, State.SENT, sent_ms=NOW)])
        for message, permit_ms in ((going, NOW), (lost, NOW - HOUR), (failed, NOW)):
            await tx.ledger.move([Move(message.id, State.PLANNED, State.SENDING, permit_ms=permit_ms)])
        await tx.ledger.move([Move(lost.id, State.SENDING, State.UNKNOWN)])
        await tx.ledger.move([Move(failed.id, State.SENDING, State.FAILED)])
        recent = await tx.ledger.recent_campaigns([anna], NOW - 2 * HOUR)
        assert [m.id for m in recent] == [lost.id, new.id, going.id]
        everything = await tx.ledger.recent_campaigns([anna, ben, anna], 0)
        assert [m.id for m in everything] == [old.id, lost.id, new.id, bens.id, going.id]
        assert await tx.ledger.recent_campaigns([], 0) == []


async def test_what_a_killed_sender_left_behind_is_found(store: Store) -> None:
    anna, ben = await people(store, 1, 2)
    async with store.transaction() as tx:
        old, fresh, answer = await put(
            tx,
            campaign(anna, "1"),
            campaign(anna, "2"),
            campaign(ben, "3", cls=MessageClass.INTERACTIVE, state=State.SENDING, permit_ms=NOW - HOUR),
        )
        await tx.ledger.move([Move(old.id, State.PLANNED, State.SENDING, permit_ms=NOW - HOUR)])
        await tx.ledger.move([Move(fresh.id, State.PLANNED, State.SENDING, permit_ms=NOW)])
        assert [m.id for m in await tx.ledger.interrupted(BOT, NOW)] == [old.id, answer.id]
        assert await tx.ledger.interrupted(OTHER_BOT, NOW) == []


async def test_the_messages_sent_last_come_in_the_order_of_their_arrival(store: Store) -> None:
    anna, ben = await people(store, 1, 2)
    async with store.transaction() as tx:
        early, late, _ = await put(
            tx,
            campaign(anna, "1", state=State.SENDING, permit_ms=NOW),
            campaign(ben, "1", state=State.SENDING, permit_ms=NOW),
            campaign(anna, "2"),
        )
        await tx.ledger.move([Move(late.id, State.SENDING, State.SENT, sent_ms=NOW + 60_000)])
    async with store.transaction(write=False) as tx:
        assert [m.id for m in await tx.ledger.last_sent(10)] == [late.id, early.id]
        assert [m.id for m in await tx.ledger.last_sent(1)] == [late.id]


async def test_lists_for_operators(store: Store) -> None:
    anna, ben = await people(store, 1, 2)
    async with store.transaction() as tx:
        first, second, third = await put(
            tx,
            campaign(anna, "1", due_ms=NOW + 2),
            campaign(ben, "1", due_ms=NOW + 1),
            campaign(anna, "2", cls=MessageClass.SERVICE, campaign="receipt", state=State.SENDING),
        )
    async with store.transaction(write=False) as tx:
        assert [m.id for m in await tx.ledger.queue(10)] == [second.id, first.id]
        assert [m.id for m in await tx.ledger.queue(1)] == [second.id]
        assert [m.id for m in await tx.ledger.of_person(anna, 10)] == [third.id, first.id]
        assert [m.id for m in await tx.ledger.latest(2)] == [third.id, second.id]
        assert [m.id for m in await tx.ledger.export(first.id, 1)] == [second.id]
        assert [m.id for m in await tx.ledger.export(second.id, 10)] == [third.id]
        assert await tx.ledger.counts() == {"planned": 2, "sending": 1}
        assert await tx.ledger.counts("campaign") == {"planned": 2}
        assert await tx.ledger.counts(MessageClass.SERVICE) == {"sending": 1}


@given(st.sampled_from(MessageClass), st.sampled_from(State), st.integers(0, NOW), st.integers(0, NOW))
def test_only_what_may_have_arrived_counts_and_never_too_early(
    cls: MessageClass, state: State, permit_ms: int, sent_ms: int
) -> None:
    at_ms = counted_ms(cls, state, permit_ms, sent_ms)
    assert (at_ms > 0) is (cls is MessageClass.CAMPAIGN and state in COUNTED)
    if at_ms:
        assert at_ms in {sent_ms, permit_ms + PERMIT_VALID_MS}


async def test_a_permit_marks_what_is_still_in_line_and_nothing_else(store: Store) -> None:
    anna, ben, cem = await people(store, 1, 2, 3)
    async with store.transaction() as tx:
        first, second, waiting, _ = await put(
            tx, campaign(anna), campaign(ben), campaign(cem, due_ms=NOW + 1), campaign(cem, "2")
        )
        await tx.ledger.queue_due(BOT, NOW, 2)
        await tx.ledger.move([Move(second.id, State.QUEUED, State.SUPPRESSED, reason="cancelled")])
        asked = [second.id, first.id, waiting.id, first.id, 4711]
        assert await tx.ledger.permit(asked, NOW + 7) == {first.id}
        assert await tx.ledger.permit(asked, NOW + 9) == set()
        assert await tx.ledger.permit([], NOW) == set()
        counted = await tx.ledger.recent_campaigns([anna, ben, cem], NOW + 7 + PERMIT_VALID_MS)
        assert [m.id for m in counted] == [first.id]
    found = await get(store, first.id)
    assert (found.state, found.permit_ms, found.attempts) == (State.SENDING, NOW + 7, 1)
    assert (await get(store, second.id)).reason == "cancelled"
