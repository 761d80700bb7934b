"""Groups in memory: which of Telegram's numbers is which group, their records, who was seen in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import replace

from adapters.memory.tables import Tables
from core.errors import NotFoundError
from core.identity import Place
from core.ports import GroupContact, GroupRecord, HotRow, Membership, Merged
from core.profile import GroupState, fold_group


class MemoryGroups:
    """Fulfils `core.ports.Groups`."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables
        self._merged: list[Merged] = []

    async def resolve(self, places: Sequence[Place], now_ms: int) -> dict[int, int]:
        for place in places:
            self._settle(place, now_ms)
        numbers = sorted({number for place in places for number in _numbers(place)})
        return {number: self._t.group_ids[number] for number in numbers}

    def _settle(self, place: Place, now_ms: int) -> None:
        """Give all numbers of a place one group."""
        known = self._t.group_ids
        groups = sorted({known[number] for number in _numbers(place) if number in known})
        if len(groups) > 1:
            self._merge(groups[1], groups[0])
        group_no = groups[0] if groups else self._create(place, now_ms)
        known.update(dict.fromkeys(_numbers(place), group_no))

    def _create(self, place: Place, now_ms: int) -> int:
        group_no = self._t.next_number("group")
        contact = GroupContact(place.chat_id, place.kind, place.title, place.username, place.forum)
        self._t.groups[group_no] = GroupRecord(group_no, now_ms, GroupState(), contact)
        return group_no

    def _merge(self, younger: int, older: int) -> None:
        """Move all of the younger to the older, and fold the older anew from the events of both."""
        there = {key: item for key, item in self._t.events.items() if item.event.group_no == younger}
        people = sorted({item.person_no for item in there.values() if item.person_no})
        self._merged.append(Merged(younger, older, tuple(people)))
        for key, item in there.items():
            self._t.events[key] = replace(item, event=replace(item.event, group_no=older))
        for chat_id, group_no in list(self._t.group_ids.items()):
            if group_no == younger:
                self._t.group_ids[chat_id] = older
        for row_id, message in list(self._t.messages.items()):
            if message.group_no == younger:
                self._t.messages[row_id] = replace(message, group_no=older)
        for key_, seen in list(self._t.members.items()):
            if seen.group_no == younger:
                del self._t.members[key_]
                self._see(replace(seen, group_no=older))
        del self._t.groups[younger]
        events = sorted(
            (item.event for item in self._t.events.values() if item.event.group_no == older),
            key=lambda event: (event.ts_ms, event.key),
        )
        self._t.groups[older] = replace(self._t.groups[older], state=fold_group(GroupState(), events))

    async def merged(self) -> list[Merged]:
        return self._merged

    async def find(self, chat_id: int) -> int | None:
        return self._t.group_ids.get(chat_id)

    async def load(self, group_nos: Sequence[int]) -> dict[int, GroupRecord]:
        return {no: self._t.groups[no] for no in sorted(set(group_nos)) if no in self._t.groups}

    async def save(self, records: Sequence[GroupRecord]) -> list[GroupRecord]:
        saved = []
        for record in records:
            if record.group_no not in self._t.groups:
                raise NotFoundError(f"there is no group {record.group_no}")
            stored = replace(record, seq=self._t.next_number("seq"))
            self._t.groups[record.group_no] = stored
            saved.append(stored)
        return saved

    async def hot_after(self, seq: int, limit: int) -> list[HotRow]:
        changed = sorted((r for r in self._t.groups.values() if r.seq > seq), key=lambda r: r.seq)
        return [HotRow(record.group_no, record.seq, record.hot) for record in changed[:limit]]

    async def numbers(self, after: int, limit: int) -> list[int]:
        return [no for no in sorted(self._t.groups) if no > after][:limit]

    async def count(self) -> int:
        return len(self._t.groups)

    async def see(self, seen: Sequence[Membership]) -> None:
        for one in seen:
            self._see(one)

    def _see(self, new: Membership) -> None:
        key = (new.group_no, new.person_no)
        old = self._t.members.get(key, new)
        # Of two at the same moment `left` wins, then `member`: the order of the words.
        said = new if (new.state_ms, old.state) > (old.state_ms, new.state) else old
        first_ms, last_ms = min(old.first_ms, new.first_ms), max(old.last_ms, new.last_ms)
        self._t.members[key] = replace(said, first_ms=first_ms, last_ms=last_ms)

    async def members(self, group_no: int, after: int, limit: int) -> list[Membership]:
        found = [one for _, one in sorted(self._t.members.items()) if one.group_no == group_no]
        return [one for one in found if one.person_no > after][:limit]

    async def member_counts(self, group_nos: Sequence[int]) -> dict[int, tuple[int, int]]:
        found: dict[int, tuple[int, int]] = {}
        for group_no in group_nos:
            states = [one.state for one in self._t.members.values() if one.group_no == group_no]
            found[group_no] = (len(states), sum(state != "left" for state in states))
        return found

    async def of_people(self, person_nos: Sequence[int]) -> dict[int, list[Membership]]:
        found: dict[int, list[Membership]] = {}
        for _, one in sorted(self._t.members.items(), key=lambda item: (item[0][1], item[0][0])):
            if one.person_no in person_nos:
                found.setdefault(one.person_no, []).append(one)
        return found

    async def activity(
        self, since_ms: int, segments: Sequence[str] = (), among: Sequence[int] | None = None
    ) -> dict[int, int]:
        wanted = self._meant(segments, among)
        found: Counter[int] = Counter()
        for one in self._t.members.values():
            if one.last_ms >= since_ms and one.state != "left" and one.person_no in wanted:
                found[one.group_no] += 1
        return dict(sorted(found.items()))

    def _meant(self, segments: Sequence[str], among: Sequence[int] | None) -> Container[int]:
        if among is not None:
            return set(among)
        if not segments:
            return {one.person_no for one in self._t.members.values()}
        return {
            no for no, person in self._t.people.items() if not person.segments.keys().isdisjoint(segments)
        }


def _numbers(place: Place) -> list[int]:
    return [number for number in (place.chat_id, place.also) if number]
