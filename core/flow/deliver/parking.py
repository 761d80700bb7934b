"""Messages of a paused campaign or segment are parked: nobody looks at them until the pause ends.

A parked row is due when its time is over, so that it ends then as any other does. A mark of its bot names the
switch that holds it. Whoever delivers for the bot sees that the switch is gone, whoever removed it, and makes
its rows due at once, a page in a transaction; the mark goes last. What else holds a message is judged then.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from core.consent import Reason
from core.ledger import Message
from core.ports import Transaction

PARKED: Final = "parked:"
"""Beginning of the marks: `parked:<bot>:<switch>`."""
UNPARKED: Final = 2_000
"""Rows made due in one transaction."""


def pauses_of(message: Message, reasons: Reason) -> tuple[str, ...]:
    """Of the switches that hold this message those that park it."""
    found = []
    if reasons & Reason.CAMPAIGN_PAUSED:
        found.append(f"pause:campaign:{message.campaign}")
    if reasons & Reason.SEGMENT_PAUSED:
        found.append(f"pause:segment:{message.segment}")
    return tuple(found)


async def note_parked(tx: Transaction, held: Iterable[tuple[Message, Reason]]) -> None:
    """Remember which pauses hold rows of which bot."""
    wanted = {f"{_of(m.bot_id)}{pause}" for m, reasons in held for pause in pauses_of(m, reasons)}
    if wanted:
        known = await tx.control.marks(PARKED)
        for mark in sorted(wanted - known.keys()):
            await tx.control.set_mark(mark, "rows wait")


async def parked(tx: Transaction, bot_id: int) -> set[str]:
    """The pauses that hold rows of this bot, or did until now."""
    return {mark.removeprefix(_of(bot_id)) for mark in await tx.control.marks(_of(bot_id))}


async def unpark(tx: Transaction, bot_id: int, pause: str, now_ms: int) -> None:
    """Make a page of the rows that this pause held due now; where none is left the mark goes."""
    _, what, name = pause.split(":", 2)
    if not await tx.ledger.unpark(bot_id, (what, name), now_ms, UNPARKED):
        await tx.control.set_mark(f"{_of(bot_id)}{pause}", None)


def _of(bot_id: int) -> str:
    return f"{PARKED}{bot_id}:"
