"""Everything that is stored about one person, as one plain document: what /mydata sends.

Its shape is described in `bot.mydata`, which makes the readable file of it. Complete on purpose: events,
figures, decisions and every identifier; only raw updates, which are deleted within days, are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from core.identity import Identity
from core.ledger import Message
from core.ports import PersonRecord, Store, Transaction
from core.profile import ProfileState, view

ALL: Final = 1_000_000
"""More rows than a person has."""
_PREFERENCES: Final = ("frequency", "quiet", "zone", "language")


async def collect(store: Store, identity: Identity, now_ms: int) -> Mapping[str, Any] | None:
    """The document; None when nobody is known by this identity."""
    async with store.transaction(write=False) as tx:
        person_no = await tx.people.find(identity)
        if person_no is None:
            return None
        record = (await tx.people.load([person_no]))[person_no]
        return {
            "made_at": iso(now_ms),
            "person": await _person(tx, record),
            "preferences": _preferences(record.state),
            "segments": dict(record.segments),
            "stated": _stated(record.state),
            "purchases": _purchases(record.state),
            "profile": asdict(view(person_no, record.state, now_ms)),
            **await _history(tx, person_no),
        }


def iso(at_ms: int) -> str:
    """UTC to the second, e.g. 2026-01-05T10:00:00Z; empty for 0."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at_ms else ""


async def _person(tx: Transaction, record: PersonRecord) -> dict[str, Any]:
    identities = (await tx.people.identities([record.person_no])).get(record.person_no, [])
    return {
        "person_no": record.person_no,
        "identifiers": [f"{each.namespace}:{each.value}" for each in identities],
        **asdict(record.contact),
        "known_since": iso(min(record.created_ms, record.state.first_ms or record.created_ms)),
        "control_group": record.holdout,
    }


def _preferences(state: ProfileState) -> dict[str, Any]:
    values = {name: state.latest.get(name, (0, ""))[1] for name in _PREFERENCES}
    return {**values, "muted": sorted(filter(None, state.latest.get("muted", (0, ""))[1].split(".")))}


def _stated(state: ProfileState) -> dict[str, Any]:
    """What others say of the person: facts and tags as they stand."""
    facts = {name: value for name, (_, value) in sorted(state.facts.items()) if value is not None}
    return {"facts": facts, "tags": sorted(tag for tag, (_, is_set) in state.tags.items() if is_set)}


def _purchases(state: ProfileState) -> list[dict[str, Any]]:
    return [
        {
            "charge": charge,
            "at": iso(each.paid_ms),
            "amount_minor": each.amount_minor,
            "currency": each.currency,
            "until": iso(each.until_ms),
            "refunded_at": iso(each.refunded_ms),
        }
        for charge, each in state.purchases.items()
    ]


async def _history(tx: Transaction, person_no: int) -> dict[str, Any]:
    events = [item.event for item in await tx.events.all_of_person(person_no)]
    decisions = [asdict(each) for each in await tx.decisions.latest(ALL, person_no)]
    return {
        "consents": [
            {**asdict(each), "at": iso(each.at_ms)} for each in await tx.people.consent_history(person_no)
        ],
        "bots": [asdict(each) for each in (await tx.people.reach([person_no])).get(person_no, [])],
        "groups": await _groups(tx, person_no),
        "messages": [_message(each) for each in await tx.ledger.of_person(person_no, ALL)],
        "journeys": [
            {"journey": each.journey, "entered": iso(each.entered_ms), "state": each.state, "step": each.step}
            for each in await tx.journeys.of_person(person_no)
        ],
        "lists": (await tx.lists.of_people([person_no])).get(person_no, []),
        "decisions": [{**each, "at": iso(each["at_ms"])} for each in decisions],
        "events": [{"at": iso(each.ts_ms), **asdict(each), "props": dict(each.props)} for each in events],
    }


async def _groups(tx: Transaction, person_no: int) -> list[dict[str, Any]]:
    seen = (await tx.groups.of_people([person_no])).get(person_no, [])
    records = await tx.groups.load([each.group_no for each in seen])
    return [
        {
            "title": records[each.group_no].contact.title if each.group_no in records else "",
            "state": each.state,
            "first_seen": iso(each.first_ms),
            "last_seen": iso(each.last_ms),
        }
        for each in seen
    ]


def _message(message: Message) -> dict[str, Any]:
    return {
        "at": iso(message.sent_ms),
        "class": message.cls.value,
        "state": message.state.value,
        "campaign": message.campaign,
        "segment": message.segment,
        "kind": message.kind,
        "content": message.content,
        "text": _text(message.body),
        "answered_at": iso(message.answered_ms),
        "reason": message.reason,
    }


def _text(body: Mapping[str, object]) -> str:
    """The words of a message, or of a handler's own call."""
    params = body.get("params")
    words = params if isinstance(params, Mapping) else body
    return str(words.get("text") or words.get("caption") or words.get("title") or "")
