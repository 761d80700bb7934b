"""Journeys by version, and how far everybody inside has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, and_, bindparam, case, func, literal_column, or_, select, update

from adapters.codec import dumps, loads
from adapters.sql import tables
from adapters.sql.ledger import MESSAGE
from adapters.sql.work import AnyRow, Upsert, Work
from core.ports import Enrolment, JourneyVersion, StepSend

JOURNEY: Final = tables.table(tables.Journey)
ENROLMENT: Final = tables.table(tables.Enrolment)
_PERSON: Final = tables.table(tables.Person)

_ADD: Final = JOURNEY.insert()
_NAME = JOURNEY.c.name == bindparam("of_name")
_VERSION: Final = select(
    JOURNEY.c.name, JOURNEY.c.version, JOURNEY.c.live, JOURNEY.c.author, JOURNEY.c.at_ms, JOURNEY.c.body
)
_LIVE: Final = _VERSION.where(JOURNEY.c.live).order_by(JOURNEY.c.name)
_LAST_OF_EACH = (
    select(JOURNEY.c.name.label("of"), func.max(JOURNEY.c.version).label("last"))
    .group_by(JOURNEY.c.name)
    .subquery()
)
_NEWEST: Final = _VERSION.join(
    _LAST_OF_EACH, and_(JOURNEY.c.name == _LAST_OF_EACH.c.of, JOURNEY.c.version == _LAST_OF_EACH.c.last)
).order_by(JOURNEY.c.name)
_ONE: Final = _VERSION.where(_NAME, JOURNEY.c.version == bindparam("of_version"))
_HISTORY: Final = _VERSION.where(_NAME).order_by(JOURNEY.c.version.desc())
_LAST: Final = select(func.max(JOURNEY.c.version)).where(_NAME)
_SET_LIVE: Final = update(JOURNEY).where(_NAME).values(live=JOURNEY.c.version == bindparam("of_version"))

_FIELDS: Final = (
    *("journey", "person_no", "run", "version", "step"),
    *("entered_ms", "due_ms", "state", "reason", "changed_ms"),
)
_KEY: Final = ("journey", "person_no", "run")
_WAY: Final = select(*(ENROLMENT.c[name] for name in _FIELDS))
_MOST: BindParameter[int] = bindparam("most")
_VALUES: BindParameter[Any] = bindparam("values", expanding=True)
_JOURNEY = ENROLMENT.c.journey == bindparam("of_journey")
_ACTIVE = ENROLMENT.c.state == literal_column("'active'")  # said so that the index of active ones is taken
_LATEST: Final = _WAY.where(_JOURNEY, ENROLMENT.c.person_no.in_(_VALUES)).order_by(
    ENROLMENT.c.person_no, ENROLMENT.c.run
)
_ENROL: Final = Upsert.into(
    ENROLMENT,
    lambda new: new.on_conflict_do_nothing(index_elements=list(_KEY)).returning(
        *(ENROLMENT.c[name] for name in _KEY)
    ),
)
_WAKE: Final = (
    update(ENROLMENT)
    .where(_ACTIVE, ENROLMENT.c.person_no.in_(_VALUES), ENROLMENT.c.due_ms > bindparam("now"))
    .values(due_ms=bindparam("now"))
)
_DUE: Final = (
    _WAY.where(
        _ACTIVE,
        ENROLMENT.c.due_ms <= bindparam("now"),
        ENROLMENT.c.journey.not_in(bindparam("skipped", expanding=True)),
    )
    .order_by(ENROLMENT.c.due_ms, ENROLMENT.c.journey, ENROLMENT.c.person_no)
    .limit(_MOST)
)
_DUE_LOCKED: Final = _DUE.join(_PERSON, _PERSON.c.person_no == ENROLMENT.c.person_no).with_for_update(
    skip_locked=True
)
"""The people as well: whoever changes a person's way has locked the person."""
_SAVE: Final = (
    update(ENROLMENT)
    .where(
        _JOURNEY,
        ENROLMENT.c.person_no == bindparam("of_person"),
        ENROLMENT.c.run == bindparam("of_run"),
    )
    .values({name: bindparam(f"new_{name}") for name in _FIELDS if name not in _KEY})
)
_COUNTS: Final = (
    select(ENROLMENT.c.version, ENROLMENT.c.state, ENROLMENT.c.step, func.count())
    .where(_JOURNEY)
    .group_by(ENROLMENT.c.version, ENROLMENT.c.state, ENROLMENT.c.step)
    .order_by(ENROLMENT.c.version, ENROLMENT.c.state, ENROLMENT.c.step)
)
_MEMBERS: Final = (
    _WAY.where(
        _JOURNEY,
        ENROLMENT.c.person_no >= bindparam("after"),
        or_(ENROLMENT.c.person_no > bindparam("after"), ENROLMENT.c.run > bindparam("after_run")),
    )
    .order_by(ENROLMENT.c.person_no, ENROLMENT.c.run)
    .limit(_MOST)
)
_MEMBERS_IN: Final = _MEMBERS.where(ENROLMENT.c.state == bindparam("in_state"))
_OF_PERSON: Final = _WAY.where(ENROLMENT.c.person_no == bindparam("of_person")).order_by(
    ENROLMENT.c.journey, ENROLMENT.c.run
)
_NEXT_DUE: Final = select(func.min(ENROLMENT.c.due_ms)).where(_ACTIVE)
_CAMPAIGN = MESSAGE.c.campaign == bindparam("of_campaign")
_SENDS: Final = select(
    MESSAGE.c.person_no,
    MESSAGE.c.step,
    MESSAGE.c.id,
    MESSAGE.c.state,
    MESSAGE.c.reason,
    MESSAGE.c.due_ms,
    MESSAGE.c.expires_ms,
    MESSAGE.c.sent_ms,
    MESSAGE.c.answered_ms,
).where(_CAMPAIGN, MESSAGE.c.person_no.in_(_VALUES))
_SEND_COUNTS: Final = (
    select(
        MESSAGE.c.step,
        MESSAGE.c.state,
        func.count(),
        func.sum(case((MESSAGE.c.answered_ms > 0, 1), else_=0)),
    )
    .where(_CAMPAIGN)
    .group_by(MESSAGE.c.step, MESSAGE.c.state)
    .order_by(MESSAGE.c.step, MESSAGE.c.state)
)


class SqlJourneys:
    """Fulfils `core.ports.Journeys`."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def put(
        self, name: str, body: Mapping[str, object], now_ms: int, *, author: str, live: bool
    ) -> JourneyVersion:
        await self._work.alone("journey")
        version = (await self._work.value(_LAST, {"of_name": name}) or 0) + 1
        stored = dumps(body)
        row = {"name": name, "version": version, "live": False, "author": author, "at_ms": now_ms}
        await self._work.run(_ADD, row | {"body": stored})
        if live:
            await self.set_live(name, version)
        return JourneyVersion(name, version, live, author, now_ms, loads(stored))

    async def live(self) -> dict[str, JourneyVersion]:
        return {row[0]: _version(row) for row in await self._work.rows(_LIVE)}

    async def newest(self) -> dict[str, JourneyVersion]:
        return {row[0]: _version(row) for row in await self._work.rows(_NEWEST)}

    async def version(self, name: str, version: int) -> JourneyVersion | None:
        rows = await self._work.rows(_ONE, {"of_name": name, "of_version": version})
        return _version(rows[0]) if rows else None

    async def history(self, name: str) -> list[JourneyVersion]:
        return [_version(row) for row in await self._work.rows(_HISTORY, {"of_name": name})]

    async def set_live(self, name: str, version: int | None) -> bool:
        await self._work.alone("journey")
        if version is not None and await self.version(name, version) is None:
            return False
        return await self._work.run(_SET_LIVE, {"of_name": name, "of_version": version or 0}) > 0

    async def latest(self, journey: str, person_nos: Sequence[int]) -> dict[int, Enrolment]:
        rows = await self._work.rows_in(_LATEST, sorted(set(person_nos)), {"of_journey": journey})
        return {row.person_no: Enrolment(*row) for row in rows}  # the last run of each comes last

    async def enrol(self, enrolments: Sequence[Enrolment]) -> list[bool]:
        rows = [{name: getattr(item, name) for name in _FIELDS} for item in enrolments]
        stored = {tuple(row) for row in await self._work.rows_each(_ENROL, rows)}
        found = []
        for item in enrolments:
            key = (item.journey, item.person_no, item.run)
            found.append(key in stored)
            stored.discard(key)
        return found

    async def wake(self, person_nos: Sequence[int], now_ms: int) -> int:
        return await self._work.run_in(_WAKE, sorted(set(person_nos)), {"now": now_ms})

    async def due(self, now_ms: int, limit: int, skip: Sequence[str] = ()) -> list[Enrolment]:
        statement = _DUE_LOCKED if self._work.locks else _DUE
        given = {"now": now_ms, "most": limit, "skipped": sorted(skip)}
        return [Enrolment(*row) for row in await self._work.rows(statement, given)]

    async def save(self, enrolments: Sequence[Enrolment]) -> None:
        await self._work.run_each(
            _SAVE,
            [
                {
                    "of_journey": item.journey,
                    "of_person": item.person_no,
                    "of_run": item.run,
                    **{f"new_{name}": getattr(item, name) for name in _FIELDS if name not in _KEY},
                }
                for item in enrolments
            ],
        )

    async def counts(self, journey: str) -> dict[tuple[int, str, str], int]:
        rows = await self._work.rows(_COUNTS, {"of_journey": journey})
        return {(version, state, step): n for version, state, step, n in rows}

    async def members(
        self, journey: str, after: tuple[int, int], limit: int, state: str = ""
    ) -> list[Enrolment]:
        given = {"of_journey": journey, "after": after[0], "after_run": after[1], "most": limit}
        statement = _MEMBERS_IN if state else _MEMBERS
        rows = await self._work.rows(statement, given | ({"in_state": state} if state else {}))
        return [Enrolment(*row) for row in rows]

    async def of_person(self, person_no: int) -> list[Enrolment]:
        return [Enrolment(*row) for row in await self._work.rows(_OF_PERSON, {"of_person": person_no})]

    async def next_due_ms(self) -> int | None:
        found: int | None = await self._work.value(_NEXT_DUE)
        return found

    async def sends(self, campaign: str, person_nos: Sequence[int]) -> list[StepSend]:
        rows = await self._work.rows_in(_SENDS, sorted(set(person_nos)), {"of_campaign": campaign})
        return sorted((StepSend(*row) for row in rows), key=lambda one: one.id)

    async def send_counts(self, campaign: str) -> dict[tuple[str, str], tuple[int, int]]:
        rows = await self._work.rows(_SEND_COUNTS, {"of_campaign": campaign})
        return {(step, state): (n, int(answered)) for step, state, n, answered in rows}


def _version(row: AnyRow) -> JourneyVersion:
    name, version, live, author, at_ms, body = row
    return JourneyVersion(name, version, live, author, at_ms, loads(body))
