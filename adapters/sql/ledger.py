"""The ledger: one row per message, moved only along `core.ledger.MOVES`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    BindParameter,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    update,
)

from adapters.codec import dumps, loads
from adapters.figures import counted_ms
from adapters.sql import tables
from adapters.sql.moving import Stand, change
from adapters.sql.unparking import UNPARK, UNPARK_LOCKED
from adapters.sql.work import AnyRow, Upsert, Work
from core.ledger import HEAD_START_MS, OPEN, Message, MessageClass, Move, NewMessage, State, check_move
from core.ports import HarmCount

MESSAGE: Final = tables.table(tables.Message)

_FIELDS: Final = tuple(field.name for field in fields(Message))
_CLS, _STATE, _BODY = (_FIELDS.index(name) for name in ("cls", "state", "body"))
_CLASSES: Final = {cls.value: cls for cls in MessageClass}
_STATES: Final = {state.value: state for state in State}
_ADD: Final = Upsert.into(
    MESSAGE,
    lambda new: new.on_conflict_do_nothing(index_elements=["campaign", "person_no", "step"]).returning(
        MESSAGE.c.id, MESSAGE.c.campaign, MESSAGE.c.person_no, MESSAGE.c.step
    ),
)
_ALL: Final = select(*(MESSAGE.c[name] for name in _FIELDS))
_FRONT: Final = -(1 << 62)
_MOST: BindParameter[int] = bindparam("most")
_OPEN_CAMPAIGN = (MESSAGE.c.cls == MessageClass.CAMPAIGN.value, MESSAGE.c.state.in_([s.value for s in OPEN]))
_OF_BOT = MESSAGE.c.bot_id == bindparam("bot")
_IS_DUE = MESSAGE.c.due_ms <= bindparam("now")
_BY_ID: Final = _ALL.where(MESSAGE.c.id.in_(bindparam("values", expanding=True)))
_NOT_IN_LINE = (State.PLANNED.value, State.RETRY.value)
_HEAD_START = cast(func.round(MESSAGE.c.priority * HEAD_START_MS), BigInteger)
_DUE: Final = (
    select(MESSAGE.c.id)
    .where(MESSAGE.c.cls == MessageClass.CAMPAIGN.value, MESSAGE.c.state.in_(_NOT_IN_LINE), _OF_BOT, _IS_DUE)
    .order_by(MESSAGE.c.due_ms, MESSAGE.c.id)
    .limit(_MOST)
)
_ENQUEUED: Final = {
    "state": State.QUEUED.value,
    "place": case((MESSAGE.c.place != 0, MESSAGE.c.place), else_=MESSAGE.c.due_ms - _HEAD_START),
}
_ENQUEUE: Final = update(MESSAGE).where(MESSAGE.c.id.in_(_DUE)).values(_ENQUEUED)
_ENQUEUE_FREE: Final = (
    update(MESSAGE).where(MESSAGE.c.id.in_(_DUE.with_for_update(skip_locked=True))).values(_ENQUEUED)
)
_AFTER_PLACE: BindParameter[int] = bindparam("after_place")
_AFTER_ID: BindParameter[int] = bindparam("after_id")
_LINE: Final = (
    _ALL.where(
        MESSAGE.c.state == literal_column("'queued'"),
        _OF_BOT,
        MESSAGE.c.place >= _AFTER_PLACE,
        or_(MESSAGE.c.place > _AFTER_PLACE, MESSAGE.c.id > _AFTER_ID),
    )
    .order_by(MESSAGE.c.place, MESSAGE.c.id)
    .limit(_MOST)
)
_STANDS: Final = (
    select(MESSAGE.c.id, MESSAGE.c.state, MESSAGE.c.cls, MESSAGE.c.permit_ms, MESSAGE.c.sent_ms)
    .where(MESSAGE.c.id.in_(bindparam("values", expanding=True)))
    .order_by(MESSAGE.c.id)
)
_MOVE: Final = (
    update(MESSAGE)
    .where(MESSAGE.c.id == bindparam("of_id"))
    .values(
        state=bindparam("new"),
        permit_ms=bindparam("permit"),
        sent_ms=bindparam("sent"),
        counted_ms=bindparam("counted"),
        reason=func.coalesce(func.nullif(bindparam("why"), ""), MESSAGE.c.reason),
        due_ms=func.coalesce(bindparam("due", type_=MESSAGE.c.due_ms.type), MESSAGE.c.due_ms),
        telegram_id=func.coalesce(
            bindparam("telegram", type_=MESSAGE.c.telegram_id.type), MESSAGE.c.telegram_id
        ),
        attempts=func.coalesce(bindparam("tries", type_=MESSAGE.c.attempts.type), MESSAGE.c.attempts),
        chat_id=func.coalesce(bindparam("chat", type_=MESSAGE.c.chat_id.type), MESSAGE.c.chat_id),
    )
)
_PERMIT: Any = (
    update(MESSAGE)
    .where(
        MESSAGE.c.id.in_(bindparam("values", expanding=True)),
        MESSAGE.c.state == State.QUEUED.value,
        MESSAGE.c.cls == MessageClass.CAMPAIGN.value,
    )
    .values(
        state=State.SENDING.value,
        permit_ms=bindparam("now"),
        counted_ms=bindparam("counts"),
        attempts=MESSAGE.c.attempts + 1,
    )
    .returning(MESSAGE.c.id)
)
_ANSWERED: Final = (
    update(MESSAGE)
    .where(MESSAGE.c.id == bindparam("of_id"), MESSAGE.c.answered_ms == 0)
    .values(answered_ms=bindparam("at"))
)
_RECENT: Final = _ALL.where(
    MESSAGE.c.person_no.in_(bindparam("values", expanding=True)),
    MESSAGE.c.counted_ms > 0,
    MESSAGE.c.counted_ms >= bindparam("since"),
).order_by(MESSAGE.c.counted_ms, MESSAGE.c.id)
_INTERRUPTED: Final = _ALL.where(
    MESSAGE.c.cls.in_([cls.value for cls in MessageClass]),
    MESSAGE.c.state == State.SENDING.value,
    _OF_BOT,
    MESSAGE.c.permit_ms < bindparam("before"),
).order_by(MESSAGE.c.id)
_OF_PERSON: Final = (
    _ALL.where(MESSAGE.c.person_no == bindparam("person")).order_by(MESSAGE.c.id.desc()).limit(_MOST)
)
_IN_LINE: Final = (
    _ALL.where(MESSAGE.c.state == State.QUEUED.value, MESSAGE.c.cls == MessageClass.CAMPAIGN.value)
    .order_by(MESSAGE.c.place, MESSAGE.c.id)
    .limit(_MOST)
)
_TO_COME: Final = (
    _ALL.where(MESSAGE.c.cls == MessageClass.CAMPAIGN.value, MESSAGE.c.state.in_(_NOT_IN_LINE))
    .order_by(MESSAGE.c.due_ms, MESSAGE.c.id)
    .limit(_MOST)
)
_COUNTS: Final = select(MESSAGE.c.state, func.count()).group_by(MESSAGE.c.state).order_by(MESSAGE.c.state)
_COUNTS_OF: Final = _COUNTS.where(MESSAGE.c.cls == bindparam("of_class"))
_LATEST: Final = _ALL.order_by(MESSAGE.c.id.desc()).limit(_MOST)
_LAST_SENT: Final = (
    _ALL.where(MESSAGE.c.counted_ms > 0)
    .order_by(MESSAGE.c.counted_ms.desc(), MESSAGE.c.id.desc())
    .limit(_MOST)
)
_NEXT_DUE: Final = select(
    *(
        select(func.min(MESSAGE.c.due_ms))
        .where(MESSAGE.c.cls == MessageClass.CAMPAIGN.value, MESSAGE.c.state == state, _OF_BOT)
        .scalar_subquery()
        .label(state)
        for state in _NOT_IN_LINE
    )
)
_HARMED: Final = (
    update(MESSAGE)
    .where(MESSAGE.c.id == bindparam("of_id"), MESSAGE.c.harm == "")
    .values(harm=bindparam("how"), harm_ms=bindparam("at"))
)
_CAMPAIGN = MESSAGE.c.campaign == bindparam("of_campaign")
_OF_CAMPAIGN: Final = (
    _ALL.where(_CAMPAIGN, MESSAGE.c.id > bindparam("after")).order_by(MESSAGE.c.id).limit(_MOST)
)
_CAMPAIGN_COUNTS: Final = (
    select(MESSAGE.c.variant, MESSAGE.c.state, func.count())
    .where(_CAMPAIGN)
    .group_by(MESSAGE.c.variant, MESSAGE.c.state)
    .order_by(MESSAGE.c.variant, MESSAGE.c.state)
)
_HARM: Final = (
    select(
        MESSAGE.c.campaign,
        func.count(),
        func.count().filter(MESSAGE.c.harm == "block"),
        func.count().filter(MESSAGE.c.harm == "opt_out"),
        func.count().filter(MESSAGE.c.answered_ms > 0),
    )
    .where(MESSAGE.c.counted_ms > 0, MESSAGE.c.counted_ms >= bindparam("since"))
    .group_by(MESSAGE.c.campaign)
    .order_by(MESSAGE.c.campaign)
)
_OPEN_OF_CAMPAIGN = select(MESSAGE.c.id).where(_CAMPAIGN, *_OPEN_CAMPAIGN).order_by(MESSAGE.c.id).limit(_MOST)
_SUPPRESSED: Final = {"state": State.SUPPRESSED.value, "reason": bindparam("why")}
_WITHDRAW: Final = update(MESSAGE).where(MESSAGE.c.id.in_(_OPEN_OF_CAMPAIGN)).values(_SUPPRESSED)
_WITHDRAW_LOCKED: Final = (
    update(MESSAGE).where(MESSAGE.c.id.in_(_OPEN_OF_CAMPAIGN.with_for_update())).values(_SUPPRESSED)
)
_LEFT_BEHIND: Final = (
    _ALL.where(
        *_OPEN_CAMPAIGN,
        MESSAGE.c.bot_id.not_in(bindparam("served", expanding=True)),
        MESSAGE.c.expires_ms <= bindparam("now"),
    )
    .order_by(MESSAGE.c.id)
    .limit(_MOST)
)
_EXPORT: Final = _ALL.where(MESSAGE.c.id > bindparam("after")).order_by(MESSAGE.c.id).limit(_MOST)


class SqlLedger:
    """Fulfils `core.ports.Ledger`."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def add(self, messages: Sequence[NewMessage], now_ms: int) -> list[Message | None]:
        stored = await self._work.rows_each(_ADD, [_new_row(item, now_ms) for item in messages])
        ids = {(campaign, person_no, step): row_id for row_id, campaign, person_no, step in stored}
        return [
            _as_message(item, ids.pop((item.campaign, item.person_no, item.step), None), now_ms)
            for item in messages
        ]

    async def get(self, ids: Sequence[int]) -> dict[int, Message]:
        return {row.id: row for row in _messages(await self._work.rows_in(_BY_ID, ids))}

    async def queue_due(self, bot_id: int, now_ms: int, limit: int) -> int:
        statement = _ENQUEUE_FREE if self._work.locks else _ENQUEUE
        return await self._work.run(statement, {"bot": bot_id, "now": now_ms, "most": limit})

    async def line(self, bot_id: int, limit: int) -> list[Message]:
        first: dict[tuple[int, int], Message] = {}
        after, most = (_FRONT, 0), limit
        while len(first) < limit and most == limit:
            given = {"bot": bot_id, "after_place": after[0], "after_id": after[1], "most": limit}
            rows = await self._work.rows(_LINE, given)
            messages = _messages(rows)
            for message in messages:
                first.setdefault((message.person_no, message.group_no), message)
            most = len(messages)
            after = (messages[-1].place, messages[-1].id) if messages else after
        return list(first.values())[:limit]

    async def move(self, moves: Sequence[Move]) -> int:
        for item in moves:
            check_move(item.old, item.new)
        statement = _STANDS.with_for_update() if self._work.locks else _STANDS
        rows = await self._work.rows_in(statement, sorted({item.id for item in moves}))
        stands = {
            row_id: Stand(State(state), MessageClass(cls), permit_ms, sent_ms)
            for row_id, state, cls, permit_ms, sent_ms in rows
        }
        changes = []
        for item in moves:
            stand = stands.get(item.id)
            if stand is not None and stand.state is item.old:
                stand = stands[item.id] = stand.moved(item)
                changes.append(change(item, stand))
        await self._work.run_each(_MOVE, changes)
        return len(changes)

    async def permit(self, ids: Sequence[int], now_ms: int) -> set[int]:
        given = {"now": now_ms, "counts": counted_ms(MessageClass.CAMPAIGN, State.SENDING, now_ms, 0)}
        return {row[0] for row in await self._work.rows_in(_PERMIT, sorted(set(ids)), given)}

    async def answered(self, answers: Mapping[int, int]) -> None:
        await self._work.run_each(
            _ANSWERED, [{"of_id": row_id, "at": at_ms} for row_id, at_ms in sorted(answers.items())]
        )

    async def recent_campaigns(self, person_nos: Sequence[int], since_ms: int) -> list[Message]:
        rows = await self._work.rows_in(_RECENT, sorted(set(person_nos)), {"since": since_ms})
        return sorted(_messages(rows), key=_moment)

    async def interrupted(self, bot_id: int, before_ms: int) -> list[Message]:
        return _messages(await self._work.rows(_INTERRUPTED, {"bot": bot_id, "before": before_ms}))

    async def of_person(self, person_no: int, limit: int) -> list[Message]:
        return _messages(await self._work.rows(_OF_PERSON, {"person": person_no, "most": limit}))

    async def queue(self, limit: int) -> list[Message]:
        queued = _messages(await self._work.rows(_IN_LINE, {"most": limit}))
        left = limit - len(queued)
        return queued + (_messages(await self._work.rows(_TO_COME, {"most": left})) if left else [])

    async def counts(self, cls: str | None = None) -> dict[str, int]:
        statement = _COUNTS if cls is None else _COUNTS_OF
        rows = await self._work.rows(statement, {} if cls is None else {"of_class": str(cls)})
        return {state: n for state, n in rows}

    async def latest(self, limit: int) -> list[Message]:
        return _messages(await self._work.rows(_LATEST, {"most": limit}))

    async def last_sent(self, limit: int) -> list[Message]:
        return _messages(await self._work.rows(_LAST_SENT, {"most": limit}))

    async def next_due_ms(self, bot_id: int) -> int | None:
        ((planned, retry),) = await self._work.rows(_NEXT_DUE, {"bot": bot_id})
        return min((moment for moment in (planned, retry) if moment is not None), default=None)

    async def harmed(self, harms: Mapping[int, tuple[str, int]]) -> None:
        rows = [{"of_id": no, "how": how, "at": at_ms} for no, (how, at_ms) in sorted(harms.items())]
        await self._work.run_each(_HARMED, rows)

    async def of_campaign(self, campaign: str, after_id: int, limit: int) -> list[Message]:
        given = {"of_campaign": campaign, "after": after_id, "most": limit}
        return _messages(await self._work.rows(_OF_CAMPAIGN, given))

    async def campaign_counts(self, campaign: str) -> dict[tuple[str, str], int]:
        rows = await self._work.rows(_CAMPAIGN_COUNTS, {"of_campaign": campaign})
        return {(variant, state): n for variant, state, n in rows}

    async def harm_since(self, since_ms: int) -> dict[str, HarmCount]:
        rows = await self._work.rows(_HARM, {"since": since_ms})
        return {campaign: HarmCount(*figures) for campaign, *figures in rows}

    async def withdraw(self, campaign: str, reason: str, limit: int) -> int:
        statement = _WITHDRAW_LOCKED if self._work.locks else _WITHDRAW
        return await self._work.run(statement, {"of_campaign": campaign, "why": reason, "most": limit})

    async def unpark(self, bot_id: int, of: tuple[str, str], now_ms: int, limit: int) -> int:
        what, name = of
        given = {"bot": bot_id, "of_name": name, "now": now_ms, "most": limit}
        statements = UNPARK_LOCKED if self._work.locks else UNPARK
        return await self._work.run(statements[what], given)

    async def left_behind(self, served: Sequence[int], now_ms: int, limit: int) -> list[Message]:
        given = {"served": sorted(served), "now": now_ms, "most": limit}
        return _messages(await self._work.rows(_LEFT_BEHIND, given))

    async def export(self, after_id: int, limit: int) -> list[Message]:
        return _messages(await self._work.rows(_EXPORT, {"after": after_id, "most": limit}))


def _new_row(item: NewMessage, now_ms: int) -> dict[str, object]:
    return {
        "cls": item.cls.value,
        "campaign": item.campaign,
        "step": item.step,
        "person_no": item.person_no,
        "bot_id": item.bot_id,
        "chat_id": item.chat_id,
        "state": item.state.value,
        "due_ms": item.due_ms,
        "expires_ms": item.expires_ms,
        "body": dumps(item.body),
        "segment": item.segment,
        "content": item.content,
        "kind": item.kind,
        "priority": item.priority,
        "predicted": item.predicted,
        "strategy_version": item.strategy_version,
        "reason": item.reason,
        "attempts": 0,
        "permit_ms": item.permit_ms,
        "sent_ms": 0,
        "telegram_id": 0,
        "answered_ms": 0,
        "created_ms": now_ms,
        "counted_ms": counted_ms(item.cls, item.state, item.permit_ms, 0),
        "group_no": item.group_no,
        "variant": item.variant,
        "place": 0,
        "harm": "",
        "harm_ms": 0,
    }


def _as_message(item: NewMessage, row_id: int | None, now_ms: int) -> Message | None:
    if row_id is None:
        return None
    row = _new_row(item, now_ms)
    del row["counted_ms"]
    kept: dict[str, Any] = {**row, "id": row_id, "cls": item.cls, "state": item.state, "body": item.body}
    return Message(**kept)


def _message(row: AnyRow) -> Message:
    values: list[Any] = list(row)
    values[_CLS], values[_STATE] = _CLASSES[values[_CLS]], _STATES[values[_STATE]]
    values[_BODY] = loads(values[_BODY])
    return Message(*values)


def _messages(rows: Iterable[AnyRow]) -> list[Message]:
    return [_message(row) for row in rows]


def _moment(message: Message) -> tuple[int, int]:
    at_ms = counted_ms(message.cls, message.state, message.permit_ms, message.sent_ms)
    return at_ms, message.id
