"""People in memory: identities, records, reach, consent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from adapters.memory.tables import Tables, grouped
from core.consent import CAMPAIGNS, ConsentChange
from core.errors import NotFoundError
from core.identity import Identity
from core.ledger import OPEN
from core.ports import HotRow, PersonRecord, Reach
from core.profile import ProfileState
from core.text import fold_text

OPTIMIZER = "opt"


class MemoryPeople:
    """Fulfils `core.ports.People`."""

    def __init__(self, tables: Tables, holdout: Callable[[Identity], bool]) -> None:
        self._t = tables
        self._holdout = holdout

    async def resolve(self, identities: Sequence[Identity], now_ms: int) -> dict[Identity, int]:
        for item in identities:
            if item not in self._t.identities:
                person_no = self._t.identities[item] = self._t.next_number("person")
                self._t.people[person_no] = PersonRecord(
                    person_no, now_ms, ProfileState(), holdout=self._holdout(item)
                )
        return {item: self._t.identities[item] for item in identities}

    async def known(self, identities: Sequence[Identity]) -> dict[Identity, int]:
        return {item: self._t.identities[item] for item in identities if item in self._t.identities}

    async def find(self, identity: Identity) -> int | None:
        return self._t.identities.get(identity)

    async def identities(self, person_nos: Sequence[int]) -> dict[int, list[Identity]]:
        found: dict[int, list[Identity]] = {}
        for item, person_no in sorted(self._t.identities.items()):
            if person_no in person_nos:
                found.setdefault(person_no, []).append(item)
        return dict(sorted(found.items()))

    async def load(self, person_nos: Sequence[int]) -> dict[int, PersonRecord]:
        return {no: self._t.people[no] for no in sorted(set(person_nos)) if no in self._t.people}

    async def still(self, records: Sequence[PersonRecord]) -> dict[int, PersonRecord]:
        return await self.load([record.person_no for record in records])

    async def save(self, records: Sequence[PersonRecord]) -> list[PersonRecord]:
        saved = []
        for record in records:
            if record.person_no not in self._t.people:
                raise NotFoundError(f"there is no person {record.person_no}", next_step="users list")
            stored = replace(record, seq=self._t.next_number("seq"), segments=dict(record.segments))
            self._t.people[record.person_no] = stored
            saved.append(stored)
        return saved

    async def changed_after(self, seq: int, limit: int) -> list[PersonRecord]:
        found = [record for record in self._t.people.values() if record.seq > seq]
        return sorted(found, key=lambda record: record.seq)[:limit]

    async def hot_after(self, seq: int, limit: int) -> list[HotRow]:
        found = await self.changed_after(seq, limit)
        return [HotRow(record.person_no, record.seq, record.hot) for record in found]

    async def last_seq(self) -> int:
        return self._t.counters.get("seq", 0)

    async def due_for_segments(self, now_ms: int, limit: int) -> list[int]:
        due = [(r.segment_after_ms, no) for no, r in self._t.people.items() if r.segment_after_ms <= now_ms]
        return [no for _, no in sorted(due)][:limit]

    async def due_for_planning(self, now_ms: int, limit: int) -> list[int]:
        waits = {
            message.person_no
            for message in self._t.messages.values()
            if message.campaign == OPTIMIZER and message.state in OPEN
        }
        reachable = {no for (no, _), reach in self._t.reach.items() if reach.state == "open"}
        due = [
            (record.plan_after_ms, no)
            for no, record in self._t.people.items()
            if record.plan_after_ms <= now_ms and self._wants(record) and no in reachable and no not in waits
        ]
        return [no for _, no in sorted(due)][:limit]

    def _wants(self, record: PersonRecord) -> bool:
        choice = self._t.consent.get((record.person_no, CAMPAIGNS))
        free = not record.holdout and not self._t.excluded.get(record.person_no, False)
        return free and choice is not None and choice.granted

    async def postpone(self, plan_after: Mapping[int, int]) -> None:
        for person_no, until_ms in plan_after.items():
            if person_no in self._t.people:
                self._t.people[person_no] = replace(self._t.people[person_no], plan_after_ms=until_ms)

    async def count(self) -> int:
        return len(self._t.people)

    async def numbers(self, after: int, limit: int, segment: str = "") -> list[int]:
        found = [no for no, one in self._t.people.items() if not segment or segment in one.segments]
        return sorted(no for no in found if no > after)[:limit]

    async def search(self, text: str, limit: int) -> list[PersonRecord]:
        wanted = text.strip().removeprefix("@")
        if not wanted:
            return []
        known = {no for item, no in self._t.identities.items() if item.value == wanted}
        found = [
            record
            for no, record in sorted(self._t.people.items())
            if no in known or str(no) == wanted or fold_text(wanted) in _names(record)
        ]
        return found[:limit]

    async def in_segment(self, segment: str, after: int, limit: int) -> list[PersonRecord]:
        people = sorted(self._t.people.items())
        return [record for no, record in people if no > after and segment in record.segments][:limit]

    async def segment_sizes(self) -> dict[str, int]:
        return grouped(Counter(name for record in self._t.people.values() for name in record.segments))

    async def set_reach(self, reaches: Sequence[Reach]) -> None:
        for new in reaches:
            key = (new.person_no, new.bot_id)
            old = self._t.reach.get(key, new)
            kept = new if (new.changed_ms, old.state) > (old.changed_ms, new.state) else old
            self._t.reach[key] = replace(kept, seen_ms=max(old.seen_ms, new.seen_ms))

    async def reach(self, person_nos: Sequence[int]) -> dict[int, list[Reach]]:
        found: dict[int, list[Reach]] = {}
        for (person_no, _), item in sorted(self._t.reach.items(), key=lambda pair: pair[0]):
            if person_no in person_nos:
                found.setdefault(person_no, []).append(item)
        return found

    async def change_consent(self, changes: Sequence[ConsentChange]) -> None:
        for new in changes:
            self._t.choices.setdefault((new.person_no, new.purpose, new.at_ms, new.granted), new)
            old = self._t.consent.get((new.person_no, new.purpose))
            if old is None or (new.at_ms, not new.granted) >= (old.at_ms, True):
                self._t.consent[new.person_no, new.purpose] = new

    async def consent_history(self, person_no: int) -> list[ConsentChange]:
        return sorted(self._choices_of(person_no), key=lambda c: (c.at_ms, c.purpose, not c.granted))

    def _choices_of(self, person_no: int) -> Iterable[ConsentChange]:
        return (choice for choice in self._t.choices.values() if choice.person_no == person_no)


def _names(record: PersonRecord) -> str:
    return fold_text(f"{record.contact.first_name} {record.contact.username}")
