"""Columns of invented people for the tests of learning and planning."""

from __future__ import annotations

import numpy as np

from core.learning.features import DAY_MS, HOUR_MS, HOURS, Layout, Situation
from core.plan import PlanColumns

LAYOUT = Layout(("ENGAGED", "COLD_LEAD"), ("offer", "news", "poll"))
NOW = 20_000 * DAY_MS + 6 * HOUR_MS


def situation(people: int, *, peak: int = 18, sent_days_ago: float | None = None, seed: int = 3) -> Situation:
    """Active people with a favourite UTC hour, and one earlier message where wanted."""
    dice = np.random.default_rng(seed)
    hours = np.arange(HOURS)
    away = np.minimum((hours - peak) % HOURS, (peak - hours) % HOURS)
    activity = 20 * np.exp(-0.5 * (away / 1.5) ** 2) + 0.1
    kinds = len(LAYOUT.kinds)
    recent = np.zeros((people, 2), dtype=np.int64)
    if sent_days_ago is not None:
        recent[:, 1] = NOW - round(sent_days_ago * DAY_MS)
    return Situation(
        now_ms=NOW,
        confidence=dice.random((people, len(LAYOUT.segments))),
        hour_activity=np.tile(activity, (people, 1)),
        hour_prior=np.full((people, HOURS), 1 / HOURS),
        kind_sent=np.floor(dice.random((people, kinds)) * 6),
        kind_answered=np.zeros((people, kinds)),
        slot_sent=np.zeros((people, HOURS)),
        slot_answered=np.zeros((people, HOURS)),
        recent_ms=recent,
        kind_recent=np.zeros((people, kinds)),
        ignored=np.floor(dice.random(people) * 3),
        intent=dice.random(people),
        unseen_days=dice.random(people),
        premium=np.zeros(people),
    )


def columns(known: Situation, slots: int = 24) -> PlanColumns:
    """Everything open, at a generous pace."""
    people = len(known.intent)
    ones = np.ones(people, dtype=np.int64)
    return PlanColumns(
        person_no=np.arange(people),
        segment=ones * 0,
        situation=known,
        open_slots=np.ones((people, slots), dtype=np.bool_),
        allowed_kinds=np.ones((people, len(LAYOUT.kinds)), dtype=np.bool_),
        period_days=ones,
        daily_limit=ones * 3,
        cooldown_ms=ones * HOUR_MS,
    )
