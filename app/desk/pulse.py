"""A quick look at a running installation, cheap enough to be taken several times a second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.ledger import Message, MessageClass
from core.ports import Decision, Store

MODEL = "response"
RECENT = 100
"""Sends whose predictions are held against what came."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """Figures of one moment. `events`: since the moment asked for; `latest`: campaign messages sent last;
    `predicted`, `answered`: shares over the `recent` sends before."""

    now_ms: int
    people: int
    segments: Mapping[str, int]
    states: Mapping[str, int]
    events: Mapping[str, int]
    latest: tuple[Message, ...]
    decisions: tuple[Decision, ...]
    model_version: int
    model_at_ms: int
    recent: int
    predicted: float
    answered: float


async def take_pulse(store: Store, since_ms: int, now_ms: int, shown: int = 4) -> Pulse:
    """Look once."""
    async with store.transaction(write=False) as tx:
        model = await tx.knowledge.model(MODEL)
        sent = await tx.ledger.last_sent(RECENT)
        return Pulse(
            now_ms=now_ms,
            people=await tx.people.count(),
            segments=await tx.people.segment_sizes(),
            states=await tx.ledger.counts(MessageClass.CAMPAIGN),
            events=await tx.events.counts(since_ms),
            latest=tuple(sent[:shown]),
            decisions=tuple(await tx.decisions.latest(shown)),
            model_version=model.version if model else 0,
            model_at_ms=model.at_ms if model else 0,
            recent=len(sent),
            predicted=sum(row.predicted for row in sent) / max(len(sent), 1),
            answered=sum(row.answered_ms > 0 for row in sent) / max(len(sent), 1),
        )
