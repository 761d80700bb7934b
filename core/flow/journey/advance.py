"""People whose moment on a journey has come go on, as far as they can now.

Promises: where everybody is, the rows of what is sent, the events and the counts are committed together, so
a crash repeats nothing and loses nobody. A step whose message is not closed in the ledger is not passed. Who
has reached the goal or left gets nothing more of it: what still waited is withdrawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from core.event import Event, PersonEvent, Scalar
from core.flow.journey.books import (
    PAGE,
    Books,
    campaign_of,
    count_reached,
    facts_of,
    step_of,
    still_inside,
    way_of,
)
from core.flow.journey.writing import Desk, Person, Says, Written, write
from core.intake import record, show
from core.journey import ACTIVE, EXITED, Journey, walk
from core.ledger import JOURNEY, OPEN, Move, State
from core.ports import Enrolment, Guard, HotStore, PersonRecord, Store, Transaction

BROKEN_MS: Final = 3_600_000
"""A version that can't be read is tried again after this time."""
OVER: Final = "its journey is over"
_PAUSE: Final = f"pause:campaign:{JOURNEY}"


@dataclass(frozen=True, slots=True)
class AdvanceDeps:
    store: Store
    hot: HotStore
    says: Says


@dataclass(frozen=True, slots=True)
class Advanced:
    """People looked at, messages planned, ways that ended by how. unsaid: contents that are not there;
    broken: versions that can't be read."""

    people: int = 0
    messages: int = 0
    ended: Mapping[str, int] = field(default_factory=dict)
    unsaid: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


async def advance_due(
    deps: AdvanceDeps, now_ms: int, limit: int = PAGE, guard: Guard | None = None
) -> Advanced:
    """Look at no more than `limit` ways; `people` = 0 when none is due. Paused journeys stand still."""
    async with deps.store.transaction() as tx:
        if guard is not None and not await guard(tx):
            return Advanced()
        paused = [
            name.removeprefix(_PAUSE) for name in await tx.control.switches() if name.startswith(_PAUSE)
        ]
        due = await tx.journeys.due(now_ms, limit, paused)
        if not due:
            return Advanced()
        books = await Books.of(tx, due)
        records = await tx.people.load(sorted({one.person_no for one in due}))
        inside = _inside(due, books, records)
        written = await _look(deps, tx, inside, records, now_ms)
        broken = [one for one in due if books.get(one) is None]
        await tx.journeys.save([replace(one, due_ms=now_ms + BROKEN_MS) for one in broken])
        ended = [one for one in _after(inside, written) if one.state != ACTIVE]
        events = [left_event(one, now_ms) for one in ended]
        recorded = await record(tx, events, now_ms, loaded=records)
    await show(deps.hot, recorded)
    return Advanced(
        people=len(due),
        messages=sum(m.state is State.PLANNED for one in written for m in one.messages),
        ended=dict(sorted(Counter(one.state for one in ended).items())),
        unsaid=tuple(sorted({name for one in written for name in one.unsaid})),
        broken=tuple(sorted({f"{one.journey} {one.version}" for one in broken})),
    )


def _inside(
    due: Sequence[Enrolment], books: Books, records: Mapping[int, PersonRecord]
) -> list[tuple[Enrolment, Journey]]:
    """Those of whom the journey and the person are known."""
    found = [(one, books.get(one)) for one in due if one.person_no in records]
    return [(one, journey) for one, journey in found if journey is not None]


async def _look(
    deps: AdvanceDeps,
    tx: Transaction,
    inside: Sequence[tuple[Enrolment, Journey]],
    records: Mapping[int, PersonRecord],
    now_ms: int,
) -> list[Written]:
    """Everybody goes on; what is sent is in the ledger, what is over is withdrawn."""
    facts = await facts_of(tx, inside, records, now_ms)
    people = [
        Person(journey, records[one.person_no], known)
        for (one, journey), known in zip(inside, facts, strict=True)
    ]
    written = [
        Written(walk(person.journey, way_of(one), person.facts, now_ms))
        for (one, _), person in zip(inside, people, strict=True)
    ]
    senders = sorted({one.turn.way.person_no for one in written if one.turn.send is not None})
    if senders:
        desk = await Desk.of(tx, deps.says, senders, now_ms)
        written = [write(desk, person, one.turn) for one, person in zip(written, people, strict=True)]
    await tx.ledger.add([message for one in written for message in one.messages], now_ms)
    await tx.journeys.save(_after(inside, written))
    await tx.ledger.move(
        [move for one, p in zip(written, people, strict=True) for move in _withdrawn(one, p)]
    )
    reached: Counter[tuple[str, int, str]] = Counter()
    for (one, _), after in zip(inside, written, strict=True):
        reached.update((one.journey, one.version, step) for step in after.turn.passed)
    await count_reached(tx, reached)
    return written


def _after(inside: Sequence[tuple[Enrolment, Journey]], written: Sequence[Written]) -> list[Enrolment]:
    """Where everybody is then."""
    return [
        replace(
            one,
            step=after.turn.way.step,
            due_ms=after.turn.due_ms,
            state=after.turn.state,
            reason=after.turn.reason,
            changed_ms=after.turn.way.arrived_ms,
        )
        for (one, _), after in zip(inside, written, strict=True)
    ]


def _withdrawn(written: Written, person: Person) -> list[Move]:
    if written.turn.state == ACTIVE:
        return []
    rows = person.facts.rows.values()
    return [
        Move(row.id, State(row.state), State.SUPPRESSED, reason=OVER)
        for row in rows
        if State(row.state) in OPEN
    ]


def left_event(one: Enrolment, now_ms: int) -> PersonEvent:
    """The end of a way, as an event of the person."""
    key = f"journey_left:{one.journey}:{one.person_no}:{one.run}"
    props: dict[str, Scalar] = {"journey": one.journey, "run": one.run, "how": one.state, "step": one.step}
    return PersonEvent(one.person_no, Event(key, now_ms, "journey_left", 0, props))


async def take_out(
    tx: Transaction, enrolments: Sequence[Enrolment], reason: str, now_ms: int
) -> list[Enrolment]:
    """End these ways because somebody says so, and withdraw what still waited; those that were under way."""
    active, loaded = await still_inside(tx, enrolments)
    out = [replace(one, state=EXITED, reason=reason, due_ms=0, changed_ms=now_ms) for one in active]
    await tx.journeys.save(out)
    for one in out:
        await withdraw(tx, one)
    await record(tx, [left_event(one, now_ms) for one in out], now_ms, loaded=loaded)
    return out


async def withdraw(tx: Transaction, one: Enrolment, keep: str = "") -> None:
    """Nothing that waits of this run leaves any more, but for the step to keep."""
    rows = await tx.journeys.sends(campaign_of(one.journey), [one.person_no])
    mine = [row for row in rows if row.step.startswith(step_of(one.run, "")) and State(row.state) in OPEN]
    dropped = [row for row in mine if row.step != step_of(one.run, keep)]
    await tx.ledger.move([Move(row.id, State(row.state), State.SUPPRESSED, reason=OVER) for row in dropped])
