"""People: one number for every identifier, records with a growing seq, and who is due."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from core.errors import NotFoundError
from core.identity import Identity, telegram
from core.ledger import Move, State
from core.ports import Contact, PersonRecord, Store
from core.profile import BotLink, ProfileState, Purchase
from tests.ports.worlds import HELD_OUT, NOW, OTHER_BOT, campaign, consent, people, put, reach, reachable

STATE = ProfileState(
    first_ms=NOW - 5,
    last_ms=NOW,
    seen_ms=NOW,
    counts={"active": (9, 1, 2), "intent:vip": (10, 1)},
    hours={10: {7: 2, 47: 1}},
    totals={"message_received": 3},
    latest={"zone": (NOW, "Europe/Istanbul")},
    bots={7_000_000_001: BotLink(NOW, NOW, 0, 0)},
    sends=(NOW - 4, NOW - 3),
    answers=(NOW - 2,),
    kinds={"offer": (2, 1)},
    slots={9: (2, 1)},
    purchases={"charge": Purchase(NOW - 9, "XTR", 250)},
)


async def save(store: Store, *records: PersonRecord) -> list[PersonRecord]:
    async with store.transaction() as tx:
        return await tx.people.save(records)


async def load(store: Store, *numbers: int) -> list[PersonRecord]:
    async with store.transaction() as tx:
        return list((await tx.people.load(numbers)).values())


async def test_an_identifier_keeps_its_person(store: Store) -> None:
    email = Identity("email", "anna@example.org")
    async with store.transaction() as tx:
        first = await tx.people.resolve([telegram(7), email, telegram(7), telegram(3)], NOW)
        again = await tx.people.resolve([telegram(3), telegram(8), telegram(7)], NOW + 5)
    assert list(first) == [telegram(7), email, telegram(3)]
    assert sorted(first.values()) == [1, 2, 3], "numbers are dense"
    assert again[telegram(3)] == first[telegram(3)]
    assert again[telegram(7)] == first[telegram(7)]
    assert again[telegram(8)] == 4
    async with store.transaction(write=False) as tx:
        assert await tx.people.find(email) == first[email]
        assert await tx.people.find(Identity("telegram", "anna@example.org")) is None
        assert await tx.people.identities([first[email], 4, 99]) == {
            first[email]: [email],
            4: [telegram(8)],
        }
        assert await tx.people.count() == 4
        assert await tx.people.numbers(1, 2) == [2, 3]


async def test_the_control_group_is_decided_when_a_person_appears(store: Store) -> None:
    async with store.transaction() as tx:
        known = await tx.people.resolve([HELD_OUT, telegram(1)], NOW)
        records = await tx.people.load(list(known.values()))
    assert records[known[HELD_OUT]].holdout
    assert not records[known[telegram(1)]].holdout
    assert records[known[HELD_OUT]].created_ms == NOW


async def test_a_record_comes_back_as_it_was_saved(store: Store) -> None:
    (anna,) = await people(store, 1)
    record = PersonRecord(
        anna,
        NOW,
        STATE,
        Contact("Şerife", "serife_1", "tr", True),
        {"ENGAGED": 0.75, "NIGHT_OWL": 0.5},
        True,
        NOW + 5,
        NOW + 6,
    )
    (saved,) = await save(store, record)
    assert saved == replace(record, seq=saved.seq)
    assert await load(store, anna) == [saved]
    assert (await load(store, anna))[0].state == STATE


async def test_loading_gives_each_known_person_once(store: Store) -> None:
    anna, ben = await people(store, 1, 2)
    assert [record.person_no for record in await load(store, ben, anna, ben, 4711)] == [anna, ben]
    assert await load(store) == []


async def test_a_person_who_does_not_exist_can_t_be_saved(store: Store) -> None:
    with pytest.raises(NotFoundError):
        await save(store, PersonRecord(5, NOW, ProfileState()))


async def test_seq_grows_with_every_record_in_the_given_order(store: Store) -> None:
    numbers = await people(store, 1, 2, 3)
    async with store.transaction(write=False) as tx:
        assert await tx.people.last_seq() == 0
        assert await tx.people.changed_after(0, 10) == []
    records = await load(store, *numbers)
    first = await save(store, *reversed(records))
    assert [record.seq for record in first] == [1, 2, 3]
    (second,) = await save(store, first[0])
    assert second.seq == 4
    async with store.transaction(write=False) as tx:
        assert await tx.people.last_seq() == 4
        changed = await tx.people.changed_after(1, 10)
        assert [(r.seq, r.person_no) for r in changed] == [(2, numbers[1]), (3, numbers[0]), (4, numbers[2])]
        assert [r.seq for r in await tx.people.changed_after(1, 2)] == [2, 3]


async def test_hot_profiles_are_kept_as_they_were_packed_and_handed_out_in_the_order_of_changes(
    store: Store,
) -> None:
    numbers = await people(store, 1, 2, 3)
    records = await load(store, *numbers)
    packed = [replace(record, hot=f'["at","{record.person_no}"]') for record in records]
    await save(store, *packed[::-1])
    assert [record.hot for record in await load(store, *numbers)] == [record.hot for record in packed]
    async with store.transaction(write=False) as tx:
        rows = await tx.people.hot_after(1, 10)
        assert [(row.no, row.seq, row.packed) for row in rows] == [
            (numbers[1], 2, packed[1].hot),
            (numbers[0], 3, packed[0].hot),
        ]
        assert [row.seq for row in await tx.people.hot_after(0, 1)] == [1]


async def test_asking_who_is_known_makes_nobody(store: Store) -> None:
    (anna,) = await people(store, 1)
    async with store.transaction() as tx:
        assert await tx.people.known([telegram(1), telegram(2)]) == {telegram(1): anna}
        assert await tx.people.known([]) == {}
        assert await tx.people.count() == 1


async def test_the_order_of_seq_is_the_order_of_commits(store: Store) -> None:
    """Who reads up to the last seq has missed nothing: a later commit has a larger one."""
    numbers = await people(store, *range(1, 9))
    seen: list[int] = []

    async def change(person_no: int) -> None:
        async with store.transaction() as tx:
            records = await tx.people.load([person_no])
            await asyncio.sleep(0)
            await tx.people.save(list(records.values()))
        async with store.transaction(write=False) as tx:
            last = await tx.people.last_seq()
            changed = await tx.people.changed_after(0, 100)
        assert [record.seq for record in changed] == list(range(1, last + 1))
        seen.append(last)

    await asyncio.gather(*(change(person_no) for person_no in numbers))
    assert max(seen) == len(numbers)


async def test_segments_can_be_listed_and_counted(store: Store) -> None:
    numbers = await people(store, 1, 2, 3)
    anna, ben, cem = await load(store, *numbers)
    await save(
        store,
        replace(anna, segments={"ENGAGED": 0.9, "NIGHT_OWL": 0.6}),
        replace(ben, segments={"ENGAGED": 0.8}),
        replace(cem, segments={"ENGAGED": 0.7}),
    )
    await save(store, replace(ben, segments={"COLD_LEAD": 1.0}), replace(cem, segments={"ENGAGED": 0.1}))
    async with store.transaction(write=False) as tx:
        assert await tx.people.segment_sizes() == {"COLD_LEAD": 1, "ENGAGED": 2, "NIGHT_OWL": 1}
        engaged = await tx.people.in_segment("ENGAGED", 0, 10)
        assert [(r.person_no, r.segments["ENGAGED"]) for r in engaged] == [
            (numbers[0], 0.9),
            (numbers[2], 0.1),
        ]
        assert [r.person_no for r in await tx.people.in_segment("ENGAGED", numbers[0], 10)] == [numbers[2]]
        assert [r.person_no for r in await tx.people.in_segment("ENGAGED", 0, 1)] == [numbers[0]]
        assert await tx.people.in_segment("NOBODY", 0, 10) == []
        assert await tx.people.numbers(0, 10, "ENGAGED") == [numbers[0], numbers[2]]
        assert await tx.people.numbers(numbers[0], 10, "ENGAGED") == [numbers[2]]
        assert await tx.people.numbers(0, 1, "ENGAGED") == [numbers[0]]
        assert await tx.people.numbers(0, 10, "NOBODY") == []


async def test_one_transaction_may_save_a_person_twice(store: Store) -> None:
    (anna,) = await people(store, 1)
    async with store.transaction() as tx:
        record = (await tx.people.load([anna]))[anna]
        await tx.people.save([replace(record, segments={"ENGAGED": 1.0})])
        await tx.people.save([replace(record, segments={})])
        assert await tx.people.segment_sizes() == {}
        await tx.people.save([replace(record, segments={"ENGAGED": 0.5})])
    async with store.transaction(write=False) as tx:
        assert await tx.people.segment_sizes() == {"ENGAGED": 1}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("şerif", [1]),
        ("SERIFE", [1]),
        ("İpek", [2]),
        ("@ipek_k", [2]),
        ("ipek", [2]),
        ("%", []),
        ("_", [2]),
        ("30003", [3]),
        ("2", [2]),
        ("e", [1, 2]),
        ("", []),
        ("99999999999999999999999", []),
    ],
)
async def test_people_are_found_by_name_identity_or_number(
    store: Store, text: str, found: Sequence[int]
) -> None:
    numbers = await people(store, 10001, 10002, 30003)
    records = await load(store, *numbers)
    contacts = (Contact("Şerife", "serifeh"), Contact("İPEK", "ipek_k"), Contact("Can", ""))
    await save(store, *(replace(r, contact=c) for r, c in zip(records, contacts, strict=True)))
    async with store.transaction(write=False) as tx:
        assert [record.person_no for record in await tx.people.search(text, 10)] == found


async def test_people_are_due_for_segments_from_their_moment_on(store: Store) -> None:
    numbers = await people(store, 1, 2, 3)
    anna, ben, cem = await load(store, *numbers)
    await save(store, replace(anna, segment_after_ms=NOW + 5), replace(ben, segment_after_ms=NOW))
    async with store.transaction(write=False) as tx:
        assert await tx.people.due_for_segments(NOW - 1, 10) == [cem.person_no]
        assert await tx.people.due_for_segments(NOW, 10) == [cem.person_no, ben.person_no]
        assert await tx.people.due_for_segments(NOW + 5, 10) == [3, 2, 1]
        assert await tx.people.due_for_segments(NOW + 5, 1) == [3]


async def planned(store: Store, now_ms: int = NOW, limit: int = 10) -> list[int]:
    async with store.transaction(write=False) as tx:
        return await tx.people.due_for_planning(now_ms, limit)


async def test_only_people_who_may_be_written_to_are_due_for_planning(store: Store) -> None:
    yes, silent, stopped, blocked, held, back = await people(store, 1, 2, 3, 4, 999, 6)
    async with store.transaction() as tx:
        await tx.people.set_reach([reach(no) for no in (yes, silent, stopped, held)])
        await tx.people.set_reach([reach(blocked, state="blocked"), reach(back, state="blocked")])
        await tx.people.change_consent([consent(no) for no in (yes, stopped, blocked, held, back)])
    assert await planned(store) == [yes, stopped]
    async with store.transaction() as tx:
        await tx.people.change_consent([consent(stopped, granted=False, at=NOW + 1)])
        await tx.people.set_reach([reach(back, bot_id=OTHER_BOT, at=NOW + 1)])
    assert await planned(store) == [yes, back]
    async with store.transaction() as tx:
        await tx.people.set_reach([reach(yes, state="gone", at=NOW + 2)])
    assert await planned(store) == [back]


async def test_people_wait_until_their_moment_and_while_a_message_is_open(store: Store) -> None:
    anna, ben, cem = await reachable(store, 1, 2, 3)
    async with store.transaction() as tx:
        await tx.people.postpone({anna: NOW + 10, ben: NOW - 10})
        assert await tx.people.last_seq() == 0, "nothing visible changed"
    assert await planned(store) == [cem, ben]
    assert await planned(store, NOW + 10) == [cem, ben, anna]
    assert await planned(store, NOW + 10, 2) == [cem, ben]
    async with store.transaction() as tx:
        (waiting,) = await put(tx, campaign(cem))
        await put(tx, campaign(ben, campaign="broadcast-1"))
    assert await planned(store, NOW + 10) == [ben, anna]
    async with store.transaction() as tx:
        await tx.ledger.move([Move(waiting.id, State.PLANNED, State.EXPIRED)])
    assert await planned(store, NOW + 10) == [cem, ben, anna]


async def test_saving_a_record_keeps_what_others_say_about_the_person(store: Store) -> None:
    (anna,) = await reachable(store, 1)
    (record,) = await load(store, anna)
    await save(store, replace(record, plan_after_ms=NOW + 1))
    assert await planned(store) == []
    assert await planned(store, NOW + 1) == [anna]


async def test_the_same_identifier_asked_for_by_many_at_once_is_one_person(store: Store) -> None:
    async def resolve(offset: int) -> dict[Identity, int]:
        async with store.transaction() as tx:
            return await tx.people.resolve([telegram(n + offset) for n in range(5)], NOW)

    answers = await asyncio.gather(*(resolve(offset) for offset in (0, 2, 0, 4)))
    numbers: dict[Identity, set[int]] = {}
    for answer in answers:
        for identity, person_no in answer.items():
            numbers.setdefault(identity, set()).add(person_no)
    assert all(len(found) == 1 for found in numbers.values())
    async with store.transaction(write=False) as tx:
        assert await tx.people.count() == len(numbers) == 9


async def test_records_that_still_stand_are_not_read_again_and_changed_ones_are(store: Store) -> None:
    anna, ben, cem = await people(store, 1, 2, 3)
    async with store.transaction() as tx:
        before = await tx.people.load([anna, ben, cem])
    async with store.transaction() as tx:
        await tx.people.save([replace(before[anna], segments={"ENGAGED": 0.5})])
        await tx.people.postpone({ben: NOW + 5})
    async with store.transaction() as tx:
        still = await tx.people.still([before[ben], before[anna], before[cem]])
        assert list(still) == [anna, ben, cem]
        assert still == await tx.people.load([anna, ben, cem])
        assert (dict(still[anna].segments), still[ben].plan_after_ms) == ({"ENGAGED": 0.5}, NOW + 5)
        await tx.people.save([replace(still[cem], segments={"VIP": 0.9})])
        assert await tx.people.segment_sizes() == {"ENGAGED": 1, "VIP": 1}
        assert await tx.people.still([replace(before[anna], person_no=4711)]) == {}
