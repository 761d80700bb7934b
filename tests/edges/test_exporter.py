"""What an auditor gets: what has not happened is None, never a zero that looks like a moment or an id."""

from __future__ import annotations

from app.exporter import export_ledger
from core.ledger import Move, State
from tests.core.flow.worlds import ANNA, World


async def test_a_message_on_its_way_has_a_permit_and_no_message_id_yet() -> None:
    world = World()
    await world.settle(ANNA)
    (offer,) = await world.offers(ANNA)
    (row,) = [one for one in await export_ledger(world.store) if one["id"] == offer.id]
    assert (row["state"], row["permit_at_ms"], row["sent_at_ms"]) == ("planned", None, None)
    async with world.store.transaction() as tx:
        await tx.ledger.move([Move(offer.id, State.PLANNED, State.SENDING, permit_ms=5)])
    (row,) = [one for one in await export_ledger(world.store) if one["id"] == offer.id]
    assert (row["state"], row["permit_at_ms"]) == ("sending", 5)
    assert row["telegram_message_id"] is row["answered_at_ms"] is None
    assert row["person"] == ANNA
