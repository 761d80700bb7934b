"""The inbox keeps every update once, in the order of its coming, until it is dealt with."""

from __future__ import annotations

import json
from dataclasses import replace

from core.event import InboxLane
from core.identity import Sender, telegram
from core.ports import Store
from tests.ports.conftest import opened
from tests.ports.worlds import BOT, HOUR, NOW, OTHER_BOT, update
from tests.postgres import PostgresForTests


async def test_an_update_is_stored_once_however_often_it_comes(store: Store) -> None:
    async with store.transaction() as tx:
        assert await tx.inbox.add(BOT, [update(10), update(11)]) == 2
    async with store.transaction() as tx:
        assert await tx.inbox.add(BOT, [update(11, b"{}"), update(12), update(12)]) == 1
        assert await tx.inbox.add(OTHER_BOT, [update(11)]) == 1
    async with store.transaction(write=False) as tx:
        waiting = await tx.inbox.pending(10)
    assert [(row.bot_id, row.update_id) for row in waiting] == [
        (BOT, 10),
        (BOT, 11),
        (BOT, 12),
        (OTHER_BOT, 11),
    ]
    assert waiting[1].body == b'{"update_id": 1}'
    assert waiting[0].received_ms == NOW
    assert {row.state for row in waiting} == {"received"}


async def test_the_offset_is_kept_per_bot_with_the_updates(store: Store) -> None:
    async with store.transaction() as tx:
        assert await tx.inbox.offset(BOT) is None
        await tx.inbox.add(BOT, [update(10)], next_offset=11)
        await tx.inbox.add(OTHER_BOT, [], next_offset=500)
        await tx.inbox.add(BOT, [], next_offset=12)
        await tx.inbox.add(BOT, [update(12)])
    async with store.transaction(write=False) as tx:
        assert await tx.inbox.offset(BOT) == 12
        assert await tx.inbox.offset(OTHER_BOT) == 500


async def test_a_row_goes_from_received_over_applied_to_handled(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.inbox.add(BOT, [update(1), update(2), update(3)])
        first, second, third = await tx.inbox.pending(10)
        await tx.inbox.applied([first.id, second.id])
        await tx.inbox.failed([third.id], "can't be read")
    async with store.transaction() as tx:
        assert [row.id for row in await tx.inbox.unhandled(10)] == [first.id, second.id]
        assert await tx.inbox.pending(10) == []
        await tx.inbox.handled([first.id])
    async with store.transaction(write=False) as tx:
        assert await tx.inbox.counts() == {"applied": 1, "failed": 1, "handled": 1}
        assert await tx.inbox.export() == [(BOT, 1, "handled"), (BOT, 2, "applied"), (BOT, 3, "failed")]


async def test_history_is_handled_as_soon_as_it_is_applied(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.inbox.add(BOT, [update(1)], answer=False)
        await tx.inbox.add(BOT, [update(2)])
        waiting = await tx.inbox.pending(10)
        assert [row.answer for row in waiting] == [False, True]
        await tx.inbox.applied([waiting[0].id])
        assert await tx.inbox.unhandled(10) == []
        assert await tx.inbox.counts() == {"handled": 1, "received": 1}


async def test_what_is_over_does_not_come_back(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.inbox.add(BOT, [update(1), update(2)])
        done, bad = await tx.inbox.pending(10)
        await tx.inbox.applied([done.id])
        await tx.inbox.handled([done.id])
        await tx.inbox.failed([bad.id], "broken")
        await tx.inbox.applied([done.id, bad.id])
        await tx.inbox.handled([bad.id])
        assert await tx.inbox.counts() == {"failed": 1, "handled": 1}


async def test_the_oldest_come_first_up_to_the_limit(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.inbox.add(BOT, [update(number) for number in range(30, 0, -1)])
        assert [row.update_id for row in await tx.inbox.pending(3)] == [30, 29, 28]


TAP, QUESTION = InboxLane.TAP, InboxLane.QUESTION


async def test_questions_come_before_taps_and_taps_before_all_that_wait(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.inbox.add(BOT, [update(n) for n in range(1, 6)])
        await tx.inbox.add(BOT, [replace(update(6), lane=TAP), update(7), replace(update(8), lane=QUESTION)])
    async with store.transaction() as tx:
        waiting = await tx.inbox.pending(4)
        assert [row.update_id for row in waiting] == [8, 6, 1, 2]
        await tx.inbox.applied([row.id for row in waiting])
        assert [row.update_id for row in await tx.inbox.pending(10)] == [3, 4, 5, 7]
        assert [row.update_id for row in await tx.inbox.unhandled(10)] == [1, 2, 6, 8]
        assert [row.update_id for row in await tx.inbox.unhandled(3)] == [1, 2, 6]
        by_lane = {lane: await tx.inbox.unhandled(1, lane=lane) for lane in InboxLane}
    assert {lane: [row.update_id for row in rows] for lane, rows in by_lane.items()} == {
        InboxLane.QUESTION: [8],
        InboxLane.TAP: [6],
        InboxLane.ORDINARY: [1],
    }


async def test_what_is_aside_is_shown_with_its_reason_and_taken_again_or_dropped(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.inbox.add(BOT, [update(1), update(2), update(3), replace(update(4), reason="no update")])
        good, bad, worse = await tx.inbox.pending(10)
        await tx.inbox.failed([bad.id, worse.id], "can't be read")
        aside = await tx.inbox.aside(0, 10)
    assert [(row.update_id, row.reason, row.state) for row in aside] == [
        (2, "can't be read", "failed"),
        (3, "can't be read", "failed"),
        (4, "no update", "failed"),
    ]
    async with store.transaction() as tx:
        assert [row.update_id for row in await tx.inbox.aside(bad.id, 1)] == [3]
        assert await tx.inbox.replay([good.id, bad.id, bad.id + 1000]) == 1, "only what is aside"
        assert await tx.inbox.drop([good.id, bad.id, worse.id]) == 1
        again = await tx.inbox.pending(10)
        assert [(row.update_id, row.reason) for row in again] == [(1, ""), (2, "")]
        assert [row.update_id for row in await tx.inbox.aside(0, 10)] == [4]


async def test_a_number_may_come_again_when_its_row_is_gone(store: Store) -> None:
    """Telegram's numbers begin anew at random after a quiet week."""
    async with store.transaction() as tx:
        late = replace(update(3), received_ms=NOW + HOUR)
        await tx.inbox.add(BOT, [update(1), replace(update(2), lane=TAP), late, update(4)])
        rows = {row.update_id: row.id for row in await tx.inbox.pending(10)}
        await tx.inbox.applied(list(rows.values()))
        await tx.inbox.handled([rows[1], rows[2], rows[3]])
        assert await tx.inbox.prune(NOW, 10) == 0, "not older than that"
        assert await tx.inbox.prune(NOW + 1, 1) == 1
        assert await tx.inbox.prune(NOW + 1, 10) == 1
        assert await tx.inbox.prune(NOW + 1, 10) == 0
        assert await tx.inbox.counts() == {"applied": 1, "handled": 1}
        assert await tx.inbox.add(BOT, [update(1), update(2), update(3), update(4)]) == 2


async def test_of_a_row_that_is_emptied_only_its_number_stays(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.inbox.add(BOT, [update(1, b'{"text": "hello"}'), update(2, b'{"text": "hello"}')])
        first, second = await tx.inbox.pending(10)
        await tx.inbox.emptied([first.id])
        await tx.inbox.emptied([])
    async with store.transaction() as tx:
        left = await tx.inbox.pending(10)
        assert [row.body for row in left] == [b'{"update_id":1}', second.body]
        assert await tx.inbox.add(BOT, [update(1)]) == 0, "one that comes again is still known"


async def test_people_are_taken_out_of_what_others_said(store: Store) -> None:
    sender = Sender(telegram(712_000_001), 0, "Kanarya", "kanarya_w")
    canary = {"id": 712_000_001, "first_name": "Kanarya", "username": "kanarya_w"}
    ben = {"id": 712_000_002}
    bodies = [
        {"update_id": 1, "message": {"from": ben, "new_chat_members": [canary, ben]}},
        {"update_id": 2, "message": {"from": ben, "text": "@kanarya_w come"}},
        {"update_id": 3, "message": {"from": ben, "text": "@kanarya_w come"}},
        {"update_id": 4, "message": {"from": canary, "text": "hello"}},
    ]
    async with store.transaction() as tx:
        await tx.inbox.add(BOT, [update(n, json.dumps(body).encode()) for n, body in enumerate(bodies, 1)])
        rows = [row.id for row in await tx.inbox.pending(10)]
        await tx.inbox.applied(rows)
        await tx.inbox.redacted({row_id: [sender] for row_id in [rows[0], rows[1], rows[3]]})
    async with store.transaction(write=False) as tx:
        left = [json.loads(row.body)["message"] for row in await tx.inbox.unhandled(10)]
        assert await tx.inbox.counts() == {"applied": 3, "handled": 1}, "there is nothing left to answer"
    assert [member["id"] for member in left[0]["new_chat_members"]] == [0, ben["id"]]
    assert [left[1]["text"], left[2]["text"]] == ["@- come", "@kanarya_w come"]


async def test_a_row_is_claimed_only_while_it_waits(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.inbox.add(BOT, [update(1), update(2), update(3)])
        first, second, third = [row.id for row in await tx.inbox.pending(10)]
        await tx.inbox.applied([first])
        await tx.inbox.failed([second], "broken")
    async with store.transaction() as tx:
        assert await tx.inbox.claim([first, second, third, third + 99]) == {third}
        assert await tx.inbox.claim([]) == set()


async def test_what_another_process_is_applying_is_left_to_it(postgres: PostgresForTests) -> None:
    """SQLite has one writer at a time anyway."""
    address = await postgres.fresh_database()
    async with opened(address) as one, opened(address) as other:
        async with one.transaction() as tx:
            await tx.inbox.add(BOT, [update(1), update(2)])
            first, second = [row.id for row in await tx.inbox.pending(10)]
        async with one.transaction() as tx:
            assert await tx.inbox.claim([first]) == {first}
            async with other.transaction() as meanwhile:
                assert await meanwhile.inbox.claim([first, second]) == {second}
