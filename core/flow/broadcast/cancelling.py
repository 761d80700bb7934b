"""A broadcast that was cancelled ends: what waits is withdrawn, a page in a transaction.

Its switch holds the rest meanwhile, also a message that is with Telegram just now and may come back. Whoever
broke off in the middle, the step finishes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.broadcast import CANCELLED, campaign_of, switch_of
from core.ledger import OPEN, State
from core.ports import Guard, Store, Transaction

WITHDRAWN: Final = 1_000
"""Rows withdrawn in one transaction, so that nobody waits long for the database."""
WORDS: Final = "cancelled"
_LEFT: Final = {*(state.value for state in OPEN), State.SENDING.value}
_SWITCHES: Final = switch_of("")


async def withdraw_page(tx: Transaction, name: str) -> int:
    """Withdraw what waits, how many; where nothing is left or under way any more the switch goes."""
    gone = await tx.ledger.withdraw(campaign_of(name), WORDS, WITHDRAWN)
    counts = await tx.ledger.campaign_counts(campaign_of(name))
    if not any(state in _LEFT and n for (_, state), n in counts.items()):
        await tx.control.set_switch(switch_of(name), None)
    return gone


async def finish_cancelled(store: Store, switches: Mapping[str, str], guard: Guard | None) -> None:
    """A page of every cancelled broadcast whose switch is still set."""
    held = [name.removeprefix(_SWITCHES) for name in switches if name.startswith(_SWITCHES)]
    if not held:
        return
    async with store.transaction(write=False) as tx:
        rows = [await tx.campaigns.get(name) for name in sorted(held)]
    for row in rows:
        if row is None or row.state != CANCELLED:
            continue
        async with store.transaction() as tx:
            if guard is not None and not await guard(tx):
                return
            await withdraw_page(tx, row.name)
