"""Asks the door about one person now, as the planner would, and puts its answer into words.

The door itself is `core.consent.may_contact`; this only gathers what it wants to know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.views import Door
from core.consent import DoorAsk, explain, may_contact
from core.ports import PersonRecord, Transaction
from core.profile import Profile
from core.strategy import Strategy

if TYPE_CHECKING:
    from app.workspace import Workspace

CAMPAIGN = "opt"
"""The campaign of the optimizer's messages."""
HOUR_MS = 3_600_000
NO_SEGMENT = "in no segment, so nothing is planned"
NO_BOT = "has never spoken with a bot"


async def ask_door(tx: Transaction, space: Workspace, record: PersonRecord, profile: Profile) -> Door:
    """The door's answer for the segment that would write and the bot with which the person last spoke."""
    live = {spec.name: spec.strategy for spec in space.specs} | await tx.knowledge.strategies()
    strategy = sending_strategy(record, live)
    if strategy is None or not profile.last_bot:
        missing = (NO_SEGMENT if strategy is None else "", "" if profile.last_bot else NO_BOT)
        return Door(
            False, tuple(filter(None, missing)), 0, strategy.segment if strategy else "", profile.last_bot
        )
    now_ms = space.clock.now_ms()
    facts = await tx.door_facts([record.person_no], [profile.last_bot], now_ms)
    pace = strategy.pace
    question = DoorAsk(
        campaign=(CAMPAIGN,),
        period_days=np.array([pace.period_days], dtype=np.int64),
        daily_limit=np.array([pace.daily_limit], dtype=np.int64),
        cooldown_ms=np.array([int(pace.cooldown_h * HOUR_MS)], dtype=np.int64),
        content_ok=np.array([True]),
        caps=space.caps,
    )
    verdict = may_contact(facts, question, now_ms)
    reasons, until_ms = int(verdict.reasons[0]), int(verdict.until_ms[0])
    words = tuple(explain(reasons, until_ms, "en")) if reasons else ()
    return Door(bool(verdict.allowed[0]), words, until_ms, strategy.segment, profile.last_bot)


def sending_strategy(record: PersonRecord, live: dict[str, Strategy]) -> Strategy | None:
    """The strategy of the segment with the largest priority x confidence; ties by name."""
    ranked = [
        (-live[name].priority * confidence, name)
        for name, confidence in record.segments.items()
        if name in live
    ]
    return live[min(ranked)[1]] if ranked else None
