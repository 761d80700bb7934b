"""Records are folds of events: when the layout of stored states changes, all are folded again.

Promises: done once per layout, at the first opening by a program that knows it, in batches that commit with
the place behind them; interrupted, it goes on there. Several that open at once take turns.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Update, bindparam, update

from adapters.codec import group_to_bytes, loads, state_to_bytes
from adapters.sql import tables
from adapters.sql.control import SqlControl
from adapters.sql.events import SqlEvents
from adapters.sql.groups import SqlGroups
from adapters.sql.numbers import next_numbers
from adapters.sql.people import SqlPeople
from adapters.sql.work import Work
from core.identity import Identity
from core.profile import GroupState, ProfileState, fold, fold_group, pack, pack_group, view, view_group

LAYOUT: Final = "3"
"""Raised with every change of `adapters.codec`'s layout of states, and of what `core.profile` folds."""
MARK: Final = "layout:records"
BATCH: Final = 200

PERSON: Final = tables.table(tables.Person)
GROUP: Final = tables.table(tables.Group)
_SEGMENTS: Final = (
    PERSON.select().with_only_columns(PERSON.c.segments).where(PERSON.c.person_no == bindparam("of_no"))
)
_PUT_PERSON: Final = (
    update(PERSON)
    .where(PERSON.c.person_no == bindparam("of_no"))
    .values(
        state=bindparam("new_state"),
        hot=bindparam("new_hot"),
        seq=bindparam("new_seq"),
        segment_after_ms=0,
        plan_after_ms=0,
    )
)
_PUT_GROUP: Final = (
    update(GROUP)
    .where(GROUP.c.group_no == bindparam("of_no"))
    .values(state=bindparam("new_state"), hot=bindparam("new_hot"), seq=bindparam("new_seq"))
)


async def fold_some(work: Work) -> bool:
    """Fold the next batch in this transaction; False when all have the layout of this program."""
    await work.alone("layout")
    control = SqlControl(work)
    mark = (await control.marks(MARK)).get(MARK, "")
    if mark == LAYOUT:
        return False
    target, _, place = mark.partition(":")
    after_person, _, after_group = (place if target == LAYOUT else "0/0").partition("/")
    people = await SqlPeople(work, _nobody).numbers(int(after_person), BATCH)
    groups = [] if people else await SqlGroups(work).numbers(int(after_group), BATCH)
    for number in people:
        await _person(work, number)
    for number in groups:
        await _group(work, number)
    if people:
        mark = f"{LAYOUT}:{people[-1]}/{after_group}"
    else:
        mark = f"{LAYOUT}:{after_person}/{groups[-1]}" if groups else LAYOUT
    await control.set_mark(MARK, mark)
    return mark != LAYOUT


def _nobody(_: Identity) -> bool:
    return False


async def _person(work: Work, number: int) -> None:
    events = [item.event for item in await SqlEvents(work).all_of_person(number)]
    state = fold(ProfileState(), events)
    segments = loads(await work.value(_SEGMENTS, {"of_no": number}))
    shown = pack(view(number, state, state.last_ms), segments)
    await _put(work, _PUT_PERSON, (number, state_to_bytes(state), shown))


async def _group(work: Work, number: int) -> None:
    events = [item.event for item in await SqlEvents(work).all_of_group(number)]
    state = fold_group(GroupState(), events)
    counts = (await SqlGroups(work).member_counts([number])).get(number, (0, 0))
    shown = pack_group(view_group(number, state, counts, state.last_ms))
    await _put(work, _PUT_GROUP, (number, group_to_bytes(state), shown))


async def _put(work: Work, statement: Update, row: tuple[int, bytes, str]) -> None:
    number, state, shown = row
    values = {"of_no": number, "new_state": state, "new_hot": shown}
    await work.run(statement, values | {"new_seq": await next_numbers(work, "seq", 1)})
