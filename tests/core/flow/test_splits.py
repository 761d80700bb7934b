"""However updates are cut into batches, and however often they come, the record is the same."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from core.consent import ConsentChange
from core.event import PersonEvent
from core.ledger import Message, Move, State
from core.ports import PersonRecord, RawUpdate, Reach
from core.profile import ProfileState, fold
from tests.core.flow.worlds import ANNA, BORA, World

PEOPLE = (ANNA, BORA)
BLOCK, PAY = "(blocks)", "(pays)"
TAPS = ("consent:all", "consent:none", "menu:vip", "c:1:offer:more")
WORDS = ("/start", "hello", "price?", "STOP", "/stop")

Act = tuple[int, str, int]
"""(who, what, seconds since the act before)"""

acts = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from((*TAPS, *WORDS, BLOCK, PAY)), st.integers(0, 4)),
    min_size=1,
    max_size=12,
)
cuts = st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=12)
"""Batches: how many updates each takes, and whether everything is delivered again before it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """All that the store keeps about people."""

    records: Sequence[PersonRecord]
    events: Sequence[Sequence[PersonEvent]]
    reach: dict[int, list[Reach]]
    consent: Sequence[ConsentChange]
    messages: Sequence[Message]


async def live(done: Sequence[Act], batches: Sequence[tuple[int, bool]]) -> Kept:
    """Anna may have got an offer; then people act, and their updates take effect in these batches."""
    world = World()
    numbers = await world.settle(*PEOPLE)
    (offer,) = await world.offers(ANNA)
    async with world.store.transaction() as tx:
        permit_ms = world.clock.now_ms()
        await tx.ledger.move([Move(offer.id, State.PLANNED, State.SENDING, permit_ms=permit_ms)])
        await tx.ledger.move([Move(offer.id, State.SENDING, State.UNKNOWN)])
    world.clock.advance(60)
    came = []
    for person, what, pause_s in done:
        world.clock.advance(pause_s)
        came.append(await act(world, person, what))
    for size, again in batches:
        for raw in came if again else ():
            await world.again(raw)
        await world.apply(size)
    while (await world.apply()).rows:
        pass
    return await kept(world, numbers)


async def act(world: World, person: int, what: str) -> RawUpdate:
    if what == BLOCK:
        return await world.blocks(person)
    if what == PAY:
        return await world.pays(person)
    return await (world.taps(person, what) if what in TAPS else world.says(person, what))


async def kept(world: World, numbers: Sequence[int]) -> Kept:
    async with world.store.transaction(write=False) as tx:
        loaded = await tx.people.load(numbers)
        return Kept(
            [replace(record, seq=0) for record in loaded.values()],
            [await tx.events.all_of_person(number) for number in numbers],
            await tx.people.reach(numbers),
            [change for number in numbers for change in await tx.people.consent_history(number)],
            await tx.ledger.latest(10),
        )


@settings(max_examples=40, deadline=None)
@given(done=acts, batches=cuts)
def test_any_batches_and_any_repetition_leave_the_same_record(
    done: list[Act], batches: list[tuple[int, bool]]
) -> None:
    assert asyncio.run(live(done, batches)) == asyncio.run(live(done, []))


@settings(max_examples=25, deadline=None)
@given(done=acts, batches=cuts)
def test_a_record_is_the_fold_of_the_persons_events(done: list[Act], batches: list[tuple[int, bool]]) -> None:
    found = asyncio.run(live(done, batches))
    for record, events in zip(found.records, found.events, strict=True):
        assert record.state == fold(ProfileState(), [item.event for item in events])
