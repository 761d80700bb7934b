"""What a look at journeys is decided from: their versions, and what is known of the people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.errors import ContentError
from core.event import Event
from core.journey import ACTIVE, Facts, Former, Journey, Row, Way, parse
from core.ledger import JOURNEY
from core.ports import Enrolment, JourneyVersion, PersonRecord, Transaction
from core.profile import view

PAGE: Final = 200
"""People in one transaction: others wait for the database no longer than it takes."""
CURSOR: Final = "journeys:seq"
"""Mark: up to which change of people's records has been looked at."""


def campaign_of(journey: str) -> str:
    """The journey's campaign in ledger and switches."""
    return JOURNEY + journey


def began_mark(journey: str) -> str:
    """Mark: since when newcomers are taken."""
    return f"journey:{journey}:began"


def reached_mark(journey: str, version: int, step: str = "") -> str:
    """Mark: how many have come to this step; without a step the beginning of all of them."""
    return f"journey:{journey}:{version}:{step}"


def step_of(run: int, step: str) -> str:
    """A step as the ledger calls it: nobody gets it twice in a run."""
    return f"{run}:{step}"


def way_of(enrolment: Enrolment) -> Way:
    """Where the person is."""
    return Way(enrolment.person_no, enrolment.run, enrolment.step, enrolment.entered_ms, enrolment.changed_ms)


def former_of(enrolment: Enrolment) -> Former:
    """What the last run was like."""
    return Former(enrolment.run, enrolment.state == "active", enrolment.changed_ms)


def read(version: JourneyVersion | None) -> Journey | None:
    """The journey of a stored version; None where this program can't read it."""
    try:
        return parse(version.body) if version is not None else None
    except ContentError:
        return None


@dataclass(frozen=True, slots=True)
class Books:
    """Versions of journeys by (name, version); those that can't be read are not in it."""

    journeys: Mapping[tuple[str, int], Journey]

    @classmethod
    async def of(cls, tx: Transaction, enrolments: Iterable[Enrolment]) -> Books:
        """The versions that these people are in."""
        found = {}
        for name, number in sorted({(one.journey, one.version) for one in enrolments}):
            journey = read(await tx.journeys.version(name, number))
            if journey is not None:
                found[name, number] = journey
        return cls(found)

    def get(self, enrolment: Enrolment) -> Journey | None:
        """The version that the person is in."""
        return self.journeys.get((enrolment.journey, enrolment.version))


async def still_inside(
    tx: Transaction, enrolments: Sequence[Enrolment]
) -> tuple[list[Enrolment], dict[int, PersonRecord]]:
    """Those of these ways that are under way, as they are now that their people are locked;
    and the people. Whoever read them before may be behind."""
    loaded = await tx.people.load(sorted({one.person_no for one in enrolments}))
    names = {one.journey for one in enrolments}
    now = {name: await tx.journeys.latest(name, sorted(loaded)) for name in sorted(names)}
    found = [now[one.journey].get(one.person_no) for one in enrolments if one.person_no in loaded]
    wanted = {(one.journey, one.person_no, one.run) for one in enrolments}
    inside = [one for one in found if one is not None and one.state == ACTIVE]
    return [one for one in inside if (one.journey, one.person_no, one.run) in wanted], loaded


async def happened(
    tx: Transaction, person_nos: Sequence[int], kinds: Iterable[str], since_ms: int
) -> dict[int, list[Event]]:
    """By person what happened of these kinds, in order."""
    found: dict[int, list[Event]] = {}
    for item in await tx.events.of_kinds(person_nos, sorted(set(kinds)), since_ms):
        found.setdefault(item.person_no, []).append(item.event)
    return found


async def facts_of(
    tx: Transaction,
    inside: Sequence[tuple[Enrolment, Journey]],
    records: Mapping[int, PersonRecord],
    now_ms: int,
) -> list[Facts]:
    """What is known of each of these people, for their journey."""
    events: dict[tuple[str, int], dict[int, list[Event]]] = {}
    rows: dict[str, dict[tuple[int, str], Row]] = {}
    for key, group in _by_version(inside).items():
        nos = [one.person_no for one, _ in group]
        since_ms = min(one.entered_ms for one, _ in group)
        events[key] = await happened(tx, nos, group[0][1].kinds, since_ms)
        rows.setdefault(key[0], {}).update(await _rows(tx, key[0], nos))
    found = []
    for one, journey in inside:
        record = records[one.person_no]
        own = {
            step.id: rows[one.journey][one.person_no, step_of(one.run, step.id)]
            for step in journey.steps
            if (one.person_no, step_of(one.run, step.id)) in rows[one.journey]
        }
        seen = events[one.journey, one.version].get(one.person_no, [])
        found.append(Facts(view(one.person_no, record.state, now_ms), record.segments, seen, own))
    return found


def _by_version(
    inside: Sequence[tuple[Enrolment, Journey]],
) -> dict[tuple[str, int], list[tuple[Enrolment, Journey]]]:
    found: dict[tuple[str, int], list[tuple[Enrolment, Journey]]] = {}
    for one, journey in inside:
        found.setdefault((one.journey, one.version), []).append((one, journey))
    return found


async def _rows(tx: Transaction, journey: str, person_nos: Sequence[int]) -> dict[tuple[int, str], Row]:
    sends = await tx.journeys.sends(campaign_of(journey), person_nos)
    return {
        (one.person_no, one.step): Row(
            one.state, one.id, one.due_ms, one.expires_ms, one.sent_ms, one.answered_ms
        )
        for one in sends
    }


async def count_reached(tx: Transaction, reached: Mapping[tuple[str, int, str], int]) -> None:
    """Add to how many have come to each (journey, version, step)."""
    for name, number in sorted({(name, number) for name, number, _ in reached}):
        known = await tx.control.marks(reached_mark(name, number))
        for (journey, version, step), n in sorted(reached.items()):
            if (journey, version) == (name, number):
                mark = reached_mark(name, number, step)
                await tx.control.set_mark(mark, str(int(known.get(mark, "0")) + n))
