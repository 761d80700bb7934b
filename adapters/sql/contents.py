"""The versions of contents: every change is a new one, at most one of a name is live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import bindparam, false, func, select, update

from adapters.codec import dumps, loads
from adapters.sql import tables
from adapters.sql.work import Work
from core.ports import ContentVersion

CONTENT: Final = tables.table(tables.Content)
_ADD: Final = CONTENT.insert()

_NAMED = CONTENT.c.name == bindparam("of_name")
_ALL = select(
    CONTENT.c.name, CONTENT.c.version, CONTENT.c.live, CONTENT.c.author, CONTENT.c.at_ms, CONTENT.c.body
)
_LIVE: Final = _ALL.where(CONTENT.c.live).order_by(CONTENT.c.name)
_HISTORY: Final = _ALL.where(_NAMED).order_by(CONTENT.c.version.desc())
_LAST: Final = select(func.max(CONTENT.c.version)).where(_NAMED)
_RETIRE: Final = update(CONTENT).where(_NAMED, CONTENT.c.live).values(live=false())
_RETIRED: Final = (
    select(CONTENT.c.name)
    .where(CONTENT.c.name.not_in(select(CONTENT.c.name).where(CONTENT.c.live)))
    .distinct()
)


class SqlContents:
    """Fulfils `core.ports.Contents`."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def put(self, name: str, body: Mapping[str, object], now_ms: int, *, author: str) -> ContentVersion:
        await self._work.alone("content")
        last = await self._work.value(_LAST, {"of_name": name}) or 0
        await self._work.run(_RETIRE, {"of_name": name})
        row = {
            "name": name,
            "version": last + 1,
            "live": True,
            "author": author,
            "at_ms": now_ms,
            "body": dumps(body),
        }
        await self._work.run(_ADD, row)
        return _version(tuple(row.values()))

    async def live(self) -> dict[str, ContentVersion]:
        return {row[0]: _version(row) for row in await self._work.rows(_LIVE)}

    async def history(self, name: str) -> list[ContentVersion]:
        return [_version(row) for row in await self._work.rows(_HISTORY, {"of_name": name})]

    async def retire(self, name: str) -> bool:
        await self._work.alone("content")
        return bool(await self._work.run(_RETIRE, {"of_name": name}))

    async def retired(self) -> frozenset[str]:
        return frozenset(row[0] for row in await self._work.rows(_RETIRED))


def _version(row: Any) -> ContentVersion:
    name, version, live, author, at_ms, body = row
    return ContentVersion(name, version, bool(live), author, at_ms, loads(body))
