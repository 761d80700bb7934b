"""The one way into the record: an event is stored, and in the same transaction folded into its person.

Used by every step that makes something happen to a person (an update, a delivery, a change of segment), so
that the record in SQL always equals the fold of the person's events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from core.consent import ConsentChange
from core.errors import HotStoreError
from core.event import Event, PersonEvent, Scalar
from core.identity import Sender
from core.ledger import Message, Move, State
from core.ports import HotStore, PersonRecord, Reach, Transaction
from core.profile import fold, view


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was new, and the records as they stand after it."""

    fresh: tuple[PersonEvent, ...]
    records: tuple[PersonRecord, ...]


async def record(
    tx: Transaction,
    events: Sequence[PersonEvent],
    senders: Mapping[int, Sender] | None = None,
    *,
    loaded: Mapping[int, PersonRecord] | None = None,
    finish: Callable[[PersonRecord], PersonRecord] | None = None,
) -> Recorded:
    """Store the events, fold those that are new and write consent and reach that follow from them.

    People whose record changed become due for segmentation and planning at once. `loaded`: the records of all
    these people, if the step has read them in this transaction; `finish`: what it makes of each after its
    events, then all of them are saved."""
    is_new = await tx.events.append(events)
    fresh = tuple(event for event, new in zip(events, is_new, strict=True) if new)
    if not fresh and finish is None:
        return Recorded((), ())
    by_person: dict[int, list[Event]] = {}
    for item in fresh:
        by_person.setdefault(item.person_no, []).append(item.event)
    if loaded is None:
        loaded = await tx.people.load(sorted(by_person))
    known = senders or {}
    changed = {no: _changed(loaded[no], news, known.get(no)) for no, news in by_person.items()}
    if finish is not None:
        changed = {no: finish(changed.get(no, item)) for no, item in loaded.items()}
    records = await tx.people.save([changed[no] for no in sorted(changed)])
    await tx.people.set_reach(_reaches(fresh, known))
    await tx.people.change_consent(_consents(fresh))
    return Recorded(fresh, tuple(records))


def _changed(record_: PersonRecord, events: Sequence[Event], sender: Sender | None) -> PersonRecord:
    contact = record_.contact
    if sender is not None:
        contact = replace(
            contact,
            first_name=sender.first_name or contact.first_name,
            username=sender.username or contact.username,
            language=sender.language or contact.language,
            premium=sender.premium,
        )
    state = fold(record_.state, events)
    wakes = any(event.kind in _WAKES for event in events)
    return replace(
        record_,
        state=state,
        contact=contact,
        segment_after_ms=0,
        plan_after_ms=0 if wakes else record_.plan_after_ms,
    )


_WAKES = frozenset({"consent_given", "started", "bot_unblocked", "campaign_answered", "payment_succeeded"})
"""Events after which the planner should look at once, whatever it had put off."""

_OPEN = frozenset({"started", "message_received", "command_used", "bot_unblocked", "payment_succeeded"})
_STATES = {"bot_blocked": "blocked", "account_gone": "gone"}


def _reaches(fresh: Sequence[PersonEvent], senders: Mapping[int, Sender]) -> list[Reach]:
    found = []
    for item in fresh:
        event, sender = item.event, senders.get(item.person_no)
        state = "open" if event.kind in _OPEN else _STATES.get(event.kind)
        chat_id = sender.chat_id if sender else int(event.props.get("chat_id") or 0)
        if state is None or not event.bot_id or not chat_id:
            continue
        seen_ms = event.ts_ms if state == "open" else 0
        found.append(Reach(item.person_no, event.bot_id, chat_id, state, event.ts_ms, seen_ms))
    return found


def _consents(fresh: Sequence[PersonEvent]) -> list[ConsentChange]:
    return [
        ConsentChange(
            item.person_no,
            str(item.event.props["purpose"]),
            item.event.kind == "consent_given",
            item.event.ts_ms,
            str(item.event.props.get("source", "")),
            str(item.event.props.get("text_version", "")),
        )
        for item in fresh
        if item.event.kind in {"consent_given", "consent_withdrawn"}
    ]


def sent_event(message: Message, at_ms: int) -> PersonEvent:
    """The event that a campaign message reached its person."""
    props: dict[str, Scalar] = {
        "message": message.id,
        "content": message.content,
        "kind": message.kind,
        "segment": message.segment,
        "chat_id": message.chat_id,
    }
    return PersonEvent(
        message.person_no, Event(f"sent:{message.id}", at_ms, "campaign_sent", message.bot_id, props)
    )


async def arrived(tx: Transaction, messages: Sequence[Message]) -> list[PersonEvent]:
    """Those of unknown fate that were answered did arrive: closed as sent at the moment of their permit.

    Returns the events that follow, to be recorded. One still `sending` is left to its sender, who asks here
    when its own end turns out to be unknown."""
    proven = [m for m in messages if m.state is State.UNKNOWN]
    await tx.ledger.move(
        [Move(m.id, m.state, State.SENT, reason="answered", sent_ms=m.permit_ms) for m in proven]
    )
    return [sent_event(m, m.permit_ms) for m in proven]


async def show(hot: HotStore, records: Sequence[PersonRecord], now_ms: int) -> None:
    """Write the records through to the hot store, after the commit.

    Its absence must not stop anybody: the watch notices that it is behind and repairs it from SQL."""
    if not records:
        return
    views = [(view(r.person_no, r.state, now_ms), r.segments, r.seq) for r in records]
    try:
        await hot.write(views)
    except HotStoreError:
        return
