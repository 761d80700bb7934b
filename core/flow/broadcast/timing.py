"""When each person of an audience gets it: at once, at their best hour, or at a time on their own clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.broadcast import When
from core.consent import DoorAsk, DoorFacts, may_contact_at
from core.content import KINDS
from core.learning.features import HOUR_MS, Ints, Layout, observe
from core.learning.model import Model, predict
from core.learning.situation import SURE_ZONE, Known, situation_of
from core.ledger import Message
from core.limits import DAY_MS
from core.ports import PersonRecord, Transaction
from core.profile import ProfileState, view
from core.scores import declared_zone, estimate_timezone, zone_offset_min
from core.strategy import Strategy

MODEL = "response"
MINUTE_MS = 60_000
MEMORY_MS = 30 * DAY_MS


async def due_moments(
    tx: Transaction,
    when: When,
    moments: tuple[int, int],
    records: Sequence[PersonRecord],
    door: tuple[DoorFacts, DoorAsk],
) -> Ints:
    """int64[n]: when each of these people's messages are due. `moments`: the occurrence, and now."""
    slot_ms, now_ms = moments
    if when.local_min >= 0:
        due = [_own_clock(record.state, when.local_min, slot_ms) for record in records]
        return np.array(due, dtype=np.int64)
    if when.best_h and records:
        start_ms = max(slot_ms, now_ms)
        hours = max(1, -(-(slot_ms + when.best_h * HOUR_MS - start_ms) // HOUR_MS))
        return await _best_hours(tx, (start_ms, hours), records, door)
    return np.full(len(records), max(slot_ms, now_ms), dtype=np.int64)


def _own_clock(state: ProfileState, minute: int, slot_ms: int) -> int:
    """The next time, from the occurrence on, that the person's clock shows this minute of the day; UTC where
    nothing is known of their clock."""
    due_ms = _next_local(slot_ms, minute, _offset_min(state, slot_ms))
    return _next_local(slot_ms, minute, _offset_min(state, due_ms))  # it may change in between


def _next_local(slot_ms: int, minute: int, offset_min: int) -> int:
    wanted_ms = (minute - offset_min) * MINUTE_MS
    return slot_ms + (wanted_ms - slot_ms) % DAY_MS


def _offset_min(state: ProfileState, at_ms: int) -> int:
    declared = declared_zone(state)
    if declared:
        return zone_offset_min(declared, at_ms)
    offset, confidence = estimate_timezone(state, at_ms)
    return offset if confidence >= SURE_ZONE else 0


async def _best_hours(
    tx: Transaction,
    window: tuple[int, int],
    records: Sequence[PersonRecord],
    door: tuple[DoorFacts, DoorAsk],
) -> Ints:
    """Of the hours that the door leaves open the one that promises most, by the model in force; before any is
    learned that is the hour in which the person is most active. Where none is open, the first."""
    start_ms, hours = window
    strategies = await tx.knowledge.strategies()
    layout = Layout(tuple(strategies), KINDS)
    model = await _model(tx, layout, strategies)
    messages: dict[int, list[Message]] = {}
    for message in await tx.ledger.recent_campaigns([r.person_no for r in records], start_ms - MEMORY_MS):
        messages.setdefault(message.person_no, []).append(message)
    people = [
        Known(view(r.person_no, r.state, start_ms), r.state, r.segments, messages.get(r.person_no, ()))
        for r in records
    ]
    situation = situation_of(model.layout, people, start_ms)
    seen = observe(situation, model.counted.base_rate)
    parts = predict(model, seen, situation.now_ms // HOUR_MS % 24, hours)
    moments = [max(situation.now_ms + hour * HOUR_MS, start_ms) for hour in range(hours)]
    score = np.where(may_contact_at(*door, moments), parts.hour + parts.worn, -np.inf)
    best = score.argmax(axis=1)
    spread = np.array([r.person_no * 2_654_435_761 % 3_300 for r in records], dtype=np.int64) * 1000
    due = situation.now_ms + best * HOUR_MS + spread
    found: Ints = np.maximum(due, start_ms)
    return found


async def _model(tx: Transaction, layout: Layout, strategies: Mapping[str, Strategy]) -> Model:
    kept = await tx.knowledge.model(MODEL)
    return Model.from_body(kept.body) if kept is not None else Model.cold(layout, strategies)
