"""Makes Redis again from the record, all of it, on demand.

Leaves to others: keeping it level while an installation runs (`core.flow.rebuild` from `app.installation`).
"""

from __future__ import annotations

from pathlib import Path

from app.desk.hot import open_hot
from app.desk.workspace import open_workspace
from core.flow.rebuild import Progress, Rebuilt, catch_up


async def rebuild(config: Path | None, *, demo: bool, progress: Progress) -> Rebuilt:
    """Empty the hot store and fill it from SQL. Raises HotStoreError when Redis is not there."""
    async with open_workspace(config, demo=demo) as space, open_hot(config, demo) as hot:
        await hot.clear()
        return await catch_up(space.store, hot, progress=progress)
