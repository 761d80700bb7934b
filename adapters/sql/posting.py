"""What the door of groups must know, read in the transaction that asks: nothing here comes from memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Select, bindparam, select

from adapters.codec import group_from_bytes
from adapters.posts import RECENT_POSTS_MS, PostRows
from adapters.sql.control import SqlControl
from adapters.sql.groups import GROUP
from adapters.sql.ledger import MESSAGE
from adapters.sql.work import Work
from core.posting import PostFacts

_VALUES: BindParameter[Any] = bindparam("values", expanding=True)
_GROUPS: Final = (
    select(GROUP.c.group_no, GROUP.c.chat_id, GROUP.c.state)
    .where(GROUP.c.group_no.in_(_VALUES))
    .order_by(GROUP.c.group_no)
)
_RECENT: Final = select(MESSAGE.c.group_no, MESSAGE.c.counted_ms).where(
    MESSAGE.c.group_no > 0,  # the words of the index over rows of groups
    MESSAGE.c.group_no.in_(_VALUES),
    MESSAGE.c.counted_ms > 0,
    MESSAGE.c.counted_ms >= bindparam("since"),
)


async def read_posting(
    work: Work, group_nos: Sequence[int], bot_ids: Sequence[int], now_ms: int
) -> PostFacts:
    """The facts, with the groups locked in ascending order where the database has row locks: two bots in one
    group can't both take its last free place."""
    numbers = sorted(set(group_nos))
    statement: Select[Any] = _GROUPS.with_for_update() if work.locks else _GROUPS
    rows = PostRows()
    for group_no, chat_id, state in await work.rows_in(statement, numbers):
        rows.groups[group_no] = (chat_id, group_from_bytes(state))
    for group_no, at_ms in await work.rows_in(_RECENT, numbers, {"since": now_ms - RECENT_POSTS_MS}):
        rows.recent.setdefault(group_no, []).append(at_ms)
    rows.switches = await SqlControl(work).switches()
    return rows.facts(group_nos, bot_ids, now_ms)
