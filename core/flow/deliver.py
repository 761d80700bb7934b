"""Waiting campaign messages go out: few at a time, each with a permit committed before it leaves.

    due rows -> pacer grants slots -> ONE transaction asks the door and marks `sending` (the permit)
             -> Telegram -> ONE transaction commits the outcomes and their events

Promises: nothing is sent without a permit from `may_contact` committed in the transaction that marks the row;
a permit older than 5 s is not used; what may have arrived is `unknown` and never sent again by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from core.consent import LASTING, DoorAsk, Reason, Verdicts, may_contact
from core.content import with_id
from core.errors import (
    HotStoreError,
    KairosError,
    RateLimitedError,
    RejectedError,
    StoreError,
    TransportError,
)
from core.event import Event, PersonEvent
from core.intake import arrived, record, sent_event, show
from core.ledger import (
    HELD,
    LEAVES_MS,
    PERMIT_VALID_MS,
    UNAUTHORIZED,
    Message,
    MessageClass,
    Move,
    State,
    end_of,
    proof,
)
from core.ports import Clock, HotStore, Lease, Messenger, Pacer, Receipt, Store, Transaction
from core.strategy import Caps, Pace, Strategy

BATCH = 50
MAX_ATTEMPTS = 5
UNAUTHORIZED_MS = 300_000
"""A bot whose token Telegram refuses is tried again after this time: its messages are not to blame."""
RETRY_S = (2, 10, 60, 300, 900)
"""Waiting times before the next try of a request that never left, in seconds."""
GONE = frozenset({"deactivated", "chat_not_found", "not_started"})


@dataclass(frozen=True, slots=True)
class DeliverDeps:
    store: Store
    hot: HotStore
    pacer: Pacer
    messenger: Messenger
    clock: Clock
    caps: Caps = field(default_factory=Caps)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round did; `wait_ms`: when it is worth looking again, 0 = at once."""

    sent: int = 0
    held: int = 0
    closed: int = 0
    wait_ms: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """How one request ended: a receipt, or the error it raised."""

    message: Message
    ended: Receipt | TransportError


async def deliver_due(deps: DeliverDeps, bot_id: int, lease: Lease) -> Delivered:
    """One round for one bot, by the process that holds the bot's lane."""
    now_ms = deps.clock.now_ms()
    async with deps.store.transaction() as tx:
        await tx.ledger.queue_due(bot_id, now_ms, 2_000)
        due = await tx.ledger.line(bot_id, BATCH)
        next_ms = None if due else await tx.ledger.next_due_ms(bot_id)
    if not due:
        return Delivered(wait_ms=max(1, next_ms - now_ms) if next_ms is not None else IDLE_MS)
    grant = await deps.pacer.grant(bot_id, [message.chat_id for message in due], now_ms)
    if not grant.slots:
        return Delivered(wait_ms=max(1, grant.retry_ms - now_ms))
    chosen = [message for message in due if message.chat_id in grant.slots]
    permitted, held, closed = await _permit(deps, chosen, lease)
    results = await asyncio.gather(
        *(_send(deps, message, grant.slots[message.chat_id]) for message in permitted)
    )
    await _commit(deps, bot_id, results)
    wait_ms = max(0, grant.retry_ms - deps.clock.now_ms()) if len(chosen) < len(due) else 0
    return Delivered(sum(isinstance(r.ended, Receipt) for r in results), held, closed, wait_ms)


IDLE_MS = 300_000
"""With an empty queue the lane looks again after this time, unless it is woken."""


async def _permit(
    deps: DeliverDeps, chosen: Sequence[Message], lease: Lease
) -> tuple[list[Message], int, int]:
    """Ask the door inside the marking transaction; return the messages that now are `sending`."""
    async with deps.store.transaction() as tx:
        now_ms = deps.clock.now_ms()
        if not await tx.control.check(lease, now_ms):
            return [], 0, 0
        rows = await _still_open(tx, chosen)
        if not rows:
            return [], 0, 0
        strategies = await tx.knowledge.strategies()
        facts = await tx.door_facts([m.person_no for m in rows], [m.bot_id for m in rows], now_ms)
        verdicts = may_contact(facts, _ask(rows, strategies, deps.caps), now_ms)
        moves = [_verdict_move(m, verdicts, i, now_ms) for i, m in enumerate(rows)]
        await tx.ledger.move(moves)
    permitted = [
        replace(m, state=State.SENDING, permit_ms=now_ms, attempts=m.attempts + 1)
        for m, move in zip(rows, moves, strict=True)
        if move.new is State.SENDING
    ]
    held = sum(move.new is State.PLANNED for move in moves)
    return permitted, held, len(moves) - held - len(permitted)


async def _still_open(tx: Transaction, chosen: Sequence[Message]) -> list[Message]:
    current = await tx.ledger.get([message.id for message in chosen])
    return [current[m.id] for m in chosen if m.id in current and current[m.id].state is m.state]


def _ask(rows: Sequence[Message], strategies: Mapping[str, Strategy], caps: Caps) -> DoorAsk:
    paces = [strategies[m.segment].pace if m.segment in strategies else _STRICT for m in rows]
    return DoorAsk(
        tuple(m.campaign for m in rows),
        np.array([pace.period_days for pace in paces], np.int64),
        np.array([pace.daily_limit for pace in paces], np.int64),
        np.array([pace.cooldown_h * 3_600_000 for pace in paces]).astype(np.int64),
        np.ones(len(rows), np.bool_),
        caps,
        tuple(m.kind for m in rows),
    )


_STRICT = Pace(period_days=7, daily_limit=1, cooldown_h=72)
"""For a message whose segment has no strategy any more."""


def _verdict_move(message: Message, verdicts: Verdicts, i: int, now_ms: int) -> Move:
    if message.expires_ms <= now_ms:
        return Move(message.id, message.state, State.EXPIRED, reason="its time was over")
    if verdicts.allowed[i]:
        return Move(message.id, message.state, State.SENDING, permit_ms=now_ms, attempts=message.attempts + 1)
    reasons = Reason(int(verdicts.reasons[i]))
    names = " ".join(str(reason.name).lower() for reason in reasons)
    if reasons & LASTING:
        return Move(message.id, message.state, State.SUPPRESSED, reason=names)
    until_ms = max(int(verdicts.until_ms[i]), now_ms + 60_000)
    if until_ms >= message.expires_ms:
        return Move(message.id, message.state, State.EXPIRED, reason=names)
    reason = f"{message.reason.partition(HELD)[0]}{HELD}{names}"
    return Move(message.id, message.state, State.PLANNED, reason=reason, due_ms=until_ms)


async def _send(deps: DeliverDeps, message: Message, slot_ms: int) -> Result:
    wait_ms = slot_ms - deps.clock.now_ms()
    if wait_ms > 0:
        await deps.clock.sleep(wait_ms / 1000)
    if deps.clock.now_ms() - message.permit_ms > PERMIT_VALID_MS - LEAVES_MS:
        return Result(message, TransportError("the permit ran out before the request left"))
    try:
        receipt = await deps.messenger.send(
            message.bot_id, message.chat_id, with_id(message.body, message.id)
        )
    except TransportError as error:
        return Result(message, error)
    except KairosError as error:  # nothing left: the message itself or its bot is not fit to be sent
        return Result(message, RejectedError(str(error), code="other"))
    return Result(message, receipt)


async def _commit(deps: DeliverDeps, bot_id: int, results: Sequence[Result]) -> None:
    """All outcomes of a round, kept even if the store is away for a moment: what was sent must not turn
    `unknown` because of that."""
    if not results:
        return
    now_ms = deps.clock.now_ms()
    halt_ms = max([await _halted(deps, bot_id, r, now_ms) for r in results])
    for pause_s in COMMIT_PAUSES_S:
        try:
            await _commit_once(deps, bot_id, results, halt_ms)
        except StoreError as error:
            if error.permanent:
                raise
        else:
            return
        await deps.clock.sleep(pause_s)
    await _commit_once(deps, bot_id, results, halt_ms)


COMMIT_PAUSES_S = (0.2, 1.0, 3.0)


async def _commit_once(deps: DeliverDeps, bot_id: int, results: Sequence[Result], halt_ms: int) -> None:
    """Moves of the ledger and the events that follow from them in one transaction. People are locked first,
    as capture does, so that two transactions never wait for each other."""
    now_ms = deps.clock.now_ms()
    async with deps.store.transaction() as tx:
        loaded = await tx.people.load(sorted({result.message.person_no for result in results}))
        moves = [outcome_move(result, now_ms) for result in results]
        if await tx.ledger.move(moves) < len(moves):  # somebody took this sender for dead
            await tx.ledger.move([proof(move) for move in moves if move.new is State.SENT])
            results = await _unproven(tx, results)
        doubtful = [move.id for move in moves if move.new is State.UNKNOWN]
        proven = await _answered_meanwhile(tx, doubtful)
        events = [event for r in results for event in _events(r, now_ms)] + proven
        recorded = await record(tx, events, now_ms, loaded=loaded)
        if halt_ms:
            await tx.control.set_switch(f"halt:{bot_id}", str(halt_ms))
    await show(deps.hot, recorded)


async def _unproven(tx: Transaction, results: Sequence[Result]) -> list[Result]:
    """Without those that a tap has proven meanwhile: that they were sent is in the record already."""
    rows = await tx.ledger.get([result.message.id for result in results])
    return [
        r for r in results if not isinstance(r.ended, Receipt) or rows[r.message.id].sent_ms == r.ended.at_ms
    ]


async def _halted(deps: DeliverDeps, bot_id: int, result: Result, now_ms: int) -> int:
    """Until when the whole bot must wait because of this outcome, 0 = not at all. Redis may be lost: the halt
    stands in the record too, and without the pacer nothing is sent anyway."""
    if isinstance(result.ended, RejectedError) and result.ended.code == UNAUTHORIZED:
        return now_ms + UNAUTHORIZED_MS
    if not isinstance(result.ended, RateLimitedError):
        return 0
    chat_id, wait_s = result.message.chat_id, result.ended.retry_after_s
    try:
        until_ms = await deps.pacer.limited(bot_id, chat_id, wait_s, now_ms)
    except HotStoreError:
        until_ms = now_ms + int(wait_s * 1000)
    return until_ms if chat_id > 0 else 0


async def _answered_meanwhile(tx: Transaction, ids: Sequence[int]) -> list[PersonEvent]:
    """A message whose end was not known, but which its person had answered before we gave up, did arrive."""
    rows = await tx.ledger.get(ids)
    return await arrived(tx, [m for m in rows.values() if m.answered_ms])


def outcome_move(result: Result, now_ms: int) -> Move:
    """The move that the end of a request makes: see the table of states in `core.ledger`."""
    message = result.message
    if isinstance(result.ended, Receipt):
        receipt = result.ended
        return Move(
            message.id, State.SENDING, State.SENT, sent_ms=receipt.at_ms, telegram_id=receipt.telegram_id
        )
    error = result.ended
    state, reason = end_of(error)
    chat_id = None
    if isinstance(error, RejectedError) and error.migrate_to is not None:
        state, reason, chat_id = State.RETRY, "the group moved", error.migrate_to
    waits = isinstance(error, RateLimitedError)  # its lifetime bounds how often it may be told to wait
    if state is State.RETRY and message.attempts >= MAX_ATTEMPTS and not waits:
        state = State.FAILED
    return Move(
        message.id,
        State.SENDING,
        state,
        reason=reason,
        due_ms=_next_try_ms(message, error, now_ms),
        chat_id=chat_id,
    )


def _next_try_ms(message: Message, error: TransportError, now_ms: int) -> int:
    wait_s: float = RETRY_S[min(message.attempts, len(RETRY_S)) - 1]
    if isinstance(error, RateLimitedError):
        wait_s = error.retry_after_s
    return now_ms + int(wait_s * 1000)


def _events(result: Result, now_ms: int) -> list[PersonEvent]:
    message, ended = result.message, result.ended
    if isinstance(ended, Receipt):
        return [sent_event(message, ended.at_ms)]
    if not isinstance(ended, RejectedError) or end_of(ended)[0] is not State.UNREACHABLE:
        return []
    kind = "account_gone" if ended.code in GONE else "bot_blocked"
    event = Event(f"{kind}:{message.id}", now_ms, kind, message.bot_id, {"chat_id": message.chat_id})
    return [PersonEvent(message.person_no, event)]


ABANDONED_MS = 60_000
"""No request lives longer: an answer of a handler still `sending` after this time has lost its process."""


async def recover(store: Store, bot_id: int, now_ms: int) -> int:
    """After taking over a lane: what a killed sender left `sending` may have arrived, so it is `unknown`.

    Campaign rows belong to the lane alone. Answers may be under way in another process, so only old ones."""
    async with store.transaction() as tx:
        left = await tx.ledger.interrupted(bot_id, now_ms + 1)
        dead = [m for m in left if m.cls is MessageClass.CAMPAIGN or m.permit_ms < now_ms - ABANDONED_MS]
        closed = await tx.ledger.move(
            [Move(m.id, State.SENDING, State.UNKNOWN, reason="the sender stopped in between") for m in dead]
        )
        await record(tx, await _answered_meanwhile(tx, [m.id for m in dead]), now_ms)
        return closed
