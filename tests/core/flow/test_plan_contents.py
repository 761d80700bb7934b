"""Plans take what is said from the catalogue, in the reader's language and for people known so long."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.content import Brief, Button, Content, Links, to_document, with_id
from core.flow.plan import PlanDeps, plan_due
from core.ledger import Message
from core.ports import Transaction, Writing
from core.segment import SegmentSpec
from core.writing import Ask, fingerprint
from tests.core.flow.test_plan_step import deps, queue, town
from tests.core.flow.test_segment_step import SPECS
from tests.core.flow.worlds import DAY, World

CROWD = tuple(range(2001, 2013))
LINKED = {"en": 'See <a href="https://shop.example/?a=1&amp;b=2">this</a>, {first_name} of {city}'}


def saying(content: Content) -> list[SegmentSpec]:
    """The segments, each of which has this to say only, of every kind that it may send."""
    return [
        replace(
            spec,
            contents=tuple(
                replace(content, name=f"{spec.name.lower()}_{kind}", kind=kind)
                for kind in spec.strategy.kinds
            ),
        )
        for spec in SPECS
    ]


async def planned(world: World, specs: list[SegmentSpec], links: Links | None = None) -> list[Message]:
    ask = deps(world)
    how = links or Links()
    done = PlanDeps(world.store, specs, ask.dice, ask.names, links=lambda bot_id, now_ms: how, language="tr")
    await plan_due(done, world.clock.now_ms())
    return await queue(world)


async def test_addresses_are_tracked_and_values_filled() -> None:
    world = await town(*CROWD)
    rows = await planned(world, saying(Content("x", "news", LINKED)), Links(track=True))
    assert rows
    for row in rows:
        assert row.body["links"] == ["https://shop.example/?a=1&b=2"]
        assert "of your city" in str(row.body["text"])
        sent = with_id(row.body, row.id, lambda no, place: f"https://crm.example/l/{no}-{place}")
        assert f'href="https://crm.example/l/{row.id}-0"' in str(sent["text"])
        assert "links" not in sent
        assert 'href="https://shop.example/?a=1&amp;b=2"' in str(with_id(row.body, row.id)["text"])


async def test_the_installations_language_comes_before_english() -> None:
    world = await town(*CROWD)

    async def all_speak_german(tx: Transaction) -> None:
        people = await tx.people.load(await tx.people.numbers(0, 99))
        await tx.people.save(
            [replace(one, contact=replace(one.contact, language="de")) for one in people.values()]
        )

    await world.within(all_speak_german)
    rows = await planned(world, saying(Content("x", "news", {"en": "Hello", "tr": "Selam"})))
    assert {row.body["text"] for row in rows} == {"Selam"}


async def test_the_store_decides_what_is_said_and_retired_contents_are_not() -> None:
    world = await town(*CROWD)
    specs = saying(Content("x", "news", {"en": "From the file"}))
    names = [content for spec in specs for content in spec.contents]

    async def change(tx: Transaction) -> None:
        for content in names:
            changed = replace(content, texts={"en": "From the store"})
            await tx.contents.put(content.name, to_document(changed), 1, author="ayse")

    await world.within(change)
    assert {row.body["text"] for row in await planned(world, specs)} == {"From the store"}

    async def retire(tx: Transaction) -> None:
        for content in names:
            await tx.contents.retire(content.name)

    other = await town(*CROWD)
    await other.within(change)
    await other.within(retire)
    assert await planned(other, specs) == []


@pytest.mark.parametrize(
    ("ages", "expected"), [((0, 0), True), ((2, 9), True), ((9, 0), False), ((0, 1), False)]
)
async def test_contents_are_for_people_known_so_long(ages: tuple[int, int], expected: bool) -> None:
    world = await town(*CROWD)
    world.clock.advance(0)
    rows = await planned(world, saying(Content("x", "news", {"en": "Hello"}, ages=ages)))
    assert bool(rows) is expected
    assert all(row.body.get("ages") == (list(ages) if any(ages) else None) for row in rows)
    record = await world.record(CROWD[0])
    assert 2 * DAY < world.clock.now_ms() - record.state.first_ms < 9 * DAY


async def test_a_button_that_opens_the_bot_needs_a_bot_with_a_name() -> None:
    button = Button({"en": "Open"}, start="spring")
    specs = saying(Content("x", "news", {"en": "Hello"}, (button,)))
    assert await planned(await town(*CROWD), specs) == []
    rows = await planned(
        await town(*CROWD), specs, Links(start=lambda code: f"https://t.me/shop?start={code}")
    )
    assert rows
    assert rows[0].body["buttons"] == [[{"text": "Open", "url": "https://t.me/shop?start=spring"}]]


async def test_an_approved_text_is_said_instead_of_the_template() -> None:
    world = await town(*CROWD)
    specs = saying(Content("x", "news", {"en": "Template"}, brief=Brief("warm", ("Open daily.",))))

    async def approve(tx: Transaction) -> None:
        for content in (content for spec in specs for content in spec.contents):
            mark = fingerprint(Ask(content, "en"))
            text = "Written, {first_name}"
            await tx.writings.add([Writing(0, content.name, "en", mark, 0, "approved", text, "", "m", 1)])

    await world.within(approve)
    rows = await planned(world, specs)
    assert rows
    assert all(str(row.body["text"]).startswith("Written, P") for row in rows)
