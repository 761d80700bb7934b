"""Rows of the ledger whose pause has ended become due."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import bindparam, select, update

from adapters.sql import tables
from core.ledger import HELD, PAUSED, MessageClass, State

_ROW: Final = tables.table(tables.Message)
_PARKED = (_ROW.c.state == State.PLANNED.value, _ROW.c.due_ms >= _ROW.c.expires_ms)


def _unpark(what: str) -> Any:
    """By the index of what is due; the state is asked again, because a row may have been withdrawn since."""
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
        .order_by(_ROW.c.due_ms, _ROW.c.id)
        .limit(bindparam("most"))
    )
    return update(_ROW).where(_ROW.c.id.in_(later), *_PARKED).values(due_ms=bindparam("now"))


UNPARK: Final = {what: _unpark(what) for what in PAUSED}
