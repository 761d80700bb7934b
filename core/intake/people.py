"""What events change of a person: the record, the contact, the reach, the consent. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from core.consent import ConsentChange
from core.event import ACTIVE_KINDS, CHOICES, Event, PersonEvent
from core.identity import Sender
from core.ports import Contact, PersonRecord, Reach
from core.profile import ProfileState, fold, forgets, moment_of, pack, view

_WAKES: Final = frozenset(
    {
        "consent_given",
        "started",
        "bot_unblocked",
        "campaign_answered",
        "payment_succeeded",
        "vip_joined",
        "preference_set",
        "timezone_declared",
    }
)
"""Events after which the planner should look at once, whatever it had put off."""

_OPEN: Final = frozenset(
    {
        "started",
        "message_received",
        "command_used",
        "bot_unblocked",
        "payment_succeeded",
        "app_data_received",
    }
)
"""What proves at its own date that the bot can write. A tap has no date: it may be older than a block."""
_STATES: Final = {"bot_blocked": "blocked", "account_gone": "gone"}


def changed(
    record: PersonRecord, items: Sequence[PersonEvent], senders: Mapping[str, Sender]
) -> PersonRecord:
    """The record with these new events of the person in it."""
    events = [item.event for item in items]
    kept = still_shown(record, events)
    state = fold(record.state, events)
    wakes = any(event.kind in _WAKES for event in events)
    return PersonRecord(
        record.person_no,
        record.created_ms,
        state,
        _contact(record, state, events, senders),
        record.segments,
        record.holdout,
        plan_after_ms=0 if wakes else record.plan_after_ms,
        segment_after_ms=0,
        hot=record.hot if kept else "",
    )


def still_shown(record: PersonRecord, events: Iterable[Event]) -> bool:
    """Whether the hot profile stays the view of the record at its own moment, whatever these events add:
    campaigns that went out since are not seen from there, as long as nothing old is dropped for them. The
    next look at the person's segments, which follows at once, makes a new one."""
    if not record.hot or not record.state.first_ms:
        return False
    at_ms = moment_of(record.hot)
    later = all(event.kind == "campaign_sent" and event.ts_ms > at_ms for event in events)
    return later and not forgets(record.state, max((event.ts_ms for event in events), default=0))


def packed(record: PersonRecord, now_ms: int) -> PersonRecord:
    """The record with its hot profile as of this moment."""
    return PersonRecord(  # `replace` takes four times as long, and there is one for each person and batch
        record.person_no,
        record.created_ms,
        record.state,
        record.contact,
        record.segments,
        record.holdout,
        record.plan_after_ms,
        record.segment_after_ms,
        record.seq,
        pack(view(record.person_no, record.state, now_ms), record.segments),
    )


Said = tuple[int, tuple[str, str, str, bool]]


def _contact(
    record: PersonRecord, after: ProfileState, events: Iterable[Event], senders: Mapping[str, Sender]
) -> Contact:
    """Names and the like as the latest sign of life gave them; of two at one moment the larger. Events that
    are no sign of life name somebody only as long as there was none. So their order does not matter."""
    told = [_said(event, senders[event.key]) for event in events if event.key in senders]
    if not told:
        return record.contact
    known = record.contact
    latest = max(told)
    kept = (known.first_name, known.username, known.language, known.premium)
    if latest <= (record.state.seen_ms, kept):
        return known
    first_name, username, language, premium = latest[1]
    return Contact(first_name, username, language or after.latest.get("client_language", (0, ""))[1], premium)


def _said(event: Event, sender: Sender) -> Said:
    at_ms = event.ts_ms if event.kind in ACTIVE_KINDS else 0
    return at_ms, (sender.first_name, sender.username, sender.language, sender.premium)


def reaches(fresh: Sequence[PersonEvent], senders: Mapping[str, Sender]) -> list[Reach]:
    """Who can be written to by which bot now, one row each. Only a private chat opens a way (in groups
    `chat_id` is 0)."""
    found: dict[tuple[int, int], Reach] = {}
    for item in fresh:
        event = item.event
        state = "open" if event.kind in _OPEN else _STATES.get(event.kind)
        if state is None or not event.bot_id or not item.person_no:
            continue
        sender = senders.get(event.key)
        chat_id = sender.chat_id if sender else int(event.props.get("chat_id") or 0)
        if not chat_id:
            continue
        seen_ms = event.ts_ms if state == "open" else 0
        new = Reach(item.person_no, event.bot_id, chat_id, state, event.ts_ms, seen_ms)
        pair = (item.person_no, event.bot_id)
        found[pair] = _later(found[pair], new) if pair in found else new
    return [found[pair] for pair in sorted(found)]


def _later(old: Reach, new: Reach) -> Reach:
    """The newer state; of two at one moment the first of the words, which is the stricter."""
    kept = new if (new.changed_ms, old.state) > (old.changed_ms, new.state) else old
    return replace(kept, seen_ms=max(old.seen_ms, new.seen_ms))


def consents(fresh: Sequence[PersonEvent]) -> list[ConsentChange]:
    """What people chose to hear."""
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
        if item.event.kind in CHOICES and item.person_no
    ]
