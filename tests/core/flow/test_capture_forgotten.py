"""Who asked to be forgotten is not taken in again, unless by coming back with /start."""

from __future__ import annotations

from core.flow.capture import CaptureDeps, apply_pending
from core.identity import Identity, telegram
from tests.core.flow.worlds import ANNA, BORA, World


def hashed(identity: Identity) -> str:
    return f"{identity.namespace}/{identity.value}"


class Forgotten(World):
    """A world in which Anna asked to be forgotten, before anything here was known of her."""

    async def begin(self) -> Forgotten:
        async with self.store.transaction() as tx:
            number = (await tx.people.resolve([telegram(ANNA)], 0))[telegram(ANNA)]
            await tx.erasures.request(number, 0)
            await tx.erasures.erase(number, [hashed(telegram(ANNA))], 0)
        return self

    async def comes(self, limit: int = 500) -> int:
        """Apply what waits; how many events it brought."""
        deps = CaptureDeps(self.store, self.hot, self.read, hashed)
        return (await apply_pending(deps, self.clock.now_ms(), limit)).events

    async def knows(self, person: int) -> bool:
        async with self.store.transaction(write=False) as tx:
            return await tx.people.find(telegram(person)) is not None

    async def listed(self) -> bool:
        async with self.store.transaction(write=False) as tx:
            return bool(await tx.erasures.suppressed([hashed(telegram(ANNA))]))


async def test_nothing_is_kept_of_what_somebody_does_who_asked_to_be_forgotten() -> None:
    world = await Forgotten().begin()
    await world.says(ANNA, "are you still there?")
    await world.says_in_group(ANNA, "hello all")
    await world.taps(ANNA, "menu:vip")
    await world.says(BORA, "hello")
    assert await world.comes() == 1
    assert not await world.knows(ANNA)
    assert await world.knows(BORA)
    assert await world.inbox() == {"applied": 1, "handled": 3}, "nobody answers either"


async def test_a_start_is_a_new_beginning() -> None:
    world = await Forgotten().begin()
    await world.says(ANNA, "before")
    world.clock.advance(1)
    await world.says(ANNA, "/start")
    await world.says(ANNA, "hello again")
    assert await world.comes() == 2, "what came before the new beginning stays away"
    assert await world.kinds(ANNA) == ["started", "message_received"]
    assert not await world.listed()
    world.clock.advance(1)
    await world.says(ANNA, "and on")
    assert await world.comes() == 1


async def test_people_who_are_known_are_never_looked_for_on_the_list() -> None:
    world = await Forgotten().begin()
    asked: list[Identity] = []

    def watched(identity: Identity) -> str:
        asked.append(identity)
        return hashed(identity)

    deps = CaptureDeps(world.store, world.hot, world.read, watched)
    for _ in range(2):
        await world.says(BORA, "hello")
        await apply_pending(deps, world.clock.now_ms())
    assert asked == [telegram(BORA)]
