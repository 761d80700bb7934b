"""How requests ended becomes moves of the ledger and events of people and groups, many in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import RateLimitedError, RejectedError, TransportError
from core.event import Event, PersonEvent, Scalar
from core.flow.deliver.values import GONE, MAX_ATTEMPTS, RETRY_S, DeliverDeps, Result, Withheld
from core.intake import arrived, record, sent_event, show
from core.ledger import Message, Move, State, end_of, proof
from core.ports import Receipt, Transaction


async def close(deps: DeliverDeps, bot_id: int, results: Sequence[Result]) -> int:
    """Commit how these requests ended; how many were sent. People are locked first, as capture does, so that
    two transactions never wait for each other."""
    now_ms = deps.clock.now_ms()
    halt_ms = max(result.halt_ms for result in results)
    async with deps.store.transaction() as tx:
        loaded = await tx.people.still([r.flight.record for r in results if r.flight.record is not None])
        moves = [outcome_move(result) for result in results]
        if await tx.ledger.move(moves) < len(moves):  # somebody took this sender for dead
            await tx.ledger.move([proof(move) for move in moves if move.new is State.SENT])
            results = await _unproven(tx, results)
        doubtful = [move.id for move in moves if move.new is State.UNKNOWN]
        events = [event for one in results for event in _events(one, now_ms)]
        recorded = await record(tx, events + await answered_meanwhile(tx, doubtful), now_ms, loaded=loaded)
        if halt_ms:
            await tx.control.set_switch(f"halt:{bot_id}", str(halt_ms))
    await show(deps.hot, recorded)
    return sum(isinstance(result.ended, Receipt) for result in results)


async def _unproven(tx: Transaction, results: Sequence[Result]) -> list[Result]:
    """Without those that a tap has proven meanwhile: that they were sent is in the record already."""
    rows = await tx.ledger.get([result.flight.message.id for result in results])
    return [
        r
        for r in results
        if not isinstance(r.ended, Receipt) or rows[r.flight.message.id].sent_ms == r.ended.at_ms
    ]


async def answered_meanwhile(tx: Transaction, ids: Sequence[int]) -> list[PersonEvent]:
    """A message whose end was not known, but which its person had answered before we gave up, did arrive."""
    if not ids:
        return []
    rows = await tx.ledger.get(ids)
    return await arrived(tx, [m for m in rows.values() if m.answered_ms])


def outcome_move(result: Result) -> Move:
    """The move that the end of a request makes: see the table of states in `core.ledger`."""
    message, ended = result.flight.message, result.ended
    if isinstance(ended, Receipt):
        told = ended.telegram_id
        return Move(message.id, State.SENDING, State.SENT, sent_ms=ended.at_ms, telegram_id=told)
    if isinstance(ended, Withheld):
        before = message.attempts
        return Move(message.id, State.SENDING, State.RETRY, str(ended), ended.due_ms, attempts=before)
    state, reason = end_of(ended)
    chat_id = None
    if isinstance(ended, RejectedError) and ended.migrate_to is not None:
        state, reason, chat_id = State.RETRY, "the group moved", ended.migrate_to
    waits = isinstance(ended, RateLimitedError)  # its lifetime bounds how often it may be told to wait
    if state is State.RETRY and result.flight.attempts >= MAX_ATTEMPTS and not waits:
        state = State.FAILED
    due_ms = _next_try_ms(result, ended)
    return Move(message.id, State.SENDING, state, reason, due_ms, chat_id=chat_id)


def _next_try_ms(result: Result, error: TransportError) -> int:
    wait_s: float = RETRY_S[min(result.flight.attempts, len(RETRY_S)) - 1]
    if isinstance(error, RateLimitedError):
        wait_s = error.retry_after_s
    return result.at_ms + int(wait_s * 1000)


def _events(result: Result, now_ms: int) -> list[PersonEvent]:
    message, ended = result.flight.message, result.ended
    if isinstance(ended, Receipt):
        return [_posted(message, ended.at_ms) if message.group_no else sent_event(message, ended.at_ms)]
    if not isinstance(ended, RejectedError) or ended.migrate_to is not None:
        return []
    if end_of(ended)[0] is not State.UNREACHABLE:
        return []
    if message.group_no:
        event = Event(f"bot_removed:{message.id}", now_ms, "bot_removed", message.bot_id, {"how": "removed"})
        return [PersonEvent(0, _in_group(event, message.group_no))]
    kind = "account_gone" if ended.code in GONE else "bot_blocked"
    event = Event(f"{kind}:{message.id}", now_ms, kind, message.bot_id, {"chat_id": message.chat_id})
    return [PersonEvent(message.person_no, event)]


def _posted(message: Message, at_ms: int) -> PersonEvent:
    props: dict[str, Scalar] = {
        "message": message.id,
        "content": message.content,
        "kind": message.kind,
        "segment": message.segment,
        "campaign": message.campaign,
    }
    event = Event(f"sent:{message.id}", at_ms, "campaign_posted", message.bot_id, props)
    return PersonEvent(0, _in_group(event, message.group_no))


def _in_group(event: Event, group_no: int) -> Event:
    return Event(event.key, event.ts_ms, event.kind, event.bot_id, event.props, group_no)
