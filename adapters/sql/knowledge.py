"""What is known about how to write to whom: strategies and learned models, every change a new version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from sqlalchemy import bindparam, func, select, update

from adapters.codec import dumps, loads
from adapters.sql import tables
from adapters.sql.work import Work
from core.errors import NotFoundError
from core.ports import ModelVersion
from core.strategy import Pace, Strategy

STRATEGY: Final = tables.table(tables.Strategy)
_ADD_STRATEGY: Final = STRATEGY.insert()
MODEL: Final = tables.table(tables.Model)
_ADD_MODEL: Final = MODEL.insert()

_SEGMENT = STRATEGY.c.segment == bindparam("of_segment")
_LIVE: Final = select(STRATEGY.c.segment, STRATEGY.c.body).where(STRATEGY.c.live).order_by(STRATEGY.c.segment)
_HISTORY: Final = (
    select(STRATEGY.c.body, STRATEGY.c.at_ms, STRATEGY.c.live, STRATEGY.c.author)
    .where(_SEGMENT)
    .order_by(STRATEGY.c.version.desc())
)
_LAST: Final = select(func.max(STRATEGY.c.version)).where(_SEGMENT)
_KNOWN: Final = select(STRATEGY.c.version).where(_SEGMENT, STRATEGY.c.version == bindparam("of_version"))
_MAKE_LIVE: Final = (
    update(STRATEGY).where(_SEGMENT).values(live=STRATEGY.c.version == bindparam("of_version"))
)
_NEWEST: Final = (
    select(MODEL.c.name, MODEL.c.version, MODEL.c.at_ms, MODEL.c.body)
    .where(MODEL.c.name == bindparam("of_name"))
    .order_by(MODEL.c.version.desc())
    .limit(1)
)
_LAST_MODEL: Final = select(func.max(MODEL.c.version)).where(MODEL.c.name == bindparam("of_name"))


class SqlKnowledge:
    """Fulfils `core.ports.Knowledge`."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def strategies(self) -> dict[str, Strategy]:
        return {segment: _strategy(body) for segment, body in await self._work.rows(_LIVE)}

    async def put_strategy(self, strategy: Strategy, now_ms: int, *, live: bool, author: str) -> Strategy:
        await self._work.alone("strategy")
        last = await self._work.value(_LAST, {"of_segment": strategy.segment}) or 0
        stored = replace(strategy, version=last + 1)
        await self._work.run(
            _ADD_STRATEGY,
            {
                "segment": stored.segment,
                "version": stored.version,
                "live": False,
                "author": author,
                "at_ms": now_ms,
                "body": dumps(asdict(stored)),
            },
        )
        if live:
            await self.make_live(stored.segment, stored.version)
        return stored

    async def strategy_history(self, segment: str) -> list[tuple[Strategy, int, bool, str]]:
        rows = await self._work.rows(_HISTORY, {"of_segment": segment})
        return [(_strategy(body), at_ms, live, author) for body, at_ms, live, author in rows]

    async def make_live(self, segment: str, version: int) -> None:
        await self._work.alone("strategy")
        key = {"of_segment": segment, "of_version": version}
        if await self._work.value(_KNOWN, key) is None:
            raise NotFoundError(
                f"{segment} has no strategy version {version}", next_step=f"strategy history {segment}"
            )
        await self._work.run(_MAKE_LIVE, key)

    async def model(self, name: str) -> ModelVersion | None:
        rows = await self._work.rows(_NEWEST, {"of_name": name})
        return ModelVersion(rows[0][0], rows[0][1], rows[0][2], loads(rows[0][3])) if rows else None

    async def put_model(self, name: str, body: Mapping[str, object], now_ms: int) -> ModelVersion:
        await self._work.alone("model")
        last = await self._work.value(_LAST_MODEL, {"of_name": name}) or 0
        stored = dumps(body)
        await self._work.run(_ADD_MODEL, {"name": name, "version": last + 1, "at_ms": now_ms, "body": stored})
        return ModelVersion(name, last + 1, now_ms, loads(stored))


def _strategy(body: bytes) -> Strategy:
    raw: dict[str, Any] = loads(body)
    return Strategy(
        **{
            **raw,
            "pace": Pace(**raw["pace"]),
            "ceiling": Pace(**raw["ceiling"]),
            "kinds": tuple(raw["kinds"]),
            "hours": tuple(raw["hours"]),
        }
    )
