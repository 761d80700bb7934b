"""People's rights over their data, as operators serve them: hand everything out, erase everything."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from adapters.logs import scrub_folder
from adapters.settings import load
from app.desk.hot import open_hot
from app.desk.keys import workspace_key
from app.desk.queries import Queries
from app.desk.workspace import CONFIG, DEMO, Workspace, open_workspace
from app.mydata import collect
from core.errors import HotStoreError, NotFoundError
from core.flow.forget import ForgetDeps, Forgotten, forget_pending, request_erasure
from core.keyed import suppression_hash
from core.ports import AuditEntry


async def data_of(space: Workspace, actor: str, person: str) -> Mapping[str, Any]:
    """Everything that is kept about a person. Who looked stands in the audit trail."""
    number = await Queries(space).person_no(person)
    async with space.store.transaction() as tx:
        names = (await tx.people.identities([number])).get(number, [])
        now_ms = space.clock.now_ms()
        await tx.control.audit([AuditEntry(now_ms, actor, "users.data", f"person:{number}", {})])
    found = await collect(space.store, names[0], now_ms) if names else None
    if found is None:
        raise NotFoundError(
            f"person {number} has no identifier any more", next_step="manage_crm.py users list"
        )
    return found


async def erase(config: Path | None, number: int, actor: str, *, demo: bool = False) -> Forgotten | None:
    """Forget a person now, as far as it can be done from here: record, Redis, logs. None: Redis is not there,
    so a running installation has to do it; the wish is noted. NotFoundError when there is nobody."""
    key = workspace_key(config, demo=demo)
    async with open_workspace(config, demo=demo) as space:
        await _ask(space, number, actor)
        try:
            async with open_hot(config, demo) as hot:
                folder = DEMO / "logs" if demo else load(config or CONFIG, os.environ).logs_dir
                scrub = partial(_scrub, folder)
                deps = ForgetDeps(space.store, hot, partial(suppression_hash, key), scrub)
                return await forget_pending(deps, space.clock.now_ms())
        except HotStoreError:
            return None


async def _ask(space: Workspace, number: int, actor: str) -> None:
    async with space.store.transaction() as tx:
        names = (await tx.people.identities([number])).get(number, [])
        now_ms = space.clock.now_ms()
        await tx.control.audit([AuditEntry(now_ms, actor, "users.forget", f"person:{number}", {})])
    if not names or not await request_erasure(space.store, names[0], now_ms):
        raise NotFoundError(f"there is no person {number}", next_step="manage_crm.py users list")


async def _scrub(folder: Path, words: Sequence[str]) -> None:
    await asyncio.to_thread(scrub_folder, folder, words)
