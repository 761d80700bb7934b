"""People whose record changed are looked at: who enters a journey, and whose journey is to look up.

The cursor is the number of the record's change (`seq`), which is given in the order of commits and without
gaps: so nobody is passed over, however late an event was stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.event import Event, PersonEvent, Scalar
from core.flow.journey.books import CURSOR, PAGE, began_mark, count_reached, former_of, happened, read
from core.intake import Recorded, record, show
from core.journey import FRESH_MS, Facts, Journey, enters
from core.ports import Enrolment, Guard, HotStore, PersonRecord, Store, Transaction
from core.profile import view


@dataclass(frozen=True, slots=True)
class EnrolDeps:
    store: Store
    hot: HotStore


@dataclass(frozen=True, slots=True)
class Enrolled:
    """People looked at, who entered a journey, and journeys that look up."""

    people: int = 0
    entered: int = 0
    woken: int = 0


@dataclass(frozen=True, slots=True)
class Taking:
    """A version that takes newcomers, and since when its journey does."""

    journey: Journey
    version: int
    began_ms: int


async def enrol_due(deps: EnrolDeps, now_ms: int, limit: int = PAGE, guard: Guard | None = None) -> Enrolled:
    """Look at no more than `limit` people; `people` = 0 when nobody changed."""
    async with deps.store.transaction() as tx:
        if guard is not None and not await guard(tx):
            return Enrolled()
        cursor = (await tx.control.marks(CURSOR)).get(CURSOR, "0")
        changed = await tx.people.changed_after(int(cursor), limit)
        if not changed:
            return Enrolled()
        wanted = await _entering(tx, await taking(tx), changed, now_ms)
        new, recorded = await enter(tx, wanted, now_ms)
        woken = await tx.journeys.wake([one.person_no for one in changed], now_ms)
        await tx.control.set_mark(CURSOR, str(changed[-1].seq))
    await show(deps.hot, recorded)
    return Enrolled(len(changed), len(new), woken)


async def taking(tx: Transaction) -> list[Taking]:
    """The journeys that take newcomers, by name."""
    found = []
    for name, version in (await tx.journeys.live()).items():
        journey = read(version)
        if journey is not None:
            mark = began_mark(name)
            began_ms = int((await tx.control.marks(mark)).get(mark, version.at_ms))
            found.append(Taking(journey, version.version, began_ms))
    return found


async def _entering(
    tx: Transaction, open_ones: Sequence[Taking], changed: Sequence[PersonRecord], now_ms: int
) -> list[Enrolment]:
    """The ways that begin now."""
    nos = [one.person_no for one in changed]
    kinds = {one.kind for each in open_ones for one in each.journey.entry.happenings}
    events = await happened(tx, nos, kinds, now_ms - FRESH_MS) if kinds else {}
    records = {one.person_no: one for one in changed}
    known: dict[int, Facts] = {}  # a view costs more than all the rest, and most people enter nothing
    found = []
    for each in open_ones:
        asked = [no for no in nos if no in events or not each.journey.entry.happenings]
        former = await tx.journeys.latest(each.journey.name, asked) if asked else {}
        for no in asked:
            if no not in known:
                known[no] = _facts(records[no], events.get(no, ()), now_ms)
            last = former.get(no)
            past = former_of(last) if last else None
            at_ms = enters(each.journey, known[no], past, each.began_ms, now_ms)
            if at_ms is not None:
                found.append(newcomer(each, no, last.run + 1 if last else 1, (at_ms, now_ms)))
    return found


def _facts(record: PersonRecord, events: Sequence[Event], now_ms: int) -> Facts:
    return Facts(view(record.person_no, record.state, now_ms), record.segments, events)


def newcomer(into: Taking, person_no: int, run: int, moments: tuple[int, int]) -> Enrolment:
    """Somebody before the first step; moments: when the way begins, and now."""
    at_ms, now_ms = moments
    journey = into.journey
    return Enrolment(
        journey.name, person_no, run, into.version, journey.first, at_ms, now_ms, changed_ms=at_ms
    )


async def enter(
    tx: Transaction, wanted: Sequence[Enrolment], now_ms: int
) -> tuple[list[Enrolment], Recorded]:
    """Begin these ways; those that are new, and what was recorded. Who was forgotten begins none."""
    loaded = await tx.people.load(sorted({one.person_no for one in wanted}))
    there = [one for one in wanted if one.person_no in loaded]
    is_new = await tx.journeys.enrol(there)
    new = [one for one, fresh in zip(there, is_new, strict=True) if fresh]
    await count_reached(tx, Counter((one.journey, one.version, one.step) for one in new))
    return new, await record(tx, [_entered(one, now_ms) for one in new], now_ms, loaded=loaded)


def _entered(one: Enrolment, now_ms: int) -> PersonEvent:
    props: dict[str, Scalar] = {"journey": one.journey, "version": one.version, "run": one.run}
    key = f"journey_entered:{one.journey}:{one.person_no}:{one.run}"
    return PersonEvent(one.person_no, Event(key, now_ms, "journey_entered", 0, props))
