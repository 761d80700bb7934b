"""What events change of a group: its record, what it is called, and who was seen in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from core.event import PersonEvent
from core.identity import Place
from core.intake.people import packed
from core.ports import GroupContact, GroupRecord, HotRow, Membership, PersonRecord, Transaction
from core.profile import fold_group, pack_group, regrouped, unpack_group, view_group

_STATES: Final = {
    "group_message": "seen",
    "group_joined": "member",
    "vip_joined": "member",
    "group_left": "left",
    "vip_left": "left",
}
"""What an event says about a person's standing in the group."""

Counts = tuple[int, int]
"""People ever seen there, and of them not known to have left."""


async def absorb_groups(
    tx: Transaction, fresh: Iterable[PersonEvent], now_ms: int, places: Mapping[str, Place]
) -> list[GroupRecord]:
    """Fold new events into their groups and see who was there; the groups as they stand after it."""
    by_group: dict[int, list[PersonEvent]] = {}
    for item in fresh:
        if item.event.group_no:
            by_group.setdefault(item.event.group_no, []).append(item)
    if not by_group:
        return []
    loaded = await tx.groups.load(sorted(by_group))
    seen = memberships([item for items in by_group.values() for item in items])
    counts = await _counts(tx, loaded, seen)
    after = [
        _packed(_changed(loaded[no], items, places), counts[no], now_ms)
        for no, items in sorted(by_group.items())
    ]
    return await tx.groups.save(after)


async def _counts(
    tx: Transaction, loaded: Mapping[int, GroupRecord], seen: Sequence[Membership]
) -> dict[int, Counts]:
    """Write down who was seen. A group is counted anew only when somebody's standing there changed: most who
    write in a group of thousands are known in it."""
    known = await tx.groups.of_people(sorted({one.person_no for one in seen}))
    before = {(one.group_no, one.person_no): one for ones in known.values() for one in ones}
    await tx.groups.see(seen)
    moved = {one.group_no for one in seen if _moves(before.get((one.group_no, one.person_no)), one)}
    moved |= {no for no, record in loaded.items() if not record.hot}
    counted = await tx.groups.member_counts(sorted(moved)) if moved else {}
    return {no: counted[no] if no in counted else _counted(record) for no, record in loaded.items()}


def _moves(known: Membership | None, new: Membership) -> bool:
    return known is None or (new.state not in {"seen", known.state})


def _counted(record: GroupRecord) -> Counts:
    """As it was when the group was last packed."""
    items = json.loads(record.hot)
    kept = unpack_group(dict(zip(items[::2], items[1::2], strict=True)))
    return int(str(kept["members_seen"])), int(str(kept["members_now"]))


@dataclass(frozen=True, slots=True)
class Regrouped:
    """Records of people as they stand after two groups became one, and rows of groups that are no more."""

    records: Sequence[PersonRecord] = ()
    gone: Sequence[HotRow] = ()


async def regroup(tx: Transaction, now_ms: int) -> Regrouped:
    """People's records follow the groups that became part of another in this transaction."""
    merged = await tx.groups.merged()
    if not merged:
        return Regrouped()
    records = await tx.people.load(sorted({no for one in merged for no in one.people}))
    for one in merged:
        for no in one.people:
            state = regrouped(records[no].state, one.younger, one.older)
            records[no] = replace(records[no], state=state)
    saved = await tx.people.save([packed(records[no], now_ms) for no in sorted(records)])
    last = await tx.people.last_seq()
    return Regrouped(saved, [HotRow(one.younger, last, "") for one in merged])


def memberships(items: Iterable[PersonEvent]) -> list[Membership]:
    """Who was seen where, one row each, in the order of group and person."""
    found: dict[tuple[int, int], Membership] = {}
    for item in items:
        event, state = item.event, _STATES.get(item.event.kind)
        if state is None or not item.person_no:
            continue
        pair = (event.group_no, item.person_no)
        new = Membership(*pair, event.ts_ms, event.ts_ms, state, 0 if state == "seen" else event.ts_ms)
        found[pair] = _wider(found[pair], new) if pair in found else new
    return [found[pair] for pair in sorted(found)]


def _wider(old: Membership, new: Membership) -> Membership:
    """Both spans, and the later state; of two at one moment `left` wins."""
    later = new if (new.state_ms, old.state) > (old.state_ms, new.state) else old
    return replace(later, first_ms=min(old.first_ms, new.first_ms), last_ms=max(old.last_ms, new.last_ms))


def _changed(record: GroupRecord, items: Sequence[PersonEvent], places: Mapping[str, Place]) -> GroupRecord:
    events = [item.event for item in items]
    told = [(event.ts_ms, _said(places[event.key])) for event in events if event.key in places]
    contact = record.contact
    if told and max(told) > (record.state.last_ms, _known(contact)):
        kind, title, username, forum, chat_id = max(told)[1]
        contact = GroupContact(chat_id, kind, title, username, forum)
    return replace(record, state=fold_group(record.state, events), contact=contact)


Said = tuple[str, str, str, bool, int]


def _said(place: Place) -> Said:
    """Of two at one moment the larger: a supergroup is what became of the group."""
    return place.kind, place.title, place.username, place.forum, place.chat_id


def _known(contact: GroupContact) -> Said:
    return contact.kind, contact.title, contact.username, contact.forum, contact.chat_id


def _packed(record: GroupRecord, counts: Counts, now_ms: int) -> GroupRecord:
    return replace(record, hot=pack_group(view_group(record.group_no, record.state, counts, now_ms)))
