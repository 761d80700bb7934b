"""Events are stored and folded; the records that changed are shown after the commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from core.errors import HotStoreError
from core.event import PersonEvent
from core.intake.groups import absorb_groups
from core.intake.origin import NOWHERE, Origin
from core.intake.people import changed, consents, packed, reaches
from core.ports import GroupRecord, HotRow, HotStore, PersonRecord, Transaction


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was new, and the records whose hot profile is another one after it. `gone`: groups that are no
    more."""

    fresh: tuple[PersonEvent, ...]
    records: tuple[PersonRecord, ...]
    groups: tuple[GroupRecord, ...] = ()
    gone: tuple[HotRow, ...] = ()


async def record(
    tx: Transaction,
    events: Sequence[PersonEvent],
    now_ms: int,
    origin: Origin = NOWHERE,
    *,
    loaded: Mapping[int, PersonRecord] | None = None,
    finish: Callable[[PersonRecord], PersonRecord] | None = None,
) -> Recorded:
    """Store the events and absorb those that are new. Where the records are given, people without one were
    forgotten meanwhile: what is said of them is left out."""
    if loaded is not None:
        events = [item for item in events if not item.person_no or item.person_no in loaded]
    return await absorb(tx, await store(tx, events), now_ms, origin, loaded=loaded, finish=finish)


async def store(tx: Transaction, events: Sequence[PersonEvent]) -> tuple[PersonEvent, ...]:
    """Store the events; return those that were new. Whoever stores must absorb in the same transaction."""
    is_new = await tx.events.append(events)
    return tuple(event for event, new in zip(events, is_new, strict=True) if new)


async def absorb(
    tx: Transaction,
    fresh: Sequence[PersonEvent],
    now_ms: int,
    origin: Origin = NOWHERE,
    *,
    loaded: Mapping[int, PersonRecord] | None = None,
    finish: Callable[[PersonRecord], PersonRecord] | None = None,
) -> Recorded:
    """Fold new events into their people and groups, and write the consent, reach and memberships that follow.

    People whose record changed become due for segmentation and planning at once. `loaded`: the records of all
    these people, if the step has read them in this transaction; `finish`: what it makes of each after its
    events, then all of them are saved."""
    by_person: dict[int, list[PersonEvent]] = {}
    shown: set[int] = set()
    for item in fresh:
        if item.person_no:
            by_person.setdefault(item.person_no, []).append(item)
    if loaded is None:
        loaded = await tx.people.load(sorted(by_person))
    after = {no: changed(loaded[no], news, origin.senders) for no, news in by_person.items()}
    if finish is not None:
        after = {no: finish(after.get(no, item)) for no, item in loaded.items()}
    else:
        shown = {no for no, item in after.items() if item.hot}
    records = await tx.people.save(
        [item if no in shown else packed(item, now_ms) for no, item in sorted(after.items())]
    )
    await tx.people.set_reach(reaches(fresh, origin.senders))
    await tx.people.change_consent(consents(fresh))
    groups = await absorb_groups(tx, fresh, now_ms, origin.places)
    changed_hot = tuple(one for one in records if one.person_no not in shown)
    return Recorded(tuple(fresh), changed_hot, tuple(groups))


async def show(hot: HotStore, recorded: Recorded) -> None:
    """Write the records through to the hot store, after the commit.

    Its absence must not stop anybody: the watch notices that it is behind and repairs it from SQL."""
    people = [HotRow(one.person_no, one.seq, one.hot) for one in recorded.records]
    groups = [*(HotRow(one.group_no, one.seq, one.hot) for one in recorded.groups), *recorded.gone]
    try:
        if people:
            await hot.write(people)
        if groups:
            await hot.write_groups(groups)
    except HotStoreError:
        return
