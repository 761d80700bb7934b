"""People whose record changed, or whose time has come, are assessed again: memberships and their events.

Entering and leaving are events of the person, stored and folded in the same transaction as the membership.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.event import Event, PersonEvent
from core.intake import record, show
from core.ports import Guard, HotStore, PersonRecord, Store
from core.profile import view
from core.segment import SegmentSpec, assess

RECHECK_MS = 6 * 3_600_000
"""A person without new events is assessed again after this time, because windows move on without events."""


@dataclass(frozen=True, slots=True)
class SegmentDeps:
    store: Store
    hot: HotStore
    specs: Sequence[SegmentSpec]


@dataclass(frozen=True, slots=True)
class Segmented:
    people: int = 0
    entered: int = 0
    left: int = 0


async def assess_due(
    deps: SegmentDeps, now_ms: int, limit: int = 500, guard: Guard | None = None
) -> Segmented:
    """Assess at most `limit` people; `people` = 0 when nobody was due (or the slot is taken)."""
    async with deps.store.transaction() as tx:
        if guard is not None and not await guard(tx):
            return Segmented()
        due = await tx.people.due_for_segments(now_ms, limit)
        if not due:
            return Segmented()
        loaded = await tx.people.load(due)
        fresh = {no: _memberships(deps.specs, item, now_ms) for no, item in loaded.items()}
        events = [event for no in due for event in _changes(loaded[no], fresh[no], now_ms)]

        def assessed(item: PersonRecord) -> PersonRecord:
            return replace(item, segments=fresh[item.person_no], segment_after_ms=now_ms + RECHECK_MS)

        recorded = await record(tx, events, now_ms, loaded=loaded, finish=assessed)
    await show(deps.hot, recorded)
    entered = sum(item.event.kind == "segment_entered" for item in events)
    return Segmented(len(due), entered, len(events) - entered)


def _memberships(specs: Sequence[SegmentSpec], item: PersonRecord, now_ms: int) -> dict[str, float]:
    profile = view(item.person_no, item.state, now_ms)
    found = assess(specs, profile)
    return {name: round(one.confidence, 3) for name, one in found.items() if one.member}


def _changes(item: PersonRecord, fresh: Mapping[str, float], now_ms: int) -> list[PersonEvent]:
    def event(kind: str, name: str, props: dict[str, str | int | float | bool | None]) -> PersonEvent:
        key = f"{kind}:{item.person_no}:{name}"
        return PersonEvent(item.person_no, Event(key, now_ms, kind, 0, {"segment": name} | props))

    entered = [event("segment_entered", n, {"confidence": fresh[n]}) for n in fresh if n not in item.segments]
    left = [event("segment_left", n, {}) for n in item.segments if n not in fresh]
    return entered + left
