"""People: who they are, their record, and which of them are due for a look.

Records that will be written are locked in ascending order where the database has row locks. `seq` comes from
one counter row, held until the commit: its order is the order of commits, without gaps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Select, bindparam, delete, exists, func, or_, select, update

from adapters.codec import dumps, loads, state_from_bytes, state_to_bytes
from adapters.sql import tables
from adapters.sql.contacts import SqlContacts
from adapters.sql.ledger import MESSAGE
from adapters.sql.numbers import last_number, next_numbers
from adapters.sql.work import AnyRow, Work
from core.errors import NotFoundError
from core.identity import Identity
from core.ledger import OPEN
from core.ports import Contact, HotRow, PersonRecord
from core.profile import ProfileState
from core.text import fold_text

PERSON: Final = tables.table(tables.Person)
_ADD_PERSON: Final = PERSON.insert()
IDENTITY: Final = tables.table(tables.Identity)
_ADD_IDENTITY: Final = IDENTITY.insert()
MEMBERSHIP: Final = tables.table(tables.Membership)
_ADD_MEMBERSHIP: Final = MEMBERSHIP.insert()
OPTIMIZER: Final = "opt"
"""The campaign of the optimizer's own messages."""

_MOST: BindParameter[int] = bindparam("most")
_NOW: BindParameter[int] = bindparam("now")
_VALUES: BindParameter[Any] = bindparam("values", expanding=True)
_RECORD: Final = select(
    PERSON.c.person_no,
    PERSON.c.created_ms,
    PERSON.c.state,
    PERSON.c.first_name,
    PERSON.c.username,
    PERSON.c.language,
    PERSON.c.premium,
    PERSON.c.segments,
    PERSON.c.holdout,
    PERSON.c.plan_after_ms,
    PERSON.c.segment_after_ms,
    PERSON.c.seq,
    PERSON.c.hot,
)
_LOAD: Final = _RECORD.where(PERSON.c.person_no.in_(_VALUES)).order_by(PERSON.c.person_no)
_STAND: Final = (
    select(
        PERSON.c.person_no, PERSON.c.seq, PERSON.c.plan_after_ms, PERSON.c.segment_after_ms, PERSON.c.segments
    )
    .where(PERSON.c.person_no.in_(_VALUES))
    .order_by(PERSON.c.person_no)
)
_STAND_LOCKED: Final = _STAND.with_for_update()
_CHANGED: Final = _RECORD.where(PERSON.c.seq > bindparam("after")).order_by(PERSON.c.seq).limit(_MOST)
_HOT: Final = (
    select(PERSON.c.person_no, PERSON.c.seq, PERSON.c.hot)
    .where(PERSON.c.seq > bindparam("after"))
    .order_by(PERSON.c.seq)
    .limit(_MOST)
)
_SEGMENTS: Final = select(PERSON.c.person_no, PERSON.c.segments).where(PERSON.c.person_no.in_(_VALUES))
_SAVED: Final = (
    *("state", "first_name", "username", "language", "premium", "names", "segments", "holdout"),
    *("plan_after_ms", "segment_after_ms", "seq", "hot"),
)
_SAVE: Final = (
    update(PERSON)
    .where(PERSON.c.person_no == bindparam("of_person"))
    .values({name: bindparam(f"new_{name}") for name in _SAVED})
)
_SAVE_NAMES: Final = (*(f"new_{name}" for name in _SAVED), "of_person")
_POSTPONE: Final = (
    update(PERSON)
    .where(PERSON.c.person_no == bindparam("of_person"))
    .values(plan_after_ms=bindparam("until"))
)
_LEAVE: Final = delete(MEMBERSHIP).where(MEMBERSHIP.c.person_no.in_(_VALUES))
_DUE_SEGMENTS: Final = (
    select(PERSON.c.person_no)
    .where(PERSON.c.segment_after_ms <= _NOW)
    .order_by(PERSON.c.segment_after_ms, PERSON.c.person_no)
    .limit(_MOST)
)
_WAITS = exists().where(
    MESSAGE.c.person_no == PERSON.c.person_no,
    MESSAGE.c.counted_ms == 0,
    MESSAGE.c.campaign == OPTIMIZER,
    MESSAGE.c.state.in_([state.value for state in OPEN]),
)
_DUE_PLANNING: Final = (
    select(PERSON.c.person_no)
    .where(PERSON.c.plannable == bindparam("yes"), PERSON.c.plan_after_ms <= _NOW, ~_WAITS)
    .order_by(PERSON.c.plan_after_ms, PERSON.c.person_no)
    .limit(_MOST)
)
_COUNT: Final = select(func.count()).select_from(PERSON)
_NUMBERS: Final = (
    select(PERSON.c.person_no)
    .where(PERSON.c.person_no > bindparam("after"))
    .order_by(PERSON.c.person_no)
    .limit(_MOST)
)
_MEMBERS: Final = (
    select(MEMBERSHIP.c.person_no)
    .where(MEMBERSHIP.c.segment == bindparam("of_segment"), MEMBERSHIP.c.person_no > bindparam("after"))
    .order_by(MEMBERSHIP.c.person_no)
    .limit(_MOST)
)
_SEARCH: Final = (
    _RECORD.where(
        or_(
            PERSON.c.names.like(bindparam("part"), escape="/"),
            PERSON.c.person_no == bindparam("number"),
            PERSON.c.person_no.in_(
                select(IDENTITY.c.person_no).where(IDENTITY.c.value == bindparam("value"))
            ),
        )
    )
    .order_by(PERSON.c.person_no)
    .limit(_MOST)
)
_IN_SEGMENT: Final = (
    _RECORD.join(MEMBERSHIP, MEMBERSHIP.c.person_no == PERSON.c.person_no)
    .where(MEMBERSHIP.c.segment == bindparam("of_segment"), MEMBERSHIP.c.person_no > bindparam("after"))
    .order_by(MEMBERSHIP.c.person_no)
    .limit(_MOST)
)
_SIZES: Final = (
    select(MEMBERSHIP.c.segment, func.count()).group_by(MEMBERSHIP.c.segment).order_by(MEMBERSHIP.c.segment)
)
_KNOWN: Final = select(IDENTITY.c.value, IDENTITY.c.person_no).where(
    IDENTITY.c.namespace == bindparam("of_namespace"), IDENTITY.c.value.in_(_VALUES)
)
_IDENTITIES: Final = (
    select(IDENTITY.c.person_no, IDENTITY.c.namespace, IDENTITY.c.value)
    .where(IDENTITY.c.person_no.in_(_VALUES))
    .order_by(IDENTITY.c.person_no, IDENTITY.c.namespace, IDENTITY.c.value)
)
_NO_NUMBER: Final = -1
_WIDEST: Final = (1 << 63) - 1


class SqlPeople(SqlContacts):
    """Fulfils `core.ports.People`; reach and consent come from `SqlContacts`."""

    def __init__(self, work: Work, holdout: Callable[[Identity], bool]) -> None:
        super().__init__(work)
        self._holdout = holdout
        self._stored_segments: dict[int, bytes] = {}

    # ------------------------------------------------------------------ who is who
    async def resolve(self, identities: Sequence[Identity], now_ms: int) -> dict[Identity, int]:
        wanted = list(dict.fromkeys(identities))
        known = await self._known(wanted)
        if len(known) < len(wanted):
            await self._work.alone("people")
            known = await self._known(wanted) if self._work.locks else known
            known |= await self._create([item for item in wanted if item not in known], now_ms)
        return {item: known[item] for item in wanted}

    async def _known(self, wanted: Sequence[Identity]) -> dict[Identity, int]:
        by_namespace: dict[str, list[str]] = {}
        for item in wanted:
            by_namespace.setdefault(item.namespace, []).append(item.value)
        known = {}
        for namespace, values in by_namespace.items():
            for value, person_no in await self._work.rows_in(_KNOWN, values, {"of_namespace": namespace}):
                known[Identity(namespace, value)] = person_no
        return known

    async def _create(self, missing: Sequence[Identity], now_ms: int) -> dict[Identity, int]:
        if not missing:
            return {}
        first = await next_numbers(self._work, "person", len(missing))
        created = {item: first + place for place, item in enumerate(missing)}
        empty = state_to_bytes(ProfileState())
        people = [
            {
                "person_no": person_no,
                "created_ms": now_ms,
                **{name: "" for name in ("first_name", "username", "language", "names", "hot")},
                **{name: False for name in ("premium", "excluded", "plannable")},
                **{name: 0 for name in ("plan_after_ms", "segment_after_ms", "seq")},
                "state": empty,
                "segments": b"{}",
                "holdout": self._holdout(item),
            }
            for item, person_no in created.items()
        ]
        rows = [
            {"namespace": item.namespace, "value": item.value, "person_no": person_no}
            for item, person_no in created.items()
        ]
        await self._work.run_each(_ADD_PERSON, people)
        await self._work.run_each(_ADD_IDENTITY, rows)
        return created

    async def known(self, identities: Sequence[Identity]) -> dict[Identity, int]:
        return await self._known(list(dict.fromkeys(identities)))

    async def find(self, identity: Identity) -> int | None:
        return (await self._known([identity])).get(identity)

    async def identities(self, person_nos: Sequence[int]) -> dict[int, list[Identity]]:
        found: dict[int, list[Identity]] = {}
        for person_no, namespace, value in await self._work.rows_in(_IDENTITIES, _ascending(person_nos)):
            found.setdefault(person_no, []).append(Identity(namespace, value))
        return found

    # ------------------------------------------------------------------ records
    async def load(self, person_nos: Sequence[int]) -> dict[int, PersonRecord]:
        statement: Select[Any] = _LOAD.with_for_update() if self._work.locks else _LOAD
        rows = await self._work.rows_in(statement, _ascending(person_nos))
        self._stored_segments |= {row.person_no: row.segments for row in rows}
        return {row.person_no: _record(row) for row in rows}

    async def still(self, records: Sequence[PersonRecord]) -> dict[int, PersonRecord]:
        known = {record.person_no: record for record in records}
        stands = await self._work.rows_in(_STAND_LOCKED if self._work.locks else _STAND, sorted(known))
        changed = [
            row.person_no
            for row in stands
            if (row.seq, row.plan_after_ms, row.segment_after_ms) != _stand(known[row.person_no])
        ]
        self._stored_segments |= {row.person_no: row.segments for row in stands}
        fresh = await self.load(changed)
        return {row.person_no: fresh.get(row.person_no, known[row.person_no]) for row in stands}

    async def save(self, records: Sequence[PersonRecord]) -> list[PersonRecord]:
        if not records:
            return []
        await self._remember_segments(records)
        first = await next_numbers(self._work, "seq", len(records))
        saved = [_numbered(record, first + place) for place, record in enumerate(records)]
        rows = [_row(record) for record in saved]
        await self._work.run_rows(_SAVE, _SAVE_NAMES, rows)
        await self._save_memberships(
            {record.person_no: (record, row[_SEGMENTS_AT]) for record, row in zip(saved, rows, strict=True)}
        )
        return saved

    async def _remember_segments(self, records: Sequence[PersonRecord]) -> None:
        unseen = sorted({r.person_no for r in records if r.person_no not in self._stored_segments})
        for person_no, segments in await self._work.rows_in(_SEGMENTS, unseen):
            self._stored_segments[person_no] = segments
        for person_no in unseen:
            if person_no not in self._stored_segments:
                raise NotFoundError(f"there is no person {person_no}", next_step="users list")

    async def _save_memberships(self, saved: Mapping[int, tuple[PersonRecord, Any]]) -> None:
        moved = {
            person_no: (record, segments)
            for person_no, (record, segments) in saved.items()
            if self._stored_segments[person_no] != segments
        }
        await self._work.run_in(_LEAVE, sorted(moved))
        await self._work.run_each(
            _ADD_MEMBERSHIP,
            [
                {"segment": segment, "person_no": person_no, "confidence": confidence}
                for person_no, (record, _) in sorted(moved.items())
                for segment, confidence in record.segments.items()
            ],
        )
        self._stored_segments |= {person_no: segments for person_no, (_, segments) in moved.items()}

    async def changed_after(self, seq: int, limit: int) -> list[PersonRecord]:
        return [_record(row) for row in await self._work.rows(_CHANGED, {"after": seq, "most": limit})]

    async def hot_after(self, seq: int, limit: int) -> list[HotRow]:
        return [HotRow(*row) for row in await self._work.rows(_HOT, {"after": seq, "most": limit})]

    async def last_seq(self) -> int:
        return await last_number(self._work, "seq")

    # ------------------------------------------------------------------ who is due
    async def due_for_segments(self, now_ms: int, limit: int) -> list[int]:
        return [row[0] for row in await self._work.rows(_DUE_SEGMENTS, {"now": now_ms, "most": limit})]

    async def due_for_planning(self, now_ms: int, limit: int) -> list[int]:
        parameters = {"yes": True, "now": now_ms, "most": limit}
        return [row[0] for row in await self._work.rows(_DUE_PLANNING, parameters)]

    async def postpone(self, plan_after: Mapping[int, int]) -> None:
        await self._work.run_each(
            _POSTPONE, [{"of_person": no, "until": until_ms} for no, until_ms in sorted(plan_after.items())]
        )

    # ------------------------------------------------------------------ lists
    async def count(self) -> int:
        return await self._work.value(_COUNT) or 0

    async def numbers(self, after: int, limit: int, segment: str = "") -> list[int]:
        asked: dict[str, object] = {"after": after, "most": limit}
        statement = _MEMBERS if segment else _NUMBERS
        rows = await self._work.rows(statement, asked | ({"of_segment": segment} if segment else {}))
        return [row[0] for row in rows]

    async def search(self, text: str, limit: int) -> list[PersonRecord]:
        wanted = text.strip().removeprefix("@")
        if not wanted:
            return []
        number = int(wanted) if wanted.isascii() and wanted.isdigit() else _NO_NUMBER
        parameters = {
            "part": f"%{_literal(fold_text(wanted))}%",
            "number": number if number <= _WIDEST else _NO_NUMBER,
            "value": wanted,
            "most": limit,
        }
        return [_record(row) for row in await self._work.rows(_SEARCH, parameters)]

    async def in_segment(self, segment: str, after: int, limit: int) -> list[PersonRecord]:
        parameters = {"of_segment": segment, "after": after, "most": limit}
        return [_record(row) for row in await self._work.rows(_IN_SEGMENT, parameters)]

    async def segment_sizes(self) -> dict[str, int]:
        return {segment: n for segment, n in await self._work.rows(_SIZES)}


def _literal(text: str) -> str:
    """The text without the meaning that LIKE gives to some characters."""
    return text.replace("/", "//").replace("%", "/%").replace("_", "/_")


def _ascending(person_nos: Sequence[int]) -> list[int]:
    return sorted(set(person_nos))


def _record(row: AnyRow) -> PersonRecord:
    return PersonRecord(
        person_no=row.person_no,
        created_ms=row.created_ms,
        state=state_from_bytes(row.state),
        contact=Contact(row.first_name, row.username, row.language, row.premium),
        segments=loads(row.segments),
        holdout=row.holdout,
        plan_after_ms=row.plan_after_ms,
        segment_after_ms=row.segment_after_ms,
        seq=row.seq,
        hot=row.hot,
    )


def _stand(record: PersonRecord) -> tuple[int, int, int]:
    """What changes with every change of a record."""
    return record.seq, record.plan_after_ms, record.segment_after_ms


def _numbered(record: PersonRecord, seq: int) -> PersonRecord:
    """The record with its new number; `replace` takes four times as long."""
    return PersonRecord(
        record.person_no,
        record.created_ms,
        record.state,
        record.contact,
        record.segments,
        record.holdout,
        record.plan_after_ms,
        record.segment_after_ms,
        seq,
        record.hot,
    )


_SEGMENTS_AT: Final = _SAVED.index("segments")


def _row(record: PersonRecord) -> tuple[object, ...]:
    """Values in the order of `_SAVE_NAMES`."""
    contact = record.contact
    return (
        state_to_bytes(record.state),
        contact.first_name,
        contact.username,
        contact.language,
        contact.premium,
        fold_text(f"{contact.first_name} {contact.username}"),
        dumps(record.segments),
        record.holdout,
        record.plan_after_ms,
        record.segment_after_ms,
        record.seq,
        record.hot,
        record.person_no,
    )
