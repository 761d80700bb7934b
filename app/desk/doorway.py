"""Asks the door about one person now, as the planner and the sender would, and puts its answers into words.

The door itself is `core.consent.may_contact`; this only gathers what it wants to know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from app.desk.views import Door, Hold, Waiting
from core.consent import DoorAsk, DoorFacts, Reason, explain, held_by, may_contact
from core.content import KINDS
from core.flow.deliver import question
from core.ledger import OPEN, Message, MessageClass, place_of
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
CURES: Final[Mapping[Reason, str]] = {
    Reason.NO_CONSENT: "the person says yes: the buttons after /start, or /preferences",
    Reason.BLOCKED: "the person unblocks the bot and writes to it",
    Reason.GONE: "nothing: the account is no more",
    Reason.NOT_STARTED: "the person starts the bot",
    Reason.HOLDOUT: "nothing: the control group gets no campaigns, so that the others can be compared",
    Reason.KILL_SWITCH: "manage_crm.py delivery resume",
    Reason.BOT_PAUSED: "manage_crm.py delivery resume --bot ID",
    Reason.CAMPAIGN_PAUSED: "manage_crm.py delivery resume --campaign NAME",
    Reason.SEGMENT_PAUSED: "manage_crm.py delivery resume --segment NAME",
    Reason.EXCLUDED: "manage_crm.py lists remove LIST PERSON",
    Reason.DAILY_LIMIT: "time, or a higher daily limit of the segment's strategy",
    Reason.COOLDOWN: "time, or a shorter cooldown of the segment's strategy",
    Reason.FREQUENCY: "time, a closer frequency of the strategy, or another wish of the person",
    Reason.PERSON_CAP_DAY: "time, or a higher delivery.per_day in config.yaml",
    Reason.PERSON_CAP_WEEK: "time, or a higher delivery.per_week in config.yaml",
    Reason.QUIET_HOURS: "time; a named timezone or a sign of life at this hour opens more of the day",
    Reason.CONTENT: "a content in a language that the person reads",
    Reason.TOPIC: "the person wants messages of this kind again (/preferences)",
    Reason.HALTED: "time",
    Reason.RELATION: "time, or another span of days in the content",
}
"""What would have to change, by reason."""


async def ask_door(tx: Transaction, space: Workspace, record: PersonRecord, profile: Profile) -> Door:
    """The door's answer for the segment that would write and the bot with which the person last spoke."""
    strategy = sending_strategy(record, space.specs, await tx.knowledge.strategies())
    if not profile.last_bot:
        return Door(False, (NO_BOT,), 0, strategy.segment if strategy else "", 0)
    now_ms = space.clock.now_ms()
    facts = await tx.door_facts([record.person_no], [profile.last_bot], now_ms)
    pace = (strategy or space.specs[-1].strategy).pace
    ask = DoorAsk(
        campaign=(CAMPAIGN,),
        period_days=np.array([pace.period_days], dtype=np.int64),
        daily_limit=np.array([pace.daily_limit], dtype=np.int64),
        cooldown_ms=np.array([int(pace.cooldown_h * HOUR_MS)], dtype=np.int64),
        content_ok=np.array([True]),
        caps=space.caps,
        kind=(_kind(facts.wishes),),
        segment=(strategy.segment if strategy else "",),
    )
    verdict = may_contact(facts, ask, now_ms)
    reasons, until_ms = int(verdict.reasons[0]), int(verdict.until_ms[0])
    words = tuple(explain(reasons, 0, "en")) if reasons else ()
    if not allowed_hours(facts.quiet).any():
        words, until_ms = (*words, NO_HOUR), 0
    if strategy is None:
        return Door(False, (NO_SEGMENT, *words), 0, "", profile.last_bot)
    holds = _holds(facts, ask, now_ms, 0)
    return Door(bool(verdict.allowed[0]), words, until_ms, strategy.segment, profile.last_bot, holds)


async def competing(tx: Transaction, space: Workspace, messages: Iterable[Message]) -> tuple[Waiting, ...]:
    """Of a person's messages those that wait, in the order in which they would go, each with what holds it
    now. The order is that of their places in line: what is important goes first, and whoever waits long comes
    to the front by itself."""
    open_ = sorted(
        (m for m in messages if m.state in OPEN and m.cls is MessageClass.CAMPAIGN and not m.group_no),
        key=lambda m: (m.place or place_of(m.priority, m.due_ms), m.id),
    )
    if not open_:
        return ()
    now_ms = space.clock.now_ms()
    facts = await tx.door_facts([m.person_no for m in open_], [m.bot_id for m in open_], now_ms)
    strategies = await tx.knowledge.strategies()
    ask = question(open_, strategies, caps=space.caps, plain=space.sending.plain)
    allowed = may_contact(facts, ask, now_ms).allowed
    return tuple(
        Waiting(m, place + 1, bool(allowed[place]), _holds(facts, ask, now_ms, place))
        for place, m in enumerate(open_)
    )


def _holds(facts: DoorFacts, ask: DoorAsk, now_ms: int, row: int) -> tuple[Hold, ...]:
    return tuple(
        Hold(explain(int(reason), 0)[0], until_ms, CURES.get(reason, ""))
        for reason, until_ms in held_by(facts, ask, now_ms, row)
    )


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
