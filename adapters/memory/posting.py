"""What the door of groups must know, from memory."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.figures import counted_ms
from adapters.memory.tables import Tables
from adapters.posts import RECENT_POSTS_MS, PostRows
from core.posting import PostFacts


def posting_facts(tables: Tables, group_nos: Sequence[int], bot_ids: Sequence[int], now_ms: int) -> PostFacts:
    """As the stores over SQL read it."""
    rows = PostRows(switches=dict(tables.switches))
    for no in group_nos:
        if no in tables.groups:
            rows.groups[no] = (tables.groups[no].contact.chat_id, tables.groups[no].state)
    for message in tables.messages.values():
        at_ms = counted_ms(message.cls, message.state, message.permit_ms, message.sent_ms)
        if message.group_no and 0 < at_ms >= now_ms - RECENT_POSTS_MS:
            rows.recent.setdefault(message.group_no, []).append(at_ms)
    return rows.facts(group_nos, bot_ids, now_ms)
