"""Whoever is moved, taken out or met by a bot that is gone goes on from where they really are."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from core.errors import RefusedError
from core.flow.journey import move_over, take_out
from core.ledger import State
from core.ports import Enrolment
from tests.core.flow.journeys import Traveller
from tests.core.flow.test_journey_step import entered
from tests.core.flow.worlds import ANNA, BOT, DAY

LONG: Mapping[str, object] = {
    "name": "hello",
    "enter": "consent_given",
    "steps": [{"send": "hi"}, {"wait": "7d"}, {"send": "bye"}],
}
NEXT_VERSION = {**LONG, "steps": [{"send": "hi"}, {"send": "news"}, {"wait": "1d"}, {"send": "bye"}]}
OTHERS_BOT = 77
"""A bot that is not in the configuration any more."""


async def waiting() -> Traveller:
    """Anna has had the first message, and waits since five of seven days."""
    traveller = await entered(LONG)
    [row] = await traveller.rows(ANNA)
    await traveller.sends(row)
    await traveller.goes_by(60)
    await traveller.goes_by(5 * DAY / 1000)
    assert await traveller.ways(ANNA) == [("wait_2", "active")]
    return traveller


async def moved(traveller: Traveller, people: list[Enrolment], steps: Mapping[str, str]) -> int:
    """Into a new version."""
    version = await traveller.open(NEXT_VERSION)
    async with traveller.world.store.transaction() as tx:
        return await move_over(tx, people, version, steps, traveller.now)


async def test_who_is_moved_to_another_step_arrives_there_now() -> None:
    traveller = await waiting()
    assert await moved(traveller, [await traveller.way(ANNA)], {"wait_2": "news"}) == 1
    await traveller.goes_by(60)
    assert [(row.step, row.state) for row in await traveller.rows(ANNA)] == [
        ("1:hi", State.SENT),
        ("1:news", State.PLANNED),
    ]


async def test_who_went_on_since_they_were_read_is_moved_from_where_they_are() -> None:
    traveller = await waiting()
    before = await traveller.way(ANNA)
    await traveller.goes_by(2 * DAY / 1000)
    assert await traveller.ways(ANNA) == [("bye", "active")]
    assert await moved(traveller, [before], {"wait_2": "news"}) == 1
    assert await traveller.ways(ANNA) == [("bye", "active")]


async def test_a_step_without_a_place_moves_nobody() -> None:
    traveller = await waiting()
    with pytest.raises(RefusedError, match="no step wait_2"):
        await moved(traveller, [await traveller.way(ANNA)], {})
    assert (await traveller.way(ANNA)).version == 1


async def test_who_came_to_the_end_meanwhile_is_not_taken_out() -> None:
    traveller = await waiting()
    before = await traveller.way(ANNA)
    await traveller.goes_by(2 * DAY / 1000)
    await traveller.sends((await traveller.rows(ANNA))[-1])
    await traveller.goes_by(60)
    assert await traveller.ways(ANNA) == [("bye", "done")]
    async with traveller.world.store.transaction() as tx:
        assert await take_out(tx, [before], "removed", traveller.now) == []
    assert await traveller.ways(ANNA) == [("bye", "done")]


async def test_a_bot_that_was_taken_out_of_the_settings_writes_to_nobody() -> None:
    traveller = Traveller()
    await traveller.world.settle(ANNA)
    await traveller.goes_by()
    await traveller.open({**LONG, "enter": "message_received"})
    traveller.world.clock.advance(1)
    for person in (ANNA, 1005):
        await traveller.world.says(person, "/start", bot=OTHERS_BOT)
        await traveller.world.says(person, "hello", bot=OTHERS_BOT)
    await traveller.world.apply()
    await traveller.goes_by(60)
    [hers], [strangers] = await traveller.rows(ANNA), await traveller.rows(1005)
    assert (hers.bot_id, hers.state) == (BOT, State.PLANNED)
    assert (strangers.bot_id, strangers.state) == (OTHERS_BOT, State.SUPPRESSED)
