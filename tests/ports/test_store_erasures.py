"""Who is erased is in no row any more; what stays for the figures is about nobody."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from core.event import Event, PersonEvent, Scalar
from core.identity import Identity, Place, telegram
from core.ledger import MessageClass, Move, State
from core.ports import (
    AuditEntry,
    Contact,
    Decision,
    Erasure,
    Membership,
    RawUpdate,
    Store,
)
from core.profile import GroupState, fold_group
from tests.ports.worlds import BOT, HOUR, NOW, campaign, consent, event, people, put, reach, sent

ANNA, BEN = 712_000_001, 712_000_002
GROUP = -4001
HASH = "f" * 64


def user(user_id: int, name: str = "Ben", username: str = "ben_the_second") -> dict[str, Any]:
    return {"id": user_id, "is_bot": False, "first_name": name, "username": username}


CANARY = user(ANNA, "Kanarya", "kanarya_w")
PRIVATE = {"id": ANNA, "type": "private", "first_name": "Kanarya"}
CHESS = {"id": GROUP, "type": "group", "title": "Chess"}


def said(who: dict[str, Any], text: str, chat: dict[str, Any] = CHESS, **more: Any) -> dict[str, Any]:
    return {"message_id": 7, "date": 1, "from": who, "chat": chat, "text": text} | more


OWN = {
    "private": {"message": said(CANARY, "my kanarya words", PRIVATE)},
    "tap": {"callback_query": {"id": "1", "from": CANARY, "data": "menu:vip", "chat_instance": "5"}},
    "group": {"message": said(CANARY, "my kanarya words")},
    "block": {"my_chat_member": {"chat": PRIVATE, "from": CANARY, "new_chat_member": {"status": "kicked"}}},
    "reaction": {"message_reaction": {"chat": CHESS, "user": CANARY, "date": 1, "message_id": 7}},
    "boost": {"chat_boost": {"chat": CHESS, "boost": {"boost_id": "b", "source": {"user": CANARY}}}},
    "business": {"business_message": said(user(BEN), "to the customer", PRIVATE)},
}
OTHERS = {
    "reply": {"message": said(user(BEN), "I think so", reply_to_message=said(CANARY, "my kanarya words"))},
    "quote": {
        "message": said(
            user(BEN),
            "So do I",
            quote={"text": "kanarya words"},
            external_reply={"origin": {"type": "user", "sender_user": CANARY}},
        )
    },
    "forward": {
        "message": said(
            user(BEN), "my kanarya words", forward_origin={"type": "user", "sender_user": CANARY, "date": 1}
        )
    },
    "joined": {"message": said(user(BEN), "", new_chat_members=[CANARY, user(BEN + 1)])},
    "admin": {"chat_member": {"chat": CHESS, "from": user(BEN), "new_chat_member": {"user": CANARY}}},
    "mention": {
        "message": said(
            user(BEN), "@kanarya_w come", entities=[{"type": "mention", "offset": 0, "length": 9}]
        )
    },
    "link": {"message": said(user(BEN), f"tg://user?id={ANNA}")},
}


def raw(update_id: int, update: dict[str, Any]) -> RawUpdate:
    return RawUpdate(update_id, json.dumps({"update_id": update_id, **update}).encode(), NOW)


async def erased(store: Store, person_no: int, *hashes: str, now: int = NOW) -> int:
    async with store.transaction() as tx:
        await tx.erasures.request(person_no, now - HOUR)
        return await tx.erasures.erase(person_no, hashes, now)


async def named(store: Store, *telegram_ids: int) -> list[int]:
    """People with the canary's names (the first) and Ben's."""
    numbers = await people(store, *telegram_ids)
    names = [Contact("Kanarya", "kanarya_w", "tr"), Contact("Ben", "ben_the_second", "en")]
    async with store.transaction() as tx:
        loaded = await tx.people.load(numbers)
        await tx.people.save(
            [
                replace(loaded[no], contact=contact, segments={"ENGAGED": 0.5}, hot='["lang","tr"]')
                for no, contact in zip(numbers, names, strict=True)
            ]
        )
    return numbers


# ------------------------------------------------------------------------------------------ the list
async def test_a_wish_is_noted_once_and_ends_as_done(store: Store) -> None:
    anna, ben = await people(store, ANNA, BEN)
    async with store.transaction() as tx:
        await tx.erasures.request(ben, NOW)
        await tx.erasures.request(anna, NOW)
        await tx.erasures.request(ben, NOW + 5)
    async with store.transaction() as tx:
        assert await tx.erasures.open() == [Erasure(anna, NOW), Erasure(ben, NOW)]
        await tx.erasures.finish([anna], NOW + 1)
        assert len(await tx.erasures.open()) == 2, "what is not erased can't be done"
        await tx.erasures.erase(anna, [HASH], NOW + 10)
        assert await tx.erasures.open() == [Erasure(anna, NOW, NOW + 10), Erasure(ben, NOW)]
        await tx.erasures.erase(anna, [], NOW + 20)
        await tx.erasures.finish([anna], NOW + 30)
        await tx.erasures.finish([anna], NOW + 99)
    async with store.transaction(write=False) as tx:
        assert await tx.erasures.open() == [Erasure(ben, NOW)]
        assert await tx.erasures.figures() == (2, 1, 30)


async def test_hashes_are_kept_until_somebody_comes_back(store: Store) -> None:
    (anna,) = await people(store, ANNA)
    await erased(store, anna, HASH, "a" * 64)
    async with store.transaction() as tx:
        assert await tx.erasures.suppressed([HASH, "b" * 64]) == {HASH: NOW}
        await tx.erasures.unsuppress([HASH, "b" * 64])
        assert await tx.erasures.suppressed([HASH, "a" * 64]) == {"a" * 64: NOW}
        assert await tx.erasures.figures() == (1, 0, 0)
    (again,) = await people(store, ANNA)
    await erased(store, again, "a" * 64, now=NOW + 5)
    async with store.transaction(write=False) as tx:
        assert await tx.erasures.suppressed(["a" * 64]) == {"a" * 64: NOW + 5}, "the last time counts"


# ------------------------------------------------------------------------------------------ rows
async def test_nothing_about_the_person_is_left_and_others_keep_all(store: Store) -> None:
    anna, ben = await named(store, ANNA, BEN)
    async with store.transaction() as tx:
        await tx.groups.resolve([Place(GROUP, "group", "Chess")], NOW)
        for number, chat in ((anna, ANNA), (ben, BEN)):
            await tx.events.append([event(number, f"e{number}")])
            await tx.people.set_reach([reach(number, chat_id=chat)])
            await tx.people.change_consent([consent(number)])
            await tx.groups.see([Membership(1, number, NOW, NOW)])
    assert await erased(store, anna, HASH) >= 6
    async with store.transaction(write=False) as tx:
        assert await tx.people.find(telegram(ANNA)) is None
        assert list(await tx.people.load([anna, ben])) == [ben]
        assert await tx.people.identities([anna, ben]) == {ben: [telegram(BEN)]}
        assert list(await tx.people.reach([anna, ben])) == [ben]
        assert (await tx.people.consent_history(anna), len(await tx.people.consent_history(ben))) == ([], 1)
        assert await tx.events.all_of_person(anna) == []
        assert len(await tx.events.all_of_person(ben)) == 1
        assert list(await tx.groups.of_people([anna, ben])) == [ben]
        assert await tx.people.segment_sizes() == {"ENGAGED": 1}
        assert await tx.people.search("kanarya", 5) == []
        assert (await tx.people.load([ben]))[ben].contact.username == "ben_the_second"
    assert await people(store, ANNA) == [3], "who comes back is somebody new"


async def test_every_identifier_goes(store: Store) -> None:
    async with store.transaction() as tx:
        known = await tx.people.resolve([Identity("email", "anna@example.org")], NOW)
    (anna,) = known.values()
    await erased(store, anna)
    async with store.transaction(write=False) as tx:
        assert await tx.people.find(Identity("email", "anna@example.org")) is None


async def test_campaigns_and_decisions_stay_for_the_figures_about_nobody(store: Store) -> None:
    anna, ben = await people(store, ANNA, BEN)
    async with store.transaction() as tx:
        first, second, third = await put(
            tx, campaign(anna, "1", chat_id=ANNA), campaign(anna, "2", chat_id=ANNA), campaign(ben, "1")
        )
        await sent(tx, first, NOW)
        await put(tx, campaign(anna, "9", cls=MessageClass.INTERACTIVE, campaign="answer", chat_id=ANNA))
        await put(tx, campaign(ben, "9", cls=MessageClass.INTERACTIVE, campaign="answer"))
        features = {"hour": 0.5}
        for message in (first, third):
            await tx.decisions.add(
                [Decision(0, NOW, message.person_no, message.id, "ENGAGED", 1, 3, [], features, 0, "best")]
            )
    await erased(store, anna)
    async with store.transaction() as tx:
        left = {message.id: message for message in await tx.ledger.export(0, 99)}
        assert [m.person_no for m in left.values()] == [-anna, -anna, ben, ben]
        kept, called_off = left[first.id], left[second.id]
        assert (kept.state, kept.sent_ms, kept.body, kept.chat_id) == (State.SENT, NOW, {}, 0)
        assert (kept.segment, kept.telegram_id) == ("ENGAGED", 0)
        assert (called_off.state, called_off.reason) == (State.SUPPRESSED, "forgotten")
        assert left[third.id].body == campaign(ben).body
        assert await tx.ledger.counts() == {"planned": 2, "sent": 1, "suppressed": 1}
        assert [one.person_no for one in await tx.decisions.latest(9)] == [ben, -anna]
        assert [one.message_id for one in await tx.decisions.outcomes(0)] == [first.id]
        assert await tx.ledger.move([Move(second.id, State.PLANNED, State.SENDING, permit_ms=NOW)]) == 0
        assert await put(tx, campaign(ben, "2")), "others go on"


async def test_tracked_links_go_on_leading_where_they_led(store: Store) -> None:
    [anna] = await people(store, ANNA)
    body = {"text": "Hi Anna {link:0}", "links": ["https://shop.example/"]}
    async with store.transaction() as tx:
        [message] = await put(tx, campaign(anna, body=body))
        await sent(tx, message, NOW)
    await erased(store, anna)
    async with store.transaction(write=False) as tx:
        left = (await tx.ledger.get([message.id]))[message.id]
    assert (left.person_no, left.body) == (-anna, {"links": ["https://shop.example/"]})


async def test_what_happened_in_a_group_stays_about_nobody_and_the_group_folds_the_same(store: Store) -> None:
    anna, ben = await people(store, ANNA, BEN)
    words: dict[str, Scalar] = {
        "length": 9,
        "media": "text",
        "topics": "vip",
        "thread": 3,
        "reply_to": 0,
        "edited": False,
    }
    happened = [
        PersonEvent(anna, Event("1:1", NOW, "group_message", BOT, words, 1)),
        PersonEvent(anna, Event(f"vip:{GROUP}:{ANNA}", NOW + 1, "group_joined", BOT, {"link": "kanarya"}, 1)),
        PersonEvent(ben, Event("1:2", NOW + 2, "group_message", BOT, words, 1)),
    ]
    async with store.transaction() as tx:
        await tx.groups.resolve([Place(GROUP, "group")], NOW)
        await tx.events.append(happened)
    await erased(store, anna)
    async with store.transaction(write=False) as tx:
        left = await tx.events.all_of_group(1)
    assert [item.person_no for item in left] == [0, 0, ben]
    assert left[0].event == happened[0].event
    assert str(ANNA) not in left[1].event.key
    assert left[1].event.props == {}
    before = fold_group(GroupState(), [item.event for item in happened])
    assert fold_group(GroupState(), [item.event for item in left]) == before


async def test_the_audit_trail_names_nobody(store: Store) -> None:
    anna, ben = await named(store, ANNA, BEN)
    async with store.transaction() as tx:
        await tx.control.audit(
            [
                AuditEntry(NOW, "operator:1", "users.note", f"person:{anna}", {"of": "Kanarya"}),
                AuditEntry(NOW, "operator:1", "import", "file", {"of": f"@kanarya_w ({ANNA})"}),
                AuditEntry(NOW, "operator:1", "users.tag", f"person:{ben}", {"deep": [{"n": 1}, "x"]}),
            ]
        )
    await erased(store, anna)
    async with store.transaction(write=False) as tx:
        third, second, first = await tx.control.audit_trail(9)
    assert (first.target, first.detail) == ("forgotten", {})
    assert (second.target, second.detail) == ("file", {"of": "@- (-)"})
    assert (third.target, third.detail) == (f"person:{ben}", {"deep": [{"n": 1}, "x"]})


# ------------------------------------------------------------------------------------------ stored updates
async def test_updates_of_the_person_are_emptied_and_stay_known(store: Store) -> None:
    anna, _ = await named(store, ANNA, BEN)
    own = [raw(number, update) for number, update in enumerate(OWN.values())]
    async with store.transaction() as tx:
        await tx.inbox.add(BOT, own)
        await tx.inbox.add(BOT + 1, own)
        aside = [row.id for row in await tx.inbox.pending(99) if row.bot_id != BOT]
        await tx.inbox.failed(aside, "can't be applied: KeyError kanarya")
    await erased(store, anna)
    async with store.transaction() as tx:
        assert await tx.inbox.counts() == {"handled": 2 * len(own)}
        assert await tx.inbox.add(BOT, own) == 0, "one that comes again is still known"
        await tx.inbox.failed(range(1, 2 * len(own) + 1), "so that it can be read")
        left = [json.loads(row.body) for row in await tx.inbox.aside(0, 99)]
    assert left == [{"update_id": number} for number in range(len(own))] * 2


async def test_updates_of_others_lose_the_person_and_keep_the_rest(store: Store) -> None:
    anna, _ = await named(store, ANNA, BEN)
    async with store.transaction() as tx:
        await tx.inbox.add(BOT, [raw(number, update) for number, update in enumerate(OTHERS.values())])
        await tx.inbox.applied([row.id for row in await tx.inbox.pending(99)])
    await erased(store, anna)
    async with store.transaction(write=False) as tx:
        rows = await tx.inbox.unhandled(99)
    left = {}
    for number, (row, (kind, before)) in enumerate(zip(rows, OTHERS.items(), strict=True)):
        assert b"anarya" not in row.body, kind
        assert str(ANNA).encode() not in row.body, kind
        update = json.loads(row.body)
        assert update.pop("update_id") == number
        ((part, left[kind]),) = update.items()
        assert left[kind]["from"] == before[part]["from"], "who spoke is still who spoke"
        assert left[kind]["chat"] == CHESS
    assert [who["id"] for who in left["joined"]["new_chat_members"]] == [0, BEN + 1]
    assert left["reply"]["text"] == "I think so"
    assert left["mention"]["text"] == "@- come"


async def test_updates_that_say_nothing_of_the_person_keep_every_byte(store: Store) -> None:
    anna, _ = await named(store, ANNA, BEN)
    plain = raw(2, {"message": said(user(BEN), "Kanarya is a bird")})
    async with store.transaction() as tx:
        await tx.inbox.add(BOT, [plain, RawUpdate(3, b"no json", NOW)])
    await erased(store, anna)
    async with store.transaction(write=False) as tx:
        assert [row.body for row in await tx.inbox.pending(9)] == [plain.body, b"no json"]


async def test_what_can_not_be_read_but_names_the_person_is_emptied(store: Store) -> None:
    anna, _ = await named(store, ANNA, BEN)
    async with store.transaction() as tx:
        await tx.inbox.add(
            BOT, [RawUpdate(1, b"{broken kanarya_w", NOW), RawUpdate(2, b'["kanarya_w"]', NOW)]
        )
        await tx.inbox.failed([1, 2], "no update")
    await erased(store, anna)
    async with store.transaction(write=False) as tx:
        assert await tx.inbox.counts() == {"handled": 2}


# ------------------------------------------------------------------------------------------ under way
async def test_what_is_under_way_is_waited_for(store: Store) -> None:
    anna, _ = await named(store, ANNA, BEN)

    async def waits(now: int = NOW) -> bool:
        async with store.transaction() as tx:
            return await tx.erasures.waits(anna, now)

    assert not await waits()
    async with store.transaction() as tx:
        await tx.inbox.add(BOT, [raw(1, OWN["tap"]), raw(2, OTHERS["reply"]), raw(3, {"message": 1})])
    assert await waits(), "neither has been applied"
    async with store.transaction() as tx:
        await tx.inbox.applied([1, 2])
    assert await waits(), "the tap has not been answered"
    async with store.transaction() as tx:
        await tx.inbox.handled([1])
    assert not await waits(), "the answer to somebody else needs nothing of the person"
    async with store.transaction() as tx:
        (message,) = await put(tx, campaign(anna))
    assert not await waits(), "what was only planned is called off"
    async with store.transaction() as tx:
        await tx.ledger.move([Move(message.id, State.PLANNED, State.SENDING, permit_ms=NOW)])
    assert await waits(), "it is being sent"
    assert not await waits(NOW + HOUR), "whoever sent it was killed"
