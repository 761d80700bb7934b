"""Erasure: a person goes from every table in one transaction, and a number that means nobody is left.

What stays for the figures is about nobody: campaign messages and decisions under the number's negative, and
what happened in groups under 0. Stored updates keep their (bot, update_id), so that one which comes again is
still known, and lose what they said of the person. Leaves to others: the files (`SqlStore.compact`), Redis.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    LargeBinary,
    Select,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)

from adapters.codec import dumps, loads
from adapters.redaction import SENDING_MS, WAITING, Whom, anonymous, redact, waits, whom
from adapters.sql import tables
from adapters.sql.work import Upsert, Work
from core.event import Event
from core.ledger import OPEN, MessageClass, State
from core.ports import Erasure

_T = tables.table
ERASURE: Final = _T(tables.Erasure)
SUPPRESSION: Final = _T(tables.Suppression)
PERSON: Final = _T(tables.Person)
IDENTITY: Final = _T(tables.Identity)
INBOX: Final = _T(tables.Inbox)
EVENT: Final = _T(tables.Event)
MESSAGE: Final = _T(tables.Message)
DECISION: Final = _T(tables.Decision)
AUDIT: Final = _T(tables.Audit)

_WHO: BindParameter[int] = bindparam("who")
_VALUES: BindParameter[Any] = bindparam("values", expanding=True)
_ALL = (ERASURE.c.person_no, ERASURE.c.asked_ms, ERASURE.c.erased_ms, ERASURE.c.done_ms)
_REQUEST: Final = Upsert.into(ERASURE, lambda new: new.on_conflict_do_nothing())
_OPEN: Final = select(*_ALL).where(ERASURE.c.done_ms == 0).order_by(ERASURE.c.asked_ms, ERASURE.c.person_no)
_ERASED: Final = (
    update(ERASURE)
    .where(ERASURE.c.person_no == _WHO, ERASURE.c.erased_ms == 0)
    .values(erased_ms=bindparam("now"))
)
_DONE: Final = (
    update(ERASURE).where(ERASURE.c.person_no.in_(_VALUES), ERASURE.c.done_ms == 0, ERASURE.c.erased_ms > 0)
).values(done_ms=bindparam("now"))
_FIGURES: Final = select(
    func.count(),
    func.count().filter(ERASURE.c.done_ms > 0),
    func.max(ERASURE.c.done_ms - ERASURE.c.asked_ms).filter(ERASURE.c.done_ms > 0),
)
_SUPPRESS: Final = Upsert.into(
    SUPPRESSION,
    lambda new: new.on_conflict_do_update(index_elements=["hash"], set_={"at_ms": new.excluded.at_ms}),
)
_SUPPRESSED: Final = select(SUPPRESSION.c.hash, SUPPRESSION.c.at_ms).where(SUPPRESSION.c.hash.in_(_VALUES))
_UNSUPPRESS: Final = delete(SUPPRESSION).where(SUPPRESSION.c.hash.in_(_VALUES))

_LOCK: Final = select(PERSON.c.username).where(PERSON.c.person_no == _WHO)
_NAMES: Final = select(IDENTITY.c.namespace, IDENTITY.c.value).where(IDENTITY.c.person_no == _WHO)
_FIELDS = (INBOX.c.id, INBOX.c.state, INBOX.c.body)
_TOLD = (AUDIT.c.id, AUDIT.c.detail)


@cache
def _holding(n: int, *, server: bool, waiting: bool) -> Select[Any]:
    """Updates in which one of n words stands, in one pass; only those that wait for something if said."""
    found = select(*_FIELDS).where(_has(INBOX.c.body, n, server=server)).order_by(INBOX.c.id)
    return found.where(INBOX.c.state.in_(WAITING)) if waiting else found


@cache
def _telling(n: int, *, server: bool) -> Select[Any]:
    """Entries of the audit trail in whose detail one of n words stands."""
    return select(*_TOLD).where(_has(AUDIT.c.detail, n, server=server))


def _has(column: Column[Any], n: int, *, server: bool) -> ColumnElement[bool]:
    """The bytes hold one of n words; the two databases say it in their own ways."""
    words = [bindparam(f"word_{place}", type_=LargeBinary) for place in range(n)]
    if not server:
        return or_(*(func.instr(column, word) > 0 for word in words))
    return or_(*(func.position(word.op("IN")(column)) > 0 for word in words))


def _needles(words: Sequence[str]) -> dict[str, bytes]:
    return {f"word_{place}": word.encode() for place, word in enumerate(words)}


_REDACT: Final = (
    update(INBOX)
    .where(INBOX.c.id == bindparam("of_id"))
    .values(body=bindparam("left"), state=bindparam("stands"), reason="")
)
_LEAVING: Final = (
    select(func.count())
    .select_from(MESSAGE)
    .where(
        MESSAGE.c.person_no == _WHO,
        MESSAGE.c.state == State.SENDING.value,
        MESSAGE.c.permit_ms > bindparam("since"),
    )
)
_OWN_TABLES: Final = (
    tables.Identity,
    tables.Membership,
    tables.Reach,
    tables.Consent,
    tables.ConsentHistory,
    tables.GroupMember,
    tables.ListEntry,
    tables.Enrolment,
    tables.Writing,
    tables.Person,
)
"""In this order: others point to the person."""
_DELETE: Final = tuple(delete(_T(one)).where(_T(one).c.person_no == _WHO) for one in _OWN_TABLES)
_NO_EVENTS: Final = delete(EVENT).where(EVENT.c.person_no == _WHO, EVENT.c.group_no == 0)
_IN_GROUPS: Final = select(EVENT.c.ts_ms, EVENT.c.key, EVENT.c.kind, EVENT.c.props).where(
    EVENT.c.person_no == _WHO
)
_OF_NOBODY: Final = (
    update(EVENT)
    .where(EVENT.c.ts_ms == bindparam("at"), EVENT.c.key == bindparam("old_key"))
    .values(person_no=0, key=bindparam("new_key"), props=bindparam("left"))
)
_NO_ANSWERS: Final = delete(MESSAGE).where(
    MESSAGE.c.person_no == _WHO, MESSAGE.c.cls != MessageClass.CAMPAIGN.value
)
_CALLED_OFF: Final = (
    update(MESSAGE)
    .where(MESSAGE.c.person_no == _WHO, MESSAGE.c.state.in_([state.value for state in OPEN]))
    .values(state=State.SUPPRESSED.value, reason="forgotten")
)
_KEPT_MESSAGES: Final = (
    update(MESSAGE)
    .where(MESSAGE.c.person_no == _WHO)
    .values(person_no=-MESSAGE.c.person_no, chat_id=0, telegram_id=0, body=b"{}")
)
_BODIES: Final = select(MESSAGE.c.id, MESSAGE.c.body).where(
    MESSAGE.c.person_no == _WHO, MESSAGE.c.cls == MessageClass.CAMPAIGN.value
)
_KEEP_LINKS: Final = update(MESSAGE).where(MESSAGE.c.id == bindparam("of_id")).values(body=bindparam("left"))
_KEPT_DECISIONS: Final = (
    update(DECISION).where(DECISION.c.person_no == _WHO).values(person_no=-DECISION.c.person_no)
)
_NO_TARGET: Final = update(AUDIT).where(AUDIT.c.target.in_(_VALUES)).values(target="forgotten", detail=b"{}")
_NO_DETAIL: Final = update(AUDIT).where(AUDIT.c.id == bindparam("of_id")).values(detail=bindparam("left"))


class SqlErasures:
    """Fulfils `core.ports.Erasures`."""

    def __init__(self, work: Work) -> None:
        self._work = work

    # ------------------------------------------------------------------ the list
    async def request(self, person_no: int, now_ms: int) -> None:
        row = {"person_no": person_no, "asked_ms": now_ms, "erased_ms": 0, "done_ms": 0}
        await self._work.run(_REQUEST, row)

    async def open(self) -> list[Erasure]:
        return [Erasure(*row) for row in await self._work.rows(_OPEN)]

    async def finish(self, person_nos: Sequence[int], now_ms: int) -> None:
        await self._work.run_in(_DONE, sorted(person_nos), {"now": now_ms})

    async def figures(self) -> tuple[int, int, int]:
        asked, done, slowest = (await self._work.rows(_FIGURES))[0]
        return asked, done, slowest or 0

    async def suppressed(self, hashes: Sequence[str]) -> dict[str, int]:
        rows = await self._work.rows_in(_SUPPRESSED, sorted(set(hashes)))
        return {hashed: at_ms for hashed, at_ms in rows}

    async def unsuppress(self, hashes: Sequence[str]) -> None:
        await self._work.run_in(_UNSUPPRESS, sorted(set(hashes)))

    # ------------------------------------------------------------------ the erasure
    async def waits(self, person_no: int, now_ms: int) -> bool:
        asked = {"who": person_no, "since": now_ms - SENDING_MS}
        if await self._work.value(_LEAVING, asked):
            return True
        about = await self._whom(person_no)
        held = await self._holding(about, waiting=True)
        return any(waits(state, body, about) for _, state, body in held)

    async def erase(self, person_no: int, suppressed: Sequence[str], now_ms: int) -> int:
        about = await self._whom(person_no)
        gone = await self._redact_inbox(about) + await self._forget_events(person_no, about)
        links = await self._links(person_no)
        for statement in (_NO_ANSWERS, _CALLED_OFF, _KEPT_MESSAGES, _KEPT_DECISIONS):
            gone += await self._work.run(statement, {"who": person_no})
        await self._work.run_each(_KEEP_LINKS, links)
        await self._redact_audit(person_no, about)
        for statement in _DELETE:
            gone += await self._work.run(statement, {"who": person_no})
        await self._work.run_each(
            _SUPPRESS, [{"hash": one, "at_ms": now_ms} for one in sorted(set(suppressed))]
        )
        await self._work.run(_ERASED, {"who": person_no, "now": now_ms})
        return gone

    async def _links(self, person_no: int) -> list[dict[str, object]]:
        """Of what they were sent, where tracked links lead: they go on leading there."""
        bodies = [(no, loads(body)) for no, body in await self._work.rows(_BODIES, {"who": person_no})]
        return [
            {"of_id": no, "left": dumps({"links": body["links"]})} for no, body in bodies if "links" in body
        ]

    async def _whom(self, person_no: int) -> Whom:
        """Under which words the person stands in updates; their row is locked where there are row locks."""
        lock = _LOCK.with_for_update() if self._work.locks else _LOCK
        usernames = [row[0] for row in await self._work.rows(lock, {"who": person_no})]
        names = [tuple(row) for row in await self._work.rows(_NAMES, {"who": person_no})]
        return whom(names, usernames)

    async def _holding(self, about: Whom, *, waiting: bool) -> Sequence[tuple[int, str, bytes]]:
        """Updates in which one of the words stands: (number, state, body)."""
        words = about.words
        if not words:
            return []
        statement = _holding(len(words), server=self._work.locks, waiting=waiting)
        return await self._work.rows(statement, _needles(words))

    async def _redact_inbox(self, about: Whom) -> int:
        changes = []
        for number, state, body in await self._holding(about, waiting=False):
            found = redact(body, about)
            if found.own or found.mentions:
                stands = "handled" if found.own else state
                changes.append({"of_id": number, "left": found.body, "stands": stands})
        await self._work.run_each(_REDACT, changes)
        return len(changes)

    async def _forget_events(self, person_no: int, about: Whom) -> int:
        gone = await self._work.run(_NO_EVENTS, {"who": person_no})
        kept = []
        for ts_ms, key, kind, props in await self._work.rows(_IN_GROUPS, {"who": person_no}):
            left = anonymous(Event(key, ts_ms, kind, props=loads(props)), person_no, about)
            kept.append({"at": ts_ms, "old_key": key, "new_key": left.key, "left": dumps(left.props)})
        await self._work.run_each(_OF_NOBODY, kept)
        return gone + len(kept)

    async def _redact_audit(self, person_no: int, about: Whom) -> None:
        words = about.told
        await self._work.run_in(_NO_TARGET, [f"person:{person_no}", *words, *(f"@{one}" for one in words)])
        if not words:
            return
        rows = await self._work.rows(_telling(len(words), server=self._work.locks), _needles(words))
        await self._work.run_each(
            _NO_DETAIL, [{"of_id": number, "left": _without(detail, words)} for number, detail in rows]
        )


def _without(detail: bytes, words: Sequence[str]) -> bytes:
    for word in words:
        detail = detail.replace(word.encode(), b"-")
    return detail
