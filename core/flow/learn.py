"""Outcomes become the next version of the model.

The model is fitted anew on the outcomes of the last weeks, from the cold belief: the decision log is the
truth, a model only its summary. Nothing is changed when nothing new has happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.content import KINDS
from core.learning.delay import HORIZON_MS
from core.learning.features import DAY_MS, Layout
from core.learning.fit import fit, outcomes_of
from core.learning.model import Model
from core.ports import Guard, ModelVersion, Outcome, Store, Transaction
from core.segment import SegmentSpec

MODEL = "response"
MEMORY_MS = 60 * DAY_MS
BLOCK_WINDOW_MS = 2 * DAY_MS
SALE_WINDOW_MS = 3 * DAY_MS


@dataclass(frozen=True, slots=True)
class LearnDeps:
    store: Store
    specs: Sequence[SegmentSpec]


@dataclass(frozen=True, slots=True)
class Learned:
    """The model's new version, or None when nothing new had happened; outcomes read."""

    model: ModelVersion | None
    outcomes: int


async def learn(deps: LearnDeps, now_ms: int, guard: Guard | None = None) -> Learned:
    """Fit the model on what came back and store it as the next version."""
    async with deps.store.transaction(write=False) as tx:
        sent = await tx.decisions.outcomes(now_ms - MEMORY_MS)
        blocked, converted = await _consequences(tx, sent)
        strategies = await tx.knowledge.strategies()
        kept = await tx.knowledge.model(MODEL)
    layout = Layout(tuple(spec.name for spec in deps.specs), KINDS)
    news = _newest_ms(sent, blocked, converted)
    model = None
    if sent and (kept is None or news > kept.at_ms or not _fits(kept, layout)):
        model = fit(Model.cold(layout, strategies), outcomes_of(layout, sent, blocked, converted), now_ms)
    async with deps.store.transaction() as tx:
        if guard is not None and not await guard(tx):
            return Learned(None, len(sent))
        if model is None:
            return Learned(None, len(sent))
        return Learned(await tx.knowledge.put_model(MODEL, model.to_body(), now_ms), len(sent))


def _newest_ms(sent: Sequence[Outcome], blocked: Mapping[int, int], converted: Mapping[int, int]) -> int:
    """Until when something new came in. Silence says more with every hour until the horizon of answers."""
    ends = [max(one.sent_ms + HORIZON_MS, one.answered_ms) for one in sent]
    return max([*ends, *blocked.values(), *converted.values()], default=0)


def _fits(kept: ModelVersion, layout: Layout) -> bool:
    """True if the model is about the segments of today."""
    return kept.body.get("segments") == list(layout.segments)


async def _consequences(
    tx: Transaction, sent: Sequence[Outcome]
) -> tuple[Mapping[int, int], Mapping[int, int]]:
    """(message id -> block, message id -> sale): what followed soon after the person's latest message."""
    records = await tx.people.load(sorted({one.person_no for one in sent}))
    blocked: dict[int, int] = {}
    converted: dict[int, int] = {}
    for one in sent:
        if one.person_no not in records:
            continue  # forgotten: the message counts, about nobody
        state = records[one.person_no].state
        block_ms = max((link.blocked_ms for link in state.bots.values()), default=0)
        sale_ms = state.latest.get("purchase", (0, ""))[0]
        if 0 < block_ms - one.sent_ms <= BLOCK_WINDOW_MS and not _later(state.sends, one.sent_ms, block_ms):
            blocked[one.message_id] = block_ms
        if 0 < sale_ms - one.sent_ms <= SALE_WINDOW_MS and not _later(state.sends, one.sent_ms, sale_ms):
            converted[one.message_id] = sale_ms
    return blocked, converted


def _later(sends: Sequence[int], after_ms: int, before_ms: int) -> bool:
    """True if another message stands between the two moments, and so nearer to what followed."""
    return any(after_ms < at_ms < before_ms for at_ms in sends)
