"""What a killed sender left behind, and what no sender takes any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from core.flow.deliver.outcomes import answered_meanwhile
from core.intake import record
from core.ledger import Message, MessageClass, Move, State
from core.ports import Guard, Store

ABANDONED_MS: Final = 60_000
"""No request lives longer: an answer of a handler still `sending` after this time has lost its process."""

LEFT_BEHIND: Final = 500
"""Rows closed in one transaction."""


async def expire_left_behind(
    store: Store, served: Sequence[int], now_ms: int, guard: Guard | None = None
) -> int:
    """Messages of bots that are not served any more (taken out of the settings): nobody will send them, so
    those whose time is over are closed; how many."""
    async with store.transaction(write=False) as tx:
        left = await tx.ledger.left_behind(served, now_ms, LEFT_BEHIND)
    if not left:
        return 0
    async with store.transaction() as tx:
        if guard is not None and not await guard(tx):
            return 0
        reason = "its time was over, and its bot is not served any more"
        return await tx.ledger.move([Move(m.id, m.state, State.EXPIRED, reason=reason) for m in left])


async def recover(store: Store, bot_id: int, now_ms: int, *, taken_over: bool = True) -> int:
    """What a killed sender left `sending` may have arrived, so it is `unknown`.

    Campaign rows belong to the lane alone: they are left over when it was taken over, else they are our own,
    under way. Answers may be under way in another process, so only old ones."""
    async with store.transaction() as tx:
        left = await tx.ledger.interrupted(bot_id, now_ms + 1)
        dead = [m for m in left if _is_left(m, now_ms, taken_over)]
        closed = await tx.ledger.move(
            [Move(m.id, State.SENDING, State.UNKNOWN, reason="the sender stopped in between") for m in dead]
        )
        await record(tx, await answered_meanwhile(tx, [m.id for m in dead]), now_ms)
        return closed


def _is_left(message: Message, now_ms: int, taken_over: bool) -> bool:
    if message.cls is MessageClass.CAMPAIGN:
        return taken_over
    return message.permit_ms < now_ms - ABANDONED_MS
