"""The demo's closing document: what happened, by the product's own books and by the referee's verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.event import CONVERSION_KINDS
from core.experiment import Sample, lift
from core.ports import PersonRecord, Store
from sandbox.referee import Verdict

DAY_MS = 86_400_000
PAGE = 2_000


@dataclass(frozen=True, slots=True)
class Span:
    """The simulated run: seed, length, its first moment, and how many updates came in while it ran."""

    seed: int
    days: float
    people: int
    start_ms: int
    updates: int


async def summarise(store: Store, span: Span, verdict: Verdict) -> dict[str, Any]:
    """Everything but the seconds. Figures are those of the run itself, without the imported history."""
    async with store.transaction(write=False) as tx:
        events = await tx.events.counts(span.start_ms)
        messages = await tx.ledger.counts("campaign")
        sizes = await tx.people.segment_sizes()
    treated, control = await _arms(store, span.start_ms // DAY_MS)
    sent, responses = messages.get("sent", 0), events.get("campaign_answered", 0)
    return {
        "simulated": True,
        "seed": span.seed,
        "days": span.days,
        "people": span.people,
        "updates": span.updates,
        "events": sum(events.values()),
        "messages": dict(sorted(messages.items())),
        "responses": responses,
        "conversions": sum(events.get(kind, 0) for kind in CONVERSION_KINDS),
        "blocks": events.get("bot_blocked", 0),
        "erased": dict(verdict.erased),
        "segments": dict(sorted(sizes.items())),
        "response_rate": round(responses / sent, 4) if sent else None,
        "holdout": {"people": control.people, "conversions_per_person": round(control.mean, 4)},
        "lift": _lift(treated, control),
        "violations": dict(verdict.violations),
        "quiet_hours_estimated": dict(verdict.quiet_hours_estimated),
    }


async def _arms(store: Store, first_day: int) -> tuple[Sample, Sample]:
    """Conversions per person since the first day: those who may be written to, and the holdout."""
    figures: dict[bool, list[float]] = {False: [], True: []}
    after = 0
    while True:
        async with store.transaction(write=False) as tx:
            numbers = await tx.people.numbers(after, PAGE)
            records = await tx.people.load(numbers)
        if not numbers:
            return Sample.of(figures[False]), Sample.of(figures[True])
        for number in numbers:
            figures[records[number].holdout].append(_conversions(records[number], first_day))
        after = numbers[-1]


def _conversions(record: PersonRecord, first_day: int) -> float:
    days: Mapping[int, Mapping[str, int]] = record.state.days
    since = [counts for day, counts in days.items() if day >= first_day]
    return float(sum(counts.get(kind, 0) for counts in since for kind in CONVERSION_KINDS))


def _lift(treated: Sample, control: Sample) -> dict[str, Any]:
    """Difference of conversions per person with an interval that stays valid under peeking; None: too few."""
    found = lift(treated, control)
    shown: dict[str, Any] = {
        "what": "conversions per person, optimised minus holdout",
        "optimised": round(treated.mean, 4),
        "people": treated.people,
    }
    if found is None:
        return shown | {"difference": None, "low": None, "high": None}
    return shown | {
        "difference": round(found.difference, 4),
        "low": round(found.low, 4),
        "high": round(found.high, 4),
    }
