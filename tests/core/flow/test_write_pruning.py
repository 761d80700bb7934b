"""Personal texts that nobody will be sent go after a while, and nothing else goes."""

from __future__ import annotations

from dataclasses import replace

from core.content import to_document
from core.flow.write import KEPT_MS, prune_texts
from core.flow.write.pruning import PRUNED
from core.ports import Transaction, Writing
from tests.core.flow.test_write_step import GOOD, Desk, in_english, specs
from tests.core.flow.worlds import ANNA, BORA, HOUR

DAY_S = 24 * HOUR / 1000


async def personal(*people: int) -> Desk:
    """A desk that has written for each of these people."""
    desk = Desk(in_english(personal=True))
    await desk.members(*people)
    desk.writer.says(GOOD)
    await desk.run()
    await desk.run()
    assert len(await desk.texts()) == len(people)
    return desk


async def prune(desk: Desk) -> int:
    return await prune_texts(desk.world.store, desk.deps.specs, desk.world.clock.now_ms())


async def all_texts(desk: Desk) -> list[Writing]:
    """Of whatever brief."""
    async with desk.world.store.transaction(write=False) as tx:
        return await tx.writings.approved(["brief_offer"], range(99))


async def test_texts_of_a_brief_in_force_stay_however_old_they_are() -> None:
    desk = await personal(ANNA, BORA)
    desk.world.clock.advance(400 * DAY_S)
    assert await prune(desk) == 0
    assert len(await desk.texts()) == 2


async def test_texts_of_a_brief_that_was_edited_go_after_a_while_and_not_at_once() -> None:
    desk = await personal(ANNA, BORA)
    desk.deps = replace(desk.deps, specs=specs(in_english(personal=True, facts=("There is news",))))
    desk.world.clock.advance(KEPT_MS / 1000)
    assert await prune(desk) == 0
    desk.world.clock.advance(1)
    assert await prune(desk) == 2
    assert await all_texts(desk) == []
    assert (await desk.run()).asked == 1


async def test_texts_of_a_content_that_is_gone_go_and_those_for_everybody_stay() -> None:
    desk = Desk(in_english(), in_english(personal=True))
    for brief in (in_english(), in_english(personal=True)):
        desk.deps = replace(desk.deps, specs=specs(brief))
        await desk.members(ANNA)
        await desk.run()
    desk.deps = replace(desk.deps, specs=specs())
    desk.world.clock.advance(31 * DAY_S)
    assert await prune(desk) == 1
    assert [one.person_no for one in await all_texts(desk)] == [0]


async def test_a_text_that_was_followed_by_another_goes_and_the_last_one_stays() -> None:
    desk = await personal(ANNA)
    desk.world.clock.advance(20 * DAY_S)
    assert (await desk.run()).asked == 1  # it is weeks now that Anna was here
    newest = (await desk.texts())[0]
    desk.world.clock.advance(11 * DAY_S)
    assert await prune(desk) == 1
    assert await desk.texts() == [newest]


async def test_texts_of_a_brief_that_is_put_back_at_the_last_moment_stay() -> None:
    desk = await personal(ANNA, BORA)
    former = to_document(in_english(personal=True))
    desk.deps = replace(desk.deps, specs=specs(in_english(personal=True, facts=("There is news",))))
    desk.world.clock.advance(31 * DAY_S)
    now_ms = desk.world.clock.now_ms()

    async def put_back(tx: Transaction) -> bool:
        await tx.contents.put("brief_offer", former, now_ms, author="operator")
        return True

    assert await prune_texts(desk.world.store, desk.deps.specs, now_ms, put_back) == 0
    assert len(await all_texts(desk)) == 2


async def test_very_many_go_in_several_transactions_and_only_for_who_leads() -> None:
    desk = await personal(ANNA)
    (text,) = await desk.texts()
    async with desk.world.store.transaction() as tx:
        await tx.writings.add([replace(text, fingerprint="former")] * (PRUNED + 1))
    asked = 0

    async def once(_: Transaction) -> bool:
        nonlocal asked
        asked += 1
        return asked == 1

    desk.world.clock.advance(31 * DAY_S)
    now_ms = desk.world.clock.now_ms()
    assert await prune_texts(desk.world.store, desk.deps.specs, now_ms, once) == PRUNED
    assert asked == 2
    assert await prune(desk) == 1
    assert await all_texts(desk) == [text]
