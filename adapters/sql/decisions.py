"""The decision log: what the planner could have done, what it did, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import BindParameter, bindparam, select

from adapters.codec import dumps, loads
from adapters.figures import propensity_of
from adapters.sql import tables
from adapters.sql.ledger import MESSAGE
from adapters.sql.work import AnyRow, Work
from core.ledger import State
from core.ports import Decision, Outcome

DECISION: Final = tables.table(tables.Decision)
_ADD_DECISION: Final = DECISION.insert()

_FIELDS: Final = tuple(field.name for field in fields(Decision))
_MOST: BindParameter[int] = bindparam("most")
_LATEST: Final = select(*(DECISION.c[name] for name in _FIELDS)).order_by(DECISION.c.id.desc()).limit(_MOST)
_OF_PERSON: Final = _LATEST.where(DECISION.c.person_no == bindparam("person"))
_OUTCOMES: Final = (
    select(
        MESSAGE.c.id,
        MESSAGE.c.person_no,
        MESSAGE.c.segment,
        MESSAGE.c.kind,
        MESSAGE.c.counted_ms,
        MESSAGE.c.answered_ms,
        MESSAGE.c.predicted,
        DECISION.c.propensity,
        DECISION.c.features,
    )
    .join(DECISION, DECISION.c.message_id == MESSAGE.c.id)
    .where(
        MESSAGE.c.id > bindparam("after"),
        MESSAGE.c.counted_ms > 0,
        MESSAGE.c.counted_ms >= bindparam("since"),
        MESSAGE.c.state.in_([State.SENT.value, State.UNKNOWN.value]),
    )
    .order_by(MESSAGE.c.id)
    .limit(_MOST)
)


class SqlDecisions:
    """Fulfils `core.ports.Decisions`."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def add(self, decisions: Sequence[Decision]) -> None:
        await self._work.run_each(_ADD_DECISION, [_row(item) for item in decisions])

    async def latest(self, limit: int, person_no: int | None = None) -> list[Decision]:
        if person_no is None:
            return _decisions(await self._work.rows(_LATEST, {"most": limit}))
        return _decisions(await self._work.rows(_OF_PERSON, {"most": limit, "person": person_no}))

    async def outcomes(self, since_ms: int, after_message_id: int = 0, limit: int = 100_000) -> list[Outcome]:
        rows = await self._work.rows(_OUTCOMES, {"since": since_ms, "after": after_message_id, "most": limit})
        return [_outcome(list(row)) for row in rows]


def _row(item: Decision) -> dict[str, object]:
    return {
        "at_ms": item.at_ms,
        "person_no": item.person_no,
        "message_id": item.message_id,
        "segment": item.segment,
        "model_version": item.model_version,
        "strategy_version": item.strategy_version,
        "candidates": dumps(item.candidates),
        "features": dumps(item.features),
        "chosen": item.chosen,
        "propensity": propensity_of(item),
        "reason": item.reason,
    }


def _outcome(values: list[Any]) -> Outcome:
    values[-1] = loads(values[-1])
    return Outcome(*values)


def _decisions(rows: Iterable[AnyRow]) -> list[Decision]:
    found = []
    for row in rows:
        values: dict[str, Any] = dict(zip(_FIELDS, row, strict=True))
        values["candidates"], values["features"] = loads(values["candidates"]), loads(values["features"])
        found.append(Decision(**values))
    return found
