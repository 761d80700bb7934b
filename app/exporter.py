"""What leaves the store as plain rows: ledger and inbox for an auditor, events for another installation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from core.event import PersonEvent
from core.identity import TELEGRAM, Identity
from core.ports import GroupRecord, Store

PAGE = 2_000
TRAIL = 100_000
"""Entries of the audit trail that are looked at."""


async def export_ledger(store: Store) -> list[dict[str, Any]]:
    """Every message, oldest first, with people's Telegram ids for our numbers; None: it has not happened."""
    rows: list[dict[str, Any]] = []
    after = 0
    while True:
        async with store.transaction(write=False) as tx:
            page = await tx.ledger.export(after, PAGE)
        if not page:
            return rows
        rows.extend(
            {
                "id": m.id,
                "class": str(m.cls),
                "campaign": m.campaign,
                "step": m.step,
                "person": m.chat_id,
                "chat_id": m.chat_id,
                "bot_id": m.bot_id,
                "segment": m.segment,
                "content": m.content,
                "kind": m.kind,
                "state": str(m.state),
                "reason": m.reason,
                "due_at_ms": m.due_ms,
                "permit_at_ms": m.permit_ms or None,
                "sent_at_ms": m.sent_ms or None,
                "answered_at_ms": m.answered_ms or None,
                "telegram_message_id": m.telegram_id or None,
                "predicted": m.predicted,
            }
            for m in page
        )
        after = page[-1].id


async def export_trail(store: Store) -> list[dict[str, Any]]:
    """What operators (and campaigns that stopped themselves) did, oldest first."""
    async with store.transaction(write=False) as tx:
        trail = await tx.control.audit_trail(TRAIL)
    return [{"at_ms": one.at_ms, "action": one.action, "target": one.target} for one in reversed(trail)]


async def export_inbox(store: Store) -> list[tuple[int, int, str]]:
    """(bot_id, update_id, state) of every update ever stored."""
    async with store.transaction(write=False) as tx:
        return await tx.inbox.export()


async def export_events(store: Store) -> AsyncIterator[dict[str, Any]]:
    """Every event as a line that `import` takes, oldest first; people by their best known identifier."""
    after = (-1, "")
    while True:
        async with store.transaction(write=False) as tx:
            page = await tx.events.export(after, PAGE)
            people = await tx.people.identities(sorted({one.person_no for one in page if one.person_no}))
            groups = await tx.groups.load(sorted({one.event.group_no for one in page if one.event.group_no}))
        if not page:
            return
        for one in page:
            yield _event_line(one, people.get(one.person_no, []), groups.get(one.event.group_no))
        after = (page[-1].event.ts_ms, page[-1].event.key)


def _event_line(one: PersonEvent, names: Sequence[Identity], group: GroupRecord | None) -> dict[str, Any]:
    event = one.event
    line: dict[str, Any] = {"event": event.kind, "at_ms": event.ts_ms, "key": event.key}
    if names:
        best = min(names, key=lambda name: (name.namespace != TELEGRAM, name))
        line["person"] = f"{best.namespace}:{best.value}"
    if event.bot_id:
        line["bot_id"] = event.bot_id
    if group is not None:
        line["group"] = group.contact.chat_id
    return {**line, "props": dict(event.props)}
