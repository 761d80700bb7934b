"""In whatever order updates arrive, in whatever batches and however often: what is kept is the same."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from core.identity import Place, telegram
from core.ports import GroupRecord, Membership, PersonRecord, RawUpdate, Reach
from tests.core.flow.worlds import ANNA, BORA, GROUP, World

PEOPLE = (ANNA, BORA)
OTHER_GROUP = -1009
NAMES = ("Anna", "Ann", "Zoe")
TITLES = ("Club", "The Club")

Act = tuple[int, str, str, int]
"""(who, what, name or title, seconds since the act before)"""

acts = st.lists(
    st.tuples(
        st.sampled_from(PEOPLE),
        st.sampled_from(("hello", "/start spring", "price?", "tap", "block", "in group", "joins", "leaves")),
        st.sampled_from((*NAMES, *TITLES)),
        st.sampled_from((0, 0, 1, 3600, 90_000)),
    ),
    min_size=2,
    max_size=10,
)


@dataclass(frozen=True, slots=True)
class Kept:
    """All that the store and Redis keep of people and groups."""

    people: Sequence[PersonRecord]
    groups: Sequence[GroupRecord]
    members: Mapping[int, Sequence[Membership]]
    reach: Mapping[int, Sequence[Reach]]
    hot: Sequence[Mapping[str, str]]


async def live(done: Sequence[Act], dice: random.Random | None) -> Kept:
    """People act; then their updates arrive as they were made, or as the dice have it."""
    world = World()
    numbers, groups = await known(world)
    came = [await made(world, act) for act in done]
    fresh = World(world.clock, hot=world.hot)
    assert await known(fresh) == (numbers, groups)
    if dice is not None:
        came += dice.choices(came, k=len(came) // 2)
        dice.shuffle(came)
    for raw in came:
        await fresh.again(raw)
        if dice is not None and dice.random() < 0.4:  # noqa: PLR2004 - two in five
            await fresh.apply(dice.randint(1, 3))
    while (await fresh.apply(2)).rows:
        pass
    return await kept(fresh, numbers, groups)


async def known(world: World) -> tuple[list[int], list[int]]:
    """The numbers of all, given before anything happens."""
    async with world.store.transaction() as tx:
        people = await tx.people.resolve([telegram(person) for person in PEOPLE], 1)
        places = [Place(GROUP, "supergroup"), Place(OTHER_GROUP, "supergroup")]
        groups = await tx.groups.resolve(places, 1)
    return list(people.values()), list(groups.values())


async def made(world: World, act: Act) -> RawUpdate:
    person, what, name, pause_s = act
    world.clock.advance(pause_s)
    if what == "tap":
        return await world.taps(person, "menu:vip")
    if what == "block":
        return await world.blocks(person)
    if what in {"joins", "leaves"}:
        return await world.moves_in_group(person, "member" if what == "joins" else "left")
    if what == "in group":
        group = GROUP if name in NAMES else OTHER_GROUP
        return await world.says_in_group(person, "hello", group=group, title=name)
    return await world.says(person, what, name=name)


async def kept(world: World, numbers: Sequence[int], groups: Sequence[int]) -> Kept:
    async with world.store.transaction(write=False) as tx:
        people = (await tx.people.load(numbers)).values()
        return Kept(
            [replace(one, seq=0) for one in people],
            [replace(one, seq=0) for one in (await tx.groups.load(groups)).values()],
            await tx.groups.of_people(numbers),
            await tx.people.reach(numbers),
            [
                {name: value for name, value in hot.items() if name != "seq"}
                for hot in (await world.hot.read(numbers)).values()
            ],
        )


@settings(max_examples=60, deadline=None)
@given(done=acts, dice=st.randoms(use_true_random=False))
def test_any_order_any_batches_and_any_repetition_keep_the_same(done: list[Act], dice: random.Random) -> None:
    assert asyncio.run(live(done, dice)) == asyncio.run(live(done, None))
