"""Rows of the ledger whose pause has ended become due."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import bindparam, select, update

from adapters.sql import tables
from core.ledger import HELD, PAUSED, MessageClass, State

_ROW: Final = tables.table(tables.Message)
_PARKED = (_ROW.c.state == State.PLANNED.value, _ROW.c.due_ms >= _ROW.c.expires_ms)


def _unpark(what: str, *, locked: bool) -> Any:
    """By the index of what is due. Where others write at the same time rows are locked first, in the order in
    which all lock them: whoever finds none must know that none is left, and not that a page was withdrawn."""
    later = (
        select(_ROW.c.id)
        .where(
            _ROW.c.cls == MessageClass.CAMPAIGN.value,
            *_PARKED,
            _ROW.c.bot_id == bindparam("bot"),
            _ROW.c.due_ms > bindparam("now"),
            _ROW.c[what] == bindparam("of_name"),
            _ROW.c.reason.like(f"%{HELD}%{PAUSED[what]}%"),
        )
        .limit(bindparam("most"))
    )
    page = later.order_by(_ROW.c.id).with_for_update() if locked else later.order_by(_ROW.c.due_ms, _ROW.c.id)
    return update(_ROW).where(_ROW.c.id.in_(page)).values(due_ms=bindparam("now"))


UNPARK: Final = {what: _unpark(what, locked=False) for what in PAUSED}
UNPARK_LOCKED: Final = {what: _unpark(what, locked=True) for what in PAUSED}
