"""Journeys in memory: their versions, and how far everybody inside has come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from adapters.memory.tables import Tables, plain
from core.ledger import Message
from core.ports import Enrolment, JourneyVersion, StepSend


class MemoryJourneys:
    """Fulfils `core.ports.Journeys`."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    async def put(
        self, name: str, body: Mapping[str, object], now_ms: int, *, author: str, live: bool
    ) -> JourneyVersion:
        version = self._t.next_number(f"journey {name}")
        stored = JourneyVersion(name, version, False, author, now_ms, plain(body))
        self._t.journeys[name, version] = stored
        if live:
            await self.set_live(name, version)
        return self._t.journeys[name, version]

    async def live(self) -> dict[str, JourneyVersion]:
        return {name: one for (name, _), one in sorted(self._t.journeys.items(), key=_key) if one.live}

    async def newest(self) -> dict[str, JourneyVersion]:
        return {name: one for (name, _), one in sorted(self._t.journeys.items(), key=_key)}

    async def version(self, name: str, version: int) -> JourneyVersion | None:
        return self._t.journeys.get((name, version))

    async def history(self, name: str) -> list[JourneyVersion]:
        found = [one for one in self._t.journeys.values() if one.name == name]
        return sorted(found, key=lambda one: -one.version)

    async def set_live(self, name: str, version: int | None) -> bool:
        found = await self.history(name)
        if not found or (version is not None and (name, version) not in self._t.journeys):
            return False
        for one in found:
            self._t.journeys[name, one.version] = replace(one, live=one.version == version)
        return True

    async def latest(self, journey: str, person_nos: Sequence[int]) -> dict[int, Enrolment]:
        wanted = set(person_nos)
        found = [one for one in self._ways() if one.journey == journey and one.person_no in wanted]
        return {one.person_no: one for one in sorted(found, key=lambda one: (one.person_no, one.run))}

    async def enrol(self, enrolments: Sequence[Enrolment]) -> list[bool]:
        new = []
        for one in enrolments:
            key = (one.journey, one.person_no, one.run)
            new.append(key not in self._t.enrolments)
            self._t.enrolments.setdefault(key, one)
        return new

    async def wake(self, person_nos: Sequence[int], now_ms: int) -> int:
        wanted = set(person_nos)
        found = [one for one in self._active() if one.person_no in wanted and one.due_ms > now_ms]
        await self.save([replace(one, due_ms=now_ms) for one in found])
        return len(found)

    async def due(self, now_ms: int, limit: int, skip: Sequence[str] = ()) -> list[Enrolment]:
        found = [one for one in self._active() if one.due_ms <= now_ms and one.journey not in skip]
        return sorted(found, key=lambda one: (one.due_ms, one.journey, one.person_no))[:limit]

    async def save(self, enrolments: Sequence[Enrolment]) -> None:
        for one in enrolments:
            key = (one.journey, one.person_no, one.run)
            if key in self._t.enrolments:
                self._t.enrolments[key] = one

    async def counts(self, journey: str) -> dict[tuple[int, str, str], int]:
        found = Counter((o.version, o.state, o.step) for o in self._ways() if o.journey == journey)
        return dict(sorted(found.items()))

    async def members(
        self, journey: str, after: tuple[int, int], limit: int, state: str = ""
    ) -> list[Enrolment]:
        found = [
            one
            for one in self._ways()
            if one.journey == journey and (one.person_no, one.run) > after and state in ("", one.state)
        ]
        return sorted(found, key=lambda one: (one.person_no, one.run))[:limit]

    async def of_person(self, person_no: int) -> list[Enrolment]:
        found = [one for one in self._ways() if one.person_no == person_no]
        return sorted(found, key=lambda one: (one.journey, one.run))

    async def next_due_ms(self) -> int | None:
        return min((one.due_ms for one in self._active()), default=None)

    async def sends(self, campaign: str, person_nos: Sequence[int]) -> list[StepSend]:
        wanted = set(person_nos)
        rows = [row for row in self._rows(campaign) if row.person_no in wanted]
        return [
            StepSend(
                *(row.person_no, row.step, row.id, row.state.value, row.reason),
                *(row.due_ms, row.expires_ms, row.sent_ms, row.answered_ms),
            )
            for row in rows
        ]

    async def send_counts(self, campaign: str) -> dict[tuple[str, str], tuple[int, int]]:
        rows = self._rows(campaign)
        all_of = Counter((row.step, row.state.value) for row in rows)
        answered = Counter((row.step, row.state.value) for row in rows if row.answered_ms)
        return {key: (n, answered[key]) for key, n in sorted(all_of.items())}

    def _rows(self, campaign: str) -> list[Message]:
        rows = [row for row in self._t.messages.values() if row.campaign == campaign]
        return sorted(rows, key=lambda row: row.id)

    def _ways(self) -> list[Enrolment]:
        return list(self._t.enrolments.values())

    def _active(self) -> list[Enrolment]:
        return [one for one in self._ways() if one.state == "active"]


def _key(item: tuple[tuple[str, int], JourneyVersion]) -> tuple[str, int]:
    return item[0]
