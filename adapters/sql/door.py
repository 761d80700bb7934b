"""What the door must know, read in the transaction that asks: nothing here comes from memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from core.ports import PersonRecord
from core.profile import ProfileState

_VALUES: BindParameter[Any] = bindparam("values", expanding=True)
_PEOPLE: Final = (
    select(PERSON.c.person_no, PERSON.c.state, PERSON.c.holdout, PERSON.c.excluded)
    .where(PERSON.c.person_no.in_(_VALUES))
    .order_by(PERSON.c.person_no)
)
_LOCKED_PEOPLE: Final = _PEOPLE.with_for_update()
_EXCLUDED: Final = select(PERSON.c.person_no).where(PERSON.c.person_no.in_(_VALUES), PERSON.c.excluded)
_CONSENTED: Final = select(CONSENT.c.person_no).where(
    CONSENT.c.person_no.in_(_VALUES), CONSENT.c.purpose == CAMPAIGNS, CONSENT.c.granted
)
_REACH: Final = select(REACH.c.person_no, REACH.c.bot_id, REACH.c.chat_id, REACH.c.state).where(
    REACH.c.person_no.in_(_VALUES)
)
_RECENT: Final = select(MESSAGE.c.person_no, MESSAGE.c.counted_ms).where(
    MESSAGE.c.person_no.in_(_VALUES), MESSAGE.c.counted_ms > 0, MESSAGE.c.counted_ms >= bindparam("since")
)


@dataclass(frozen=True, slots=True)
class DoorAbout:
    """Row i is about person i and bot i; `records`: of all of them, where somebody has them already."""

    person_nos: Sequence[int]
    bot_ids: Sequence[int]
    now_ms: int
    records: Mapping[int, PersonRecord] | None = None


async def read_door(work: Work, about: DoorAbout, quiet: tuple[int, int]) -> DoorFacts:
    """The facts, with the people locked in ascending order where the database has row locks."""
    people, now_ms = sorted(set(about.person_nos)), about.now_ms
    rows = DoorRows(quiet=quiet)
    rows.people = await _people(work, people, about.records)
    rows.consented = {row[0] for row in await work.rows_in(_CONSENTED, people)}
    for person_no, bot_id, chat_id, state in await work.rows_in(_REACH, people):
        rows.reach[person_no, bot_id] = (chat_id, state)
    for person_no, at_ms in await work.rows_in(_RECENT, people, {"since": now_ms - RECENT_MS}):
        rows.recent.setdefault(person_no, []).append(at_ms)
    rows.switches = await SqlControl(work).switches()
    return rows.facts(about.person_nos, about.bot_ids, now_ms)


async def _people(
    work: Work, people: Sequence[int], records: Mapping[int, PersonRecord] | None
) -> dict[int, tuple[ProfileState, bool, bool]]:
    if records is not None:
        excluded_nos = {row[0] for row in await work.rows_in(_EXCLUDED, people)}
        return {no: (one.state, one.holdout, no in excluded_nos) for no, one in records.items()}
    statement: Select[Any] = _LOCKED_PEOPLE if work.locks else _PEOPLE
    rows = await work.rows_in(statement, people)
    return {no: (state_from_bytes(state), holdout, excluded) for no, state, holdout, excluded in rows}
