"""What the door must know, read in the transaction that asks: nothing here comes from memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Select, bindparam, select

from adapters.codec import state_from_bytes
from adapters.columns import RECENT_MS, DoorRows
from adapters.sql.contacts import CONSENT, REACH
from adapters.sql.control import SqlControl
from adapters.sql.ledger import MESSAGE
from adapters.sql.people import PERSON
from adapters.sql.work import Work
from core.consent import CAMPAIGNS, DoorFacts

_VALUES: BindParameter[Any] = bindparam("values", expanding=True)
_PEOPLE: Final = (
    select(PERSON.c.person_no, PERSON.c.state, PERSON.c.holdout, PERSON.c.excluded)
    .where(PERSON.c.person_no.in_(_VALUES))
    .order_by(PERSON.c.person_no)
)
_CONSENTED: Final = select(CONSENT.c.person_no).where(
    CONSENT.c.person_no.in_(_VALUES), CONSENT.c.purpose == CAMPAIGNS, CONSENT.c.granted
)
_REACH: Final = select(REACH.c.person_no, REACH.c.bot_id, REACH.c.chat_id, REACH.c.state).where(
    REACH.c.person_no.in_(_VALUES)
)
_RECENT: Final = select(MESSAGE.c.person_no, MESSAGE.c.counted_ms).where(
    MESSAGE.c.person_no.in_(_VALUES), MESSAGE.c.counted_ms > 0, MESSAGE.c.counted_ms >= bindparam("since")
)


async def read_door(work: Work, person_nos: Sequence[int], bot_ids: Sequence[int], now_ms: int) -> DoorFacts:
    """The facts, with the people locked in ascending order where the database has row locks."""
    people = sorted(set(person_nos))
    statement: Select[Any] = _PEOPLE.with_for_update() if work.locks else _PEOPLE
    rows = DoorRows()
    for person_no, state, holdout, excluded in await work.rows_in(statement, people):
        rows.people[person_no] = (state_from_bytes(state), holdout, excluded)
    rows.consented = {row[0] for row in await work.rows_in(_CONSENTED, people)}
    for person_no, bot_id, chat_id, state in await work.rows_in(_REACH, people):
        rows.reach[person_no, bot_id] = (chat_id, state)
    for person_no, at_ms in await work.rows_in(_RECENT, people, {"since": now_ms - RECENT_MS}):
        rows.recent.setdefault(person_no, []).append(at_ms)
    rows.switches = await SqlControl(work).switches()
    return rows.facts(person_nos, bot_ids, now_ms)
