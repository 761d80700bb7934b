"""What a killed sender left behind."""

from __future__ import annotations

from typing import Final

from core.flow.deliver.outcomes import answered_meanwhile
from core.intake import record
from core.ledger import Message, MessageClass, Move, State
from core.ports import Store

ABANDONED_MS: Final = 60_000
"""No request lives longer: an answer of a handler still `sending` after this time has lost its process."""


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
