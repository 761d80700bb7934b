"""Updates take effect: inbox rows -> events -> profiles, consent, reach and responses, in one transaction.

Promises: an update's effects and its `applied` mark commit together, so the same update twice changes
nothing and a crash repeats only this step. A row that can't be read is kept aside as `failed`, and never
stops the others. The hot store is written after the commit; losing it loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from core.errors import ContentError, KairosError, StoreError
from core.event import PersonEvent
from core.identity import Captured, Sender
from core.intake import arrived, record, show
from core.ledger import Message, State
from core.ports import HotStore, InboxRow, Store, Transaction
from core.response import RESPONSE_WINDOW_MS, match_response

Read = Callable[[InboxRow], Captured]


@dataclass(frozen=True, slots=True)
class Applied:
    """What one batch brought: rows read, events stored, rows kept aside, responses matched."""

    rows: int = 0
    events: int = 0
    failed: int = 0
    responses: int = 0


@dataclass(frozen=True, slots=True)
class CaptureDeps:
    store: Store
    hot: HotStore
    read: Read


async def apply_pending(deps: CaptureDeps, now_ms: int, limit: int = 500) -> Applied:
    """Apply the oldest received updates. Returns `rows` = 0 when nothing waits."""
    async with deps.store.transaction(write=False) as tx:
        waiting = await tx.inbox.pending(limit)
    if not waiting:
        return Applied()
    try:
        return await _apply(deps, waiting, now_ms)
    except StoreError:
        raise  # no row is to blame: all stay waiting
    except KairosError as error:
        if not error.permanent:
            raise
    except (ValueError, TypeError, KeyError, OverflowError):
        pass  # one row of the batch breaks its transaction: find it by applying one row at a time
    return await _one_by_one(deps, waiting, now_ms)


async def _one_by_one(deps: CaptureDeps, waiting: Sequence[InboxRow], now_ms: int) -> Applied:
    total = Applied()
    for row in waiting:
        try:
            done = await _apply(deps, [row], now_ms)
        except StoreError:
            raise
        except (KairosError, ValueError, TypeError, KeyError, OverflowError) as error:
            if isinstance(error, KairosError) and not error.permanent:
                raise
            async with deps.store.transaction() as tx:
                await tx.inbox.failed([row.id], f"can't be applied: {type(error).__name__}")
            done = Applied(rows=1, failed=1)
        total = Applied(
            total.rows + done.rows,
            total.events + done.events,
            total.failed + done.failed,
            total.responses + done.responses,
        )
    return total


async def _apply(deps: CaptureDeps, waiting: Sequence[InboxRow], now_ms: int) -> Applied:
    captured, unreadable = _read_all(deps.read, waiting)
    async with deps.store.transaction() as tx:
        for row_id, reason in unreadable.items():
            await tx.inbox.failed([row_id], reason)
        events, senders = await _resolve(tx, list(captured.values()), now_ms)
        recorded = await record(tx, events, senders)
        refusals = _refusals(captured.values())
        acts = [item for item in recorded.fresh if item.event.key not in refusals]
        answers = await _answers(tx, acts)
        more = await record(tx, answers)
        await tx.inbox.applied([row_id for row_id, item in captured.items() if item.answer])
        await tx.inbox.handled([row_id for row_id, item in captured.items() if not item.answer])
    newest = {item.person_no: item for item in (*recorded.records, *more.records)}
    await show(deps.hot, list(newest.values()), now_ms)
    return Applied(len(waiting), len(recorded.fresh) + len(more.fresh), len(unreadable), len(more.fresh))


def _read_all(read: Read, rows: Sequence[InboxRow]) -> tuple[dict[int, Captured], dict[int, str]]:
    captured: dict[int, Captured] = {}
    unreadable: dict[int, str] = {}
    for row in rows:
        try:
            captured[row.id] = read(row)
        except ContentError as error:
            unreadable[row.id] = str(error)
    return captured, unreadable


async def _resolve(
    tx: Transaction, items: Sequence[Captured], now_ms: int
) -> tuple[list[PersonEvent], dict[int, Sender]]:
    known = [item for item in items if item.sender is not None]
    identities = list(dict.fromkeys(item.sender.identity for item in known if item.sender))
    numbers = await tx.people.resolve(identities, now_ms)
    events: list[PersonEvent] = []
    senders: dict[int, Sender] = {}
    for item in known:
        if item.sender is None:
            continue
        person_no = numbers[item.sender.identity]
        earlier = senders.get(person_no, item.sender)
        senders[person_no] = replace(item.sender, chat_id=item.sender.chat_id or earlier.chat_id)
        events.extend(PersonEvent(person_no, event) for event in item.events)
    return events, senders


def _refusals(items: Iterable[Captured]) -> frozenset[str]:
    """Keys of all that updates with an opt-out say: a "no" to campaigns is no response that one earned."""
    return frozenset(
        event.key
        for item in items
        if any(one.kind == "consent_withdrawn" for one in item.events)
        for event in item.events
    )


async def _answers(tx: Transaction, fresh: Sequence[PersonEvent]) -> list[PersonEvent]:
    """Match what people did to the campaigns they had got; a reply proves that an `unknown` arrived."""
    acts = sorted(
        (item for item in fresh if item.event.kind in _RESPONDING),
        key=lambda item: (item.event.ts_ms, item.event.key),
    )
    if not acts:
        return []
    since_ms = acts[0].event.ts_ms - RESPONSE_WINDOW_MS
    sent = await tx.ledger.recent_campaigns(sorted({item.person_no for item in acts}), since_ms)
    by_person: dict[int, list[Message]] = {}
    for message in sent:
        by_person.setdefault(message.person_no, []).append(message)
    answered: dict[int, int] = {}
    found: list[PersonEvent] = []
    proven: list[Message] = []
    for act in acts:
        answer = match_response(act.event, by_person.get(act.person_no, ()))
        if answer is None or answer.message.answered_ms or answer.message.id in answered:
            continue
        answered[answer.message.id] = act.event.ts_ms
        if answer.message.state is not State.SENT:
            proven.append(answer.message)
        found.append(PersonEvent(act.person_no, answer.event))
    await tx.ledger.answered(answered)
    return found + await arrived(tx, proven)


_RESPONDING = frozenset({"message_received", "button_tapped", "payment_succeeded"})
