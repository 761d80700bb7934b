"""What an auditor needs of the store: the ledger and the inbox as plain rows."""

from __future__ import annotations

from typing import Any

from core.ports import Store

PAGE = 2_000


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


async def export_inbox(store: Store) -> list[tuple[int, int, str]]:
    """(bot_id, update_id, state) of every update ever stored."""
    async with store.transaction(write=False) as tx:
        return await tx.inbox.export()
