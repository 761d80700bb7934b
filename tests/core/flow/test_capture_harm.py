"""A block or an opt-out is laid to the campaign message that came last, within a day."""

from __future__ import annotations

import pytest

from tests.core.flow.test_deliver_step import deliver, ready
from tests.core.flow.worlds import ANNA, BORA, BOT, HOUR, OTHER_BOT, World


async def harm(world: World, message_id: int) -> tuple[str, int]:
    row = await world.row(message_id)
    return row.harm, row.harm_ms


async def test_a_block_and_an_opt_out_are_laid_to_the_last_message() -> None:
    world = await ready(ANNA, BORA)
    first, other = await world.offers(ANNA, BORA)
    await deliver(world)
    world.clock.advance(7 * HOUR / 1000)
    (second,) = await world.offers(ANNA, step="2")
    await deliver(world)
    world.clock.advance(60)
    await world.blocks(ANNA)
    await world.says(BORA, "/stop")
    await world.apply()
    assert (await harm(world, second.id)) == ("block", world.clock.now_ms() // 1000 * 1000)
    assert (await harm(world, first.id)) == ("", 0)
    assert (await harm(world, other.id))[0] == "opt_out"
    async with world.store.transaction(write=False) as tx:
        (figures,) = (await tx.ledger.harm_since(0)).values()
    assert (figures.sent, figures.blocks, figures.opt_outs, figures.answered) == (3, 1, 1, 0)


@pytest.mark.parametrize(("hours", "blamed"), [(23, "block"), (25, "")])
async def test_only_a_message_of_the_last_day_is_blamed(hours: int, blamed: str) -> None:
    world = await ready(ANNA)
    (offer,) = await world.offers(ANNA)
    await deliver(world)
    world.clock.advance(hours * HOUR / 1000)
    await world.blocks(ANNA)
    await world.apply()
    assert (await harm(world, offer.id))[0] == blamed


async def test_what_never_left_and_what_another_bot_sent_is_not_blamed_for_a_block() -> None:
    world = await ready(ANNA)
    (sent,) = await world.offers(ANNA)
    await deliver(world)
    (waiting,) = await world.offers(ANNA, step="2")
    await world.says(ANNA, "/start", bot=OTHER_BOT)
    await world.blocks(ANNA, bot=OTHER_BOT)
    await world.apply()
    assert [await harm(world, sent.id), await harm(world, waiting.id)] == [("", 0), ("", 0)]
    await world.blocks(ANNA, bot=BOT)
    await world.apply()
    assert (await harm(world, sent.id))[0] == "block"
