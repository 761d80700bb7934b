"""What a pause has held becomes due when it ends, and nothing else does."""

from __future__ import annotations

import asyncio

from core.ledger import State
from core.ports import Store
from tests.ports.worlds import BOT, HOUR, NOW, OTHER_BOT, campaign, people, put


async def test_rows_that_wait_for_the_end_of_a_pause_become_due_at_once(store: Store) -> None:
    anna, ben, cem, dora = await people(store, 1, 2, 3, 4)
    later, over, spring_word = NOW + HOUR, NOW + 6 * HOUR, "planned; held by frequency campaign_paused"
    async with store.transaction() as tx:
        rows = await put(
            tx,
            campaign(anna, campaign="b:spring", due_ms=over, reason=spring_word),
            campaign(ben, campaign="b:spring", due_ms=over, reason=spring_word),
            campaign(cem, campaign="b:spring", due_ms=later, reason=spring_word),
            campaign(cem, "2", campaign="b:spring", due_ms=over, reason="campaign_paused; held by frequency"),
            campaign(dora, campaign="b:spring", due_ms=over, reason=spring_word, bot_id=OTHER_BOT),
            campaign(dora, "2", campaign="b:spring", due_ms=over, reason=spring_word, state=State.QUEUED),
            campaign(anna, campaign="b:summer", segment="X", due_ms=over, reason="; held by segment_paused"),
        )
        spring = ("campaign", "b:spring")
        assert await tx.ledger.unpark(BOT, spring, over, 9) == 0
        assert await tx.ledger.unpark(BOT, spring, NOW + 1, 1) == 1
        assert await tx.ledger.unpark(BOT, spring, NOW + 2, 9) == 1
        assert await tx.ledger.unpark(BOT, spring, NOW + 3, 9) == 0
        assert await tx.ledger.unpark(BOT, ("segment", "X"), NOW + 4, 9) == 1
        after = await tx.ledger.get([one.id for one in rows])
    assert [after[one.id].due_ms for one in rows] == [NOW + 1, NOW + 2, later, over, over, over, NOW + 4]
    assert [after[one.id].state for one in rows] == [one.state for one in rows]


async def test_a_page_that_is_withdrawn_meanwhile_does_not_hide_the_next_one(store: Store) -> None:
    """Who unparks goes on until nothing is left: none must only be said when none is left."""
    anna, ben = await people(store, 1, 2)
    over, word = NOW + 6 * HOUR, "; held by campaign_paused segment_paused"
    async with store.transaction() as tx:
        first, second = await put(
            tx,
            campaign(anna, campaign="b:spring", due_ms=over, reason=word),
            campaign(ben, campaign="b:summer", due_ms=over, reason=word),
        )
    withdrawn = asyncio.Event()

    async def cancel() -> None:
        async with store.transaction() as tx:
            await tx.ledger.withdraw("b:spring", "cancelled", 9)
            withdrawn.set()
            await asyncio.sleep(0.3)  # the other one comes to the row that is locked now

    async def resume() -> int:
        await withdrawn.wait()
        async with store.transaction() as tx:
            return await tx.ledger.unpark(BOT, ("segment", "ENGAGED"), NOW + 1, 1)

    _, woken = await asyncio.gather(cancel(), resume())
    assert woken == 1
    async with store.transaction(write=False) as tx:
        after = await tx.ledger.get([first.id, second.id])
    assert (after[first.id].state, after[first.id].due_ms) == (State.SUPPRESSED, over)
    assert (after[second.id].state, after[second.id].due_ms) == (State.PLANNED, NOW + 1)
