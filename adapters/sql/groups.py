"""Groups: which of Telegram's numbers is which group, their records, and who was seen in them.

A group that became a supergroup is one group under two numbers. Were both known as groups of their own, the
younger becomes part of the older, with its events and people, and the older's record is folded anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import BindParameter, Select, and_, bindparam, case, delete, func, or_, select, update

from adapters.codec import group_from_bytes, group_to_bytes
from adapters.sql import tables
from adapters.sql.events import SqlEvents
from adapters.sql.numbers import next_numbers
from adapters.sql.work import AnyRow, Upsert, Work
from core.errors import NotFoundError
from core.identity import Place
from core.ports import GroupContact, GroupRecord, HotRow, Membership, Merged
from core.profile import GroupState, fold_group

GROUP: Final = tables.table(tables.Group)
IDENTITY: Final = tables.table(tables.GroupIdentity)
MEMBER: Final = tables.table(tables.GroupMember)
_EVENT: Final = tables.table(tables.Event)
_SEGMENT: Final = tables.table(tables.Membership)
_MESSAGE: Final = tables.table(tables.Message)
_ADD_GROUP: Final = GROUP.insert()
_EMPTY: Final = group_to_bytes(GroupState())

_VALUES: BindParameter[Any] = bindparam("values", expanding=True)
_AFTER: BindParameter[int] = bindparam("after")
_MOST: BindParameter[int] = bindparam("most")
_FIELDS: Final = ("chat_id", "kind", "title", "username", "forum")
_KNOWN: Final = select(IDENTITY.c.chat_id, IDENTITY.c.group_no).where(IDENTITY.c.chat_id.in_(_VALUES))
_NAME: Final = Upsert.into(
    IDENTITY,
    lambda new: new.on_conflict_do_update(
        index_elements=["chat_id"], set_={"group_no": new.excluded.group_no}
    ),
)
_LOAD: Final = (
    select(
        GROUP.c.group_no,
        GROUP.c.created_ms,
        GROUP.c.state,
        *(GROUP.c[name] for name in _FIELDS),
        GROUP.c.seq,
        GROUP.c.hot,
    )
    .where(GROUP.c.group_no.in_(_VALUES))
    .order_by(GROUP.c.group_no)
)
_SAVE: Final = (
    update(GROUP)
    .where(GROUP.c.group_no == bindparam("of_group"))
    .values({name: bindparam(f"new_{name}") for name in (*_FIELDS, "state", "seq", "hot")})
)
_HOT: Final = (
    select(GROUP.c.group_no, GROUP.c.seq, GROUP.c.hot)
    .where(GROUP.c.seq > _AFTER)
    .order_by(GROUP.c.seq)
    .limit(_MOST)
)
_NUMBERS: Final = (
    select(GROUP.c.group_no).where(GROUP.c.group_no > _AFTER).order_by(GROUP.c.group_no).limit(_MOST)
)
_COUNT: Final = select(func.count()).select_from(GROUP)
_THERE: Final = select(GROUP.c.group_no).where(GROUP.c.group_no.in_(_VALUES))

_MEMBERSHIP = (
    MEMBER.c.group_no,
    MEMBER.c.person_no,
    MEMBER.c.first_ms,
    MEMBER.c.last_ms,
    MEMBER.c.state,
    MEMBER.c.state_ms,
)
_MEMBERS: Final = (
    select(*_MEMBERSHIP)
    .where(MEMBER.c.group_no == bindparam("of_group"), MEMBER.c.person_no > _AFTER)
    .order_by(MEMBER.c.person_no)
    .limit(_MOST)
)
_OF_PEOPLE: Final = (
    select(*_MEMBERSHIP)
    .where(MEMBER.c.person_no.in_(_VALUES))
    .order_by(MEMBER.c.person_no, MEMBER.c.group_no)
)
_IN_GROUPS: Final = (
    select(MEMBER.c.group_no, func.count(), func.sum(case((MEMBER.c.state == "left", 0), else_=1)))
    .where(MEMBER.c.group_no.in_(_VALUES))
    .group_by(MEMBER.c.group_no)
)

_PRESENT = (MEMBER.c.last_ms >= bindparam("since"), MEMBER.c.state != "left")
_ACTIVE: Final = (
    select(MEMBER.c.group_no, func.count(MEMBER.c.person_no.distinct()))
    .where(*_PRESENT)
    .group_by(MEMBER.c.group_no)
)
_ACTIVE_IN: Final = (
    select(MEMBER.c.group_no, func.count(MEMBER.c.person_no.distinct()))
    .join(_SEGMENT, _SEGMENT.c.person_no == MEMBER.c.person_no)
    .where(_SEGMENT.c.segment.in_(_VALUES), *_PRESENT)
    .group_by(MEMBER.c.group_no)
)
_ACTIVE_AMONG: Final = _ACTIVE.where(MEMBER.c.person_no.in_(_VALUES))


def _see(new: Any) -> Any:
    said, known = new.excluded, MEMBER.c
    newer = or_(  # of two at the same moment `left` wins, then `member`: the order of the words
        said.state_ms > known.state_ms,
        and_(said.state_ms == known.state_ms, said.state < known.state),
    )
    return new.on_conflict_do_update(
        index_elements=["group_no", "person_no"],
        set_={
            "first_ms": case((said.first_ms < known.first_ms, said.first_ms), else_=known.first_ms),
            "last_ms": case((said.last_ms > known.last_ms, said.last_ms), else_=known.last_ms),
            "state": case((newer, said.state), else_=known.state),
            "state_ms": case((newer, said.state_ms), else_=known.state_ms),
        },
    )


_SEE: Final = Upsert.into(MEMBER, _see)

_YOUNGER: BindParameter[int] = bindparam("younger")
_ITS_PEOPLE: Final = (
    select(_EVENT.c.person_no)
    .where(_EVENT.c.group_no == _YOUNGER, _EVENT.c.person_no > 0)
    .distinct()
    .order_by(_EVENT.c.person_no)
)
_MOVE_EVENTS: Final = update(_EVENT).where(_EVENT.c.group_no == _YOUNGER).values(group_no=bindparam("older"))
_MOVE_POSTS: Final = (
    update(_MESSAGE)
    .where(_MESSAGE.c.group_no > 0, _MESSAGE.c.group_no == _YOUNGER)
    .values(group_no=bindparam("older"))
)
_MOVE_NAMES: Final = (
    update(IDENTITY).where(IDENTITY.c.group_no == _YOUNGER).values(group_no=bindparam("older"))
)
_ITS_MEMBERS: Final = select(*_MEMBERSHIP).where(MEMBER.c.group_no == _YOUNGER).order_by(MEMBER.c.person_no)
_NO_MEMBERS: Final = delete(MEMBER).where(MEMBER.c.group_no == _YOUNGER)
_NO_GROUP: Final = delete(GROUP).where(GROUP.c.group_no == _YOUNGER)
_REFOLD: Final = update(GROUP).where(GROUP.c.group_no == bindparam("older")).values(state=bindparam("anew"))


class SqlGroups:
    """Fulfils `core.ports.Groups`."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._seen: set[int] = set()
        """Groups that are known to be there."""
        self._merged: list[Merged] = []

    # ------------------------------------------------------------------ which is which
    async def resolve(self, places: Sequence[Place], now_ms: int) -> dict[int, int]:
        wanted = sorted({number for place in places for number in (place.chat_id, place.also) if number})
        known = await self._known(wanted)
        if not _settled(places, known):
            await self._work.alone("groups")
            known = await self._known(wanted) if self._work.locks else known
            for place in places:
                await self._settle(place, known, now_ms)
        return {number: known[number] for number in wanted}

    async def _known(self, chat_ids: Sequence[int]) -> dict[int, int]:
        return {chat_id: group_no for chat_id, group_no in await self._work.rows_in(_KNOWN, chat_ids)}

    async def _settle(self, place: Place, known: dict[int, int], now_ms: int) -> None:
        """Give all numbers of a place one group."""
        numbers = [number for number in (place.chat_id, place.also) if number]
        groups = sorted({known[number] for number in numbers if number in known})
        if len(groups) > 1:
            await self._merge(groups[1], groups[0])
            known.update({number: groups[0] for number, group in known.items() if group == groups[1]})
        group_no = groups[0] if groups else await self._create(place, now_ms)
        new = sorted({number for number in numbers if number not in known})
        await self._work.run_each(_NAME, [{"chat_id": number, "group_no": group_no} for number in new])
        known.update(dict.fromkeys(new, group_no))

    async def _create(self, place: Place, now_ms: int) -> int:
        group_no = await next_numbers(self._work, "group", 1)
        row = {"group_no": group_no, "created_ms": now_ms, "state": _EMPTY, "seq": 0, "hot": ""}
        await self._work.run_each(_ADD_GROUP, [row | {name: getattr(place, name) for name in _FIELDS}])
        return group_no

    async def _merge(self, younger: int, older: int) -> None:
        """Move all of the younger to the older, and fold the older anew from the events of both."""
        both, gone = {"younger": younger, "older": older}, {"younger": younger}
        people = tuple(row[0] for row in await self._work.rows(_ITS_PEOPLE, gone))
        self._merged.append(Merged(younger, older, people))
        await self._work.run(_MOVE_EVENTS, both)
        await self._work.run(_MOVE_NAMES, both)
        await self._work.run(_MOVE_POSTS, both)
        seen = [Membership(*row) for row in await self._work.rows(_ITS_MEMBERS, gone)]
        await self._work.run(_NO_MEMBERS, gone)
        await self.see([replace(one, group_no=older) for one in seen])
        await self._work.run(_NO_GROUP, gone)
        self._seen.discard(younger)
        events = await SqlEvents(self._work).all_of_group(older)
        anew = fold_group(GroupState(), [item.event for item in events])
        await self._work.run(_REFOLD, {"older": older, "anew": group_to_bytes(anew)})

    async def merged(self) -> list[Merged]:
        return self._merged

    async def find(self, chat_id: int) -> int | None:
        return (await self._known([chat_id])).get(chat_id)

    # ------------------------------------------------------------------ records
    async def load(self, group_nos: Sequence[int]) -> dict[int, GroupRecord]:
        statement: Select[Any] = _LOAD.with_for_update() if self._work.locks else _LOAD
        rows = await self._work.rows_in(statement, sorted(set(group_nos)))
        self._seen |= {row.group_no for row in rows}
        return {row.group_no: _record(row) for row in rows}

    async def save(self, records: Sequence[GroupRecord]) -> list[GroupRecord]:
        if not records:
            return []
        await self._require(record.group_no for record in records)
        first = await next_numbers(self._work, "seq", len(records))
        saved = [replace(record, seq=first + place) for place, record in enumerate(records)]
        await self._work.run_each(_SAVE, [_row(record) for record in saved])
        return saved

    async def _require(self, group_nos: Iterable[int]) -> None:
        """Raise NotFoundError for a number that is no group."""
        asked = sorted(set(group_nos) - self._seen)
        self._seen |= {row[0] for row in await self._work.rows_in(_THERE, asked)}
        for group_no in asked:
            if group_no not in self._seen:
                raise NotFoundError(f"there is no group {group_no}")

    async def hot_after(self, seq: int, limit: int) -> list[HotRow]:
        return [HotRow(*row) for row in await self._work.rows(_HOT, {"after": seq, "most": limit})]

    async def numbers(self, after: int, limit: int) -> list[int]:
        return [row[0] for row in await self._work.rows(_NUMBERS, {"after": after, "most": limit})]

    async def count(self) -> int:
        return await self._work.value(_COUNT) or 0

    # ------------------------------------------------------------------ people
    async def see(self, seen: Sequence[Membership]) -> None:
        rows = [
            {column.name: getattr(one, column.name) for column in MEMBER.columns}
            for one in sorted(seen, key=lambda one: (one.group_no, one.person_no))
        ]
        await self._work.run_each(_SEE, rows)

    async def members(self, group_no: int, after: int, limit: int) -> list[Membership]:
        asked = {"of_group": group_no, "after": after, "most": limit}
        return [Membership(*row) for row in await self._work.rows(_MEMBERS, asked)]

    async def member_counts(self, group_nos: Sequence[int]) -> dict[int, tuple[int, int]]:
        rows = await self._work.rows_in(_IN_GROUPS, sorted(set(group_nos)))
        counts = {group_no: (int(ever), int(now)) for group_no, ever, now in rows}
        return {group_no: counts.get(group_no, (0, 0)) for group_no in group_nos}

    async def of_people(self, person_nos: Sequence[int]) -> dict[int, list[Membership]]:
        found: dict[int, list[Membership]] = {}
        for row in await self._work.rows_in(_OF_PEOPLE, sorted(set(person_nos))):
            found.setdefault(row.person_no, []).append(Membership(*row))
        return found

    async def activity(
        self, since_ms: int, segments: Sequence[str] = (), among: Sequence[int] | None = None
    ) -> dict[int, int]:
        asked = {"since": since_ms}
        if among is not None:
            rows = await self._work.rows_in(_ACTIVE_AMONG, sorted(set(among)), asked)
        elif segments:
            rows = await self._work.rows_in(_ACTIVE_IN, sorted(set(segments)), asked)
        else:
            rows = list(await self._work.rows(_ACTIVE, asked))
        found: Counter[int] = Counter()
        for group_no, people in rows:  # many people are asked for in parts, and nobody is in two of them
            found[group_no] += people
        return dict(sorted(found.items()))


def _settled(places: Iterable[Place], known: Mapping[int, int]) -> bool:
    """True if every number is known, and those of one place as one group."""
    return all(
        place.chat_id in known and (not place.also or known.get(place.also) == known[place.chat_id])
        for place in places
    )


def _record(row: AnyRow) -> GroupRecord:
    return GroupRecord(
        row.group_no,
        row.created_ms,
        group_from_bytes(row.state),
        GroupContact(row.chat_id, row.kind, row.title, row.username, row.forum),
        row.seq,
        row.hot,
    )


def _row(record: GroupRecord) -> dict[str, object]:
    contact = {f"new_{name}": getattr(record.contact, name) for name in _FIELDS}
    return {
        "of_group": record.group_no,
        **contact,
        "new_state": group_to_bytes(record.state),
        "new_seq": record.seq,
        "new_hot": record.hot,
    }
