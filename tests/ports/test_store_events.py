"""Events are stored once by (moment, key) and come back in order."""

from __future__ import annotations

from dataclasses import replace

from core.event import Event, PersonEvent, Scalar
from core.ports import Store
from tests.ports.worlds import NOW, event, people


async def test_a_repeated_event_is_known(store: Store) -> None:
    (anna,) = await people(store, 1)
    async with store.transaction() as tx:
        assert await tx.events.append([event(anna, "a"), event(anna, "b"), event(anna, "a")]) == [
            True,
            True,
            False,
        ]
    async with store.transaction() as tx:
        again = [event(anna, "b"), event(anna, "b", NOW + 1), event(anna, "c")]
        assert await tx.events.append(again) == [False, True, True]
        assert await tx.events.append([]) == []


async def test_events_of_a_person_come_latest_first_and_in_pages(store: Store) -> None:
    anna, ben = await people(store, 1, 2)
    mine = [event(anna, key, NOW + at) for key, at in (("x", 1), ("a", 2), ("b", 2), ("y", 3))]
    async with store.transaction() as tx:
        await tx.events.append([mine[3], event(ben, "z", NOW + 9), *mine[:3]])
    async with store.transaction(write=False) as tx:
        assert await tx.events.all_of_person(anna) == mine
        assert await tx.events.of_person(anna, 2) == [mine[3], mine[2]]
        assert await tx.events.of_person(anna, 9, before_ms=NOW + 2) == [mine[0]]
        assert await tx.events.all_of_person(12345) == []


async def test_every_kind_of_property_survives(store: Store) -> None:
    (anna,) = await people(store, 1)
    props: dict[str, Scalar] = {
        "text": "ığüşöç İ\u0000",
        "n": -(2**53),
        "share": 0.1,
        "yes": True,
        "none": None,
        "": "",
    }
    item = PersonEvent(anna, Event("k", NOW, "unknown", 0, props))
    async with store.transaction() as tx:
        await tx.events.append([item])
        assert await tx.events.all_of_person(anna) == [item]


async def test_kinds_are_counted_since_a_moment(store: Store) -> None:
    (anna,) = await people(store, 1)
    async with store.transaction() as tx:
        await tx.events.append(
            [event(anna, "a", NOW), event(anna, "b", NOW + 1), event(anna, "c", NOW + 1, "started")]
        )
        assert await tx.events.counts() == {"message_received": 2, "started": 1}
        assert await tx.events.counts(NOW + 1) == {"message_received": 1, "started": 1}


async def test_thousands_go_in_at_once(store: Store) -> None:
    (anna,) = await people(store, 1)
    many = [event(anna, f"{n:05}", NOW + n) for n in range(3000)]
    async with store.transaction() as tx:
        assert all(await tx.events.append(many))
        assert not any(await tx.events.append(many))
        assert await tx.events.counts() == {"message_received": 3000}


async def test_events_of_a_group_come_in_order_whomever_they_are_about(store: Store) -> None:
    anna, ben = await people(store, 1, 2)
    here = [in_group(event(anna, "a", NOW + 2), 7), in_group(event(0, "b", NOW + 1), 7)]
    async with store.transaction() as tx:
        await tx.events.append([*here, in_group(event(ben, "c"), 8), event(ben, "d")])
    async with store.transaction(write=False) as tx:
        assert await tx.events.all_of_group(7) == here[::-1]
        assert await tx.events.all_of_group(0) == [], "which is no group"
        assert await tx.events.all_of_person(anna) == here[:1]


async def test_choices_are_found_without_all_the_rest(store: Store) -> None:
    anna, ben, cem = await people(store, 1, 2, 3)
    said = [event(anna, "a", NOW, "consent_given"), event(ben, "b", NOW + 5, "consent_withdrawn")]
    others = [event(anna, "c", NOW - 1, "consent_given"), event(cem, "d", NOW, "consent_given")]
    async with store.transaction() as tx:
        await tx.events.append([*said, *others, event(anna, "e", NOW + 1)])
        found = await tx.events.choices([anna, ben], (NOW, NOW + 9), 99)
        assert sorted(found, key=lambda item: item.event.key) == said
        assert await tx.events.choices([], (NOW, NOW + 9), 99) == []
        assert await tx.events.choices([anna, ben], (NOW + 1, NOW + 4), 99) == []


async def test_of_each_person_the_newest_choices_are_found(store: Store) -> None:
    """Those of one moment are not torn apart."""
    anna, ben = await people(store, 1, 2)
    hers = [event(anna, f"a{n}", NOW + n // 2, "consent_given") for n in range(20)]
    words = [event(anna, f"w{n}", NOW + 50 + n) for n in range(20)]
    his = [event(ben, f"b{n}", NOW + n, "consent_withdrawn") for n in range(3)]
    async with store.transaction() as tx:
        await tx.events.append([*hers, *words, *his])
        found = await tx.events.choices([anna, ben], (NOW, NOW + 99), 3)
    assert sorted(found, key=lambda item: item.event.key) == [*hers[-4:], *his]


async def test_all_events_are_exported_page_by_page_in_the_order_of_their_keys(store: Store) -> None:
    (anna,) = await people(store, 1)
    moments = (("b", 1), ("a", 2), ("b", 2), ("c", 2), ("a", 3))
    events = [event(anna, key, NOW + at) for key, at in moments]
    async with store.transaction() as tx:
        await tx.events.append(events[::-1])
    async with store.transaction(write=False) as tx:
        found, after = [], (0, "")
        while page := await tx.events.export(after, 2):
            found += page
            after = (page[-1].event.ts_ms, page[-1].event.key)
    assert found == events


async def test_what_is_new_is_told_from_what_is_known_within_one_call(store: Store) -> None:
    (anna,) = await people(store, 1)
    async with store.transaction() as tx:
        await tx.events.append([event(anna, f"{n:04}") for n in range(0, 1500, 3)])
        new = await tx.events.append([event(anna, f"{n:04}") for n in range(1500)])
        assert new == [n % 3 != 0 for n in range(1500)]


def in_group(item: PersonEvent, group_no: int) -> PersonEvent:
    return replace(item, event=replace(item.event, group_no=group_no))
