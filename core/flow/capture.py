"""Updates take effect: inbox rows -> events -> people, groups, consent, reach and responses, all in one
transaction.

Promises: an update's effects and its `applied` mark commit together, so the same update twice changes
nothing and a crash repeats only this step. A row that can't be read is kept aside as `failed`, and never
stops the others; neither does one that breaks its transaction. The hot store is written after the commit;
losing it loses nothing. Urgent rows come first, and a batch is small enough that they wait little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from core.consent import CAMPAIGNS
from core.errors import ContentError, KairosError, StoreError
from core.event import Event, InboxLane, PersonEvent, lane_of
from core.identity import Captured, Identity
from core.intake import Meaning, SuppressedAs, absorb, arrived, in_their_order, mean, show, store
from core.ledger import Message, State
from core.ports import HotStore, InboxRow, Store, Transaction
from core.response import DATE_STEP_MS, RESPONDING, RESPONSE_WINDOW_MS, match_response, sent_ms

Read = Callable[[InboxRow], Captured]

BATCH: Final = 2_000
"""Rows applied at once when so many wait: people repeat within them. About 0.3 s of work."""
MANY: Final = 100
"""So many at once are a flood: more are on their way."""
GATHER_S: Final = 0.03
"""In a flood the next batch may gather for so long: what an update costs falls by a quarter."""


HARM_WINDOW_MS: Final = 24 * 3_600_000
"""What people do so long after a message is laid to it."""
_FAULTS: Final = (KairosError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What one strange row can bring about."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What one batch brought: rows read, events stored, rows kept aside, responses matched."""

    rows: int = 0
    events: int = 0
    failed: int = 0
    responses: int = 0

    @property
    def flooded(self) -> bool:
        """So many that more are on their way; wait `gather_s`, then look again without waiting for a ring."""
        return self.rows >= MANY

    @property
    def gather_s(self) -> float:
        """How long to let more come before the next batch."""
        return GATHER_S if MANY <= self.rows < BATCH else 0.0

    def __add__(self, other: Applied) -> Applied:
        return Applied(
            self.rows + other.rows,
            self.events + other.events,
            self.failed + other.failed,
            self.responses + other.responses,
        )


@dataclass(frozen=True, slots=True)
class CaptureDeps:
    """`suppressed_as`: under which keyed hash an identifier stands on the suppression list; without it nobody
    is looked for there."""

    store: Store
    hot: HotStore
    read: Read
    suppressed_as: SuppressedAs | None = None


async def apply_pending(deps: CaptureDeps, now_ms: int, limit: int = BATCH) -> Applied:
    """Apply the urgent and the oldest received updates. Returns `rows` = 0 when nothing waits."""
    async with deps.store.transaction(write=False) as tx:
        waiting = await tx.inbox.pending(limit)
    return await _apply_all(deps, _read_all(deps.read, waiting), now_ms) if waiting else Applied()


Understood = Sequence[tuple[InboxRow, Captured | str]]
"""Rows with what they mean, or with the reason why nobody can tell."""


async def _apply_all(deps: CaptureDeps, waiting: Understood, now_ms: int) -> Applied:
    """Apply the rows together; if one of them breaks the transaction, each half by itself."""
    try:
        return await _apply(deps, waiting, now_ms)
    except StoreError:
        raise  # no row is to blame: all stay waiting
    except _FAULTS as error:
        if isinstance(error, KairosError) and not error.permanent:
            raise
        if len(waiting) == 1:
            return await _keep_aside(deps, waiting[0][0], error)
    half = len(waiting) // 2
    first = await _apply_all(deps, waiting[:half], now_ms)
    return first + await _apply_all(deps, waiting[half:], now_ms)


async def _keep_aside(deps: CaptureDeps, row: InboxRow, error: Exception) -> Applied:
    async with deps.store.transaction() as tx:
        await tx.inbox.failed([row.id], f"can't be applied: {type(error).__name__}")
    return Applied(rows=1, failed=1)


async def _apply(deps: CaptureDeps, waiting: Understood, now_ms: int) -> Applied:
    captured = {row.id: said for row, said in waiting if isinstance(said, Captured)}
    unreadable = {row.id: said for row, said in waiting if isinstance(said, str)}
    async with deps.store.transaction() as tx:
        mine = await tx.inbox.claim([row.id for row, _ in waiting])
        if len(mine) < len(waiting):  # another process is faster
            captured = {row_id: item for row_id, item in captured.items() if row_id in mine}
            unreadable = {row_id: reason for row_id, reason in unreadable.items() if row_id in mine}
        for row_id, reason in unreadable.items():
            await tx.inbox.failed([row_id], reason)
        meaning = await mean(tx, captured.values(), deps.suppressed_as, now_ms)
        events = await in_their_order(tx, meaning.events)
        fresh = await store(tx, events)
        refusals = _refusals(captured.values())
        acts = [item for item in fresh if item.person_no and item.event.key not in refusals]
        answers = await store(tx, await _answers(tx, acts))
        await _note_harm(tx, fresh)
        recorded = await absorb(tx, (*fresh, *answers), now_ms, meaning.origin)
        await _mark(tx, captured, meaning)
    moved = meaning.regrouped
    await show(
        deps.hot, replace(recorded, records=(*moved.records, *recorded.records), gone=tuple(moved.gone))
    )
    return Applied(len(mine), len(recorded.fresh), len(unreadable), len(answers))


async def _mark(tx: Transaction, captured: dict[int, Captured], meaning: Meaning) -> None:
    """Handlers run for those that somebody waits for. Of somebody who asked to be forgotten these are taps
    and questions of Telegram only: such a row keeps its words until a call that stores nothing ended it."""
    awaited = {
        row_id
        for row_id, item in captured.items()
        if item.answer
        and item.sender is not None
        and (item.sender.identity not in meaning.unwanted or _is_urgent(item))
    }
    await tx.inbox.applied(sorted(awaited))
    await tx.inbox.handled([row_id for row_id in captured if row_id not in awaited])
    if meaning.unwanted:
        await _forget_words(tx, captured, meaning.unwanted, awaited)


def _is_urgent(item: Captured) -> bool:
    """Whether Telegram waits for the end of it: of a tap, or of a question about money."""
    return lane_of([item.update_kind]) is not InboxLane.ORDINARY


async def _forget_words(
    tx: Transaction, captured: dict[int, Captured], unwanted: frozenset[Identity], awaited: set[int]
) -> None:
    """Of updates that stem from people who asked to be forgotten only the numbers stay, save of those that
    await their handlers; updates of others that also tell of them stay without them."""
    theirs = [
        no
        for no, item in captured.items()
        if no not in awaited and item.sender and item.sender.identity in unwanted
    ]
    told = {
        no: [sender for sender, _ in item.others if sender.identity in unwanted]
        for no, item in captured.items()
    }
    await tx.inbox.redacted({no: senders for no, senders in told.items() if senders})
    await tx.inbox.emptied(theirs)


def _read_all(read: Read, rows: Sequence[InboxRow]) -> Understood:
    return [(row, _understood(read, row)) for row in rows]


def _understood(read: Read, row: InboxRow) -> Captured | str:
    try:
        found = read(row)
    except ContentError as error:
        return str(error)
    except _FAULTS as error:
        return f"can't be read: {type(error).__name__}"
    return found if row.answer else replace(found, answer=False)


def _refusals(items: Iterable[Captured]) -> frozenset[str]:
    """Keys of all that updates with an opt-out say: a "no" to campaigns is no response that one earned."""
    return frozenset(
        event.key
        for item in items
        if any(one.kind == "consent_withdrawn" for one in item.events)
        for event in item.events
    )


async def _note_harm(tx: Transaction, fresh: Sequence[PersonEvent]) -> None:
    """A block or an opt-out is laid to the campaign message that came last, within a day; a block to the last
    one of that bot."""
    acts = sorted(
        (item for item in fresh if item.person_no and _harm(item.event)),
        key=lambda item: (item.event.ts_ms, item.event.key),
    )
    if not acts:
        return
    since_ms = acts[0].event.ts_ms - HARM_WINDOW_MS
    sent = await tx.ledger.recent_campaigns(sorted({item.person_no for item in acts}), since_ms)
    harms: dict[int, tuple[str, int]] = {}
    for act in acts:
        blamed = [m for m in sent if m.person_no == act.person_no and _may_blame(m, act.event)]
        if blamed:
            harms.setdefault(blamed[-1].id, (_harm(act.event), act.event.ts_ms))
    await tx.ledger.harmed(harms)


def _harm(event: Event) -> str:
    """`block`, `opt_out`, or nothing."""
    if event.kind == "bot_blocked":
        return "block"
    withdrawn = event.kind == "consent_withdrawn" and event.props.get("purpose", CAMPAIGNS) == CAMPAIGNS
    return "opt_out" if withdrawn else ""


def _may_blame(message: Message, event: Event) -> bool:
    age_ms = event.ts_ms - sent_ms(message)
    of_bot = event.kind != "bot_blocked" or message.bot_id == event.bot_id
    return of_bot and -DATE_STEP_MS <= age_ms <= HARM_WINDOW_MS


async def _answers(tx: Transaction, fresh: Sequence[PersonEvent]) -> list[PersonEvent]:
    """Match what people did to the campaigns they had got; a reply proves that an `unknown` arrived."""
    acts = sorted(
        (item for item in fresh if item.event.kind in RESPONDING),
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
        own = by_person.get(act.person_no)
        answer = match_response(act.event, own) if own else None
        if answer is None or answer.message.answered_ms or answer.message.id in answered:
            continue
        answered[answer.message.id] = act.event.ts_ms
        if answer.message.state is not State.SENT:
            proven.append(answer.message)
        found.append(PersonEvent(act.person_no, answer.event))
    await tx.ledger.answered(answered)
    return found + await arrived(tx, proven)
