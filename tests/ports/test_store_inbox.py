"""The inbox keeps every update once, in the order of its coming, until it is dealt with."""

from __future__ import annotations

from core.ports import Store
from tests.ports.worlds import BOT, NOW, OTHER_BOT, update


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
        await tx.inbox.applied([row.id for row in await tx.inbox.pending(1)])
        assert await tx.inbox.unhandled(10) == []
        assert await tx.inbox.counts() == {"handled": 1}


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
