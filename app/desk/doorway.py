"""Asks the door about one person now, as the planner would, and puts its answer into words.

The door itself is `core.consent.may_contact`; this only gathers what it wants to know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from app.desk.views import Door
from core.consent import DoorAsk, explain, may_contact
from core.content import KINDS
from core.limits import Wishes, allowed_hours
from core.plan import choose_segment
from core.ports import PersonRecord, Transaction
from core.profile import Profile
from core.segment import SegmentSpec
from core.strategy import Strategy

if TYPE_CHECKING:
    from app.desk.workspace import Workspace

CAMPAIGN = "opt"
"""The campaign of the optimizer's messages."""
HOUR_MS = 3_600_000
NO_SEGMENT = "in no segment, so nothing is planned"
NO_HOUR = "neither a timezone nor an hour of recent activity is known; a word from the person helps"
NO_BOT = "has never spoken with a bot"


async def ask_door(tx: Transaction, space: Workspace, record: PersonRecord, profile: Profile) -> Door:
    """The door's answer for the segment that would write and the bot with which the person last spoke."""
    strategy = sending_strategy(record, space.specs, await tx.knowledge.strategies())
    if not profile.last_bot:
        return Door(False, (NO_BOT,), 0, strategy.segment if strategy else "", 0)
    now_ms = space.clock.now_ms()
    facts = await tx.door_facts([record.person_no], [profile.last_bot], now_ms)
    pace = (strategy or space.specs[-1].strategy).pace
    question = DoorAsk(
        campaign=(CAMPAIGN,),
        period_days=np.array([pace.period_days], dtype=np.int64),
        daily_limit=np.array([pace.daily_limit], dtype=np.int64),
        cooldown_ms=np.array([int(pace.cooldown_h * HOUR_MS)], dtype=np.int64),
        content_ok=np.array([True]),
        caps=space.caps,
        kind=(_kind(facts.wishes),),
    )
    verdict = may_contact(facts, question, now_ms)
    reasons, until_ms = int(verdict.reasons[0]), int(verdict.until_ms[0])
    words = tuple(explain(reasons, 0, "en")) if reasons else ()
    if not allowed_hours(facts.quiet).any():
        words, until_ms = (*words, NO_HOUR), 0
    if strategy is None:
        return Door(False, (NO_SEGMENT, *words), 0, "", profile.last_bot)
    return Door(bool(verdict.allowed[0]), words, until_ms, strategy.segment, profile.last_bot)


def _kind(wishes: Wishes) -> str:
    """A kind of content that the person wants; where every kind is muted, any."""
    wanted = wishes.unmuted(1, KINDS)[0]
    return KINDS[int(wanted.argmax())]


def sending_strategy(
    record: PersonRecord, specs: Sequence[SegmentSpec], live: Mapping[str, Strategy]
) -> Strategy | None:
    """The strategy in force of the segment that the planner would choose; None for people in no segment."""
    confidence = np.array([[record.segments.get(spec.name, 0.0) for spec in specs]], dtype=np.float64)
    priority = np.array([spec.strategy.priority for spec in specs], dtype=np.int64)
    best = int(choose_segment(confidence, priority)[0])
    return None if best < 0 else live.get(specs[best].name, specs[best].strategy)


def stopping(switches: Mapping[str, str], now_ms: int) -> dict[str, str]:
    """Of all durable switches those that stop delivery now."""
    return {
        name: f"until {_moment(int(value))}" if name.startswith("halt:") else value
        for name, value in switches.items()
        if name == "kill" or name.startswith("pause:") or (name.startswith("halt:") and int(value) > now_ms)
    }


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
