"""The door is asked about messages in line, of people and of groups, in the transaction that acts on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

import numpy as np

from core.consent import DoorAsk, Reason, Verdicts, may_contact
from core.flow.deliver.parking import note_parked, pauses_of
from core.flow.deliver.values import DeliverDeps
from core.ledger import BROADCAST, HELD, JOURNEY, Message, Move, State
from core.ports import PersonRecord, Transaction
from core.posting import PostAsk, may_post
from core.strategy import Caps, Pace, Strategy

HOUR_MS: Final = 3_600_000
LOOK_BACK_MS: Final = 31 * 24 * HOUR_MS
AT_LEAST_MS: Final = 60_000
"""Whoever is held asks again after this time at the earliest."""
_STRICT: Final = Pace(period_days=7, daily_limit=1, cooldown_h=72)
"""For a message whose segment has no strategy any more."""
_PACE: Final = (
    Reason.DAILY_LIMIT | Reason.COOLDOWN | Reason.FREQUENCY | Reason.PERSON_CAP_DAY | Reason.PERSON_CAP_WEEK
)
"""What holds a message because of one that went before it."""
_OVER: Final = Reason(0)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the door said about one message: no reasons = it may go (to `chat_id`); `until_ms`: as in
    `Verdicts`."""

    message: Message
    reasons: Reason
    until_ms: int
    chat_id: int
    record: PersonRecord | None = None

    def allowed(self, now_ms: int) -> bool:
        """Whether it may go, and its time is not over."""
        return not self.reasons and self.message.expires_ms > now_ms


async def judge(deps: DeliverDeps, tx: Transaction, rows: Sequence[Message], now_ms: int) -> list[Judged]:
    """Ask the door about each of these messages; the answers in their order."""
    people = [m for m in rows if not m.group_no]
    groups = [m for m in rows if m.group_no]
    found = {one.message.id: one for one in await _people(deps, tx, people, now_ms)}
    found |= {one.message.id: one for one in await _groups(deps, tx, groups, now_ms)}
    return [found[m.id] for m in rows]


async def _people(
    deps: DeliverDeps, tx: Transaction, rows: Sequence[Message], now_ms: int
) -> Iterable[Judged]:
    if not rows:
        return ()
    numbers = [m.person_no for m in rows]
    records = await tx.people.load(numbers)
    facts = await tx.door_facts(numbers, [m.bot_id for m in rows], now_ms, records)
    ask = question(rows, await tx.knowledge.strategies(), caps=deps.caps, plain=deps.plain)
    verdicts = may_contact(facts, ask, now_ms)
    chats = [m.chat_id for m in rows]
    return _judged(rows, verdicts, chats, records)


async def _groups(
    deps: DeliverDeps, tx: Transaction, rows: Sequence[Message], now_ms: int
) -> Iterable[Judged]:
    if not rows:
        return ()
    facts = await tx.post_facts([m.group_no for m in rows], [m.bot_id for m in rows], now_ms)
    ask = PostAsk(tuple(m.campaign for m in rows), tuple(m.segment for m in rows), deps.posts)
    chats = [chat or m.chat_id for chat, m in zip(facts.chat_id.tolist(), rows, strict=True)]
    return _judged(rows, may_post(facts, ask, now_ms), chats, {})


def _judged(
    rows: Sequence[Message],
    verdicts: Verdicts,
    chats: Sequence[int],
    records: Mapping[int, PersonRecord],
) -> list[Judged]:
    said = zip(rows, verdicts.reasons.tolist(), verdicts.until_ms.tolist(), chats, strict=True)
    return [Judged(m, Reason(why), until, chat, records.get(m.person_no)) for m, why, until, chat in said]


def question(
    rows: Sequence[Message], strategies: Mapping[str, Strategy], *, caps: Caps, plain: Pace
) -> DoorAsk:
    """What the door is asked about these messages to people."""
    paces = [pace_of(m, strategies, plain) for m in rows]
    ages = tuple(_ages(m) for m in rows) if any("ages" in m.body for m in rows) else ()
    return DoorAsk(
        tuple(m.campaign for m in rows),
        np.array([pace.period_days for pace in paces], np.int64),
        np.array([pace.daily_limit for pace in paces], np.int64),
        np.array([pace.cooldown_h * HOUR_MS for pace in paces]).astype(np.int64),
        np.ones(len(rows), np.bool_),
        caps,
        tuple(m.kind for m in rows),
        tuple(m.segment for m in rows),
        ages,
    )


def pace_of(message: Message, strategies: Mapping[str, Strategy], plain: Pace) -> Pace:
    """By which pace a message is judged: the optimizer's by the one in force, what operators send by the
    ceiling of the sending segment, and what goes to people in no segment by the plain one."""
    if not message.segment:
        return plain
    strategy = strategies.get(message.segment)
    if strategy is None:
        return _STRICT
    by_operators = message.campaign.startswith((BROADCAST, JOURNEY))
    return strategy.ceiling if by_operators else strategy.pace


def _ages(message: Message) -> tuple[int, int]:
    least, most = cast("Sequence[int]", message.body.get("ages", (0, 0)))
    return least, most


async def refused(tx: Transaction, judged: Sequence[Judged], now_ms: int) -> list[Move]:
    """The moves of those that may not go now: they wait, expire or are suppressed, each with its reason."""
    shut = [one for one in judged if not one.allowed(now_ms)]
    held = [one for one in shut if one.reasons & _PACE and not one.message.group_no]
    before = await _went_before(tx, sorted({one.message.person_no for one in held}), now_ms)
    moves = [_move(one, now_ms, before.get(one.message.person_no, "")) for one in shut]
    waits = {move.id for move in moves if move.new is State.PLANNED}
    await note_parked(tx, [(one.message, one.reasons) for one in shut if one.message.id in waits])
    return moves


async def _went_before(tx: Transaction, people: Sequence[int], now_ms: int) -> dict[int, str]:
    """In words the message that each of these people got last."""
    if not people:
        return {}
    recent = await tx.ledger.recent_campaigns(people, now_ms - LOOK_BACK_MS)
    return {m.person_no: f", after message {m.id} ({m.campaign})" for m in recent}


def _move(one: Judged, now_ms: int, before: str) -> Move:
    message, names = one.message, words(one.reasons)
    if message.expires_ms <= now_ms:
        return Move(message.id, message.state, State.EXPIRED, reason=f"its time was over{_parked(message)}")
    if not one.until_ms:
        return Move(message.id, message.state, State.SUPPRESSED, reason=names)
    until_ms = max(one.until_ms, now_ms + AT_LEAST_MS)
    pauses = pauses_of(message, one.reasons)
    after = before if one.reasons & _PACE and not pauses else ""  # a name in it could be taken for a pause
    if until_ms >= message.expires_ms:
        return Move(message.id, message.state, State.EXPIRED, reason=names + after)
    reason = f"{message.reason.partition(HELD)[0]}{HELD}{names}{after}"
    due_ms = message.expires_ms if pauses else until_ms
    return Move(message.id, message.state, State.PLANNED, reason=reason, due_ms=due_ms)


def _parked(message: Message) -> str:
    """What a pause has held until its time was over says so."""
    return f"{HELD}{message.reason.partition(HELD)[2]}" if message.parked else ""


def words(reasons: Reason) -> str:
    """The names of the reasons, as the ledger keeps them."""
    return " ".join(str(reason.name).lower() for reason in reasons)
